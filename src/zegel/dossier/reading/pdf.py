"""The rendering `report.pdf`: the dossier on paper, in Dutch or English.

The same material gives the same bytes on every machine with the same locked packages. The
typesetter runs in a process with limits (worker.py). The file is PDF/A-2a and PDF/UA-1, or a plain
PDF where a character defeats that: evidence never stops an export.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from zegel.dossier.material import Material
from zegel.dossier.reading.document import Document, document
from zegel.dossier.reading.worker import frame
from zegel.dossier.rendered import Rendered
from zegel.errors import ZegelError

NAME = "report.pdf"
MADE_WITH = ("typst", "manimgx-fonts", "manimgx-fonts-cjk", "tzdata")
"""Packages of which another version may set other bytes."""
STANDARDS = ("a-2a ua-1", "1.7")
"""What is tried, in order: the form of archives (every glyph has its character, ISO 19005-2) and of
those who cannot see (tagged, ISO 14289-1); plain PDF."""


def report(material: Material) -> Iterator[Rendered]:
    """Yield the PDF."""
    yield Rendered(name=NAME, content=set_in_type(document(material)))


def set_in_type(content: Document) -> bytes:
    """Return the document as a PDF; ZegelError where the typesetter fails both ways."""
    for standard in STANDARDS:
        pdf = _typeset(content, standard)
        if pdf is not None:
            return pdf
    raise ZegelError(
        "the PDF could not be set",
        where=NAME,
        next_step="Make the dossier with --printed 0, and report this: no message should do it.",
    )


def _typeset(content: Document, standard: str) -> bytes | None:
    parts = {
        "stamp": f"{content.stamp} {standard}".encode(),
        "reading.json": content.text,
        **content.pictures,
    }
    job = b"".join(frame(name.encode()) + frame(part) for name, part in parts.items())
    done = subprocess.run(
        [sys.executable, "-m", "zegel.dossier.reading.worker", "document"],
        input=job,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    pdf = done.stdout[8:]
    whole = done.returncode == 0 and done.stdout[:8] == len(pdf).to_bytes(8, "big")
    return pdf if whole and pdf.startswith(b"%PDF") else None
