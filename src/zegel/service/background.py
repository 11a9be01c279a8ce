"""What runs when processing was started from elsewhere than a terminal: a process of its own.

Its standard input says what to do, as one JSON document; nothing of it stands on its command line.
On standard output it says once whether it got under way, and then nothing more: how far it is
stands in the case (`zegel.service.running`). It outlives whoever started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from zegel.casefile import Case
from zegel.errors import ERRORS, ZegelError
from zegel.people import Person
from zegel.processing.unlock import Budget
from zegel.service.caseindex import build_case_index
from zegel.service.process import ProcessOptions, process

KINDER = 5
"""Added to its niceness, so that pages and commands go first."""


class Herald:
    """Says that the work is under way when its first phase begins."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def say(self, document: dict[str, str]) -> None:
        """Say it, once; whoever asked may have gone."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            os.write(descriptor, json.dumps(document).encode())
        except BrokenPipeError:
            return
        finally:
            os.close(descriptor)

    def phase(self, _name: str, _total: int | None, _unit: str) -> None:
        """Say that the work has begun."""
        self.say({})

    def advance(self, _units: int, _problems: int = 0) -> None:
        """Say nothing more."""

    def note(self, _sentence: str) -> None:
        """Say nothing more."""


def main() -> None:
    """Do what standard input asks for."""
    # Whoever started it may ignore Ctrl-C; here it is how the run is stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.nice(KINDER)
    herald = Herald(os.dup(1))
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    asked = json.loads(sys.stdin.buffer.read())
    try:
        run(asked, herald)
    except KeyboardInterrupt:
        sys.exit(130)
    except ZegelError as error:
        herald.say(in_words(error))
        sys.exit(error.exit_code)


def run(asked: dict[str, Any], herald: Herald) -> None:
    """Process a case, and index it where that is asked for."""
    case = Case.open(Path(asked["case"]))
    who = Person(name=asked["name"], purpose=asked["purpose"], how=asked["how"])
    options = ProcessOptions(
        passphrases=tuple(word.encode("utf-8", "surrogateescape") for word in asked["passphrases"]),
        workers=asked["workers"],
        budget=Budget(),
    )
    process(case, options, who=who, progress=herald)
    if asked["index"]:
        build_case_index(case, who=who, progress=herald)


def in_words(error: ZegelError) -> dict[str, str]:
    """Return an error as it is handed to whoever started the run."""
    kind = next(one.__name__ for one in type(error).__mro__ if one in ERRORS)
    return {"kind": kind, "what": error.what, "where": error.where, "next": error.next_step}
