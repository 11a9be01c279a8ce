"""What servers add to a message on its way: headers, log lines and file names, each on its clock.

The forms are those of Postfix 3.7 and Dovecot 2.3 as a live network configures them, in the test
mode without the filter; docs/reference/copied-site.md lists them, and a test holds both side by
side.
"""

from __future__ import annotations

import base64
import datetime as dt
import random
from dataclasses import dataclass, field
from email.utils import format_datetime
from functools import lru_cache

from shieldnet import custody
from shieldnet.sites import SECOND, SITES, Clock, Site
from shieldnet.traffic.settings import Settings

MILLISECOND = 1_000_000
HOUR = 3600


@dataclass(slots=True, kw_only=True)
class Journal:
    """Log lines of one slice, with the true instant each was written at."""

    lines: dict[tuple[str, str], list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, site: Site, log: str, instant: int, line: str) -> None:
        """Add a line to the `postfix` or `dovecot` log of a site."""
        self.lines.setdefault((site.name, log), []).append((instant, line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One message's way through the servers, from one sender to all recipients."""

    settings: Settings
    journal: Journal
    chance: random.Random
    origin: Site
    sender: str
    message_id: str
    size: int
    when: int

    def stamp(self, clock: Clock, instant: int) -> int:
        """Return what a clock shows at a true instant."""
        return clock.shown(instant, self.settings.start)

    def log(self, site: Site, service: str, instant: int, line: str) -> None:
        """Write a line to Postfix's log."""
        shown = self.stamp(site.mta, instant)
        pid = process_id(self.chance)
        text = f"{log_time(shown, site)} mx postfix/{service}[{pid}]: {line}"
        self.journal.add(site, "postfix", instant, text)

    def note(self, site: Site, instant: int, who: str, session: str, line: str) -> None:
        """Write a line to Dovecot's log; `who` is protocol and account."""
        shown = self.stamp(site.store, instant)
        pid = process_id(self.chance)
        text = f"{log_time(shown, site)} {who}<{pid}><{session}>: Info: {line}"
        self.journal.add(site, "dovecot", instant, text)

    def submitted(self, accounts: list[str]) -> tuple[str, str]:
        """Log the submission; return the queue id and the headers it leaves, lowest of all."""
        queue = queue_id(self.chance)
        address = f"203.0.113.{self.chance.randrange(1, 255)}"
        site = self.origin
        login = f"{queue}: client=unknown[{address}], sasl_method=PLAIN"
        self.log(site, "submission/smtpd", self.when, f"{login}, sasl_username={self.sender}")
        self._queued(site, queue, self.when + 20 * MILLISECOND, len(accounts))
        name, value = custody.MARK
        return queue, (
            f"{name}: {value}\nReceived: from [10.0.0.2] (unknown [{address}])\n"
            f"\tby {site.host} (Postfix) with ESMTPSA id {queue}"
            + self._ending(site, self.when, accounts)
        )

    def _ending(self, site: Site, instant: int, accounts: list[str]) -> str:
        """Return how Postfix ends a `Received` header: it names a recipient who is the only one."""
        stamp = f"{header_time(self.stamp(site.mta, instant), site)} ({site.zone_text})\n"
        return f"\n\tfor <{accounts[0]}>; {stamp}" if len(accounts) == 1 else f";\n\t{stamp}"

    def _queued(self, site: Site, queue: str, instant: int, recipients: int) -> None:
        self.log(site, "cleanup", instant, f"{queue}: message-id={self.message_id}")
        line = f"{queue}: from=<{self.sender}>, size={self.size}, nrcpt={recipients} (queue active)"
        self.log(site, "qmgr", instant + 5 * MILLISECOND, line)

    def crossed(self, queue: str, there: Site, accounts: list[str]) -> tuple[int, str, str]:
        """Log the way to the other site; return arrival, its queue id and its header."""
        here = self.origin
        arrived = self.when + self.chance.randrange(300 * MILLISECOND, 20 * SECOND)
        remote = queue_id(self.chance)
        way = f"relay={there.address}[{there.address}]:10025"
        delay = self._delay((arrived - self.when) / SECOND)
        for account in accounts:
            self.log(
                here,
                "smtp",
                arrived,
                f"{queue}: to=<{account}>, {way}, {delay}, dsn=2.0.0, "
                f"status=sent (250 2.0.0 Ok: queued as {remote})",
            )
        self.log(there, "smtpd", arrived, f"{remote}: client=unknown[{here.address}]")
        self._queued(there, remote, arrived + 4 * MILLISECOND, len(accounts))
        header = (
            f"Received: from {here.host} (unknown [{here.address}])\n"
            f"\tby {there.host} (Postfix) with ESMTPS id {remote}"
        )
        return arrived, remote, header + self._ending(there, arrived, accounts)

    def _delay(self, seconds: float) -> str:
        """Return the parts of a delay: before the queue, in it, connecting, sending."""
        return f"delay={seconds:.2g}, delays=0.02/0.01/0.01/{max(seconds - 0.04, 0.01):.2g}"

    def delivered(self, site: Site, queue: str, account: str, instant: int) -> tuple[int, bytes]:
        """Log the delivery to one mailbox; return its instant and the headers it puts on top."""
        saved = instant + self.chance.randrange(30 * MILLISECOND, 900 * MILLISECOND)
        session = session_id(self.chance, 16)
        delay = self._delay((saved - instant) / SECOND)
        self.log(
            site,
            "lmtp",
            saved,
            f"{queue}: to=<{account}>, relay={site.host}[private/dovecot-lmtp], {delay}, "
            f"dsn=2.0.0, status=sent (250 2.0.0 <{account}> {session} Saved)",
        )
        line = f"msgid={self.message_id}: saved mail to INBOX"
        self.note(site, saved, f"lmtp({account})", session, line)
        stamp = header_time(self.stamp(site.store, saved), site)
        return saved, (
            f"Return-Path: <{self.sender}>\nDelivered-To: {account}\n"
            f"Received: from {site.host}\n\tby {site.host} with LMTP\n\tid {session}\n"
            f"\t(envelope-from <{self.sender}>)\n\tfor <{account}>; {stamp}\n"
        ).encode()

    def removed(self, site: Site, queue: str, instant: int) -> None:
        """Log the end of a queue entry."""
        self.log(site, "qmgr", instant + 8 * MILLISECOND, f"{queue}: removed")

    def kept(self, account: str, size: int) -> int:
        """Log the sender's phone saving its own copy; return the instant."""
        saved = self.when + self.chance.randrange(1, 9) * SECOND
        uid = (saved - self.settings.start * SECOND) // SECOND + 1
        line = f"save: box=Sent, uid={uid}, msgid={self.message_id}, size={size}"
        self.note(self.origin, saved, f"imap({account})", session_id(self.chance, 12), line)
        return saved


def process_id(chance: random.Random) -> int:
    """Return the number of a server's process; a dozen a message, so drawn without `randrange`."""
    return 700 + int(chance.random() * 31_300)


def queue_id(chance: random.Random) -> str:
    """Return a Postfix queue id of the short form."""
    return f"{chance.getrandbits(44):011X}"


def session_id(chance: random.Random, octets: int) -> str:
    """Return a Dovecot session id: base64 without padding."""
    return base64.b64encode(chance.randbytes(octets)).decode().rstrip("=")


def log_time(shown: int, site: Site) -> str:
    """Return an instant as traditional syslog writes it: no year, day padded with a space."""
    hours, rest = divmod(shown // SECOND, HOUR)
    return f"{_hour(hours, site.utc_offset)[0]}:{rest // 60:02d}:{rest % 60:02d}"


def header_time(shown: int, site: Site) -> str:
    """Return an instant as `Date` and the end of a `Received` header write it."""
    hours, rest = divmod(shown // SECOND, HOUR)
    _, day_and_hour, zone = _hour(hours, site.utc_offset)
    return f"{day_and_hour}:{rest // 60:02d}:{rest % 60:02d}{zone}"


@lru_cache(maxsize=4096)
def _hour(hours: int, utc_offset: int) -> tuple[str, str, str]:
    """Return an hour since 1970 as a log and as a header begin with it, and how a header ends.

    A zone is whole hours off, so minutes and seconds need no calendar, which costs most of a line.
    """
    moment = dt.datetime.fromtimestamp(hours * HOUR, dt.timezone(dt.timedelta(hours=utc_offset)))
    header = format_datetime(moment)
    return f"{moment:%b} {moment.day:2d} {moment:%H}", header[:-12], header[-6:]


def maildir_name(shown: int, site: Site, mail: bytes, chance: random.Random) -> str:
    """Return a Maildir file name as Dovecot makes it, without flags."""
    seconds, rest = divmod(shown, SECOND)
    wide = len(mail) + mail.count(b"\n")
    base = f"{seconds}.M{rest // 1000}P{process_id(chance)}.{site.host}"
    return f"{base},S={len(mail)},W={wide}"


def site_of(address: str) -> Site:
    """Return the site an address belongs to."""
    return SITES[address.partition("@")[2].partition(".")[0]]
