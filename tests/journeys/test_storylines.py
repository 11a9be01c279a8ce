"""Two storylines hide in the traffic: each order finds most of its own, none both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import done, network, say
from zegel.investigation import Investigation

TRUTH = Path(__file__).parents[1] / "truth"
MESSAGES = 1200
NAMES = ("harbour", "vault", "company")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a case of a network in which the sample orders of the generator are granted."""
    folder = tmp_path_factory.mktemp("storylines")
    net = folder / "net"
    copies = network(net, "--devices", "40", "--messages", str(MESSAGES))
    done("init", folder / "case", "--training")
    for copy in copies:
        done("intake", copy, "--case", folder / "case")
    passphrases = net / "truth" / "passphrases.txt"
    options = ("--workers", "1", "--index", "--passphrases", passphrases)
    done("process", "--case", folder / "case", *options)
    for name in NAMES:
        order = net / "orders" / f"{name}.toml"
        done("grant", order, "--case", folder / "case", "-o", folder / name)
    return folder


def scores(made: Path, name: str) -> dict[str, Any]:
    """Hold what an investigation returned against the truth, by digest and outside zegel."""
    returned = subprocess.run(
        [sys.executable, str(TRUTH / "returned.py"), str(made / name)],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    told = subprocess.run(
        [sys.executable, str(TRUTH / "recall.py"), str(made / "net" / "truth"), "-", "--json"],
        check=True, capture_output=True, input=returned,
    ).stdout  # fmt: skip
    return {one["storyline"]: one for one in json.loads(told)["storylines"]}


@pytest.mark.parametrize(("name", "other"), [("harbour", "vault"), ("vault", "harbour")])
def test_an_order_finds_most_of_its_own_storyline_not_all_and_hardly_any_of_the_other(
    made: Path, name: str, other: str
) -> None:
    found = scores(made, name)

    assert 0.5 < found[name]["recall"] < 1
    assert found[name]["precision"] > 4 * found[name]["written"] / MESSAGES
    assert found[other]["recall"] < 0.2


def test_the_second_investigation_cannot_see_the_firsts(made: Path) -> None:
    first, second = (Investigation.open(made / name) for name in ("harbour", "vault"))
    ids = [{row["message"] for row in inv.rows("messages")} for inv in (first, second)]
    hidden = sorted(one.hex() for one in ids[0] - ids[1])
    answers = {say("show", "-i", second.folder, wanted).err for wanted in [*hidden[:12], "0" * 64]}
    files = b"".join(path.read_bytes() for path in second.folder.rglob("*.parquet"))

    assert len(hidden) > 20
    assert len(answers) == 1
    assert [wanted for wanted in hidden if bytes.fromhex(wanted) in files] == []


def test_the_company_is_asked_for_its_records_and_no_chat(made: Path) -> None:
    company = Investigation.open(made / "company")
    records = done("records", "-i", company.folder, "--json").json

    assert company.messages == 0
    assert (company.folder / "bytes.pack").read_bytes() == b""
    assert records["count"] > 40
    assert {row["path"] for row in records["records"]} == {"ledger.csv", "registry.db"}
    assert sum(records["paid_cents"].values()) > 0
