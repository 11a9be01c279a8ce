"""Measure a live network: messages a second from one site's phones to the other site's mailboxes.

    python -m bench.network [MESSAGES]

Both sites, the senders and everything between run on this machine. Messages are encrypted
beforehand (2.1 kB as sent); then four connections, two at each site, hand them in as fast as they
are taken. Timed is from the first message to the last file in a mailbox at the far site, with TLS,
login, the filter (custody on the phones) or without it (the test mode). Busy is what all processors
did meanwhile, whoever used them.
"""

from __future__ import annotations

import smtplib
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.live import Live, draft, running

from shieldnet.message import seal
from shieldnet.phone import Phone
from shieldnet.services import postfix

CONNECTIONS = 2
TEXT = "Tomorrow at the quay, half past eight. " * 26


def busy() -> tuple[int, int]:
    """Return ticks in which processors worked, and all ticks, since the machine started."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def stored(one: Phone) -> int:
    folder = one.site.mail / one.address / "Maildir"
    return sum(1 for _ in folder.glob("[cn][ue][rw]/*"))


def submit(sender: Phone, to: str, mails: list[bytes]) -> None:
    place = sender.site
    context = ssl.create_default_context(cafile=str(sender.folder / "ca.pem"))
    with smtplib.SMTP_SSL(place.address, place.submission_port, context=context) as smtp:
        smtp.login(sender.address, sender.password)
        for mail in mails:
            smtp.sendmail(sender.address, [to], mail)


def load(live: Live, messages: int) -> Iterator[str]:
    """Send `messages` both ways and say how long it took."""
    pairs = [
        (live.phone(here), live.phone(there))
        for here, there in (("ams", "yyz"), ("yyz", "ams"))
        for _ in range(CONNECTIONS)
    ]
    share = messages // len(pairs)
    work = []
    for sender, receiver in pairs:
        certificate = bytes(receiver.key.extract_certificate())
        letter = draft(sender, receiver, text=TEXT)
        mails = [seal(letter, [certificate], sender.key).mail for _ in range(share)]
        work.append(threading.Thread(target=submit, args=(sender, receiver.address, mails)))
    size = len(mails[0])
    before, began = busy(), time.monotonic()
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    accepted = time.monotonic() - began
    while sum(stored(receiver) for _, receiver in pairs) < share * len(pairs):
        time.sleep(0.05)
    delivered = time.monotonic() - began
    after = busy()
    total = share * len(pairs)
    used = (after[0] - before[0]) / (after[1] - before[1])
    waiting = sum(len(postfix.queue(one)) for one in live.network.sites.values())
    yield f"{total:,} messages of {size:,} octets, {len(pairs)} connections"
    yield f"accepted {total / accepted:,.0f}/s, delivered {total / delivered:,.0f}/s"
    yield f"processors busy {used:.0%}, left in queues {waiting}"


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for custody, words in (("device", "with the filter"), ("server", "without the filter")):
        with running(custody) as live:
            for line in load(live, messages):
                print(f"{words}: {line}", flush=True)


if __name__ == "__main__":
    main()
