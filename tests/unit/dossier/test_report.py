"""The PDF: everything that is shown can be found in it, and nothing that is not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from tests.unit.dossier.materials import (
    ONE,
    OTHER,
    attachment,
    block,
    hexed,
    material,
    message,
    png,
)
from zegel.dossier.material import (
    Holder,
    Material,
    Message,
    OrderSignature,
    Presentation,
    Withheld,
)
from zegel.dossier.reading import document as document_module
from zegel.dossier.reading import fonts
from zegel.dossier.reading.document import document
from zegel.dossier.reading.pdf import NAME, STANDARDS, _typeset, report, set_in_type
from zegel.errors import UsageError

SECRET = "Grünewald-7719"
"""Stands in what is withheld, and must never be found."""

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils is not installed (pdftotext)"
)


def pdf(shown: Material) -> bytes:
    (rendered,) = list(report(shown))
    assert rendered.name == NAME
    assert isinstance(rendered.content, bytes)
    return rendered.content


def text_of(report_pdf: bytes, folder: Path) -> str:
    path = folder / "report.pdf"
    path.write_bytes(report_pdf)
    done = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True, timeout=60
    )
    return done.stdout.decode()


def words_of(report_pdf: bytes, folder: Path) -> str:
    """Return the text with every blank and line end as one blank."""
    return re.sub(r"\s+", " ", text_of(report_pdf, folder))


def pages_of(report_pdf: bytes, folder: Path) -> list[str]:
    return text_of(report_pdf, folder).split("\f")[:-1]


@pytest.fixture(scope="module")
def sample() -> Material:
    unread = block(
        7, state="no key", reason="key-not-found", key_fingerprint=None, passphrase=None,
        session_key=None, opener=None, opinion=None, second_opinion=None, integrity=None,
        cipher=None, signatures=(), plaintext_sha256=None, plaintext=None,
    )  # fmt: skip
    return material(
        [
            message(1, "Kom naar kade 14 om 20:30."),
            message(2, "Привет, всё готово 🧨", language="ru", subject="Kade 14 — morgen?"),
            message(3, "你好,货已经到了。", language="zh"),
            message(
                4,
                "zie bijlagen",
                attachments=(
                    attachment(0, "kade.png", "image/png", png(900, 500)),
                    attachment(1, "../../etc/\u202egpj.exe", "application/pdf", b"%PDF-1.4"),
                    attachment(2, "kapot.png", "image/png", png(90, 50)[:70]),
                ),
            ),
            Message(number=5, message=hexed("message", 5), withheld=(
                Withheld(part="all", reason="privilege: lawyer and client"),
            )),
            replace(
                message(6), text=None, subject=None, blocks=(),
                withheld=(
                    Withheld(part="text", reason="third party"),
                    Withheld(part="subject", reason="third party"),
                    Withheld(part="attachment/1", reason="medical"),
                ),
            ),
            replace(
                message(7), text=None, state="no key", reason="key-not-found", signature=None,
                blocks=(unread,),
            ),
            message(8, "sender and server disagree", sender=("x@else.example",), recipients=(ONE,)),
        ],
        presentation=Presentation(language="nl", zone="Europe/Amsterdam"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def sample_pdf(sample: Material) -> bytes:
    return pdf(sample)


def test_the_same_material_gives_the_same_bytes(sample: Material, sample_pdf: bytes) -> None:
    assert pdf(sample) == sample_pdf


def impostor(folder: Path) -> None:
    """Put a font among the machine's own that goes by the name of one of ours."""
    folder.mkdir(parents=True)
    font = TTFont(fonts.folders()[0] / "NotoSansThai[wght].ttf")
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = "Libertinus Serif"
    font.save(folder / "impostor.ttf")


