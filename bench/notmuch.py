"""Ask notmuch the same of the same texts: a mail each, indexed and asked by its command.

Its configuration and its index lie in the folder given; nobody's own is touched. A question costs
the start of a process besides, which is measured apart, by asking for a word that is not there.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

_CONFIG = """\
[database]
path={mail}
[user]
name=bench
primary_email=bench@bench.example
[new]
tags=
[search]
exclude_tags=
"""
_MAIL = """\
From: a@bench.example
To: b@bench.example
Message-ID: <{number}@bench.example>
Date: {when}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{line}
"""


def is_there() -> bool:
    """Say whether the command is installed."""
    return shutil.which("notmuch") is not None


class Notmuch:
    """An index of texts, numbered from 0, a second apart from `start`."""

    def __init__(self, folder: Path, lines: Sequence[str], start: int) -> None:
        mail = folder / "mail"
        for number, line in enumerate(lines):
            place = mail / f"{number // 1000:06d}"
            if number % 1000 == 0:
                place.mkdir(parents=True)
            when = format_datetime(datetime.fromtimestamp(start + number, UTC))
            (place / str(number)).write_text(
                _MAIL.format(number=number, when=when, line=line), "utf-8"
            )
        config = folder / "notmuch-config"
        config.write_text(_CONFIG.format(mail=mail), "utf-8")
        self._environment = {**os.environ, "NOTMUCH_CONFIG": str(config), "HOME": str(folder)}

    def index(self) -> float:
        """Index all texts; return the processor time it took, in seconds."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self._run("new", "--quiet")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def count(self, query: str) -> int:
        """Return how many texts match."""
        return int(self._run("count", query))

    def newest(self, query: str) -> list[str]:
        """Return the newest 20 that match."""
        return self._run("search", "--output=messages", "--limit=20", query).split()

    def _run(self, *words: str) -> str:
        command = ("notmuch", *words)
        done = subprocess.run(
            command, check=True, env=self._environment, stdout=subprocess.PIPE, text=True
        )
        return done.stdout
