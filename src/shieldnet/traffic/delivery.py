"""What servers add to a message on its way: headers, log lines and file names, each on its clock.

The forms are those of Postfix 3.7 and Dovecot 2.3; docs/reference/copied-site.md lists them.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from email.utils import format_datetime

from shieldnet.sites import SECOND, SITES, Clock, Site
from shieldnet.traffic.settings import Settings

MILLISECOND = 1_000_000


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
        pid = self.chance.randrange(700, 32_000)
        text = f"{log_time(shown, site)} mx postfix/{service}[{pid}]: {line}"
        self.journal.add(site, "postfix", instant, text)

    def note(self, site: Site, account: str, instant: int, protocol: str, line: str) -> None:
        """Write a line to Dovecot's log."""
        shown = self.stamp(site.store, instant)
        who = f"{protocol}({account})<{self.chance.randrange(700, 32_000)}>"
        session = f"<{self.chance.getrandbits(64):016x}>"
        text = f"{log_time(shown, site)} {who}{session}: Info: {line}"
        self.journal.add(site, "dovecot", instant, text)

    def submitted(self, recipients: int) -> tuple[str, str]:
        """Log the submission; return the queue id and the lowest `Received` header."""
        queue = queue_id(self.chance)
        address = f"203.0.113.{self.chance.randrange(1, 255)}"
        site = self.origin
        login = f"{queue}: client=unknown[{address}], sasl_method=PLAIN"
        self.log(site, "submission/smtpd", self.when, f"{login}, sasl_username={self.sender}")
        self._queued(site, queue, self.when + 20 * MILLISECOND, recipients)
        stamp = received_time(self.stamp(site.mta, self.when), site)
        return queue, (
            f"Received: from [10.0.0.2] (unknown [{address}])\n"
            f"\tby {site.host} (Postfix) with ESMTPSA id {queue};\n\t{stamp}\n"
        )

    def _queued(self, site: Site, queue: str, instant: int, recipients: int) -> None:
        self.log(site, "cleanup", instant, f"{queue}: message-id={self.message_id}")
        line = f"{queue}: from=<{self.sender}>, size={self.size}, nrcpt={recipients} (queue active)"
        self.log(site, "qmgr", instant + 5 * MILLISECOND, line)

    def crossed(self, queue: str, there: Site, accounts: list[str]) -> tuple[int, str, str]:
        """Log the way to the other site; return arrival, its queue id and its header."""
        here = self.origin
        arrived = self.when + self.chance.randrange(300 * MILLISECOND, 20 * SECOND)
        remote = queue_id(self.chance)
        way = f"relay={there.host}[{there.address}]:10025"
        delay = (arrived - self.when) / SECOND
        for account in accounts:
            self.log(
                here,
                "smtp",
                arrived,
                f"{queue}: to=<{account}>, {way}, delay={delay:.2f}, dsn=2.0.0, "
                f"status=sent (250 2.0.0 Ok: queued as {remote})",
            )
        self.log(there, "smtpd", arrived, f"{remote}: client={here.host}[{here.address}]")
        self._queued(there, remote, arrived + 4 * MILLISECOND, len(accounts))
        stamp = received_time(self.stamp(there.mta, arrived), there)
        return (
            arrived,
            remote,
            (
                f"Received: from {here.host} ({here.host} [{here.address}])\n"
                "\t(using TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))\n"
                f"\tby {there.host} (Postfix) with ESMTPS id {remote};\n\t{stamp}\n"
            ),
        )

    def delivered(self, site: Site, queue: str, account: str, instant: int) -> tuple[int, bytes]:
        """Log the delivery to one mailbox; return its instant and the headers it puts on top."""
        saved = instant + self.chance.randrange(30 * MILLISECOND, 900 * MILLISECOND)
        session = f"{self.chance.getrandbits(60):015X}"
        delay = (saved - instant) / SECOND
        self.log(
            site,
            "lmtp",
            saved,
            f"{queue}: to=<{account}>, relay={site.host}[private/dovecot-lmtp], delay={delay:.2f}, "
            f"dsn=2.0.0, status=sent (250 2.0.0 <{account}> {session} Saved)",
        )
        line = f"msgid={self.message_id}: saved mail to INBOX"
        self.note(site, account, saved, "lmtp", line)
        stamp = received_time(self.stamp(site.store, saved), site)
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
        self.note(self.origin, account, saved, "imap", line)
        return saved


def queue_id(chance: random.Random) -> str:
    """Return a Postfix queue id of the short form."""
    return f"{chance.getrandbits(44):011X}"


def log_time(shown: int, site: Site) -> str:
    """Return an instant as traditional syslog writes it: no year, day padded with a space."""
    moment = dt.datetime.fromtimestamp(shown // SECOND, site.zone)
    return f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"


def received_time(shown: int, site: Site) -> str:
    """Return an instant as a `Received` header ends."""
    return format_datetime(dt.datetime.fromtimestamp(shown // SECOND, site.zone))


def maildir_name(shown: int, site: Site, mail: bytes, chance: random.Random) -> str:
    """Return a Maildir file name as Dovecot makes it, without flags."""
    seconds, rest = divmod(shown, SECOND)
    wide = len(mail) + mail.count(b"\n")
    base = f"{seconds}.M{rest // 1000:06d}P{chance.randrange(700, 32_000)}.{site.host}"
    return f"{base},S={len(mail)},W={wide}"


def site_of(address: str) -> Site:
    """Return the site an address belongs to."""
    return SITES[address.partition("@")[2].partition(".")[0]]