def test_another_clock_place_and_fonts_give_the_same_bytes(
    sample: Material, sample_pdf: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    monkeypatch.setenv("TYPST_FONT_PATHS", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    impostor(tmp_path / ".local" / "share" / "fonts")

    assert pdf(sample) == sample_pdf


def test_the_file_is_for_archives_and_for_those_who_cannot_see(sample_pdf: bytes) -> None:
    assert b"<pdfaid:part>2</pdfaid:part>" in sample_pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in sample_pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in sample_pdf


def test_every_message_can_be_found_and_cited(sample_pdf: bytes, tmp_path: Path) -> None:
    words = words_of(sample_pdf, tmp_path)

    for said in (
        "Kom naar kade 14 om 20:30.",
        "Привет, всё готово 🧨",
        "你好,货已经到了。",
        "Kade 14 — morgen?",
        "do 2016-02-04 17:03:22 +01:00",
        "2016-02-04 16:03:22 UTC",
        "datumveld van de mail: Thu, 4 Feb 2016 00:03:22 +0000",
        "ontvangst door de server",
        "RC-2016-0201",
        "Investigating judge 3",
        "d00042@ams.shieldnet.example (in handen van grey-heron-17, toestel SN-AMS-000042)",
        hexed("root"),
        hexed("ciphertext", 1),
        "geen sleutel (key-not-found)",
        "python3 verify.py DOSSIER.zip",
        "tweede oordeel: komt overeen (gpg (GnuPG) 2.2.40)",
        "the two accounts (account en periode)",
        "De selectie vond 10 berichten; 8 staan in dit dossier en 2 zijn weggelaten.",
    ):
        assert said in words


@pytest.mark.parametrize(
    ("changes", "badge"),
    [
        ({"signature": "bad"}, "Signature: BAD"),
        ({"blocks": (block(1, opinion="differs: gpg (GnuPG) 2.2.40"),)}, "second opinion: DIFFERS"),
        ({"state": "damaged", "reason": "mdc-mismatch"}, "damaged (mdc-mismatch)"),
    ],
)
def test_what_a_reader_must_not_miss_stands_beside_the_time(
    changes: dict[str, Any], badge: str, tmp_path: Path
) -> None:
    assert badge in words_of(pdf(material([message(1, **changes)])), tmp_path)


def test_contents_and_index_name_the_page_a_message_stands_on(
    sample_pdf: bytes, tmp_path: Path
) -> None:
    pages = pages_of(sample_pdf, tmp_path)
    starts = [n for n, page in enumerate(pages, 1) if "Kom naar kade 14 om 20:30." in page]
    index = pages[-1].partition("Register van berichten")[2]

    assert re.search(rf"\b1[ .]+{starts[0]}\b", index)
    assert f"pagina {starts[0]} van {len(pages)}" in pages[starts[0] - 1]


def test_every_page_warns_of_a_training_case_and_names_the_root(
    sample_pdf: bytes, tmp_path: Path
) -> None:
    pages = pages_of(sample_pdf, tmp_path)

    assert len(pages) > 5
    assert [p for p in pages if "OEFENZAAK" not in p or hexed("root")[:16] not in p] == []


def signature() -> OrderSignature:
    return OrderSignature(
        magistrate="Investigating judge 3",
        fingerprint="9B2E" * 10,
        key="9B2E" * 10,
        created=1_462_180_000,
        hash="SHA512",
        sha256=hexed("signature"),
        certificate_sha256=hexed("certificate"),
    )


def test_no_page_warns_where_the_order_is_signed_and_the_case_is_real(tmp_path: Path) -> None:
    shown = material([message(1)], training=False)
    shown = replace(shown, order=replace(shown.order, signature=signature()))
    text = text_of(pdf(shown), tmp_path)

    assert "TRAINING" not in text
    assert "NOT SIGNED" not in text
    assert signature().fingerprint in text.replace(" ", "").replace("\n", "")


def test_attachments_are_listed_with_digests_and_pictures_drawn(
    sample: Material, sample_pdf: bytes, tmp_path: Path
) -> None:
    words = words_of(sample_pdf, tmp_path)
    listed = [one for shown in sample.messages() for one in shown.attachments]
    done = subprocess.run(
        ["pdfimages", "-list", tmp_path / "report.pdf"], capture_output=True, check=True, text=True
    )

    assert [one.sha256 for one in listed if one.sha256 not in words] == []
    drawn = [line.split()[2:5] for line in done.stdout.splitlines()[2:]]
    assert [size for kind, *size in drawn if kind == "image"] == [["600", "333"]]
    assert "afbeelding niet getoond: ze kan niet gelezen worden" in words
    assert "U+202E" in words


def test_what_is_withheld_is_shown_as_withheld_with_its_reason(
    sample_pdf: bytes, tmp_path: Path
) -> None:
    words = words_of(sample_pdf, tmp_path)

    assert "ACHTERGEHOUDEN — bericht — privilege: lawyer and client" in words
    assert "ACHTERGEHOUDEN — tekst — third party" in words
    assert "bijlage 2 ACHTERGEHOUDEN medical" in words


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


@pytest.mark.skipif(shutil.which("unshare") is None, reason="util-linux is not installed")
def test_no_network_is_needed(sample_pdf: bytes) -> None:
    script = (
        "import sys; from tests.unit.dossier.test_report import pdf; "
        "from tests.unit.dossier.materials import material, message; "
        "sys.stdout.buffer.write(pdf(material([message(1)])))"
    )
    apart = ["unshare", "--net", "--map-root-user", sys.executable, "-c", script]
    done = subprocess.run(apart, capture_output=True, check=False, env={**os.environ})
    if done.returncode and b"unshare" in done.stderr:
        pytest.skip("this machine lets nobody leave the network")

    assert done.stdout == pdf(material([message(1)]))
