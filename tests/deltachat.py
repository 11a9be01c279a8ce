"""Delta Chat's own core, driven over JSON-RPC as its apps drive it: what a real phone does.

Interface: https://jsonrpc.delta.chat. One process, one account for each phone; it ends with the
pipe to it.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from shieldnet.network import LiveSite

PROGRAM = shutil.which("deltachat-rpc-server", path=str(Path(sys.executable).parent))
PATIENCE = 40.0
CONNECTED = 4000


class Core:
    """One running core with its accounts."""

    def __init__(self, folder: Path) -> None:
        assert PROGRAM is not None, "deltachat-rpc-server is in the development group"
        self._process = subprocess.Popen(
            [PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "DC_ACCOUNTS_PATH": str(folder), "RUST_LOG": "off"},
        )
        self._numbers = count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            self._answers[answer["id"]].put(answer)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*params: Any) -> Any:
            number = next(self._numbers)
            waiting = self._answers[number] = queue.Queue()
            request = {"jsonrpc": "2.0", "method": method, "params": params, "id": number}
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            answer = waiting.get(timeout=PATIENCE)
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error'].get('message')}")
            return answer.get("result")

        return call

    def close(self) -> None:
        """End the core and wait for it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(timeout=5)
        self._process.stdout.close()


class App:
    """One phone with the app: an account of the core."""

    def __init__(self, core: Core, site: LiveSite, address: str, password: str) -> None:
        self.core, self.address = core, address
        self.account = core.add_account()
        # Keep what was sent and received at the server, so that there is something to seize.
        core.set_config(self.account, "bcc_self", "1")
        core.set_config(self.account, "displayname", address.partition("@")[0])
        core.add_or_update_transport(
            self.account,
            {
                "addr": address,
                "password": password,
                "imapServer": site.address,
                "imapPort": site.imap_port,
                "imapSecurity": "ssl",
                "smtpServer": site.address,
                "smtpPort": site.submission_port,
                "smtpSecurity": "ssl",
                "certificateChecks": "acceptInvalidCertificates",
            },
        )
        core.start_io(self.account)
        # What arrives before the first look into the mailbox is taken for old and skipped.
        self.until(lambda: bool(core.get_connectivity(self.account) >= CONNECTED))

    def meet(self, other: App) -> int:
        """Scan the other's QR code (SecureJoin) and return the chat with them, verified."""
        invitation = other.core.get_chat_securejoin_qr_code(other.account, None)
        chat = int(self.core.secure_join(self.account, invitation))
        self.until(lambda: self._verified(chat))
        return chat

    def _verified(self, chat: int) -> bool:
        return bool(self.core.get_basic_chat_info(self.account, chat)["isEncrypted"]) and bool(
            self.core.can_send(self.account, chat)
        )

    def write(self, chat: int, text: str, file: Path | None = None) -> int:
        return int(
            self.core.send_msg(
                self.account, chat, {"text": text, "file": None if file is None else str(file)}
            )
        )

    def messages(self) -> list[dict[str, Any]]:
        """Return every message of every chat."""
        found = []
        for chat in self.core.get_chatlist_entries(self.account, None, None, None):
            for number in self.core.get_message_ids(self.account, chat, False, False):
                try:
                    found.append(self.core.get_message(self.account, number))
                except RuntimeError as error:
                    # It may disappear between the list and the look.
                    if "does not exist" not in str(error):
                        raise
        return found

    def got(self, text: str) -> dict[str, Any] | None:
        """Return the message with a text, once it has come."""
        for one in self.messages():
            if one["text"] == text:
                return one
        return None

    def wait_for(self, text: str) -> dict[str, Any]:
        self.until(lambda: self.got(text) is not None)
        found = self.got(text)
        assert found is not None
        return found

    def accept(self, message: dict[str, Any]) -> int:
        """Accept the chat of a message and return it."""
        chat = int(message["chatId"])
        self.core.accept_chat(self.account, chat)
        return chat

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, "Delta Chat did not get there in time"
            time.sleep(0.1)
