"""Runs the typesetter in a process of its own, with limits: hostile pictures may kill nothing else.

    python -m zegel.dossier.reading.worker pictures    frames of pictures in, frames of PNG out
    python -m zegel.dossier.reading.worker document    frames of name and bytes in, a PDF out

A frame is a length of eight octets and as many octets. An empty frame says that a picture cannot
be shown. Nothing else is written: errors end in the exit status. No file is read but the fonts.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from collections.abc import Callable
from importlib.resources import files
from typing import IO, Any

import typst

from zegel.dossier.reading.fonts import folders

MEMORY = 8 << 30
"""Octets of address space; the fonts are mapped, so this is far above what is used."""
SECONDS_A_PICTURE = 10
SECONDS_A_DOCUMENT = 900
SIDE = 600
"""Pixels of the longer side of a picture as it is printed."""

_compile: Callable[..., Any] = typst.compile
"""Its annotations want input, output and root of one type, which it does not."""
OPEN_FILES = 4096
"""Each picture is an open file of memory."""
_ROOT = "/proc/self/fd"
"""The typesetter reads files below a root; ours are memory, so that nothing touches a disk."""

_PICTURE = """
#set page(width: {width}pt, height: {height}pt, margin: 0pt, fill: white)
#image("{file}", format: "{format}", width: {width}pt, height: {height}pt, fit: "contain")
"""


def read_frame(source: IO[bytes]) -> bytes | None:
    """Return the next frame; None at the end."""
    head = source.read(8)
    if len(head) < 8:
        return None
    (length,) = struct.unpack(">Q", head)
    content = source.read(length)
    return content if len(content) == length else None


def frame(content: bytes) -> bytes:
    """Return the content as a frame."""
    return struct.pack(">Q", len(content)) + content


def pictures(source: IO[bytes], target: IO[bytes]) -> None:
    """Decode each picture and write it again as a small PNG, one at a time."""
    while (described := read_frame(source)) is not None:
        kind, width, height = described.decode("ascii").split()
        picture = read_frame(source) or b""
        _allow(SECONDS_A_PICTURE)
        target.write(frame(_drawn(picture, kind, int(width), int(height))))
        target.flush()


def _drawn(picture: bytes, kind: str, width: int, height: int) -> bytes:
    scale = min(1.0, SIDE / max(width, height))
    size = {"width": max(1, round(width * scale)), "height": max(1, round(height * scale))}
    number, file = _in_memory(picture)
    try:
        drawn = _compile(
            _PICTURE.format(file=file, format=kind, **size).encode(),
            root=_ROOT,
            format="png",
            ppi=72,
            font_paths=typst.Fonts(include_system_fonts=False),
        )
    except typst.TypstError:
        return b""
    finally:
        os.close(number)
    return drawn if isinstance(drawn, bytes) else b""


def _in_memory(content: bytes) -> tuple[int, str]:
    """Keep the content as a file of memory; return its number and its path below the root."""
    number = os.memfd_create("zegel")
    with open(number, "wb", closefd=False) as file:
        file.write(content)
    return number, f"/{number}"


def document(source: IO[bytes], target: IO[bytes]) -> None:
    """Set the document whose parts come in, names and contents by turns."""
    _allow(SECONDS_A_DOCUMENT)
    parts: dict[str, bytes] = {}
    while (name := read_frame(source)) is not None:
        parts[name.decode("ascii")] = read_frame(source) or b""
    stamp, *standards = parts.pop("stamp").decode().split()
    pdf = _compile(
        files(__package__).joinpath("template.typ").read_bytes(),
        root=_ROOT,
        sys_inputs={name: _in_memory(part)[1] for name, part in parts.items()},
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=list(folders())),
        format="pdf",
        timestamp=int(stamp),
        pdf_standards=standards,
    )
    target.write(frame(pdf))
    target.flush()


def _allow(seconds: int) -> None:
    """Let this process compute for so many seconds more; then it is killed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main() -> int:
    """Do what the one word on the command line says."""
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    work = {"pictures": pictures, "document": document}[sys.argv[1]]
    work(sys.stdin.buffer, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
