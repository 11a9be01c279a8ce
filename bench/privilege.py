"""Measure `zegel privilege mark`: processor time a message, again with nothing new, and a new list.

Run by `make bench`; MESSAGES=3000 makes it small. The set is `estate`'s; the register has 2,000
invented lawyers. What a run costs without any message (start, key, register) is measured apart.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from bench.estate import write_estate
from bench.grants import zegel
from bench.process import machine

MESSAGES = int(os.environ.get("MESSAGES", "30000"))
LAWYERS = 2000
_SYLLABLES = ("ka", "lo", "mi", "ter", "vo", "ris", "den", "bru", "zel", "fa")


def name(number: int) -> str:
    """Return an invented surname, another one for each number."""
    digits = f"{number:04d}"
    return "".join(_SYLLABLES[int(digit)] for digit in digits).title()


def lawyers(first: int) -> str:
    """Return the list of so many lawyers."""
    rows = ["name,firm,domain,address,phone"]
    for number in range(first, first + LAWYERS):
        surname, host = name(number), f"{name(number).lower()}law.example"
        phone = f"+44 7700 9{number:05d}"
        rows.append(f"mr. J.P. van {surname},{surname} Advocaten,{host},jp@{host},{phone}")
    return "\n".join(rows) + "\n"


def main() -> None:
    """Print what each step costs."""
    print(machine())
    with tempfile.TemporaryDirectory() as name_of:
        folder = Path(name_of)
        write_estate(folder / "copy", MESSAGES, MESSAGES // 10)
        case, words = folder / "case", folder / "passphrase"
        words.write_text("a passphrase for measuring\n", "utf-8")
        zegel("init", case, "--training")
        zegel("intake", folder / "copy", "--case", case)
        spent = zegel("process", "--case", case)["processor"]
        print(f"{MESSAGES:,} messages; processing: {spent / MESSAGES * 1e6:.0f} µs a message")
        key = ("--key", folder / "key", "--passphrase-file", words, "--case", case)
        zegel("privilege", "key", folder / "key", "--passphrase-file", words)
        for number, what in enumerate(("the first list", "a second list beside it")):
            (folder / "list.csv").write_text(lawyers(number * LAWYERS), "utf-8")
            zegel("privilege", "enrol", folder / "list.csv", *key)
            marked = zegel("privilege", "mark", *key)
            again = zegel("privilege", "mark", *key)
            each = (marked["processor"] - again["processor"]) / MESSAGES * 1e6
            print(
                f"{what}: {marked['processor']:.1f} s of processor, {each:.0f} µs a message;"
                f" again with nothing new: {again['processor']:.1f} s"
            )


if __name__ == "__main__":
    main()
