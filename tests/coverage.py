"""Writes the table of what the dossier's fonts can show, read from the fonts by fontTools.

    python -m tests.coverage

Fonts of the packages, and those inside the typesetter's own library, found by their tables. A test
holds the table in the package against this.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import typst._typst
from fontTools.ttLib import TTCollection, TTFont

from zegel.dossier.reading.fonts import EVIDENCE, PACKAGES

TABLE = Path(str(files("zegel.dossier.reading"))) / "shown.txt"
EMBEDDED = {
    "DejaVu Sans Mono": "DejaVu Sans Mono",
    "NewComputerModernMath-Regular": "New Computer Modern Math",
}
"""Full names of faces inside the typesetter, and what it calls their families."""


def table() -> str:
    """Return the table: one range of code points a line, hexadecimal."""
    shown: set[int] = set()
    found: set[str] = set()
    for family, font in _fonts():
        if family in EVIDENCE:
            found.add(family)
            shown |= set(font.getBestCmap())
    missing = set(EVIDENCE) - found
    if missing:
        raise LookupError(f"no such font: {', '.join(sorted(missing))}")
    return "".join(
        f"{first:x}-{last:x}\n" if last > first else f"{first:x}\n"
        for first, last in _ranges(point for point in shown if point >= 0x20)
    )


def _fonts() -> Iterator[tuple[str, TTFont]]:
    for package in PACKAGES:
        for path in sorted(Path(str(files(package))).iterdir()):
            if path.suffix == ".ttc":
                yield from ((_family(font), font) for font in TTCollection(path).fonts)
            elif path.suffix in (".ttf", ".otf") and "Italic" not in path.name:
                font = TTFont(path)
                yield _family(font), font
    yield from _embedded(Path(typst._typst.__file__).read_bytes())


def _embedded(library: bytes) -> Iterator[tuple[str, TTFont]]:
    """Find OpenType files in a library: a magic number, and tables that lie where it says."""
    for found in re.finditer(rb"OTTO\x00|\x00\x01\x00\x00\x00", library):
        start = found.start()
        (count,) = struct.unpack_from(">H", library, start + 4)
        if not 5 < count < 40:
            continue
        records = [struct.unpack_from(">4sIII", library, start + 12 + 16 * n) for n in range(count)]
        if not {b"cmap", b"name"} <= {tag for tag, *_ in records}:
            continue
        end = max(offset + length for _, _, offset, length in records)
        font = TTFont(io.BytesIO(library[start : start + end]))
        name = str(font["name"].getDebugName(4))
        if name in EMBEDDED:
            yield EMBEDDED[name], font


def _family(font: TTFont) -> str:
    names = font["name"]
    return str(names.getDebugName(16) or names.getDebugName(1))


def _ranges(points: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = -2
    for point in sorted(points):
        if point != last + 1:
            if first >= 0:
                yield first, last
            first = point
        last = point
    if first >= 0:
        yield first, last


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="ascii")
