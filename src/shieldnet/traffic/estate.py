"""Write what lies on a site's disk besides mail: registry, ledger, keys, notes and settings.

Secret keys are written only because the network is in its declared test mode of server custody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pysequoia

from shieldnet.keys import KeySpec, agent_key, key_pair, keygrip
from shieldnet.registry import DeviceRow, EventRow, HoldingRow, Registry, Sale, detail, write_ledger
from shieldnet.sites import DAY, SITES, Site
from shieldnet.traffic.devices import Device, device
from shieldnet.traffic.draw import chances
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.truth import second_text, write_device, write_key
from shieldnet.traffic.writing import make_maildir

ARMOURED, RING, AGENT = "keys/secret/{}.asc", "keys/old/secring.gpg", "keys/gnupg"
PUBLIC, SECRET = pysequoia.ArmorKind.PublicKey, pysequoia.ArmorKind.SecretKey


@dataclass(slots=True, kw_only=True)
class _Desk:
    """One site's open files, and what must be sorted before it is written."""

    site: Site
    folder: Path
    registry: Registry
    ring: IO[bytes]
    pubring: IO[bytes]
    events: list[EventRow] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    passphrases: list[tuple[str, str]] = field(default_factory=list)


def write_estate(
    settings: Settings, copy: Path, truth: Path, advance: Callable[[int], None]
) -> dict[str, int]:
    """Write every device's traces below `copy` and its truth; return keys counted by state."""
    counts: dict[str, int] = {}
    with ExitStack() as stack:
        desks = {name: _open(stack, copy, site) for name, site in SITES.items()}
        devices = stack.enter_context((truth / "devices.jsonl").open("w", encoding="utf-8"))
        keys = stack.enter_context((truth / "keys.jsonl").open("w", encoding="utf-8"))
        given = stack.enter_context((truth / "passphrases.txt").open("w", encoding="utf-8"))
        for number in range(settings.devices):
            person = device(settings, number)
            desk = desks[person.site.name]
            _enter(settings, desk, person)
            write_device(devices, person)
            for spec in person.keys:
                path = _keep_secret(desk, spec)
                write_key(keys, person, spec, path)
                counts[spec.state] = counts.get(spec.state, 0) + 1
                if spec.disclosure == "given":
                    given.write(spec.passphrase + "\n")
            advance(1)
        for desk in desks.values():
            _close(desk)
    return counts


def _open(stack: ExitStack, copy: Path, site: Site) -> _Desk:
    folder = copy / site.name
    for name in (
        "keys/secret",
        "keys/old",
        "keys/gnupg/private-keys-v1.d",
        "log",
        "mail",
        "backups",
        "home/admin",
        "postfix/etc",
        "dovecot",
    ):
        (folder / name).mkdir(parents=True)
    _write_settings(folder, site)
    return _Desk(
        site=site,
        folder=folder,
        registry=stack.enter_context(Registry(folder / "registry.db", site)),
        ring=stack.enter_context((folder / RING).open("wb")),
        pubring=stack.enter_context((folder / AGENT / "pubring.gpg").open("wb")),
    )


def _close(desk: _Desk) -> None:
    desk.registry.add_events(sorted(desk.events))
    write_ledger(desk.folder / "ledger.csv", desk.site, desk.sales)
    _write_notes(desk)


def _held(desk: _Desk, person: Device, place: int) -> None:
    """Enter one interval in which somebody held a device, and its events."""
    tenure = person.tenures[place]
    desk.registry.add_holding(
        HoldingRow(
            serial=person.serial,
            address=person.address,
            holder=tenure.holder,
            valid_from=_text(tenure.since),
            valid_to=second_text(tenure.until),
        )
    )
    told = {
        "holder": tenure.holder,
        "fingerprint": key_pair(person.key_at(tenure.since)).fingerprint,
    }
    if place == 0:
        _event(desk, person, tenure.since, "issued", **told)
    else:
        before = person.tenures[place - 1].holder
        _event(desk, person, tenure.since, "reissued", previous=before, **told)
    if tenure.until is not None:
        last = place == len(person.tenures) - 1
        kind = "blocked" if person.fate == "blocked" and last else "wiped"
        _event(desk, person, tenure.until, kind, holder=tenure.holder)


