"""Unlock: find the session key of one encrypted message and open its body with it.

The rules (docs/explanation/unlocking.md): session-key packets cheapest first; a named key is
tried once; hidden recipients are tried on the account's own keys first, then on others up to a
budget; so are passphrases. A session key counts only when the body's MDC or AEAD tag passes, or,
for old bodies without either, when the packets inside parse to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from zegel.openpgp.bodies import open_message
from zegel.openpgp.model import (
    BodyKind,
    EncryptedMessage,
    Esk,
    Failure,
    Opened,
    OpenFailure,
    SessionKey,
)
from zegel.openpgp.names import public_key_name
from zegel.openpgp.pqc import open_with_pysequoia
from zegel.openpgp.sessionkeys import (
    session_keys,
    session_keys_bare,
    session_keys_from_passphrase,
)
from zegel.processing.keyring import Held, Keyring
from zegel.records import State

PUBLIC_KEY_ESK = 1
PASSPHRASE_ESKS = 16
"""Passphrase packets of one message that are tried; each costs up to 700 ms a passphrase."""
_COST = {25: 0, 26: 1, 18: 2, 1: 3, 2: 3, 16: 5}
"""Order of public-key algorithms by the price of their private-key operation."""

_RANK = {State.NO_KEY: 0, State.KEY_LOCKED: 1, State.UNSUPPORTED: 2, State.DAMAGED: 3}
"""When several session-key packets fail differently, the last of these names the outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many guesses one ciphertext is worth, and how many second opinions all of them are."""

    hidden: int = 256
    """Private-key operations on hidden recipients."""
    passphrases: int = 256
    """Passphrases tried on a message encrypted to one."""
    second_opinions: int = 100
    """A second implementation opens one in so many SEIPD version 2 bodies; 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passphrase:
    """A passphrase to try, and where it came from."""

    value: bytes = field(repr=False)
    source: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How one encrypted message ended."""

    state: State = State.NO_KEY
    reason: str = "no-recipient"
    detail: str = ""
    session: SessionKey | None = field(default=None, repr=False)
    opened: Opened | None = field(default=None, repr=False)
    fingerprint: bytes = b""
    passphrase: str = ""
    key_ids: list[bytes] = field(default_factory=list)
    tried: int = 0
    candidates: int = 0
    tried_keys: list[int] = field(default_factory=list)
    tried_passphrases: int = 0
    esks: int = 0
    """Session-key packets known when this was tried."""
    earlier: bool = False
    """True where an earlier round opened it, and asked for a second opinion or did not."""

    def worse(self, state: State, reason: str, detail: str = "") -> None:
        """Note a failure; the gravest one names the outcome."""
        if self.reason == "no-recipient" or _RANK[state] > _RANK[self.state]:
            self.state, self.reason, self.detail = state, reason, detail


def is_hidden(esk: Esk) -> bool:
    """Say whether a public-key packet names no key (RFC 9580 section 5.1.8)."""
    return esk.tag == PUBLIC_KEY_ESK and not esk.key_id.strip(b"\0")


def esk_cost(esk: Esk) -> tuple[int, int]:
    """Return the sorting key that puts cheap session-key packets first."""
    if esk.tag != PUBLIC_KEY_ESK:
        return (9, len(esk.body))
    return (8 if is_hidden(esk) else _COST.get(esk.algorithm, 6), len(esk.body))


class Unlocker:
    """Opens messages with one keyring, one list of passphrases and one budget."""

    def __init__(
        self,
        keyring: Keyring,
        passphrases: Sequence[Passphrase] = (),
        budget: Budget | None = None,
    ) -> None:
        self.keyring = keyring
        self.passphrases = passphrases
        self.budget = budget or Budget()

    def worth_trying(
        self, esks: Sequence[Esk], accounts: Sequence[str], earlier: Outcome | None
    ) -> bool:
        """Say whether a key or passphrase is held that has not been tried on `esks` yet.

        Cheap: no body is read. A message nobody holds a key for is never read again.
        """
        phrases = earlier.tried_passphrases if earlier else 0
        tried = {self.keyring.same(number) for number in (earlier.tried_keys if earlier else ())}
        for esk in esks:
            if esk.tag != PUBLIC_KEY_ESK:
                if phrases < len(self.passphrases):
                    return True
            elif not is_hidden(esk):
                if any(held.usable for held in self.keyring.secrets(esk.key_id)):
                    return True
            elif any(
                self.keyring.same(held.number) not in tried
                for held in self.keyring.candidates(accounts, frozenset((esk.algorithm,)))
            ):
                return True
        return not esks

    def unlock(
        self,
        message: EncryptedMessage,
        accounts: Sequence[str] = (),
        earlier: Outcome | None = None,
    ) -> Outcome:
        """Return how `message` ends; `earlier` says what an earlier run already tried.

        `message.body` may be empty where `worth_trying` says no: nothing is opened then.
        """
        outcome = Outcome(esks=len(message.esks))
        if earlier is not None:
            outcome.tried_keys = list(earlier.tried_keys)
            outcome.tried_passphrases = earlier.tried_passphrases
        in_order = sorted(message.esks, key=esk_cost)
        hidden: list[Esk] = []
        passphrase: list[Esk] = []
        for esk in in_order:
            if esk.tag != PUBLIC_KEY_ESK:
                if not passphrase:  # the first stands for all
                    passphrase = [other for other in in_order if other.tag != PUBLIC_KEY_ESK]
                    self._passphrase(message, passphrase[:PASSPHRASE_ESKS], outcome)
            elif not is_hidden(esk):
                self._named(message, esk, outcome)
            elif not hidden:
                hidden = [other for other in in_order if is_hidden(other)]
                self._hidden(message, hidden, accounts, outcome)
            if outcome.opened is not None:
                return outcome
        if not message.esks:
            self._bare(message, outcome)
        return outcome

    def _open(
        self, message: EncryptedMessage, sessions: Sequence[SessionKey], outcome: Outcome
    ) -> Failure | None:
        """Open the body with the first session key that passes; return the last refusal."""
        refusal: Failure | None = None
        for session in sessions:
            opened = open_message(message, session)
            if isinstance(opened, Opened):
                outcome.state, outcome.reason, outcome.detail = State.READABLE, "opened", ""
                outcome.session, outcome.opened = session, opened
                return None
            refusal = opened
        return refusal

    def _named(self, message: EncryptedMessage, esk: Esk, outcome: Outcome) -> None:
        outcome.key_ids.append(esk.key_id)
        held = self.keyring.secrets(esk.key_id)
        if not held:
            outcome.worse(State.NO_KEY, "key-not-found")
        for key in held:
            if key.transferable:
                self._whole_key(message, key, outcome)
                if outcome.opened is not None:
                    return
                continue
            if key.key is None:
                _note_unusable(key, outcome)
                continue
            refusal = self._try(message, esk, key, outcome)
            if outcome.opened is not None:
                return
            if refusal is not None:
                _note_refusal(refusal, esk, outcome)

    def _try(
        self, message: EncryptedMessage, esk: Esk, held: Held, outcome: Outcome
    ) -> Failure | None:
        assert held.key is not None
        outcome.tried += 1
        sessions = session_keys(esk, held.key, message.kind)
        if isinstance(sessions, Failure):
            return sessions
        refusal = self._open(message, sessions, outcome)
        if outcome.opened is not None:
            outcome.fingerprint = held.public.fingerprint
            outcome.passphrase = held.unlocked_by
        return refusal

    def _whole_key(self, message: EncryptedMessage, held: Held, outcome: Outcome) -> None:
        """Let pysequoia open the message with a key that nothing else here can use."""
        opened: Opened | Failure | None = None
        phrases = [None, *self.passphrases[: self.budget.passphrases]]
        for passphrase in phrases if held.locked else phrases[:1]:
            outcome.tried += 1
            value = passphrase.value if passphrase else None
            opened = open_with_pysequoia(message, held.transferable, value)
            if isinstance(opened, Opened):
                outcome.state, outcome.reason, outcome.detail = State.READABLE, "opened", ""
                outcome.opened, outcome.fingerprint = opened, held.public.fingerprint
                outcome.passphrase = passphrase.source if passphrase else ""
                return
        name = public_key_name(held.public.algorithm)
        outcome.worse(State.UNSUPPORTED, f"algorithm-{held.public.algorithm}", name)

    def _hidden(
        self,
        message: EncryptedMessage,
        hidden: Sequence[Esk],
        accounts: Sequence[str],
        outcome: Outcome,
    ) -> None:
        """Try each key on every hidden packet of its algorithm, so that a key is tried once."""
        same, algorithms = self.keyring.same, frozenset(esk.algorithm for esk in hidden)
        before = {same(number) for number in outcome.tried_keys}
        candidates = self.keyring.candidates(accounts, algorithms)
        left = (held for held in candidates if same(held.number) not in before)
        for held in islice(left, self.budget.hidden):
            outcome.tried_keys.append(held.number)
            for esk in hidden:
                # A refusal means little here: most keys are simply not the recipient's.
                if esk.algorithm == held.public.algorithm:
                    self._try(message, esk, held, outcome)
                if outcome.opened is not None:
                    return
        fitting = self.keyring.fitting(algorithms)
        outcome.candidates = len(fitting)
        now = {same(number) for number in outcome.tried_keys}
        tried = sum(same(held.number) in now for held in fitting)
        detail = f"{tried} of {len(fitting)} tried"
        outcome.worse(State.NO_KEY, "hidden-recipient", detail)

    def _passphrase(self, message: EncryptedMessage, esks: Sequence[Esk], outcome: Outcome) -> None:
        def derive(phrase: bytes) -> Iterator[tuple[SessionKey, ...] | Failure]:
            return (session_keys_from_passphrase(esk, phrase, message.kind) for esk in esks)

        self._guess(message, outcome, derive)

    def _bare(self, message: EncryptedMessage, outcome: Outcome) -> None:
        if message.kind is not BodyKind.SED:
            outcome.worse(State.DAMAGED, "no-session-key-packet")
            return
        # PGP 2 wrote no packet: the key is the MD5 of the passphrase (RFC 9580 section 5.7).
        self._guess(message, outcome, lambda phrase: [session_keys_bare(phrase, message.kind)])

    def _guess(
        self,
        message: EncryptedMessage,
        outcome: Outcome,
        derive: Callable[[bytes], Iterable[tuple[SessionKey, ...] | Failure]],
    ) -> None:
        """Try each passphrase on every packet of the message before the next passphrase."""
        first = outcome.tried_passphrases
        for passphrase in self.passphrases[first : first + self.budget.passphrases]:
            outcome.tried_passphrases += 1
            usable = False
            for sessions in derive(passphrase.value):
                if isinstance(sessions, Failure):
                    refusal: Failure | None = sessions
                else:
                    refusal = self._open(message, sessions, outcome)
                    usable = True
                if outcome.opened is not None:
                    outcome.passphrase = passphrase.source
                    return
                if refusal is not None and refusal.failure is OpenFailure.UNSUPPORTED:
                    outcome.worse(State.UNSUPPORTED, refusal.code)
                else:
                    usable = True
            if not usable:  # another passphrase cannot help what no passphrase can use
                return
        tried = f"{outcome.tried_passphrases} of {len(self.passphrases)} tried"
        outcome.worse(State.NO_KEY, "passphrase-unknown", tried)


def _note_unusable(held: Held, outcome: Outcome) -> None:
    if held.locked:
        outcome.worse(State.KEY_LOCKED, "passphrase-unknown", held.public.fingerprint.hex())
    elif held.refusal == "stub-no-secret":
        outcome.worse(State.NO_KEY, "key-is-a-stub", held.public.fingerprint.hex())
    else:
        outcome.worse(State.UNSUPPORTED, held.refusal or "key-unusable")


def _note_refusal(refusal: Failure, esk: Esk, outcome: Outcome) -> None:
    if refusal.failure is OpenFailure.UNSUPPORTED:
        name = public_key_name(esk.algorithm)
        outcome.worse(State.UNSUPPORTED, refusal.code, name)
    elif refusal.failure is OpenFailure.WRONG_KEY:
        # The packet names this key, and yet it gives no session key: the packet is damaged,
        # or another key has the same 64-bit id.
        outcome.worse(State.DAMAGED, "session-key-packet", refusal.code)
    else:
        outcome.worse(State.DAMAGED, refusal.code)
