"""What a line of the PDF is made of, as plain JSON: our own words, and what others wrote.

A string is ours and set as it is. `written` is somebody else's and goes through zegel's rules of
what may be printed; nothing else ever carries text of the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from zegel.canonical import percent_decoded
from zegel.dossier.reading import visible
from zegel.dossier.reading.wording import Words

Inline: TypeAlias = list[Any]
"""Our strings, and mappings that the template understands."""
Part: TypeAlias = dict[str, Any]
"""A paragraph, table, list of rows or piece of code."""


def written(text: str, longest: int = visible.LONGEST_NAME) -> dict[str, Any]:
    """Return what somebody else wrote, on one line."""
    return {"e": visible.name(text, longest)}


def coded(value: str | None) -> str:
    """Return a code of ours that comes with the material; odd characters as their code points."""
    return visible.plain(visible.name(value or "-", 60))


def digest(value: str) -> dict[str, Any]:
    """Return a digest or identity of ours, in hexadecimal."""
    return {"m": value}


def bold(words: str) -> dict[str, Any]:
    """Return our own words, to be seen first."""
    return {"b": words}


def place(words: Words, exhibit: str, path: str, offset: int, length: int) -> Inline:
    """Return where in a sealed copy something lies; the path is percent-encoded, as sealed."""
    legible = percent_decoded(path).decode("utf-8", "backslashreplace")
    where = words("bytes_at", offset=words.number(offset), length=words.number(length))
    return [f"{coded(exhibit)} ", written(legible), f", {where}"]


def bar(words: str, reason: str) -> dict[str, Any]:
    """Return what stands in the place of something withheld."""
    return {"bar": words, "after": written(reason)}


def joined(parts: Iterable[Sequence[Any]], between: str) -> Inline:
    """Return lines one after the other."""
    line: Inline = []
    for part in parts:
        if line:
            line.append(between)
        line += part
    return line


def paragraph(*inline: Any) -> Part:
    """Return a paragraph."""
    return {"p": list(inline), "lead": False}


def lead(*inline: Any) -> Part:
    """Return a paragraph that stays with what follows it."""
    return {"p": list(inline), "lead": True}


def rows(pairs: Iterable[tuple[str, Inline]]) -> Part:
    """Return names with their values."""
    return {"rows": [[name, value] for name, value in pairs]}


def code(text: str) -> Part:
    """Return a text set as it stands, line by line."""
    return {"code": visible.text(text).pieces}


def heading(words: str) -> Part:
    """Return a heading that is not in the contents."""
    return {"head": [words]}


def table(
    names: Sequence[str],
    body: Iterable[Sequence[Inline]],
    *,
    widths: Sequence[float] = (0, 3),
    right: Sequence[int] = (1,),
) -> Part:
    """Return a table; widths in centimetres, 0 for what is left; `right` are columns of numbers."""
    return {
        "table": list(names),
        "body": [list(row) for row in body],
        "widths": list(widths),
        "right": list(right),
    }


def section(title: str, blocks: Sequence[Part], *, new_page: bool = False) -> dict[str, Any]:
    """Return a numbered section."""
    return {"title": title, "blocks": list(blocks), "break": new_page}
