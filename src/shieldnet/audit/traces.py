"""What the servers' own files give away: logs, indexes, the queue, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shieldnet.audit.facts import Fact
from shieldnet.audit.records import SECRET, addresses
from shieldnet.audit.sources import File

INDEX = re.compile(r"/(?:dovecot[.-](?:index|list|uid|mailbox)[^/]*|subscriptions|maildirsize)\Z")
QUEUE = re.compile(
    r"/postfix/spool/(?:incoming|active|deferred|hold|maildrop|bounce|defer|corrupt|saved)/"
)
_ENVELOPE = re.compile(rb'"([A-Za-z0-9._+-]{1,64})" "([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"')
"""An address as IMAP's ENVELOPE writes it (RFC 3501 section 7.4.2)."""
LONGEST_SHOWN = 400
_LINES = (
    ("log: login", re.compile(rb"Login: user=|sasl_username=.*sasl_method|auth failed|rip=")),
    ("log: client", re.compile(rb"(?:client=|connect from |disconnect from )\S*\[")),
    ("log: delivery", re.compile(rb"(?:from|to)=<|saved mail to|box=")),
    ("log: message", re.compile(rb"message-id=|msgid=")),
)


def log(file: File, content: bytes) -> Iterator[Fact]:
    """Yield one fact a line: which kind, and the line itself."""
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        kind = next((kind for kind, form in _LINES if form.search(line)), "log: other")
        shown = line[:LONGEST_SHOWN].decode("utf-8", "replace")
        yield Fact(kind, shown, file.path, f"line {number}")


def index(file: File, content: bytes) -> Iterator[Fact]:
    """Yield every address in an index of Dovecot's."""
    envelopes = {local + b"@" + domain for local, domain in _ENVELOPE.findall(content)}
    for address in sorted(addresses(content) | envelopes):
        yield Fact("index cache", address.decode("ascii"), file.path)


def queued(file: File, content: bytes) -> Iterator[Fact]:
    """Yield one queued message: whose, for whom."""
    found = sorted(address.decode("ascii") for address in addresses(content))
    yield Fact("queued message", ", ".join(found), file.path)


def other(file: File, content: bytes) -> Iterator[Fact]:
    """Yield addresses and secrets in a file of any other kind."""
    if SECRET.search(content):
        yield Fact("secret key", "in a file of another kind", file.path)
    elif b"PRIVATE KEY-----" in content or file.path.endswith("/auth-token-secret.dat"):
        yield Fact("server key", file.path.rpartition("/")[2], file.path)
    for address in sorted(addresses(content)):
        yield Fact("address elsewhere", address.decode("ascii"), file.path)
