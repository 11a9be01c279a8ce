"""Count processor time by step, and the bare private-key operation between the steps' parts.

Everything is user and system time of this process (`process_time`), never wall time. The bare
operation is timed in short bursts each time the pipeline has finished a part, so that both see
the same machine; the bursts are taken off the steps.
"""

from __future__ import annotations

import resource
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shieldnet.keys import rsa_pool

_BURSTS = {"rsa2048": 24, "cv25519": 200}


def peak_memory() -> dict[str, int]:
    """Return the highest resident memory in MB of this process, and of any it started."""
    who = {"parent": resource.RUSAGE_SELF, "worker": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(kind).ru_maxrss // 1024 for name, kind in who.items()}


def rsa_operation() -> Callable[[], object]:
    """Return RSA-2048 decryption (PKCS #1 v1.5) of one session key, key loaded."""
    key = rsa_pool()[3].signer
    assert isinstance(key, RSAPrivateKey)
    sealed, padding = key.public_key().encrypt(bytes(35), PKCS1v15()), PKCS1v15()
    return lambda: key.decrypt(sealed, padding)


def x25519_operation() -> Callable[[], object]:
    """Return one X25519 exchange, the other's public key loaded too, as every message needs."""
    key = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    other = X25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    return lambda: key.exchange(X25519PublicKey.from_public_bytes(other))


class Clock:
    """A `Progress` that books processor time to the phase it was told of."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = defaultdict(float)
        self.bare: dict[str, list[float]] = {"rsa2048": [], "cv25519": []}
        self._operations = {"rsa2048": rsa_operation(), "cv25519": x25519_operation()}
        self._step = "start"
        self._since = time.process_time()

    def phase(self, name: str, total: int | None, unit: str) -> None:  # noqa: ARG002
        self._book()
        self._step = name
        self._burst()

    def advance(self, units: int, problems: int = 0) -> None:  # noqa: ARG002
        # A whole part or thousands of files; intake reports each file, which needs no burst.
        if self._step != "intake" and units >= 256:
            self._book()
            self._burst()

    def note(self, sentence: str) -> None:
        """Nothing to say."""

    def stop(self) -> None:
        self._book()

    def _book(self) -> None:
        now = time.process_time()
        self.steps[self._step] += now - self._since
        self._since = now

    def _burst(self) -> None:
        for name, operation in self._operations.items():
            count = _BURSTS[name]
            operation()
            began = time.process_time()
            for _ in range(count):
                operation()
            self.bare[name].append((time.process_time() - began) / count)
        self._since = time.process_time()

    def bare_operations(self) -> dict[str, float]:
        """Return the mean processor time of each bare operation over all bursts, in seconds."""
        return {name: sum(times) / len(times) for name, times in self.bare.items()}


class Stopwatch:
    """Adds up the processor time spent inside one method, by putting itself around it."""

    def __init__(self) -> None:
        self.total = 0.0
        self.calls = 0

    def around(self, owner: Any, name: str) -> None:
        """Measure every call of `owner.name` from now on; costs some 30 microseconds a call."""
        inner = getattr(owner, name)
        clock = time.process_time

        def timed(*args: Any, **keywords: Any) -> Any:
            began = clock()
            try:
                return inner(*args, **keywords)
            finally:
                self.total += clock() - began
                self.calls += 1

        setattr(owner, name, timed)
