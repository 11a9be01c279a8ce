"""Turns what others wrote into pieces that can be printed: nothing hidden, nothing reversed.

Everything here is hostile. A character that is invisible, that turns text around or that no font
can show becomes a sign of its own with its code point; it never reaches the typesetter. What is
kept of such characters is what scripts and emoji cannot do without: joiners and variation
selectors where they join or select something. Heaps of marks on one letter are cut, since they
would paint over other lines; long words may be broken anywhere; long texts end early, and say so.
Unicode 14 (zegel.text.marks): the running Python's own tables never decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from zegel.dossier.reading.fonts import shown
from zegel.text.marks import RANGES

Piece: TypeAlias = str | list[str]
"""A text to set as it is; a sign, as a list of its one name; a part of a word no line holds, as a
list of an empty text and the part: a line may end on either side of it."""

LONGEST_TEXT = 20_000
"""Characters of one message that are printed."""
MOST_LINES = 400
"""Lines of one message that are printed."""
LONGEST_NAME = 300
"""Characters of an address, subject or file name that are printed."""
MOST_SIGNS = 300
"""Signs in one text; further characters that cannot be printed are counted at its end."""
MOST_SIGNS_OF_NAME = 8
"""Signs in one name; behind them it is cut."""
_MOST_MARKS = 4
"""Marks on one letter: Hebrew, Thai and Vietnamese need three."""
_LONGEST_WORD = 40
_BETWEEN_BREAKS = 20

_HIDDEN = (
    (0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x034F, 0x034F), (0x061C, 0x061C),
    (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F), (0x2028, 0x202E),
    (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xD800, 0xF8FF), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFC), (0x1D173, 0x1D17A),
    (0xE0000, 0x10FFFF),
)  # fmt: skip
"""Controls, fillers, joiners, selectors, tags, private use: seen by nobody, or as a blank."""
_FLAGS = "\U0001f3f4(?:\U000e0067\U000e0062(?:{})\U000e007f)"
_LANDS = ("\U000e0065\U000e006e\U000e0067", "\U000e0073\U000e0063\U000e0074",
          "\U000e0077\U000e006c\U000e0073")  # fmt: skip
"""England, Scotland, Wales: the only flags written with tags (UTS 51, RGI)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text as it is printed, and how much of it is not."""

    pieces: list[Piece]
    left_out: int = 0
    """Characters beyond what is printed."""


def text(written: str, longest: int = LONGEST_TEXT) -> Shown:
    """Return a message's text, ready to print."""
    whole = written.replace("\r\n", "\n").replace("\t", "    ").rstrip("\n")
    kept = whole[: min(longest, _end_of_line(whole, MOST_LINES))]
    pieces = list(_pieces(kept, _scanner(True), MOST_SIGNS))
    return Shown(pieces=pieces, left_out=len(whole) - len(kept))


def name(written: str, longest: int = LONGEST_NAME) -> list[Piece]:
    """Return an address, a subject, a file name: one line, cut where it is endless."""
    kept = written[: min(longest, _end_of_signs(written[:longest]))]
    pieces = list(_pieces(kept, _scanner(False), MOST_SIGNS_OF_NAME))
    if len(written) > len(kept):
        pieces.append([f"\u2026 +{len(written) - len(kept)}"])
    return pieces


def _end_of_signs(written: str) -> int:
    """Return where the sign after the last that a name may have would stand."""
    signs = 0
    for found in _scanner(False).finditer(written):
        signs += found.lastgroup != "text"
        if signs > MOST_SIGNS_OF_NAME:
            return found.start()
    return len(written)


def plain(pieces: Iterable[Piece]) -> str:
    """Return pieces as one text, for a document's outline: signs in brackets."""
    return "".join(
        piece if isinstance(piece, str) else piece[1] if len(piece) > 1 else f"[{piece[0]}]"
        for piece in pieces
    )


def _end_of_line(written: str, lines: int) -> int:
    at = -1
    for _ in range(lines):
        at = written.find("\n", at + 1)
        if at < 0:
            return len(written)
    return at


