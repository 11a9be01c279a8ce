"""A connection that says in time what it wants, or is closed.

Uvicorn bounds the rest between two requests; here the head of each request is bounded too, so that
connections that say nothing, or one letter a minute, do not keep others out.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST_HEAD = 30.0
"""Seconds within which the head of a request has come whole."""


class Connection(H11Protocol):
    """Uvicorn's connection, with a time by which a request must have begun."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._late = self.loop.call_later(LONGEST_HEAD, transport.close)

    def data_received(self, data: bytes) -> None:
        """Take what came; stop waiting where it completes the head of a request."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._heard()
        elif self._late is None:
            self._late = self.loop.call_later(LONGEST_HEAD, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._heard()
        super().connection_lost(exc)

    def _heard(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
