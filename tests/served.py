"""`zegel serve` as a process of its own, as somebody at a browser meets it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType

ZEGEL = (sys.executable, "-c", "from zegel.cli import main; main()")
PATIENCE = 90
"""Seconds until a server that has not begun will not: machines are shared and loaded."""


class Server:
    """A running server; it ends with the `with` block."""

    def __init__(self, *words: str | Path, **environment: str) -> None:
        # No browser of whoever runs the tests is opened.
        self._process = subprocess.Popen(
            [*ZEGEL, "serve", "--port", "0", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "BROWSER": "true", **environment},
        )
        self._said: list[str] = []
        self._named = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.address = ""
        try:
            self._await()
        except BaseException:
            self.end()
            raise

    @property
    def said(self) -> str:
        """Everything that the server wrote to its two outputs."""
        return "".join(self._said)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.append(line)
            if "served at" in line:
                self._named.set()
        self._named.set()

    def _await(self) -> None:
        assert self._named.wait(PATIENCE), "the server said no address"
        found = re.search(r"served at (https?://(\S+):(\d+))/", self.said)
        assert found, f"the server ended: {self.said}"
        self.address = found.group(1)
        until = time.monotonic() + PATIENCE
        while True:  # until it listens
            try:
                socket.create_connection((found.group(2).strip("[]"), int(found.group(3)))).close()
                return
            except ConnectionRefusedError:
                assert self._process.poll() is None, f"the server ended: {self.said}"
                assert time.monotonic() < until, "the server does not listen"
                time.sleep(0.05)

    def end(self) -> None:
        """End the server, and hear the last that it says."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
