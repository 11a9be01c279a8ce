"""Send a plan's messages through two live sites instead of writing them to disk.

The sites are in the declared test mode and have no filter, as the network of 2016; they run in a
folder of their own below /tmp, are seized, and gone. What lies in the copies then was written by
Postfix and Dovecot alone; the truth beside them says what was handed in. Times are
today's, so sample orders, whose periods are those of the plan, are not written.
"""

from __future__ import annotations

import hashlib
import imaplib
import json
import os
import re
import secrets
import shutil
import smtplib
import sqlite3
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.parser import BytesHeaderParser
from pathlib import Path

from shieldnet import namespace, site
from shieldnet.devices.enrolling import digest
from shieldnet.errors import MissingPackagesError, NotEmptyError, ServiceError, SettingsError
from shieldnet.network import DEFAULT, SETTINGS, LiveSite, Network, load
from shieldnet.seize import seize
from shieldnet.services import postfix
from shieldnet.services.processes import until
from shieldnet.traffic.counsel import register
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.estate import write_estate
from shieldnet.traffic.generate import Advance, Summary, check, plan
from shieldnet.traffic.mails import compose, literal
from shieldnet.traffic.plan import Planned, planned
from shieldnet.traffic.sealing import possible, seal
from shieldnet.traffic.settings import Settings
from shieldnet.traffic.truth import Message, Place, true_message
from shieldnet.traffic.writing import state

CLIENT = "[10.0.0.2]"
"""How a phone introduces itself."""
PATIENCE = 120.0
_STORED = re.compile(r".*,S=\d+,W=\d+(:2,[A-Z]*)?")


def write(
    settings: Settings,
    out: Path,
    *,
    on_device: Advance = lambda _: None,
    on_message: Advance = lambda _: None,
) -> Summary:
    """Write `copy/`, as `seize` makes it, and `truth/`; refuse a folder that holds them."""
    check(settings)
    if settings.store != "maildir":
        raise SettingsError("Live sites keep Maildirs. Leave out --store or --live")
    copy, truth = out / "copy", out / "truth"
    if copy.exists() or truth.exists():
        raise NotEmptyError(f"{out} holds a copy already. Name another folder, or remove it first")
    base = Path(tempfile.gettempdir())
    namespace.enter(base)
    missing = site.missing_packages()
    if missing:
        raise MissingPackagesError(site.installing(missing))
    truth.mkdir(parents=True)
    (truth / "lawyers.csv").write_text(register(settings), "utf-8")
    (truth / "plan.json").write_text(json.dumps(plan(settings), indent=2) + "\n", "utf-8")
    with _network(base) as folder:
        keys = write_estate(settings, folder / "sites", truth, on_device)
        network = load_made(folder)
        sending = _Sending(settings, network)
        site.up(network, [])
        try:
            sending.all(on_message)
            seize(network, copy, [])
        finally:
            for one in network.sites.values():
                site.stop(one)
        sending.settle()
    return _truth(truth, sending, Summary(devices=settings.devices, keys=keys))


def _truth(truth: Path, sending: _Sending, summary: Summary) -> Summary:
    """Write what was sent, and the counts of it."""
    with (truth / "messages.jsonl").open("w", encoding="utf-8") as target:
        for message in sending.messages:
            target.write(message.line())
            summary.add(message)
    (truth / "others.jsonl").touch()
    (truth / "summary.json").write_text(json.dumps(summary.fields(), indent=2) + "\n", "utf-8")
    return summary


