"""The description of an acquisition, from a TOML file, completed by options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zegel.cli.files import read_file
from zegel.errors import at
from zegel.exhibits.acquisition import Acquisition, Conditions, read_acquisition


def described_by(
    file: Path | None, *, acquisition: Mapping[str, str], conditions: Mapping[str, Any]
) -> tuple[Acquisition, Conditions]:
    """Return the description in `file`; options that were given take its place."""
    if file is None:
        described, limits = read_acquisition(b"")
    else:
        with at(file):
            described, limits = read_acquisition(read_file(file))
    given: dict[str, Any] = {name: value for name, value in acquisition.items() if value}
    limited: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in conditions.items()
        if value
    }
    return replace(described, **given), replace(limits, **limited)
