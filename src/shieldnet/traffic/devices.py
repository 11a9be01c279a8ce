"""Plan one device's life: who held it from when to when, with which keys, and what became of it.

A device is a pure function of settings and its number, so nobody needs the whole list at once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

from shieldnet.imei import of_test_range
from shieldnet.keys import KeySpec
from shieldnet.sites import AMS, DAY, YYZ, Site
from shieldnet.traffic.draw import chances
from shieldnet.traffic.phrases import LANGUAGES
from shieldnet.traffic.settings import END, Settings
from shieldnet.traffic.texts import nickname, passphrase

MODELS = ("Cobalt S1", "Cobalt S2", "Basalt 4")
ROLES = ("private",) * 14 + ("organisation",) * 4 + ("lawyer",) * 2
PRESENT_POOL, WITHHELD_POOL, MISSING_POOL = range(32), range(32, 36), range(36, 40)
"""Which RSA test keys devices share; test_keys/README.md says why there are three groups."""


FEW_DEVICES = 2500
"""Of more devices as many keys are locked with a passphrase that can be found as of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One person or organisation holding the device; `until` belongs to the next."""

    holder: str
    role: str
    since: int
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device, all its holders and all its keys."""

    number: int
    site: Site
    serial: str
    imei: str
    address: str
    model: str
    language: str
    registered: int
    tenures: tuple[Tenure, ...]
    keys: tuple[KeySpec, ...]
    fate: str
    """`stock`, `active`, `blocked` or `wiped` when the copy was made."""

    def tenure_at(self, second: int) -> Tenure | None:
        """Return who held it at an instant."""
        for tenure in self.tenures:
            if tenure.since <= second and (tenure.until is None or second < tenure.until):
                return tenure
        return None

    def key_at(self, second: int) -> KeySpec:
        """Return the key others encrypted to at an instant; it must have been issued by then."""
        return max((key for key in self.keys if key.created <= second), key=lambda key: key.created)


@lru_cache(maxsize=16384)
def device(settings: Settings, number: int) -> Device:
    """Return device `number`."""
    chance = chances(settings.seed, "device", number)
    site = AMS if chance.random() < 0.6 else YYZ
    address = f"d{number:05d}@{site.domain}"
    registered = settings.start - chance.randrange(20 * DAY, 200 * DAY)
    fate = chance.choices(("active", "stock", "blocked", "wiped"), (92, 3, 3, 2))[0]
    if number < 2:
        fate = "active"  # so that the smallest network has somebody to write and somebody to read
    tenures = _tenures(chance, settings, fate, early=number < 2)
    return Device(
        number=number,
        site=site,
        serial=f"SN-{site.name.upper()}-{number:06d}",
        imei=of_test_range(number),
        address=address,
        model=chance.choice(MODELS),
        language=_language(chance, site),
        registered=registered,
        tenures=tenures,
        keys=_keys(chance, settings, address, tenures),
        fate=fate,
    )


def _language(chance: random.Random, site: Site) -> str:
    weights = (50, 14, 8, 14, 14) if site is AMS else (10, 50, 22, 8, 10)
    return chance.choices(tuple(LANGUAGES), weights)[0]


def _tenures(
    chance: random.Random, settings: Settings, fate: str, *, early: bool
) -> tuple[Tenure, ...]:
    if fate == "stock":
        return ()
    length = END - settings.start
    if early or chance.random() < 0.75:
        since = settings.start - chance.randrange(DAY, 18 * DAY)
    else:
        since = settings.start + chance.randrange(length * 7 // 10)
    until = None
    if fate in ("blocked", "wiped"):
        until = END - chance.randrange(length // 6)
        since = min(since, until - DAY)
    last = Tenure(holder=nickname(chance), role=chance.choice(ROLES), since=since, until=until)
    room = (END if until is None else until) - since
    if early or chance.random() >= 0.07 or room < 40 * DAY:
        return (last,)
    handed = since + room // 3 + chance.randrange(room // 3)
    first = Tenure(
        holder=nickname(chance),
        role=chance.choice(ROLES),
        since=since,
        until=handed - chance.randrange(2 * DAY, 9 * DAY),
    )
    return (first, Tenure(holder=last.holder, role=last.role, since=handed, until=until))


def _keys(
    chance: random.Random, settings: Settings, address: str, tenures: tuple[Tenure, ...]
) -> tuple[KeySpec, ...]:
    moments = []
    for tenure in tenures:
        moments.append(tenure.since)
        end = END if tenure.until is None else tenure.until
        if chance.random() < 0.08 and end - tenure.since > 20 * DAY:
            moments.append(tenure.since + (end - tenure.since) // 2)  # a key rolled over
    keys = []
    for place, created in enumerate(moments):
        replaced = moments[place + 1] if place + 1 < len(moments) else None
        keys.append(_key(chance, settings, address, created, replaced))
    return tuple(keys)


def _key(
    chance: random.Random, settings: Settings, address: str, created: int, replaced: int | None
) -> KeySpec:
    algorithm = settings.algorithm
    if algorithm == "mix":
        algorithm = chance.choice(("rsa2048", "cv25519"))
    # Nobody has thousands of passphrases, and every locked key is tried with each.
    known = 4 * min(1, FEW_DEVICES / settings.devices)
    kind = chance.choices(
        ("present", "missing", "withheld", "given", "in the copy"),
        (87 - 2 * known, 10, 3, known, known),
    )[0]
    pool = {"missing": MISSING_POOL, "withheld": WITHHELD_POOL}.get(kind, PRESENT_POOL)
    first, second = chance.sample(pool, 2)
    locked = kind in ("withheld", "given", "in the copy")
    revoked = None
    if chance.random() < (0.4 if replaced else 0.02):
        revoked = min(replaced or END - DAY, END - DAY)
    state = "locked" if locked else kind
    return KeySpec(
        address=address,
        algorithm=algorithm,
        created=created,
        seed=f"{settings.seed} {address} {created}".encode(),
        pool=(first, second),
        revoked=revoked,
        state="revoked" if revoked is not None and state == "present" else state,
        passphrase=passphrase(chance) if locked else "",
        disclosure=kind if locked else "none",
        form=_form(chance, algorithm, kind),
    )


def _form(chance: random.Random, algorithm: str, kind: str) -> str:
    if kind == "missing":
        return "none"
    if kind == "present" and algorithm == "rsa2048" and chance.random() < 0.2:
        return "gnupg home"
    return "ring" if chance.random() < 0.25 else "armoured"