def _enter(settings: Settings, desk: _Desk, person: Device) -> None:
    """Register a device, all its intervals, events and sales."""
    current = person.keys[-1] if person.keys else None
    held = person.tenures[-1] if person.tenures else None
    until = END if held is None or held.until is None else held.until
    desk.registry.add_device(
        DeviceRow(
            serial=person.serial,
            imei=person.imei,
            address=person.address,
            model=person.model,
            status=person.fate,
            custody="device" if current is not None and current.form == "none" else "server",
            fingerprint=None if current is None else key_pair(current).fingerprint,
            created=_text(person.registered),
            last_seen=None if held is None else _text((until - 1) // DAY * DAY),
        )
    )
    _event(desk, person, person.registered, "registered", model=person.model)
    for place in range(len(person.tenures)):
        _held(desk, person, place)
        desk.sales.append(_sale(settings, person, place))
    _key_events(desk, person)
    if person.tenures and settings.store == "mbox":
        (desk.folder / "mail" / person.address).mkdir()
    elif person.tenures:
        make_maildir(desk.folder / "mail" / person.address / "Maildir")


def _key_events(desk: _Desk, person: Device) -> None:
    issued = {tenure.since for tenure in person.tenures}
    for place, spec in enumerate(person.keys):
        name = key_pair(spec).fingerprint
        if spec.created not in issued:
            before = key_pair(person.keys[place - 1]).fingerprint
            _event(desk, person, spec.created, "key rolled", fingerprint=name, previous=before)
        if spec.revoked is not None:
            _event(desk, person, spec.revoked, "key revoked", fingerprint=name)


def _event(desk: _Desk, person: Device, at: int, kind: str, **fields: str) -> None:
    desk.events.append(
        EventRow(at=_text(at), serial=person.serial, kind=kind, detail=detail(**fields))
    )


def _sale(settings: Settings, person: Device, place: int) -> Sale:
    chance = chances(settings.seed, "sale", person.number, place)
    tenure = person.tenures[place]
    reseller = f"reseller {chance.randrange(1, 10)} {person.site.country}"
    buyer = reseller if chance.random() < 0.35 else tenure.holder
    if tenure.role != "private":
        prefix = {"lawyer": "law office", "organisation": "firm"}[tenure.role]
        buyer = f"{prefix} {tenure.holder}"
    sold = dt.datetime.fromtimestamp(tenure.since - chance.randrange(3 * DAY), dt.UTC)
    return Sale(
        date=f"{sold:%Y-%m-%d}",
        serial=person.serial,
        model=person.model,
        buyer=buyer,
        price_cents=person.site.price_cents - 5_000 * chance.randrange(5) * (place > 0),
        currency=person.site.currency,
        paid_by=chance.choices(("cash", "bank transfer", "voucher"), (6, 3, 1))[0],
    )


def _text(second: int) -> str:
    return second_text(second) or ""


def _keep_secret(desk: _Desk, spec: KeySpec) -> str | None:
    """Publish the certificate, keep the secret half in its form; return where that lies."""
    pair = key_pair(spec)
    _append(desk.folder / "keys" / f"{spec.address}.asc", pysequoia.armor(pair.public, PUBLIC))
    if spec.disclosure == "in the copy":
        desk.passphrases.append((spec.address, spec.passphrase))
    if spec.form == "armoured":
        path = ARMOURED.format(spec.address)
        _append(desk.folder / path, pysequoia.armor(pair.secret, SECRET))
        return path
    if spec.form == "ring":
        desk.ring.write(pair.secret)
        return RING
    if spec.form == "gnupg home":
        folder = desk.folder / AGENT / "private-keys-v1.d"
        for which in (0, 1):
            (folder / f"{keygrip(spec, which)}.key").write_bytes(agent_key(spec, which))
        desk.pubring.write(pair.public)
        return f"{AGENT}/private-keys-v1.d/{keygrip(spec, 1)}.key"
    return None


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="ascii", newline="") as target:
        target.write(text)


def _write_notes(desk: _Desk) -> None:
    """Write an administrator's notes: some passphrases that fit, and two that fit nothing."""
    lines = [
        f"server {desk.site.host}",
        "- backup every month, export on request only",
        "- the reseller always forgets these, so here they are:",
        "",
    ]
    for address, passphrase in desk.passphrases:
        lines += [f"{address.partition('@')[0]}", f"passphrase: {passphrase}", ""]
    lines += ["old ones:", "passphrase: test test 000", "passphrase: welcome-000", ""]
    (desk.folder / "home/admin/notes.txt").write_text("\n".join(lines), "utf-8")


def _write_settings(folder: Path, site: Site) -> None:
    other = next(one for one in SITES.values() if one is not site)
    (folder / "postfix/etc/main.cf").write_text(
        f"myhostname = {site.host}\nmydomain = {site.domain}\n"
        f"virtual_mailbox_domains = {site.domain}\n"
        "virtual_mailbox_maps = sqlite:/etc/postfix/mailbox.cf\n"
        "virtual_transport = lmtp:unix:private/dovecot-lmtp\n"
        f"transport_maps = inline:{{ {{{other.domain} = smtp:[{other.address}]:10025}} }}\n"
        "default_transport = error:5.1.2 closed network\n"
        "maillog_file = /var/log/postfix.log\n",
        "ascii",
    )
    (folder / "postfix/etc/master.cf").write_text(
        f"{site.address}:10025 inet n - n - - smtpd\n10465 inet n - n - - smtpd\n"
        "postlog unix-dgram n - n - 1 postlogd\n",
        "ascii",
    )
    (folder / "dovecot/dovecot.conf").write_text(
        "mail_location = maildir:/var/vmail/%u/Maildir\nlog_path = /var/log/dovecot.log\n"
        f"protocols = imap lmtp\nhostname = {site.host}\n",
        "ascii",
    )
