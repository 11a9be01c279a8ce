"""Reads the text out of HTML without ever rendering it.

Nothing is fetched, executed or laid out: tags go, scripts and styles go with their content,
blocks become lines. Input is bounded; a document the parser gives up on is stripped of tags
instead. Built on html.parser of the standard library.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from zegel.records import Problem

MAX_MARKUP = 1 << 20
"""Characters of one HTML part that are read; what is cut is said."""

_SKIPPED = frozenset({"script", "style", "title", "template"})
_BLOCK = re.compile(
    r"address|article|aside|blockquote|body|br|center|dd|div|dl|dt|fieldset|figure|footer|form"
    r"|h[1-6]|header|hr|html|li|main|nav|ol|option|p|pre|section|table|tbody|tfoot|thead|tr|ul"
)
_TAGS = re.compile(r"<[^<>]*>?")
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u200b]+")
_LINES = re.compile(r" ?\n[ \n]*")


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.skipping = ""
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.skipping:
            self.depth += tag == self.skipping
        elif tag in _SKIPPED:
            self.skipping, self.depth = tag, 1
        elif _BLOCK.fullmatch(tag):
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        elif tag == "img":
            self.pieces.extend(f" {text} " for name, text in attrs if name == "alt" and text)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SKIPPED:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.skipping:
            self.depth -= tag == self.skipping
            self.skipping = self.skipping if self.depth > 0 else ""
        elif _BLOCK.fullmatch(tag):
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.pieces.append(data.replace("\n", " "))

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """Pass over `<![if …]>` of Outlook: the parser asserts that it knows its keyword."""
        del report
        end = self.rawdata.find(">", i)
        return len(self.rawdata) if end < 0 else end + 1


def text_of_html(markup: str, problems: list[Problem]) -> str:
    """Return the text of an HTML document, one line a block."""
    if len(markup) > MAX_MARKUP:
        problems.append(Problem(kind="html cut", note=f"{len(markup)} characters"))
        markup = markup[:MAX_MARKUP]
    reader = _TextReader()
    try:
        reader.feed(markup)
        reader.close()
        text = "".join(reader.pieces)
    except AssertionError:  # what html.parser does with some malformed declarations
        problems.append(Problem(kind="malformed html"))
        text = html.unescape(_TAGS.sub(" ", markup))
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()
