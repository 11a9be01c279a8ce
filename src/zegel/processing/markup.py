"""Reads the text out of HTML without ever rendering it.

Nothing is fetched, executed or laid out: tags and comments go, scripts and styles go with their
content, blocks become lines. One pass of one regular expression without backtracking, so time is
linear: `html.parser` takes minutes over one hostile megabyte. What is malformed stays as text
rather than vanish. HTML Living Standard section 13.1 for the shapes of tokens.
"""

from __future__ import annotations

import html
import re

from zegel.records import Problem

MAX_MARKUP = 4 << 20
"""Characters of one HTML part that are read; what is cut is said."""

_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|title|template)\b[^<>]*>.*?(?:</\1[^<>]*>|\Z)"
    r"|</?([a-z][a-z0-9:]{0,20})([^<>]*)>"
    r"|<[!?][^<>]*>",
    re.S | re.I,
)
_BLOCK = re.compile(
    r"address|article|aside|blockquote|body|br|center|dd|div|dl|dt|fieldset|figure|footer|form"
    r"|h[1-6]|header|hr|html|li|main|nav|ol|option|p|pre|section|table|tbody|tfoot|thead|tr|ul",
    re.I,
)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.I)
_ABSURD = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u200b]+")
_LINES = re.compile(r" ?\n[ \n]*")


def text_of_html(markup: str, problems: list[Problem]) -> str:
    """Return the text of an HTML document, one line a block."""
    if len(markup) > MAX_MARKUP:
        problems.append(Problem(kind="html cut", note=f"{len(markup)} characters"))
        markup = markup[:MAX_MARKUP]
    text = unescape(_TOKEN.sub(_in_place_of, markup.replace("\n", " ")))
    return _LINES.sub("\n", _BLANKS.sub(" ", text)).strip()


def unescape(text: str) -> str:
    """Undo character references; absurdly long ones, which Python refuses, become U+FFFD."""
    if "&" not in text:
        return text
    text = html.unescape(_ABSURD.sub("\ufffd", text))
    # A reference can name half of a surrogate pair, which no table can hold.
    return text.encode("utf-8", "replace").decode("utf-8")


def _in_place_of(token: re.Match[str]) -> str:
    """Return what a tag leaves behind in the text."""
    tag = token[2]
    if tag is None:
        return ""
    if _BLOCK.fullmatch(tag):
        return "\n"
    tag = tag.lower()
    if tag in ("td", "th"):
        return " "
    if tag == "img" and (alt := _ALT.search(token[3][:2000])):
        return f" {alt[1] or alt[2] or alt[3] or ''} "
    return ""
