"""Fill a server's configuration templates for one site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

_MARK = re.compile(r"@([A-Z_]+)@")


def fill(service: str, name: str, values: Mapping[str, str], target: Path) -> None:
    """Write template `name` of a service to `target`, complete or not at all.

    A mark without a value is a `KeyError`: a fault of ours, never a half-filled configuration.
    """
    text = files(f"shieldnet.services.{service}").joinpath(name).read_text("utf-8")
    filled = _MARK.sub(lambda mark: values[mark[1]], text)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".new")
    beside.write_text(filled, "utf-8")
    beside.replace(target)
