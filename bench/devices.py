"""What devices and the filter cost: CPU seconds, as `python -m bench.devices` prints them.

Registering and enrolling go through SQLite and the ledger on the real file system; the filter is
measured as its rules on one message (no SMTP), small and large.
"""

from __future__ import annotations

import base64
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.unit.shieldnet.networks import made
from tests.unit.shieldnet.policy.mails import HERON, ciphertext, headed, pgp_mime

from shieldnet import devices, walk
from shieldnet.audit import facts, report
from shieldnet.policy.rules import passed
from shieldnet.seize import seize

DEVICES, ENROLLED, SMALL, LARGE = 40_000, 200, 2_000, 5


def spent(what: str, count: int, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what}: {count:,} in {cpu:.2f} s CPU, {wall:.2f} s wall; {count / cpu:,.0f}/s CPU")


def large(octets: int) -> bytes:
    """Return a mail with an encrypted body of random octets of that length."""
    pieces = walk.dearmour(ciphertext(), "MESSAGE")
    keys = pieces[: walk.encrypted_message(pieces)[-1].chunks[0][0]]
    start = keys.rindex(b"\xd2")
    body = b"\x02" + secrets.token_bytes(octets)
    packet = b"\xd2\xff" + len(body).to_bytes(4) + body
    return headed(pgp_mime(walk.armour(keys[:start] + packet, "MESSAGE")))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        network = made(Path(name) / "net")
        one = devices.Request(holder="bench", model="S1")
        new: list[devices.Registered] = []
        spent(
            "registered at once",
            DEVICES,
            lambda: new.extend(devices.register(network, "ams", [one] * DEVICES)),
        )
        spent(
            "enrolled one by one, ledger of 40,000",
            ENROLLED,
            lambda: [devices.enrol(network, each.code) for each in new[:ENROLLED]],
        )
        spent("seized", 1, lambda: seize(network, Path(name) / "copy", []))
        spent("audited", DEVICES, lambda: report(facts(Path(name) / "copy")))
    small, big = headed(pgp_mime()), large(20_000_000)
    spent(
        f"filter, {len(small):,} octets",
        SMALL,
        lambda: [passed(small, HERON) for _ in range(SMALL)],
    )
    spent(f"filter, {len(big):,} octets", LARGE, lambda: [passed(big, HERON) for _ in range(LARGE)])
    spent("base64 of as much, both ways", LARGE, lambda: [
        base64.b64encode(base64.b64decode(base64.b64encode(big))) for _ in range(LARGE)
    ])  # fmt: skip


if __name__ == "__main__":
    main()