@contextmanager
def _network(base: Path) -> Iterator[Path]:
    """Give a short folder that the servers' users can reach; remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="shieldnet-", dir=base))
    try:
        folder.chmod(0o755)
        text = DEFAULT.format(custody="server", only_encrypted="false")
        # Loopback addresses of this process, so that no network that is up is in the way.
        number = os.getpid()
        for last in (2, 3):
            own = f"127.{number >> 8 & 127 | 128}.{number & 255}.{last}"
            text = text.replace(f"127.0.0.{last}", own)
        (folder / SETTINGS).write_text(text, "utf-8")
        yield folder
    finally:
        shutil.rmtree(folder)


def load_made(folder: Path) -> Network:
    """Finish a network whose registries are there already, and load it."""
    site.finish(folder)
    return load(folder)


class _Sending:
    """Every message of a plan on its way through the sites."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self._settings, self._network = settings, network
        self._due: list[tuple[Message, dict[str, tuple[str, str]]]] = []
        self._logins = {name: _logins(one) for name, one in network.sites.items()}
        self.messages: list[Message] = []

    def all(self, on_message: Advance) -> None:
        """Hand in every message whose people hold active phones."""
        with ExitStack() as stack:
            clients: dict[str, smtplib.SMTP_SSL] = {}
            for number in range(self._settings.slices):
                for message in planned(self._settings, number):
                    sender = device(self._settings, message.sender)
                    people = [device(self._settings, one) for one in message.to]
                    if all(self._active(person) for person in (sender, *people)):
                        if sender.address not in clients:
                            clients[sender.address] = stack.enter_context(self._client(sender))
                        self._send(clients[sender.address], message, sender, people)
                    on_message(1)
            self._delivered()

    def _active(self, person: Device) -> bool:
        return person.address in self._logins[person.site.name]

    def _send(
        self, client: smtplib.SMTP, message: Planned, sender: Device, people: list[Device]
    ) -> None:
        second = message.when // 1_000_000_000
        key = sender.key_at(second)
        shown = people[:-1] if message.blind else people
        verdict = "none" if message.form == "plain" else possible(message.signature, key)
        inside = literal(message, sender)
        own = [key] if message.to_self else []

        def mail(persons: list[Device]) -> tuple[bytes, str]:
            if message.form == "plain":
                return compose(message, sender, shown, b""), "not encrypted"
            keys = [one.key_at(second) for one in persons] + ([] if message.separate else own)
            sealed = seal(inside, keys, key, verdict, hidden=message.hidden)
            return compose(message, sender, shown, sealed), state(keys)

        now, due = time.time_ns(), {}
        for batch in [[one] for one in people] if message.separate else [people]:
            octets, outcome = mail(batch)
            client.sendmail(sender.address, [one.address for one in batch], octets)
            for one in batch:
                kind = "inbox" if one.site is sender.site else "other site"
                due[one.address] = (kind, outcome)
        truth = true_message(message, sender, people, inside, verdict, now)
        self.messages.append(truth)
        self._due.append((truth, due))
        if message.sent_copy:
            self._keep(sender, octets)
            truth.places.append(_pending(sender, "sent", outcome))

    def _keep(self, sender: Device, mail: bytes) -> None:
        one = self._network.sites[sender.site.name]
        with imaplib.IMAP4_SSL(one.address, one.imap_port, ssl_context=_trust(one)) as imap:
            imap.login(sender.address, self._logins[one.name][sender.address])
            imap.create("Sent")
            imap.append("Sent", r"(\Seen)", "", mail.replace(b"\n", b"\r\n"))

    @contextmanager
    def _client(self, sender: Device) -> Iterator[smtplib.SMTP_SSL]:
        one = self._network.sites[sender.site.name]
        with smtplib.SMTP_SSL(
            one.address, one.submission_port, local_hostname=CLIENT, context=_trust(one)
        ) as client:
            client.login(sender.address, self._logins[one.name][sender.address])
            yield client

    def _delivered(self) -> None:
        """Wait until every message lies in every mailbox it was sent to, and no queue holds any.

        A server that is stopped between the two would deliver it again.
        """
        due = sum(len(places) for _, places in self._due)

        def settled() -> bool:
            stored = sum(1 for _ in self._stored(""))
            return stored >= due and not any(map(postfix.queue, self._network.sites.values()))

        if not until(settled, PATIENCE):
            raise ServiceError(f"After {PATIENCE:.0f} s not all of {due} messages were delivered")

    def _stored(self, box: str) -> Iterator[tuple[LiveSite, str, Path]]:
        for one in self._network.sites.values():
            for path in one.mail.glob(f"*/Maildir/{box or '.'}/[cn][ue][rw]/*"):
                if _STORED.fullmatch(path.name):
                    yield one, path.relative_to(one.mail).parts[0], path

    def settle(self) -> None:
        """Note where each message lies now."""
        inboxes = {_named(address, path): (one, path) for one, address, path in self._stored("")}
        sent = {_named(address, path): (one, path) for one, address, path in self._stored(".Sent")}
        for truth, due in self._due:
            kept = truth.places
            truth.places = []
            for address, (kind, outcome) in due.items():
                where = inboxes[address, truth.message_id]
                truth.places.append(_place(*where, kind, outcome))
            for place in kept:
                where = sent[truth.sender, truth.message_id]
                truth.places.append(_place(*where, "sent", place.state))


def _logins(one: LiveSite) -> dict[str, str]:
    """Give every active device of a site a password, and return them by address."""
    connection = sqlite3.connect(one.registry)
    with connection:
        rows = connection.execute("SELECT address FROM device WHERE status = 'active'").fetchall()
        logins = {address: secrets.token_urlsafe(20) for (address,) in rows}
        connection.executemany(
            "INSERT INTO login (address, password) VALUES (?, ?)",
            [(address, digest(password)) for address, password in logins.items()],
        )
    connection.close()
    return logins


def _trust(one: LiveSite) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(one.tls / "ca.pem"))


def _named(address: str, path: Path) -> tuple[str, str]:
    with path.open("rb") as source:
        return address, str(BytesHeaderParser().parse(source)["Message-ID"]).strip()


def _pending(sender: Device, kind: str, outcome: str) -> Place:
    return Place(
        site=sender.site.name, path="", offset=0, length=0, sha256="", copy=kind, state=outcome
    )


def _place(one: LiveSite, path: Path, kind: str, outcome: str) -> Place:
    mail = path.read_bytes()
    return Place(
        site=one.name,
        path=str(path.relative_to(one.folder)),
        offset=0,
        length=len(mail),
        sha256=hashlib.sha256(mail).hexdigest(),
        copy=kind,
        state=outcome,
    )
