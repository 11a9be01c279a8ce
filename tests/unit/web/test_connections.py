"""A connection that does not say what it wants is closed; one that does is answered."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from zegel.web import connections
from zegel.web.connections import Connection

PATIENCE = 60


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


@contextmanager
def running() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=Connection, log_config=None, lifespan="off", loop="asyncio")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


@pytest.mark.parametrize("head", [b"", b"GET / HTTP/1.1\r\nHost: loc"])
def test_a_head_that_does_not_come_whole_closes_the_connection(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_HEAD", 0.2)
    with running() as at, socket.create_connection(at, PATIENCE) as caller:
        caller.sendall(head)

        assert caller.recv(1000) == b""


def test_a_second_head_that_does_not_come_whole_closes_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running() as at, socket.create_connection(at, PATIENCE) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = b""
        while b"here" not in said:
            said += caller.recv(1000)
        monkeypatch.setattr(connections, "LONGEST_HEAD", 0.2)
        caller.sendall(b"GET / HT")
        rest = b""
        until = time.monotonic() + PATIENCE
        while (more := caller.recv(1000)) and time.monotonic() < until:
            rest += more

    assert b"here" not in rest
