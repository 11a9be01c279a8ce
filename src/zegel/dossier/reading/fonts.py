"""Names the fonts of the PDF, and says which characters they can show.

Only fonts that come with this program's locked packages: a machine's own fonts would set other
bytes. The table `shown.txt` is read from the fonts themselves (tests/coverage.py).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
"""Packages whose folders hold font files; besides them the typesetter's own."""

EVIDENCE = (
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Armenian",
    "Noto Sans Georgian",
    "Noto Sans Ethiopic",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Gurmukhi",
    "Noto Sans Gujarati",
    "Noto Sans Oriya",
    "Noto Sans Tamil",
    "Noto Sans Telugu",
    "Noto Sans Kannada",
    "Noto Sans Malayalam",
    "Noto Sans Sinhala",
    "Noto Sans Thai",
    "Noto Sans Lao",
    "Noto Sans Myanmar",
    "Noto Sans Khmer",
    "Noto Emoji",
    "Noto Sans CJK SC",
    "Noto Sans Symbols",
    "DejaVu Sans Mono",
    "New Computer Modern Math",
)
"""Fonts for what others wrote, in the order they are tried."""


def folders() -> list[Path]:
    """Return the folders that hold the fonts."""
    return [Path(str(files(package))) for package in PACKAGES]


@cache
def shown() -> list[tuple[int, int]]:
    """Return the code points for which a font here has a drawing, as ranges, rising."""
    lines = files(__package__).joinpath("shown.txt").read_text(encoding="ascii").split()
    pairs = (line.partition("-") for line in lines)
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]
