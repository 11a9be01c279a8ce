"""Runs `zegel`: every known failure ends in one sentence and its own exit code."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from functools import cache
from types import TracebackType

import typer

from zegel.cli import (
    INTERNAL_ERROR,
    INTERRUPTED,
    custody,
    dossier,
    inside,
    life,
    magistrates,
    orders,
    people,
    privilege,
    reports,
    sampling,
    serving,
)
from zegel.cli.commands import app as app
from zegel.cli.show import Voice, failed, stopped
from zegel.errors import ERRORS, StorageError, UsageError, ZegelError

magistrates.register(app)
orders.register(app)
inside.register(app)
custody.register(app)
reports.register(app, custody.custody)
dossier.register(app)
people.register(app)
sampling.register(app)
privilege.register(app)
life.register(app)
serving.register(app)

_AGAIN = "End what else needs memory, and give the same command again: it continues."


def main(arguments: list[str] | None = None) -> None:
    """Run `zegel`; every known failure ends in one sentence and its own exit code."""
    sys.excepthook = _no_traceback
    words = sys.argv[1:] if arguments is None else arguments
    # Before the words are understood: what is wrong with them is said in lines too.
    Voice.in_lines = "--json-progress" in words
    try:
        code = _command()(words, standalone_mode=False) or 0
        if code == INTERRUPTED:  # what Typer makes of Ctrl-C, without a word
            raise KeyboardInterrupt
        sys.exit(code)
    except typer.Exit as leaving:
        sys.exit(leaving.exit_code)
    except typer.TyperException as error:
        said = error.format_message().rstrip(".")
        _fail(UsageError(said, next_step="`zegel --help` lists the commands."), "--json" in words)
    except (KeyboardInterrupt, typer.Abort):
        stopped()
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except ZegelError as error:
        _fail(error, "--json" in words)
    except MemoryError:
        short = ZegelError("there was not enough memory", next_step=_AGAIN)
        _fail(short, "--json" in words)
    except OSError as error:
        _fail(
            StorageError(
                (error.strerror or "the system refused").lower(),
                where=str(error.filename or ""),
                next_step="Make room or mend its rights, and give the same command again.",
            ),
            "--json" in words,
        )


@cache
def _command() -> Callable[..., int | None]:
    """Return what runs `app`: built once, a twentieth of a second for all the commands.

    Not `app` itself: called, Typer puts its own exception hook in place of ours.
    """
    built: Callable[..., int | None] = typer.main.get_command(app)
    return built


def _fail(error: ZegelError, as_json: bool) -> None:
    said = {
        "kind": _kind(error),
        "what": error.what,
        "where": error.where,
        "next": error.next_step,
    }
    if as_json:
        print(json.dumps({"error": said}))
    failed(f"zegel: {error}", **said, exit_code=error.exit_code)
    sys.exit(error.exit_code)


def _kind(error: ZegelError) -> str:
    """Return the name the reference has for the error, whatever narrower class was raised."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind in ERRORS)


def _no_traceback(
    kind: type[BaseException], _error: BaseException, trace: TracebackType | None
) -> None:
    # A traceback may show content of the evidence; the place in our own code cannot.
    frames = traceback.extract_tb(trace)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-4:]))
    what = f"internal error, {kind.__name__} at {places}"
    later = "Please report this line."
    failed(
        f"zegel: {what}. Nothing that was finished is lost. {later}",
        kind="internal",
        what=what,
        where="",
        next=later,
        exit_code=INTERNAL_ERROR,
    )
    sys.exit(INTERNAL_ERROR)
