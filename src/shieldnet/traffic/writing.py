"""Encrypt one slice of the plan and write it into the sites' mail stores.

Runs in a worker process: reads nothing but the settings, writes only below the mail folders,
returns what others append: log lines, ground truth, and the bytes that backups and mail stores in
mbox form hold.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from shieldnet.keys import KeySpec
from shieldnet.sites import DAY, SECOND
from shieldnet.traffic.boxes import Stored, quoted
from shieldnet.traffic.delivery import Journal, Journey, maildir_name
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.mails import compose, flags, literal
from shieldnet.traffic.plan import Planned, planned
from shieldnet.traffic.sealing import cut_short, flip, possible, seal
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.truth import Message, Place, true_message

BACKUP = END - 40 * DAY
"""When the older state of some Maildirs was packed."""
EXPORT = END - 5 * DAY
"""When some mailboxes were exported."""


@dataclass(slots=True, kw_only=True)
class Kept:
    """One message as a backup holds it, to be appended by whoever owns the backup."""

    kind: str
    """`mbox` or `tar`."""
    site: str
    account: str
    number: int
    message: int
    """Index of its ground truth in the slice."""
    shown: int
    name: str
    state: str
    sender: str
    mail: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Written:
    """What came of one slice."""

    number: int
    messages: list[Message] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    boxed: dict[tuple[str, str], list[tuple[Place, Stored]]] = field(default_factory=dict)
    """By site and path: mail for stores in mbox form, whose places learn their offsets then."""
    journal: Journal = field(default_factory=Journal)
    empty: list[tuple[str, str]] = field(default_factory=list)
    """Site and path of files in a Maildir that hold nothing."""


@lru_cache(maxsize=65_536)
def in_backup(settings: Settings, person: Device) -> str:
    """Return which backup an account is in: `mbox`, `tar` or none."""
    draw = chances(settings.seed, "backup", person.number).random()
    return "mbox" if draw < 0.06 else "tar" if draw < 0.14 else ""


def write_slice(settings: Settings, copy: Path, number: int) -> Written:
    """Write slice `number` below `copy`."""
    written = Written(number=number)
    for message in planned(settings, number):
        _Posting(settings=settings, copy=copy, message=message, written=written).post()
    return written


def state(recipients: list[KeySpec]) -> str:
    """Return the state due to what is encrypted to these keys."""
    access = {spec.access for spec in recipients}
    if "open" in access:
        return "readable"
    return "key locked" if "locked" in access else "no key"


class _Posting:
    """One message on its way into all its places."""

    def __init__(
        self, *, settings: Settings, copy: Path, message: Planned, written: Written
    ) -> None:
        self.settings, self.copy, self.message, self.written = settings, copy, message, written
        self.chance = chances(settings.seed, "posting", message.number)
        self.second = message.when // SECOND
        self.sender = device(settings, message.sender)
        self.people = [device(settings, number) for number in message.to]
        self.key = self.sender.key_at(self.second)
        self.verdict = "none" if message.form == "plain" else possible(message.signature, self.key)
        self.literal = literal(message, self.sender)
        self.places: list[Place] = []

    def post(self) -> None:
        """Encrypt, deliver, keep, and note the truth."""
        shown = self.people[:-1] if self.message.blind else self.people
        mails = self._mails(shown)
        message = self.message
        truth = true_message(
            message, self.sender, self.people, self.literal, self.verdict, message.when
        )
        truth.places = self.places
        self.written.messages.append(truth)
        # What is encrypted for each recipient apart is handed in for each apart.
        batches = [[one] for one in self.people] if self.message.separate else [self.people]
        for people in batches:
            journey = self._journey(len(mails[people[0].number][0]))
            self._deliver(journey, people, mails)
        if self.message.sent_copy:
            mail, due = mails[self.sender.number]
            saved = journey.kept(self.sender.address, len(mail))
            clock = self.sender.site.store
            self._store(self.sender, ".Sent", mail, due, journey.stamp(clock, saved), "sent")

    def _journey(self, size: int) -> Journey:
        return Journey(
            settings=self.settings,
            journal=self.written.journal,
            chance=self.chance,
            origin=self.sender.site,
            sender=self.sender.address,
            message_id=self.message.message_id,
            size=size,
            when=self.message.when,
        )

    def _mails(self, shown: list[Device]) -> dict[int, tuple[bytes, str]]:
        """Return, by device, the mail it gets and the state due to it."""
        own = [self.key] if self.message.to_self else []
        if self.message.form == "plain":
            mail = compose(self.message, self.sender, shown, b"")
            return dict.fromkeys((*self.message.to, self.sender.number), (mail, "not encrypted"))
        if not self.message.separate:
            keys = [person.key_at(self.second) for person in self.people] + own
            one = self._sealed(keys, shown)
            return dict.fromkeys((*self.message.to, self.sender.number), one)
        mails = {
            person.number: self._sealed([person.key_at(self.second)], shown)
            for person in self.people
        }
        mails[self.sender.number] = (
            self._sealed(own, shown) if own else mails[self.people[0].number]
        )
        return mails

    def _sealed(self, keys: list[KeySpec], shown: list[Device]) -> tuple[bytes, str]:
        sealed = seal(
            self.literal,
            keys,
            self.key,
            self.verdict,
            hidden=self.message.hidden,
            quick=self.settings.quick,
        )
        return compose(self.message, self.sender, shown, sealed), state(keys)

    def _deliver(
        self, journey: Journey, people: list[Device], mails: dict[int, tuple[bytes, str]]
    ) -> None:
        here = self.sender.site
        queue, lowest = journey.submitted([person.address for person in people])
        for site in sorted({person.site for person in people}, key=lambda one: one.name):
            there = [person for person in people if person.site is site]
            instant, entry, trace = self.message.when, queue, lowest
            if site is not here:
                accounts = [person.address for person in there]
                instant, entry, header = journey.crossed(queue, site, accounts)
                trace = header + lowest
            for person in there:
                mail, due = mails[person.number]
                saved, top = journey.delivered(site, entry, person.address, instant)
                shown = journey.stamp(site.store, saved)
                kind = "inbox" if site is here else "other site"
                self._receive(person, top + trace.encode() + mail, due, shown, kind)
            journey.removed(site, entry, instant + SECOND)
        if all(person.site is not here for person in people):
            journey.removed(here, queue, self.message.when + 21 * SECOND)

    def _receive(self, person: Device, mail: bytes, due: str, shown: int, kind: str) -> None:
        """Store in the inbox, and keep for the backup the account is in."""
        backup = in_backup(self.settings, person)
        kept = backup and self.second < (BACKUP if backup == "tar" else EXPORT)
        if kept:
            name = maildir_name(shown, person.site, mail, self.chance) + ":2,S"
            self.written.kept.append(
                Kept(
                    kind=backup,
                    site=person.site.name,
                    account=person.address,
                    number=person.number,
                    message=len(self.written.messages) - 1,
                    shown=shown,
                    name=name,
                    state=due,
                    sender=self.sender.address,
                    mail=mail,
                )
            )
            if backup == "tar" and self.chance.random() < 0.2:
                return  # deleted since: only the backup still has it
        if due == "readable":
            draw = self.chance.random()
            if draw < self.settings.damaged:
                mail = (cut_short if draw < self.settings.damaged / 2 else flip)(mail, self.chance)
                due = "damaged"
        self._store(person, "", mail, due, shown, kind)
        if self.settings.store == "maildir" and self.chance.random() < 0.0004:
            self._empty(person, shown + SECOND)

    def _store(
        self, person: Device, folder: str, mail: bytes, due: str, shown: int, kind: str
    ) -> None:
        if self.settings.store == "mbox":
            self._box(person, "Sent" if folder else "mbox", mail, due, shown, kind)
            return
        fresh = not folder and self.second > END - 2 * DAY and self.chance.random() < 0.7
        name = maildir_name(shown, person.site, mail, self.chance)
        where = "new" if fresh else "cur"
        if not fresh:
            name += f":2,{flags(self.chance)}"
        path = write_mail(self.copy, person, folder, where, name, mail, shown)
        self.places.append(_place(person, path, mail, due, kind))

    def _box(self, person: Device, name: str, mail: bytes, due: str, shown: int, kind: str) -> None:
        stored = quoted(mail)
        place = _place(person, f"mail/{person.address}/{name}", stored, due, kind)
        self.places.append(place)
        box = self.written.boxed.setdefault((place.site, place.path), [])
        box.append((place, Stored(sender=self.sender.address, shown=shown, stored=stored)))

    def _empty(self, person: Device, shown: int) -> None:
        name = maildir_name(shown, person.site, b"", self.chance) + ":2,"
        path = write_mail(self.copy, person, "", "cur", name, b"", shown)
        self.written.empty.append((person.site.name, path))


def _place(person: Device, path: str, stored: bytes, due: str, kind: str) -> Place:
    return Place(
        site=person.site.name,
        path=path,
        offset=0,
        length=len(stored),
        sha256=hashlib.sha256(stored).hexdigest(),
        copy=kind,
        state=due,
    )


def write_mail(
    copy: Path, person: Device, folder: str, where: str, name: str, mail: bytes, shown: int
) -> str:
    """Write one Maildir file with its time; return its path inside the site."""
    path = "/".join(filter(None, ("mail", person.address, "Maildir", folder, where, name)))
    target = copy / person.site.name / path
    try:
        target.write_bytes(mail)
    except FileNotFoundError:
        make_maildir(target.parent.parent)
        target.write_bytes(mail)
    os.utime(target, ns=(shown, shown))
    return path


def make_maildir(folder: Path) -> None:
    """Make the three folders of a Maildir."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
