"""Servers and a browser that all tests here share; one worker runs them, so each begins once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

from tests import hostile
from tests.contract.test_errors import ORDER, without_training
from tests.journeys.cases import done, granted_case, mail, network
from tests.people import enrolled
from tests.screen import Screen, chromium
from tests.served import Server
from zegel import service
from zegel.casefile import Case
from zegel.investigation import Investigation
from zegel.service.place import place_of
from zegel.web.app import INSIDE, OF_CASE

PASSWORD = "a long enough password"
CASE = "case"
HARBOUR, VAULT, ADDER = "harbour", "vault", "adder"
"""Two investigations of a generated network, and one into mail that attacks its reader."""


OURS = frozenset(re.findall("[a-z]+", " ".join(route.path for route in (*INSIDE, *OF_CASE))))
"""Words of our own addresses, which somebody may have written too."""


def told(at: Screen, words: frozenset[str]) -> list[str]:
    """Return the addresses that were asked for, or said to have been come from, with content."""
    asked = {unquote(part).casefold() for pair in at.asked for part in pair}
    paths = {url: url.partition("/static/")[0].partition(at.address)[2] for url in asked}
    return [
        f"content in an address: {word} in {url}"
        for url, path in paths.items()
        for word in words & set(re.findall(r"[^\W_]+", path))
    ]


@dataclass(frozen=True, kw_only=True)
class Made:
    """A case for training and what it was made of."""

    net: Path
    case: Path

    def folder(self, name: str) -> Path:
        """Return the folder of an investigation."""
        return self.case / "investigations" / name

    def words(self) -> frozenset[str]:
        """Return what no address may hold: words of texts and subjects, and who wrote to whom."""
        truth = (self.net / "truth" / "messages.jsonl").read_text("utf-8")
        told = [json.loads(line) for line in truth.splitlines()]
        texts = " ".join(f"{one['text']} {one['subject']}" for one in told).casefold()
        people = {one["from"].split("@")[0] for one in told}
        # Short words, and those of hexadecimal digits alone, stand in any key by chance.
        words = {word for word in re.findall(r"[^\W\d_]{6,}", texts) if re.search("[g-z]", word)}
        return frozenset((words | people | {"anna", "bram", "example", "haven"}) - OURS)


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a case of two copied sites and a hostile mailbox, with three investigations."""
    folder = tmp_path_factory.mktemp("made")
    net, case = folder / "net", folder / "case"
    network(net, "--devices", "20", "--messages", "200", "--quick")
    done("init", case, "--training")
    for copy, label in (
        (net / "copy" / "ams", "server ams"),
        (net / "copy" / "yyz", "server yyz"),
        (hostile.copy(folder / "mailbox"), f"mailbox {hostile.IMAGE}"),
    ):
        done("intake", copy, "--case", case, "--label", label, "--authority", "training")
    words = ("--passphrases", net / "truth" / "passphrases.txt")
    done("process", "--case", case, "--workers", "1", "--index", *words)
    (folder / "adder.toml").write_text(hostile.ORDER, "utf-8")
    orders = net / "orders"
    for name, order in (
        (HARBOUR, orders / "harbour.toml"),
        (VAULT, orders / "vault.toml"),
        (ADDER, folder / "adder.toml"),
    ):
        done("grant", order, "--case", case, "--out", case / "investigations" / name)
    return Made(net=net, case=case)


@pytest.fixture(scope="package")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an investigation that is not for training, which `jansen` searches by a password."""
    folder = tmp_path_factory.mktemp("strict")
    case = granted_case(folder, [mail("Bij de haven.\n")], ORDER)
    (place,) = (case / "investigations").iterdir()
    without_training(case, place)
    enrolled(Case.open(case), examiner="examiner, administrator")
    credentials = service.Credentials(password=PASSWORD)
    inside = Investigation.open(place)
    service.enrol(Case.open(case), "jansen", ["investigator"], credentials, who=_administrator())
    with place_of(inside).changing():
        one = place_of(Case.open(case)).roster.people["jansen"]
        there = place_of(inside)
        there.change_roster(there.roster.put(one), "person enrolled", {}, "test")
    return place


def _administrator() -> Any:
    from tests.people import person

    return person("examiner")


@pytest.fixture(scope="package")
def server(made: Made) -> Iterator[Server]:
    """Serve the training case, from two processes; all it ever says is where it is."""
    with Server("--case", made.case, "--processes", "2") as running:
        yield running
    assert re.fullmatch(r"Zegel is served at \S+ Ctrl-C ends it\.\n", running.said), running.said


@pytest.fixture(scope="package")
def guarded(strict: Path) -> Iterator[Server]:
    """Serve the investigation that is not for training."""
    with Server("-i", strict) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start one browser for all."""
    with chromium() as one:
        yield one


@pytest.fixture
def screen(browser: Browser, server: Server, made: Made) -> Iterator[Callable[..., Screen]]:
    """Open windows at the training case; at the end none of them did what no page may do."""
    opened: list[Screen] = []

    def begin(**how: Any) -> Screen:
        opened.append(Screen(browser, server.address, **how))
        return opened[-1]

    yield begin
    faults = [fault for one in opened for fault in one.faults()]
    faults += [fault for one in opened for fault in told(one, made.words())]
    for one in opened:
        one.close()
    assert faults == []
