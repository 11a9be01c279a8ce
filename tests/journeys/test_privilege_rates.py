"""How much of what is privileged is set apart, on a generated network with lawyers in it.

The bounds are those of docs/reference/error-rates.md for a network this small, with room: the plan
is drawn by a seed, so chance has no part in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.cases import done, network
from tests.journeys.counsel import PASSPHRASE, Office
from tests.truth.privilege import Rate, rates
from zegel.privilege import key as keys

pytestmark = pytest.mark.xdist_group("privilege rates")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a case of a network whose lawyers' own list was enrolled, and marked."""
    folder = tmp_path_factory.mktemp("rates")
    small = ("--devices", "120", "--messages", "600", "--seed", "1", "--algorithm", "cv25519")
    copies = network(folder / "net", *small)
    made = Office(case=folder / "case", desk=folder / "desk")
    made.desk.mkdir()
    (made.desk / "passphrase").write_bytes(PASSPHRASE + b"\n")
    keys.make_key(made.desk / "key", PASSPHRASE, keys.Cost(memory_kib=64, passes=1, lanes=1))
    done("init", made.case, "--training")
    for copy in copies:
        done("intake", copy, "--case", made.case)
    done("process", "--case", made.case, "--workers", "1")
    made.enrol((folder / "net" / "truth" / "lawyers.csv").read_text("utf-8"))
    made.officer("mark", "--workers", "1")
    return made


def found(net: Office) -> dict[str, Rate]:
    return {one.what: one for one in rates(net.case.parent / "net" / "truth", net.case)}


@pytest.mark.parametrize("which", ["all messages", "readable messages"])
def test_threads_find_more_and_cost_precision(net: Office, which: str) -> None:
    alone, followed = (found(net)[f"{which}, {how} threads"] for how in ("without", "with"))

    assert (alone.recall or 0) > 0.6
    assert (alone.precision or 0) > 0.9
    assert (followed.recall or 0) > 0.9
    assert (followed.precision or 0) > 0.3
    assert (followed.recall or 0) > (alone.recall or 0)


def test_the_numbers_can_be_printed_by_anybody(net: Office) -> None:
    words = (sys.executable, str(ROOT / "tests" / "truth" / "privilege.py"))
    folder = net.case.parent / "net" / "truth"
    printed = subprocess.run(
        [*words, folder, net.case, "--json"], check=True, capture_output=True, text=True
    ).stdout

    assert [row["recall"] for row in json.loads(printed)] == [r.recall for r in found(net).values()]
