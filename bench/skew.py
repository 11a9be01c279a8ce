"""Copies that lie askew: work must stay what there is to do, and no phase may stall.

    make bench-skew                      full size; SIZE=0.01 for a hundredth
    python -m bench.skew hidden 10000    one of them, in a folder of its own

One account with a million messages in one file; one ciphertext stored 50,000 times; 100,000 keys;
10,000 damaged messages side by side; 10,000 with hidden recipients. Counted are private-key
operations, places, messages and the rows of the largest part, processor time and memory beside.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb

from bench.watch import run
from shieldnet.keys import KeySpec, key_pair
from shieldnet.traffic.quick import seal
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.processing.sql import parquet
from zegel.service.cases import init_case
from zegel.service.intake import take_in
from zegel.service.process import ProcessOptions, process

CREATED = 1_450_000_000
HELD, LOST = 40, 4
"""Devices of a copy, and how many of them left no key."""
_TEXT = (
    b'Content-Type: text/plain; charset="utf-8"\r\n\r\nNumber %d says that it is on its way.\r\n'
)


def device(number: int, algorithm: str = "rsa2048") -> KeySpec:
    """Return a device; those with `LOST` numbers have RSA numbers that no other has."""
    lost = number % HELD < LOST
    return KeySpec(
        address=f"d{number:06d}@ams.example",
        algorithm=algorithm,
        created=CREATED + number,
        seed=b"skew %d" % number,
        pool=(0, 36 + number % LOST if lost else 1 + number % 30),
        form="none" if lost else "ring",
    )


def _keys(folder: Path, devices: Iterable[KeySpec]) -> None:
    with (folder / "secring.gpg").open("wb") as ring:
        for spec in devices:
            if spec.form != "none":
                ring.write(key_pair(spec).secret)


def _mail(number: int, to: KeySpec, sealed: bytes) -> bytes:
    head = (
        f"Delivered-To: {to.address}\nFrom: <sender@ams.example>\nTo: <{to.address}>\n"
        f"Date: Mon, 04 Jan 2016 10:00:00 +0000\nMessage-ID: <{number}@ams.example>\n"
        "Subject: ...\nMIME-Version: 1.0\nContent-Type: text/plain\n\n"
    )
    return head.encode() + sealed


def _maildir(folder: Path, owner: KeySpec, number: int, mail: bytes) -> None:
    place = folder / "mail" / owner.address / "Maildir" / "cur"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{CREATED}.M{number}P1.mx:2,S").write_bytes(mail)


def one_account(folder: Path, size: int) -> None:
    """Write all messages into one file of one account."""
    owner = device(LOST)
    _keys(folder, [owner])
    with (folder / f"{owner.address}.mbox").open("wb") as box:
        for number in range(size):
            sealed = seal(_TEXT % number, [owner], hidden=False)
            box.write(b"From a@ams.example Mon Jan  4 10:00:00 2016\n")
            box.write(_mail(number, owner, sealed) + b"\n")


def one_ciphertext(folder: Path, size: int) -> None:
    """Write one message into as many places, a hundred accounts."""
    owner = device(LOST)
    _keys(folder, [owner])
    mail = _mail(0, owner, seal(_TEXT % 0, [owner], hidden=False))
    for number in range(size):
        _maildir(folder, device(number % 100), number, mail)


def many_keys(folder: Path, size: int) -> None:
    """Write as many keys of Curve25519 (a certificate has two), and a hundred messages."""
    devices = [device(number, "cv25519") for number in range(size // 2 * HELD // (HELD - LOST))]
    _keys(folder, devices)
    held = [spec for spec in devices if spec.form != "none"]
    for number, spec in enumerate(held[:: max(1, len(held) // 100)][:100]):
        sealed = seal(_TEXT % number, [spec], hidden=number % 2 == 0)
        _maildir(folder, spec, number, _mail(number, spec, sealed))


def rotten(folder: Path, size: int) -> None:
    """Write messages side by side whose bodies were all changed by one character."""
    owners = [device(number) for number in range(LOST, HELD)]
    _keys(folder, owners)
    for number in range(size):
        owner = owners[number % len(owners)]
        sealed = bytearray(seal(_TEXT % number, [owner], hidden=False))
        at = sealed.index(b"\n=") - 20
        sealed[at] = ord("A") if sealed[at] != ord("A") else ord("B")
        _maildir(folder, owner, number, _mail(number, owner, bytes(sealed)))


def hidden(folder: Path, size: int) -> None:
    """Write messages that do not say to whom; one in ten to a device that left no key."""
    owners = [device(number) for number in range(HELD)]
    _keys(folder, owners)
    for number in range(size):
        owner = owners[number % HELD]
        sealed = seal(_TEXT % number, [owner], hidden=True)
        _maildir(folder, owner, number, _mail(number, owner, sealed))


SKEWS: dict[str, tuple[Callable[[Path, int], None], int]] = {
    "one account": (one_account, 1_000_000),
    "one ciphertext": (one_ciphertext, 50_000),
    "many keys": (many_keys, 100_000),
    "rotten": (rotten, 10_000),
    "hidden": (hidden, 10_000),
}


def measure(name: str, size: int, folder: Path, workers: int | None = None) -> dict[str, Any]:
    """Write one copy, take it in and process it; return what was counted."""
    copy = folder / "copy"
    copy.mkdir(parents=True)
    SKEWS[name][0](copy, size)
    case = init_case(folder / "case", training=True)
    take_in(case, copy, (Acquisition(), Conditions()))
    process(case, ProcessOptions(workers=workers))
    settled, opened = case.stage("settled"), case.stage("open")
    with duckdb.connect() as connection:
        states = connection.execute(
            f"SELECT state, count(*) FROM {parquet(settled.files('states'))} GROUP BY ALL"
        ).fetchall()
        tried, ciphertexts = connection.execute(
            f"SELECT coalesce(sum(tried), 0), count(*) FROM {parquet(opened.files('sessions'))}"
        ).fetchall()[0]
        (messages,) = connection.execute(
            f"SELECT count(*) FROM {parquet(settled.files('messages'))}"
        ).fetchall()[0]
    return {
        "states": dict(sorted(states)),
        "messages": messages,
        "ciphertexts": ciphertexts,
        "operations": int(tried),
        "largest part scanned": _largest(case.stage("scan"), "stored"),
        "largest part opened": _largest(opened, "sessions"),
    }


def _largest(stage: Any, table: str) -> int:
    """Return the rows of a stage's largest part: what one worker holds at a time."""
    return max(int(stage.rows(part, table)) for part in stage.parts())


def main() -> None:
    """Measure one copy by its name and size, or all."""
    if len(sys.argv) > 2:
        with tempfile.TemporaryDirectory(prefix="zegel-skew-") as folder:
            print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), Path(folder))))
        return
    for name, (_, most) in SKEWS.items():
        size = max(1, int(most * float(os.environ.get("SIZE", "1"))))
        spent = run((sys.executable, "-m", "bench.skew", name, str(size)))
        print(f"{name}, {size:,}: {spent.said.strip()}")
        print(
            f"  {spent.wall:.0f} s of wall time, {spent.cpu:.0f} of processor time, writing it "
            f"included; {spent.first} MB, the largest other process {spent.others} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
