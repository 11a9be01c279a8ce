"""Speak SMTP to both halves of Postfix: take a message, hold it against the rules, hand it on.

Never an answer of 250 before the next hop's own: what was accepted is in its queue. What the next
hop refuses is passed on word for word. The log has one line a message: verdict, size, reason; no
address, no content. SMTPD_PROXY_README of Postfix describes the place this stands in.
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures.thread  # noqa: F401  loaded while this process may still read it
import contextlib
import datetime as dt
import os
import signal
import smtplib
import socket
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from shieldnet.policy.refusal import RefusedError
from shieldnet.policy.rules import passed

HELLO = "filter.invalid"
LARGEST = 64 * 1024 * 1024
"""Octets; Postfix's own limit is lower and comes first."""
NEXT_HOP_SECONDS = 300
BUSY = "451 4.3.0 The mail server is not ready for this message; it can be sent again later"


class Log:
    """One line a message, opened for appending each time so that it may be moved away."""

    def __init__(self, path: Path | None, site: str) -> None:
        self._path, self._site = path, site

    def line(self, verdict: str, size: int, reason: str) -> None:
        """Write one line."""
        if self._path is None:
            return
        at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{at} {self._site} {verdict} size={size} {reason}\n".encode("ascii", "replace")
        # A full disk must not turn a message that the next hop has taken into one it has not.
        with contextlib.suppress(OSError), self._path.open("ab") as target:
            target.write(line)


class Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, next_hop: str, log: Log) -> None:
        self._next_hop, self._log = next_hop, log

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Hold the message against the rules and hand it on; return the reply."""
        return await asyncio.to_thread(self.decide, envelope)

    async def handle_exception(self, error: Exception) -> str:
        """Answer what nobody foresaw with `try again`: never lose, never let pass."""
        self._log.line("failed", 0, type(error).__name__)
        return BUSY

    def decide(self, envelope: Envelope) -> str:
        """Return the reply to one message."""
        content = envelope.content or b""
        octets = content.encode() if isinstance(content, str) else content
        try:
            found = passed(octets, envelope.mail_from or "")
        except RefusedError as error:
            self._log.line("refused", len(octets), error.word)
            return error.reply
        reply = hand_on(self._next_hop, envelope, found.octets)
        verdict = "passed" if reply.startswith("2") else "not taken"
        self._log.line(verdict, len(octets), f"{found.shape} {reply[:3]}")
        return reply


class _NextHop(smtplib.SMTP):
    """A connection to a socket file or to a port."""

    def __init__(self, place: str) -> None:
        self._place = place
        super().__init__(local_hostname=HELLO, timeout=NEXT_HOP_SECONDS)

    def connect_to_place(self) -> None:
        """Connect, and read the greeting."""
        if self._place.startswith("unix:"):
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(NEXT_HOP_SECONDS)
            self.sock.connect(self._place.removeprefix("unix:"))
            self.file = None
            code, said = self.getreply()
        else:
            host, _, port = self._place.rpartition(":")
            code, said = self.connect(host, int(port))
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)


def hand_on(place: str, envelope: Envelope, octets: bytes) -> str:
    """Give a message to the next hop and return its reply, or 451 where it is not there."""
    try:
        hop = _NextHop(place)
        with contextlib.closing(hop):
            hop.connect_to_place()
            hop.ehlo_or_helo_if_needed()
            for code, said in _commands(hop, envelope):
                if code // 100 != 2:
                    return _reply(code, said)
            code, said = hop.data(octets)
            with contextlib.suppress(smtplib.SMTPException, OSError):
                hop.quit()
            return _reply(code, said)
    except smtplib.SMTPResponseException as error:
        return _reply(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError):
        return BUSY


def _commands(hop: smtplib.SMTP, envelope: Envelope) -> Iterator[tuple[int, bytes]]:
    yield hop.mail(envelope.mail_from or "")
    for recipient in envelope.rcpt_tos:
        yield hop.rcpt(recipient)


def _reply(code: int, said: bytes | str) -> str:
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"


async def serve(listen: str, handler: Handler, ready: asyncio.Event, ended: asyncio.Event) -> None:
    """Answer until told to end; connections under way are then cut, and sent again by Postfix."""
    loop = asyncio.get_running_loop()
    make = partial(
        SMTP,
        handler,
        hostname=HELLO,
        ident="shieldnet filter",
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,  # apps ask for it whenever Postfix offers it; addresses stay ASCII
    )
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        path.unlink(missing_ok=True)
        server = await loop.create_unix_server(make, path=str(path))
        path.chmod(0o600)
    else:
        host, _, port = listen.rpartition(":")
        server = await loop.create_server(make, host=host, port=int(port))
    ready.set()
    await ended.wait()
    server.close()


def main(words: Sequence[str]) -> None:
    """Run the filter until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m shieldnet.policy", description=__doc__)
    parser.add_argument("--listen", required=True, help="unix:PATH or HOST:PORT")
    parser.add_argument("--next", required=True, help="unix:PATH or HOST:PORT of the next hop")
    parser.add_argument("--log", type=Path, default=None, help="file to write a line a message to")
    parser.add_argument("--site", default="-", help="name of the site, for the log")
    chosen = parser.parse_args(list(words))
    os.umask(0o077)
    asyncio.run(_run(chosen.listen, Handler(chosen.next, Log(chosen.log, chosen.site))))


async def _run(listen: str, handler: Handler) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await serve(listen, handler, asyncio.Event(), ended)
