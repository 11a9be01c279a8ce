"""Open the network a command names."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shieldnet import namespace, network
from shieldnet.network import Network

Directory = Annotated[Path, typer.Argument(help="Folder of the network.", metavar="DIR")]


def opened(directory: Path) -> Network:
    """Return the network in `directory`, as root or as root of its namespace."""
    namespace.enter(directory)
    return network.load(directory)
