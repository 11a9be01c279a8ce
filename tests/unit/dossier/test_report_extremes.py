"""The PDF of anything at all: hostile text, parts withheld, nothing to show and far too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.dossier.materials import ONE, OTHER, attachment, material, message, png
from tests.unit.dossier.typeset import needs_pdftotext, pdf, text_of, words_of
from zegel.dossier.material import Holder, Material, Presentation, Withheld
from zegel.dossier.reading import document as document_module
from zegel.dossier.reading import fonts
from zegel.dossier.reading.document import document
from zegel.dossier.reading.pdf import STANDARDS, _typeset, set_in_type
from zegel.errors import UsageError

pytestmark = needs_pdftotext
SECRET = "Grünewald-7719"
"""Stands in what is withheld, and must never be found."""


def test_a_withheld_part_never_shows_even_where_material_still_carries_it(tmp_path: Path) -> None:
    """The material's maker leaves withheld parts out; this page does not rely on it."""
    holding = message(
        1, f"text {SECRET}", subject=f"subject {SECRET}", sender=(f"{SECRET}@x.example",)
    )
    holding = replace(
        holding,
        attachments=(attachment(0, f"{SECRET}.png", "image/png", png(30, 30)),),
        holders=(Holder(account=ONE, device=SECRET, holder=SECRET),),
    )
    whole = replace(holding, number=2, withheld=(Withheld(part="all", reason="privilege"),))
    parts = tuple(
        Withheld(part=part, reason="third party")
        for part in ("text", "subject", "people", "attachment/0")
    )
    shown = material([replace(holding, withheld=parts), whole])

    assert SECRET.encode() not in document(shown).text
    assert SECRET not in text_of(pdf(shown), tmp_path)


HOSTILE = [
    '#panic("run") #import "@preview/x:1.0.0" #read("/etc/passwd")',
    "$ sum $ *bold* _thin_ = heading\n== more\n- list\n+ enum\n/ term: x\n`raw` ``` ```typ #x```",
    "<label> @m1 @reference // comment /* comment */ \\ \\u{41} ~ --- ... ' \" [ ] { } ( )",
    "]]}}))#set page(width: 1pt)#let d = none#pagebreak()",
    '{"e": ["x"]} \\"}]} \x00 \ud800 \udfff',
    "\u202e\u2066\u2067" * 50 + "reversed",
    "x" * 100_000,
    "é" + "\u0301" * 5000,
    "a\n" * 20_000,
    "مرحبا" * 3000 + "שלום" * 3000,
    "👨‍👩‍👧‍👦" * 2000,
    "\t\t\t   leading   spaces\r\nand\rreturns\x0b\x0c\x85\u2028\u2029end",
    "",
    " ",
    "\n\n\n",
]


def test_hostile_text_is_only_ever_text(tmp_path: Path) -> None:
    shown = material(
        [
            message(
                number,
                text,
                subject=text[:5000],
                sender=(text[:2000] or "-",),
                recipients=(OTHER, text[:500]),
                chat_group=text[:50] if number % 2 else None,
                admitted=((text[:300], text[:300]),),
                language=text[:3],
                attachments=(attachment(0, text[:3000], text[:400], b"x"),),
                holders=(Holder(account=ONE, device=text[:300], holder=text[:300]),),
            )
            for number, text in enumerate(HOSTILE, start=1)
        ]
    )
    words = words_of(pdf(shown), tmp_path)

    assert '#panic("run") #import "@preview/x:1.0.0" #read("/etc/passwd")' in words
    assert "root:x:0:0" not in words
    assert "]]}}))#set page(width: 1pt)#let d = none#pagebreak()" in words
    assert "80 000 more characters" in words.replace(",", " ")


@pytest.mark.parametrize("change", ["messages", "order", "exhibits", "keys"])
def test_an_investigation_with_nothing_in_it_is_a_dossier_too(change: str, tmp_path: Path) -> None:
    shown = material([])
    changes: dict[str, Callable[[Material], Material]] = {
        "messages": lambda m: m,
        "order": lambda m: replace(m, order=replace(m.order, text=b"\xff\x00 no toml")),
        "exhibits": lambda m: replace(m, exhibits=()),
        "keys": lambda m: replace(m, keys=()),
    }

    assert "Heron" in text_of(pdf(changes[change](shown)), tmp_path)


def test_a_null_result_says_so(tmp_path: Path) -> None:
    shown = material([])
    empty = replace(shown.selection, found=0, selected=0, left_out=0)
    words = words_of(pdf(replace(shown, selection=empty)), tmp_path)

    assert "The selection found no message. That is its result" in words


def test_no_more_messages_are_printed_than_asked_and_the_pages_say_so(tmp_path: Path) -> None:
    shown = material(
        [message(n, f"word{n}x") for n in range(1, 8)], presentation=Presentation(printed=3)
    )
    words = words_of(pdf(shown), tmp_path)

    assert [n for n in range(1, 8) if f"word{n}x" in words] == [1, 2, 3]
    assert "These pages hold the first 3 of 7 messages" in words


def test_all_texts_together_are_bounded_and_what_is_left_out_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(document_module, "LONGEST_TOGETHER", 1000)
    shown = material([message(n, f"text{n} " + "word " * 300) for n in range(1, 4)])
    words = words_of(pdf(shown), tmp_path)

    assert [n for n in range(1, 4) if f"text{n} word word" in words] == [1, 2, 3]
    assert words.count("1,006 more characters") == 2


def test_a_character_that_defeats_the_archives_form_does_not_stop_the_export(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = material([message(1, "before MARK after")])
    content = document(shown)
    broken = replace(content, text=content.text.replace(b"MARK", "\u0378".encode()))

    assert _typeset(broken, STANDARDS[0]) is None
    assert "before" in text_of(set_in_type(broken), tmp_path)


@pytest.mark.slow
def test_the_characters_the_table_promises_are_set_in_the_archives_form() -> None:
    """Of runs longer than a script, as Chinese and Korean have, every sixteenth."""
    points = [
        point
        for first, last in fonts.shown()
        for point in range(first, last + 1, 1 if last - first < 1000 else 16)
    ]
    letters = [" ".join(map(chr, points[at : at + 9000])) for at in range(0, len(points), 9000)]
    shown = material([message(n, text) for n, text in enumerate(letters, start=1)])

    assert _typeset(document(shown), STANDARDS[0]) is not None


def test_languages_and_zones_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UsageError):
        document(material([message(1)], presentation=Presentation(language="fr")))
    with pytest.raises(UsageError):
        document(material([message(1)], presentation=Presentation(zone="Nowhere/Land")))
