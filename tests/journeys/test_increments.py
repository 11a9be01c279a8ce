"""A run looks only at what is new: passphrases, keys, exhibits; nothing new, nothing done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done, mail, maildir, network, say
from tests.journeys.keys import locked_key_and_message
from tests.journeys.undisturbed import ORDER
from zegel.casefile import Case
from zegel.exhibits import folder
from zegel.investigation import Investigation
from zegel.processing import keytable, unlock
from zegel.search import index
from zegel.service.cases import shelf
from zegel.tables import read_rows

pytestmark = pytest.mark.slow


def mail_of(message: bytes) -> bytes:
    return b"From: a@test.example\nTo: b@test.example\nSubject: x\n\n" + message


def states(case: Path) -> dict[str, int]:
    found: dict[str, int] = done("ledger", "--case", case, "--json").json["states"]
    return found


def parts(case: Path) -> list[str]:
    return sorted(str(path.relative_to(case)) for path in (case / "tables").glob("*/*"))


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A case whose two exhibits hold a message, and the locked key to it."""
    secret, message = locked_key_and_message()
    for name, content in (("mails", mail_of(message)), ("keys", secret)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(content)
    case = tmp_path / "case"
    done("init", case)
    done("intake", tmp_path / "mails", "--case", case)
    done("process", "--workers", "1", "--case", case)
    return case


def test_a_key_that_comes_later_and_then_its_passphrase_open_the_message(
    case: Path, tmp_path: Path
) -> None:
    seen = [states(case)]
    done("intake", tmp_path / "keys", "--case", case)
    done("process", "--workers", "1", "--case", case)
    seen.append(states(case))
    (tmp_path / "words").write_text("wrong\nright\n")
    done("process", "--workers", "1", "--case", case, "--passphrases", tmp_path / "words")
    seen.append(states(case))

    assert seen == [{"no key": 1}, {"key locked": 1}, {"readable": 1}]


def test_a_second_intake_of_the_same_copy_is_recognised(case: Path, tmp_path: Path) -> None:
    again = done("intake", tmp_path / "mails", "--case", case, "--json").json

    assert (again["known"], again["identity"]) == (True, "E1")


def test_no_passphrase_and_no_text_is_shown_or_logged(case: Path, tmp_path: Path) -> None:
    done("intake", tmp_path / "keys", "--case", case)
    (tmp_path / "words").write_text("right\n")
    said = [done("process", "--workers", "1", "--case", case, "--passphrases", tmp_path / "words")]
    said += [done(word, "--case", case, "--json") for word in ("ledger", "keys", "problems")]
    shown = "".join(one.out + one.err for one in said)
    logged = (case / "custody" / "entries.jsonl").read_text()

    assert ["hello" in shown, '"right"' in shown, "hello" in logged, "right" in logged] == [
        *(False, False, False, False)
    ]


@dataclass
class Work:
    """What a command did, counted where it is done."""

    files: int = 0
    """Files of an exhibit read and checked against its seal."""
    operations: int = 0
    """Private-key operations on messages."""
    guesses: int = 0
    """Passphrases tried on locked keys."""
    texts: int = 0
    """Messages put into an index."""
    parts: list[str] = field(default_factory=list)
    """Parts of tables that are new."""


def work_of(case: Path, *words: str | Path) -> Work:
    """Give a command in this process, and count."""
    work, before = Work(), set(parts(case))

    def counted(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            setattr(work, name, getattr(work, name) + 1)
            return real(*given, **more)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for where, name, kind in (
            (folder.FolderCopy, "read_checked", "files"),
            (folder.FolderCopy, "read_part", "files"),
            (unlock, "session_keys", "operations"),
            (keytable, "unlock", "guesses"),
            (index, "_document", "texts"),
        ):
            patch.setattr(where, name, counted(getattr(where, name), kind))
        say(*words)
    work.parts = sorted(part.split("/")[2] for part in set(parts(case)) - before)
    return work


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the copied sites of a network, `ams` and `yyz`, and what is true of it."""
    place = tmp_path_factory.mktemp("sites")
    network(place / "net")
    return place / "net"


def processed_site(folder: Path, *copies: Path) -> tuple[Path, Work]:
    """Make a case of copies and process it; return both the case and the work."""
    case = folder / "case"
    done("init", case, "--training")
    for copy in copies:
        done("intake", copy, "--case", case)
    return case, work_of(case, "process", "--case", case, "--workers", "1")


def rows_of(case: Path, stage: str, table: str) -> list[dict[str, Any]]:
    return list(read_rows(Case.open(case).stage(stage).files(table)))


def files_of(case: Path, exhibit: str) -> int:
    return sum(one.is_file for one in shelf(Case.open(case)).sizes(exhibit))


def states_of(case: Path, number: int, state: str) -> set[bytes]:
    """Return the blocks that a round left in a state."""
    rows = rows_of(case, "open", "sessions")
    return {row["content_id"] for row in rows if (row["round"], row["state"]) == (number, state)}


def test_a_new_exhibit_costs_what_it_holds(sites: Path, tmp_path: Path) -> None:
    ams, yyz = sites / "copy" / "ams", sites / "copy" / "yyz"
    (tmp_path / "both").mkdir()
    _, both = processed_site(tmp_path / "both", ams, yyz)
    case, first = processed_site(tmp_path, ams)
    opened = {row["content_id"] for row in rows_of(case, "open", "contents")}
    done("intake", yyz, "--case", case)
    second = work_of(case, "process", "--case", case, "--workers", "1")
    twice = [row for row in rows_of(case, "open", "contents") if row["round"] == 2]

    # A file is read once, bodies wait in the spool; but for those that only now have a key.
    late = states_of(case, 1, "no key") & states_of(case, 2, "readable")
    assert (first.files, second.files) == (files_of(case, "E1"), files_of(case, "E2") + len(late))
    assert first.operations + second.operations == both.operations > 40
    assert opened & {row["content_id"] for row in twice} == set()
    assert [part.split("-")[0] for part in second.parts] == [
        "E2",
        "k0002",
        "r0002",
        "r0002",
        "s0002",
    ]


def test_new_keys_and_passphrases_open_what_they_can_open_and_no_more(tmp_path: Path) -> None:
    secret, message = locked_key_and_message()
    mails = [mail_of(message), *(mail(number=number) for number in range(1, 4))]
    maildir(tmp_path / "mails", mails)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "file").write_bytes(secret)
    case, first = processed_site(tmp_path, tmp_path / "mails")
    done("intake", tmp_path / "keys", "--case", case)
    process = ("process", "--case", case, "--workers", "1")
    steps = [work_of(case, *process)]
    for words in ("wrong\nright\n", "wrong\nright\nlater\n"):
        (tmp_path / "words").write_text(words)
        steps.append(work_of(case, *process, "--passphrases", tmp_path / "words"))
    locked, opened, nothing = steps

    assert (first.operations, states(case)) == (0, {"not encrypted": 3, "readable": 1})
    # First the empty passphrase, and the file of the key; no mail is read for a key that is locked.
    assert (locked.files, locked.operations, locked.guesses) == (1, 0, 1)
    assert (opened.files, opened.operations, opened.guesses) == (1, 1, 2)
    assert (nothing.files, nothing.operations, nothing.guesses) == (0, 0, 0)
    assert not any(part.startswith("E") for part in opened.parts + nothing.parts)


def test_a_command_given_again_with_nothing_new_reads_opens_and_writes_nothing(
    sites: Path, tmp_path: Path
) -> None:
    case, _ = processed_site(tmp_path, sites / "copy" / "ams")
    order = tmp_path / "order.toml"
    order.write_text(ORDER.format(accounts='["d00000@ams.shieldnet.example"]'), "utf-8")
    commands: tuple[tuple[str | Path, ...], ...] = (
        ("process", "--case", case, "--workers", "1"),
        ("index", "--case", case),
        ("grant", order, "--case", case, "--workers", "1"),
    )
    once = [work_of(case, *words) for words in commands]
    again = [work_of(case, *words) for words in commands]

    assert again == [Work(), Work(), Work()]
    assert (once[0], once[1].texts > 0, once[1].operations) == (Work(), True, 0)


def test_a_grant_reads_the_places_it_admits_and_opens_nothing_by_private_key(
    sites: Path, tmp_path: Path
) -> None:
    case, _ = processed_site(tmp_path, sites / "copy" / "ams")
    done("index", "--case", case)
    order = tmp_path / "order.toml"
    early = ORDER.replace("until = 2017", "until = 2016")
    order.write_text(early.format(accounts='["d00000@ams.shieldnet.example"]'), "utf-8")
    work = work_of(case, "grant", order, "--case", case, "--workers", "1")
    inv = Investigation.open(next((case / "investigations").iterdir()))
    places = sum(1 for _ in inv.rows("places"))

    assert (work.files, work.texts, work.operations) == (places, inv.messages, 0)
    assert 0 < inv.messages < len(rows_of(case, "settled", "messages"))
