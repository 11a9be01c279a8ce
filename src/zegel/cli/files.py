"""Files that a person names in an option."""

from __future__ import annotations

from pathlib import Path

from zegel.errors import UsageError

LARGEST = 1 << 28
"""Bytes of the largest file that is read whole: a long list of passphrases."""


def read_file(file: Path) -> bytes:
    """Return the bytes of `file`; one that cannot be read, or never ends, is a usage error."""
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        what = (error.strerror or "the system refused").lower()
        raise UsageError(
            f"cannot be read: {what}", where=str(file), next_step="Check the path and its rights."
        ) from error
    if len(content) > LARGEST:
        raise UsageError(f"is larger than {LARGEST} bytes", where=str(file))
    return content
