"""Measure fifty small investigations of one case: what each costs, in time and on the disk.

MESSAGES=40000 makes the case larger; INVESTIGATIONS says how many. Fails where the last ones cost
half as much again as the first, or where the case grows by more than their folders hold and a few
hundred kilobytes each. Processor time of this process, one worker, so that other programs count
little. The set is that of `estate`; each order names one account of those that are no suspects.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.estate import SUSPECTS, write_estate
from bench.process import machine
from bench.sealing import people
from zegel import service
from zegel.casefile import Case
from zegel.exhibits.acquisition import Acquisition, Conditions

MESSAGES = int(os.environ.get("MESSAGES", "20000"))
INVESTIGATIONS = int(os.environ.get("INVESTIGATIONS", "50"))
LATER = 1.5
"""At most so many times the first grants may the last ones cost."""
BESIDE = 300 * 1024
"""Bytes that an investigation may cost beside its folder: log, key, what the case notes of it."""
_ORDER = """\
number = "F-{number}"
magistrate = "Judge"
investigation = "Fifty {number}"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "measuring"
[[clause]]
name = "all"
accounts = [{accounts}]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


def make_case(folder: Path) -> Case:
    """Write the copy; take it in, process and index it."""
    write_estate(folder / "copy", MESSAGES, max(1, MESSAGES // 100))
    case = service.init_case(folder / "case", training=True)
    service.take_in(case, folder / "copy", (Acquisition(), Conditions()))
    service.process(case, service.ProcessOptions(workers=1))
    service.build_case_index(case)
    return case


def order(number: int, accounts: list[str]) -> bytes:
    """Return an order for these accounts."""
    listed = ", ".join(f'"{account}"' for account in accounts)
    return _ORDER.format(number=number, accounts=listed).encode()


def size(folder: Path) -> int:
    """Return how many bytes the files of a folder hold."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def granted(case: Case, text: bytes) -> tuple[float, int, int]:
    """Grant an order; return its processor time, its messages and the size of its folder."""
    began = time.process_time()
    result = service.grant(case, text, workers=1)
    return time.process_time() - began, result.messages or 0, size(result.folder)


def main() -> None:
    """Measure, print and check."""
    with tempfile.TemporaryDirectory(prefix="zegel-bench-") as made:
        case = make_case(Path(made))
        accounts = [person.address for person in people("cv25519")[SUSPECTS:]][:INVESTIGATIONS]
        granted(case, order(0, accounts[:1]))  # what is loaded once
        before = size(case.folder)
        each = [granted(case, order(n, [one])) for n, one in enumerate(accounts, 1)]
        grown = size(case.folder) - before
        whole = granted(case, order(INVESTIGATIONS + 1, accounts))
        tenth = max(1, INVESTIGATIONS // 5)
        times = [took for took, _, _ in each]
        first, last = (statistics.median(part) for part in (times[:tenth], times[-tenth:]))
        held, messages = sum(one[2] for one in each), sum(one[1] for one in each)
        beside = (grown - held) / INVESTIGATIONS
    print(f"\n{machine()}\n{INVESTIGATIONS} investigations in a case of {MESSAGES:,} messages:")
    print(f"  {messages:,} messages in all; processor time {sum(times):.1f} s")
    print(f"  median of the first {tenth}: {first:.2f} s; of the last {tenth}: {last:.2f} s")
    print(f"  folders hold {held / 1e6:.1f} MB; beside each {beside / 1e3:.1f} kB in the case")
    print(
        f"  all accounts in one order: {whole[1]:,} messages, {whole[0]:.1f} s,"
        f" {whole[2] / 1e6:.1f} MB"
    )
    if last > LATER * first:
        sys.exit(f"the last grants cost {last / first:.1f} times the first")
    if beside > BESIDE:
        sys.exit(f"each investigation costs {beside:.0f} bytes beside its folder")


if __name__ == "__main__":
    main()
