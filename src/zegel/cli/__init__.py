"""The command line: parse, call one use case, show the result.

`--json` prints one JSON document on standard output; progress and messages go to standard error.
"""

from __future__ import annotations

INTERNAL_ERROR = 70
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run `zegel` with the words of the command line, or with `arguments`."""
    # Not at the top: each worker process imports the script that was started, and would load
    # every command and library of them, of which it needs none.
    from zegel.cli.program import main as run

    run(arguments)
