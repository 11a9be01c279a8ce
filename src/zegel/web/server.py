"""The server: one listening socket, several processes that share it.

Each process serves alone: sessions, states and jobs lie on disk, so it does not matter which one
answers. One that dies is replaced; when the first process ends, however it ends, all do.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from zegel.errors import ZegelError
from zegel.web.app import Settings, application
from zegel.web.connections import Connection

MOST_CONNECTIONS = 1000
"""Of each process; beyond them a browser is told to come back (503)."""
LONGEST_REST = 30
"""Seconds a connection may rest between requests."""
COLLECT_AFTER = (10_000, 20, 20)
"""Objects until garbage is looked for: a page makes some 7,000, nearly all gone when it is sent."""
MOST_DEATHS, WITHIN = 5, 60
"""Deaths of processes within so many seconds, after which the server gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A certificate chain and its private key, both PEM files."""

    certificate: Path
    key: Path


def serve(
    settings: Settings,
    listener: socket.socket,
    *,
    processes: int,
    tls: Tls | None,
    ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve until interrupted or told to end (SIGTERM); requests under way are finished.

    `ready` is called once, when whoever connects will be answered.
    """

    def one() -> None:
        _one(settings, listener, tls)

    if processes == 1:
        ready()
        one()
    else:
        _several(one, processes, ready)


def _one(settings: Settings, listener: socket.socket, tls: Tls | None) -> None:
    # Whoever asks first would else wait for what all share. A thread: answers need not wait for it.
    threading.Thread(target=_make_ready, args=(settings,), name="ready", daemon=True).start()
    # No access log: addresses name what somebody read, and the custody log says it already.
    config = uvicorn.Config(
        application(settings),
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=LONGEST_REST,
        timeout_graceful_shutdown=10,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _make_ready(settings: Settings) -> None:
    settings.desks.make_ready()
    # What is there now stays. To look through all of it for garbage took up to a tenth of a second,
    # in which nobody is answered.
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or libraries find their objects leaked, and say so
    gc.set_threshold(*COLLECT_AFTER)


def _several(one: Callable[[], None], processes: int, ready: Callable[[], object]) -> None:
    alive, ours = os.pipe()  # closed by the system when this process ends: the others see it
    children = {_child(one, alive, ours) for _ in range(processes)}
    deaths: list[float] = []

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        ready()
        while True:
            died, _ = os.wait()
            children.discard(died)
            deaths = [at for at in deaths if time.monotonic() - at < WITHIN] + [time.monotonic()]
            if len(deaths) > MOST_DEATHS:
                raise ZegelError("the server's processes end as soon as they begin")
            children.add(_child(one, alive, ours))
    finally:
        for pid in children:
            os.kill(pid, signal.SIGTERM)
        for pid in children:
            os.waitpid(pid, 0)


def _child(one: Callable[[], None], alive: int, ours: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(ours)
        threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
        one()
        code = 0
    except KeyboardInterrupt:
        code = 0
    finally:
        # Never back into the caller, whose work is the first process's alone.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with(alive: int) -> None:
    os.read(alive, 1)
    os.kill(os.getpid(), signal.SIGTERM)