def _pieces(written: str, scanner: re.Pattern[str], most: int) -> Iterator[Piece]:
    """Yield what to print, with `most` signs at most; characters beyond are counted at the end."""
    signs = unshown = 0
    for found in scanner.finditer(written):
        letters = found[0]
        if found.lastgroup == "text":
            yield from _breakable(letters)
        elif signs < most:
            signs += 1
            yield [_sign(letters)]
        else:
            unshown += len(letters)
    if unshown:
        yield [f"\u2026 +{unshown}"]


def _sign(letters: str) -> str:
    """Return the code point of a character, and how often it stands there."""
    times = f" \u00d7 {len(letters)}" if len(letters) > 1 else ""
    return f"U+{ord(letters[0]):04X}{times}"


def _breakable(run: str) -> Iterator[Piece]:
    """Let lines end inside words no line holds; never inside what is read as one sign."""
    at = 0
    for word in _endless().finditer(run):
        for cut in _between().finditer(run, word.start(), word.end()):
            if at < word.start():
                yield run[at : word.start()]
            yield ["", run[max(at, word.start()) : cut.end()]]
            at = cut.end()
    if at < len(run):
        yield run[at:]


@cache
def _endless() -> re.Pattern[str]:
    return re.compile(rf"[^\s]{{{_LONGEST_WORD},}}")


@cache
def _between() -> re.Pattern[str]:
    before = "\u200c\u200d\U0001f3f4\U0001f1e6-\U0001f1ff"
    after = (
        "\u200c\u200d\ufe0e\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\U000e0000-\U000e007f"
    )
    glued = f"{_class(_marks())}{after}"
    return re.compile(f"[^\\s]{{{_BETWEEN_BREAKS}}}(?<![{before}])(?![{glued}]|\\Z)")


@cache
def _scanner(lines: bool) -> re.Pattern[str]:
    """Return what cuts a text into runs that may be set, and characters that may not."""
    marks = f"[{_class(_marks())}]{{0,{_MOST_MARKS}}}"
    letters = _without(_without(shown(), _HIDDEN), RANGES)
    low = _class([(first, min(last, 0xA8)) for first, last in letters if first < 0xA9])
    high = _class([(max(first, 0xA9), last) for first, last in letters if last > 0xA8])
    end = "\\n" if lines else ""
    flags = _FLAGS.format("|".join(_LANDS))
    cluster = f"[{high}]{marks}(?:[\ufe0e\ufe0f]{marks})?(?:[\u200c\u200d](?=[{high}]))?"
    keycap = "[0-9#*]\ufe0f\u20e3"
    # ASCII first, for speed; its last letter may bear marks, and is left to what follows.
    ascii_run = f"[ -~{end}]+(?=[ -~{end}]|\\Z)"
    return re.compile(
        f"(?P<text>(?:{ascii_run}|{flags}|{cluster}|{keycap}|[{low}{end}]{marks})+)"
        f"|(?P<hidden>(?P<one>.)(?P=one)*)",
        re.DOTALL,
    )


def _marks() -> list[tuple[int, int]]:
    """Return the marks that fonts can show and that are seen."""
    return _without(_common(RANGES, shown()), _HIDDEN)


Ranges: TypeAlias = Iterable[tuple[int, int]]


def _common(some: Ranges, others: Ranges) -> list[tuple[int, int]]:
    others = list(others)
    return [
        (max(first, start), min(last, stop))
        for first, last in some
        for start, stop in others
        if start <= last and first <= stop
    ]


def _without(some: Ranges, others: Ranges) -> list[tuple[int, int]]:
    """Return the ranges of `some` that no range of `others` (rising) covers."""
    left: list[tuple[int, int]] = []
    others = list(others)
    for first, last in some:
        for start, stop in others:
            if stop < first or start > last:
                continue
            if start > first:
                left.append((first, start - 1))
            first = stop + 1
        if first <= last:
            left.append((first, last))
    return left


def _class(ranges: Ranges) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
