"""The PDF: everything that is shown can be found in it, and nothing that is not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

from tests.unit.dossier.materials import ONE, attachment, block, hexed, material, message, png
from tests.unit.dossier.typeset import needs_pdftotext, pages_of, pdf, text_of, words_of
from zegel.dossier.material import Material, Message, OrderSignature, Presentation, Withheld
from zegel.dossier.reading import fonts

pytestmark = needs_pdftotext


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


@pytest.mark.skipif(shutil.which("unshare") is None, reason="util-linux is not installed")
def test_no_network_is_needed(sample_pdf: bytes) -> None:
    script = (
        "import sys; from tests.unit.dossier.typeset import pdf; "
        "from tests.unit.dossier.materials import material, message; "
        "sys.stdout.buffer.write(pdf(material([message(1)])))"
    )
    apart = ["unshare", "--net", "--map-root-user", sys.executable, "-c", script]
    done = subprocess.run(apart, capture_output=True, check=False, env={**os.environ})
    if done.returncode and b"unshare" in done.stderr:
        pytest.skip("this machine lets nobody leave the network")

    assert done.stdout == pdf(material([message(1)]))
