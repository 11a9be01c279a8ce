"""Where the commands of shieldnet print: results to standard output, all else to standard error."""

from __future__ import annotations

from rich.console import Console

errors = Console(stderr=True)
results = Console()
