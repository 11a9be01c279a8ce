"""The key table: every key found, understood once, unlocked once.

Unlocking costs 100 to 700 ms a guess (S2K), so what was tried is remembered and a later run
tries only new passphrases and new keys. Numbers of keys never change once given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from zegel.openpgp.agentkeys import (
    AgentKey,
    agent_numbers,
    match_agent_key,
    public_numbers,
    read_agent_key,
)
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import (
    POST_QUANTUM,
    Failure,
    OpenFailure,
    PublicKey,
    SecretKey,
    UnlockedKey,
)
from zegel.openpgp.secretkeys import unlock
from zegel.processing.keyring import public_key
from zegel.processing.unlock import Passphrase
from zegel.records import Problem

UNLOCKED = ("number", "tried_passphrases", "numbers", "unlocked_by", "refusal")
"""The columns that unlocking changes, and the number of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One distinct piece of key material."""

    identity: bytes
    form: str
    bytes: bytes = field(repr=False)


def understand(material: Material) -> tuple[list[dict[str, Any]], AgentKey | None, list[Problem]]:
    """Return key rows for OpenPGP material, or the agent key waiting for its public key."""
    if material.form == "gnupg-agent":
        agent = read_agent_key(material.bytes)
        if isinstance(agent, Problem):
            return [], None, [agent]
        return [], agent, []
    certificates, problems = read_certificates(material.bytes)
    rows = []
    for certificate in certificates:
        secrets = {secret.public.fingerprint: secret for secret in certificate.secrets}
        for key in certificate.keys:
            row = _row(key, secrets.get(key.fingerprint), material.identity)
            if key.algorithm in POST_QUANTUM and row["has_secret"]:
                row["transferable"] = certificate.packets
            rows.append(row)
    return rows, None, problems


def _row(
    key: PublicKey, secret: SecretKey | None, material: bytes, number: int | None = None
) -> dict[str, Any]:
    return {
        "number": number,
        "fingerprint": key.fingerprint,
        "key_id": key.key_id,
        "version": key.version,
        "algorithm": key.algorithm,
        "bits": key.bits,
        "curve": key.curve,
        "created": key.created,
        "expires": key.expires,
        "revoked": key.revoked,
        "primary": key.primary,
        "user_ids": list(key.user_ids),
        "public": key.public,
        "has_secret": secret is not None,
        "locked": secret.locked if secret else None,
        "protection": secret.protection if secret else None,
        "form": secret.form if secret else None,
        "material": secret.material if secret else None,
        "material_ids": [material],
        "secret_ids": [material] if secret else [],
        "numbers": None,
        "transferable": None,
        "unlocked_by": None,
        "refusal": None,
        "tried_passphrases": 0,
    }


def match_agents(
    agents: Iterable[tuple[bytes, AgentKey]], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return rows for agent keys, each joined to the public key of the same numbers.

    GnuPG's agent files hold no key id (the file's name is a hash of the public numbers), so an
    agent key whose public key is nowhere in the copy stays unused and is counted by its places.
    """
    publics = {row["fingerprint"]: public_key(row) for row in rows}
    by_numbers: dict[object, list[PublicKey]] = {}
    for public in publics.values():
        by_numbers.setdefault(public_numbers(public), []).append(public)
    found = []
    for identity, agent in agents:
        for public in by_numbers.get(agent_numbers(agent), ()):
            secret = match_agent_key(agent, public)
            if secret is not None:
                found.append(_row(public, secret, identity))
    return found


class Shared:
    """Lets rows share their equal octets and texts: of a key there are three or more rows."""

    def __init__(self) -> None:
        self._one: dict[bytes | str, bytes | str] = {}

    def rows(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield rows whose values are the ones met first."""
        for row in rows:
            for column, value in row.items():
                if isinstance(value, bytes | str):
                    row[column] = self._one.setdefault(value, value)
                elif isinstance(value, list):
                    row[column] = [self._one.setdefault(item, item) for item in value]
            yield row


def join_places(known: dict[str, Any], other: dict[str, Any]) -> None:
    """Take over into `known` where else its key was found, and what was said of it there."""
    for column in ("material_ids", "secret_ids", "user_ids"):
        known[column] = sorted({*known[column], *other[column]})
    known["revoked"] = known["revoked"] or other["revoked"]


class KeyRows:
    """Rows of keys and secrets, each once, oldest numbers kept.

    The same key found in several places is one row with several `material_ids`; a key found
    locked in two ways keeps a row for each, since each may yield to another passphrase.
    """

    def __init__(self, earlier: Iterable[dict[str, Any]]) -> None:
        self._rows = {_name(row): row for row in earlier}

    def add(self, row: dict[str, Any]) -> None:
        """Take a row found, or what it adds to one known; it is kept itself, not a copy."""
        known = self._rows.setdefault(_name(row), row)
        if known is not row:
            join_places(known, row)
            if not known["user_ids"] or known["expires"] is None:
                known["expires"] = row["expires"]

    def numbered(self) -> list[dict[str, Any]]:
        """Return all rows in the order of their numbers; new ones get theirs by fingerprint."""
        rows = self._rows.values()
        following = 1 + max((n for row in rows if (n := row["number"]) is not None), default=-1)
        new = sorted((row for row in rows if row["number"] is None), key=_name)
        for number, row in enumerate(new, following):
            row["number"] = number
        return sorted(rows, key=lambda row: int(row["number"]))


def _name(row: dict[str, Any]) -> tuple[bytes, bytes]:
    return row["fingerprint"], row["material"] or b""


def unlock_row(
    row: dict[str, Any], passphrases: Sequence[Passphrase], budget: int
) -> dict[str, Any]:
    """Return the columns of `row` that unlocking changes: private numbers, or the reason why not.

    Guesses go on where an earlier run stopped: `tried_passphrases` counts them.
    """
    secret = SecretKey(
        public=public_key(row),
        locked=bool(row["locked"]),
        form=row["form"],
        material=row["material"],
        protection=row["protection"] or "",
    )
    tried = row["tried_passphrases"]
    if not secret.locked:
        return _settled(row, tried, unlock(secret, None), "")
    for passphrase in passphrases[tried : tried + budget]:
        tried += 1
        result = unlock(secret, passphrase.value)
        if isinstance(result, UnlockedKey) or result.failure is not OpenFailure.WRONG_KEY:
            return _settled(row, tried, result, passphrase.source)
    unknown = Failure(failure=OpenFailure.WRONG_KEY, code="passphrase-unknown")
    return _settled(row, tried, unknown, "")


def _settled(
    row: dict[str, Any], tried: int, result: UnlockedKey | Failure, source: str
) -> dict[str, Any]:
    opened = isinstance(result, UnlockedKey)
    return {
        "number": row["number"],
        "tried_passphrases": tried,
        "numbers": list(result.numbers) if isinstance(result, UnlockedKey) else row["numbers"],
        "unlocked_by": source if opened else row["unlocked_by"],
        "refusal": None if isinstance(result, UnlockedKey) else result.code,
    }


def needs_unlocking(row: dict[str, Any], passphrases: int) -> bool:
    """Say whether a guess is left for `row`."""
    if not row["has_secret"] or row["numbers"] is not None:
        return False
    if row["transferable"] is not None or row["refusal"] not in (None, "passphrase-unknown"):
        return False
    return not row["locked"] or row["tried_passphrases"] < passphrases
