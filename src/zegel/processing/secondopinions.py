"""Chooses which opened blocks a second implementation opens too, and records what it said.

Bodies of SEIPD version 2 only: no other implementation opens those from the session key alone, so
without a sample taken here nothing but one implementation ever speaks for them. All other bodies
GnuPG opens from the session key whenever that is wanted. The choice depends on the block's digest
and on the plan of the round, never on chance, on who runs it or on how many processes do.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from zegel.openpgp.model import BodyKind, EncryptedMessage, UnlockedKey
from zegel.openpgp.secondopinion import Agreement, Opinion, can_ask, second_opinion
from zegel.processing.keyring import Keyring
from zegel.processing.unlock import Outcome, Passphrase
from zegel.records import Problem

FIRST = 4
"""Blocks of each part of a round that are always opened twice, so that a small case has some."""

_SEED = b"zegel second opinion 1"
_ON_DEMAND = Opinion(agreement=Agreement.ON_DEMAND)
_SINGLE = Opinion(agreement=Agreement.SINGLE)


def is_sampled(content_id: bytes, one_in: int) -> bool:
    """Say whether a block is one of those the seed picks; a property of its digest alone."""
    drawn = int.from_bytes(sha256(_SEED + content_id).digest()[:8], "big")
    return one_in > 0 and drawn < (1 << 64) // one_in


class SecondOpinions:
    """Asks for second opinions on what one part of a round opens."""

    def __init__(self, keyring: Keyring, passphrases: Sequence[Passphrase], one_in: int) -> None:
        self._keyring = keyring
        self._passphrases = passphrases
        self._one_in = one_in
        self._always = FIRST if one_in else 0

    def on(self, message: EncryptedMessage, outcome: Outcome) -> Opinion | None:
        """Return the opinion on a block that was opened just now; None for any other.

        What an earlier round opened keeps what was said then.
        """
        opened, session = outcome.opened, outcome.session
        if opened is None or outcome.earlier:
            return None
        if message.kind is not BodyKind.SEIPD2:
            return _SINGLE if session is None or opened.opener == "gnupg" else _ON_DEMAND
        if session is None or not can_ask(message, opened):
            return _SINGLE
        if self._always > 0:
            self._always -= 1
        elif not is_sampled(message.ciphertext_id, self._one_in):
            return _SINGLE
        return second_opinion(message, opened, session, self._secret(outcome))

    def _secret(self, outcome: Outcome) -> UnlockedKey | bytes | None:
        """Return the private key or passphrase that opened the block."""
        if outcome.fingerprint:
            held = self._keyring.secrets(outcome.fingerprint)
            return next((one.key for one in held if one.key is not None), None)
        # Guessing ends with the one that fits, and counts it.
        guessed = outcome.tried_passphrases
        return self._passphrases[guessed - 1].value if guessed else None


def difference(opinion: Opinion | None) -> Problem | None:
    """Return the problem to record where two implementations read a block differently."""
    if opinion is None or opinion.agreement is not Agreement.DIFFERS:
        return None
    return Problem(kind="implementations differ", note=str(opinion))
