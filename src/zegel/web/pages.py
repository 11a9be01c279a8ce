"""Templates: every value is escaped; what an exhibit wrote is shown through `hostile`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from zegel.web.language import LANGUAGES, Reader, translations
from zegel.web.sentences import sentence

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_FILES = frozenset(
    one.name for one in STATIC.iterdir() if one.suffix in (".css", ".js", ".svg")
)
"""Names of the scripts, styles and pictures of our own; no other file is served."""
LONGEST_TEXT = 100_000
"""Characters of one text of an exhibit that a page shows; the rest is in the raw bytes."""
MOST_STACKED = 6
"""Marks on one letter; more would reach over the lines above and below."""
_KEPT = frozenset("\n\t\u200d\u200c")
_WRITTEN_OUT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BIDI = {
    "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO",
    "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
    "\u200e": "LRM", "\u200f": "RLM", "\u061c": "ALM",
}  # fmt: skip


_LINES = {ord("\n"): None, ord("\t"): None}
_MAYBE_STACKED = re.compile(rf"[^\w\s]{{{MOST_STACKED + 1}}}")


def visible(text: str) -> str:
    """Return text in which what would turn, hide, cover or break the rest is written out.

    Controls of direction (UAX 9) become their names, other control and format characters, lone
    surrogates, and marks stacked higher than any script does their code points; line ends and tabs
    stay.
    """
    if text.translate(_LINES).isprintable() and not _MAYBE_STACKED.search(text):
        return text  # nearly all
    shown, stacked = [], 0
    for one in text:
        kind = unicodedata.category(one)
        stacked = stacked + 1 if kind in ("Mn", "Me") else 0
        plain = one in _KEPT or kind not in _WRITTEN_OUT
        shown.append(one if plain and stacked <= MOST_STACKED else _named(one))
    return "".join(shown)


def _named(one: str) -> str:
    if one == "\r":
        return ""
    return f"⟦{_BIDI.get(one) or f'U+{ord(one):04X}'}⟧"


def hostile(text: str | None) -> Markup:
    """Return a text of an exhibit as HTML that can do nothing: escaped, bounded, set apart."""
    return _inert(text, _OPENS) if text else Markup("")


def _inert(text: str, opens: Markup) -> Markup:
    shown = visible(text[:LONGEST_TEXT])
    more = Markup(' <span class="more">…</span>') if len(text) > LONGEST_TEXT else ""
    return opens + escape(shown) + more + _CLOSES


def told(reader: Reader, text: str) -> Markup:
    """Return a sentence of an error as `hostile` would, in the reader's language where it is known
    there, else marked as English."""
    said = sentence(reader, text)
    return hostile(said) if said is not None else _inert(text, _OPENS_ENGLISH)


def marked(snippet: Mapping[str, Any]) -> Markup:
    """Return a snippet of the search with its marks, as HTML that can do nothing else.

    `snippet` is `{"text": …, "marks": [[from, to], …]}` in characters, in order, without overlap.
    """
    text, parts, at = str(snippet["text"]), [], 0
    for start, end in snippet["marks"]:
        parts += [escape(visible(text[at:start])), Markup("<mark>")]
        parts += [escape(visible(text[start:end])), Markup("</mark>")]
        at = end
    parts.append(escape(visible(text[at:])))
    return _OPENS + Markup("").join(parts) + _CLOSES


_OPENS, _CLOSES = Markup('<bdi class="hostile">'), Markup("</bdi>")
_OPENS_ENGLISH = Markup('<bdi class="hostile" lang="en">')


def drawn(svg: str) -> Markup:
    """Return a picture made by `zegel.analysis`, which escapes every text in it."""
    return Markup(svg)


@pass_context
def _number(context: Context, value: float) -> str:
    return _reader(context).number(value)


@pass_context
def _instant(context: Context, iso: str | None) -> Markup:
    shown = _reader(context).instant(iso)
    return Markup('<time datetime="{}">{}</time>').format(iso, shown) if iso else escape(shown)


@pass_context
def _clock(context: Context, iso: str | None) -> Markup:
    shown = _reader(context).clock(iso)
    return Markup('<time datetime="{}">{}</time>').format(iso, shown) if iso else escape(shown)


@pass_context
def _day(context: Context, iso: str) -> str:
    return _reader(context).day(iso)


@pass_context
def _date(context: Context, iso: str) -> str:
    return _reader(context).date(iso)


@pass_context
def _words(context: Context, words: str) -> str:
    return _reader(context).say(words)


@pass_context
def _sentence(context: Context, text: str) -> Markup:
    return told(_reader(context), text)


def _reader(context: Context) -> Reader:
    reader = context["reader"]
    assert isinstance(reader, Reader)
    return reader


@cache
def static_version(name: str) -> str:
    """Return what stands behind a static file's address, so that a changed one is fetched anew."""
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static_path(name: str) -> str:
    """Return the address of a script or style of our own."""
    return f"/static/{name}?v={static_version(name)}"


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "number": _number,
        "instant": _instant,
        "clock": _clock,
        "day": _day,
        "date": _date,
        "words": _words,
        "sentence": _sentence,
        "hostile": hostile,
        "marked": marked,
        "drawn": drawn,
    }
    made.globals |= {"static": static_path, "LANGUAGES": LANGUAGES}
    return made


def render(template: str, reader: Reader, **context: Any) -> str:
    """Return a page in the reader's language."""
    return _environment(reader.language).get_template(template).render(reader=reader, **context)
