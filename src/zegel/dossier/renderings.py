"""What makes members to read or to exchange, from material: pure functions, no other source.

A rendering yields members: a name and its bytes, or pieces of bytes. The same material gives the
same bytes. Names are ours (digits, lower-case letters, `-`, `.`, `/`), never the evidence's.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from zegel.dossier.exchange.case import case
from zegel.dossier.exchange.lines import json_lines
from zegel.dossier.exchange.mbox import mbox
from zegel.dossier.material import Material
from zegel.dossier.reading.document import document
from zegel.dossier.reading.pdf import NAME as REPORT
from zegel.dossier.reading.pdf import report, set_in_type
from zegel.dossier.rendered import Rendered, Rendering

__all__ = ["RENDERINGS", "Rendered", "Rendering", "rendered"]

RENDERINGS: tuple[Rendering, ...] = (report, mbox, json_lines, case)
"""All renderings; `rendered` gives what they give."""


def rendered(material: Material) -> Iterator[Rendered]:
    """Yield every member to read or to exchange; the PDF last, set on another processor meanwhile.

    Only the typesetter's process runs beside the others: material is read by one thread at a time.
    """
    with ThreadPoolExecutor(1) as beside:
        pdf = beside.submit(set_in_type, document(material))
        for rendering in RENDERINGS:
            if rendering is not report:
                yield from rendering(material)
        yield Rendered(name=REPORT, content=pdf.result())
