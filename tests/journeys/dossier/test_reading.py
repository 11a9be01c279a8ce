"""What a dossier holds to read and to exchange says what its evidence says, and nothing more."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.journeys.cases import say
from tests.journeys.dossier.exports import LETTERS, SECRET, SUBJECT, Export, contents

pytestmark = [
    pytest.mark.xdist_group("dossier"),
    pytest.mark.skipif(
        shutil.which("pdftotext") is None, reason="poppler-utils is not installed (pdftotext)"
    ),
]


def printed(report: bytes) -> str:
    """Return the text of a PDF, each run of blanks and line ends as one blank."""
    done = subprocess.run(["pdftotext", "-", "-"], input=report, capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode())


def lines(members: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members["messages.jsonl"].splitlines()]


def from_mbox(whole: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(whole):
        field = whole.index(b"\nX-Zegel-Octets: ", at) + 17
        start = whole.index(b"\n", field) + 1
        stop = start + int(whole[field:start])
        found.append(whole[start:stop])
        at = stop + 1
    return found


def test_every_text_of_the_dossier_can_be_found_in_the_pdf(whole: Path) -> None:
    members = contents(whole)
    text = printed(members["report.pdf"])
    messages = lines(members)

    assert SECRET in text
    assert {one["number"] for one in messages} == set(range(1, len(messages) + 1))
    # A page may end inside a text: its first words are together.
    starts = [" ".join(one["text"].split()[:3]) for one in messages if one.get("text", "").strip()]
    ascii_only = [start for start in starts if start.isascii()]
    assert len(ascii_only) > 10
    assert [start for start in ascii_only if start not in text] == []


def test_the_mbox_holds_the_bytes_of_every_stored_message(whole: Path) -> None:
    members = contents(whole)
    stored = sorted(content for name, content in members.items() if name.startswith("stored/"))
    found = from_mbox(members["messages.mbox"])

    assert sorted(found) == stored
    assert [letter for letter in LETTERS if letter not in found] == []


def test_members_that_lines_and_case_name_are_there(whole: Path) -> None:
    members = contents(whole)
    named = set(re.findall(r'member":"([^"]+)"', members["messages.jsonl"].decode()))
    referred = set(
        re.findall(r'"core:externalIdentifier":"([^"]+)"', members["case.jsonld"].decode())
    )

    assert named
    assert (named | referred) - set(members) == set()


def test_the_page_of_a_withheld_text_has_its_reason_and_not_the_text(
    export: Export, tmp_path: Path
) -> None:
    key = pysequoia.Tsk.generate("Judge <judge@court.example>")
    (tmp_path / "cert").write_text(str(key.extract_certificate()), "ascii")
    first, second = export.letters[1], export.letters[2]
    (tmp_path / "list.toml").write_text(
        f'[[withhold]]\nids = [{first}]\nparts = ["text", "subject"]\nreason = "a third party"\n'
        f'[[withhold]]\nids = [{second}]\nparts = ["all"]\nreason = "lawyer and client"\n',
        "utf-8",
    )
    out = tmp_path / "withheld.zip"
    held = ("--withhold", tmp_path / "list.toml", "--magistrate-cert", tmp_path / "cert")
    language = ("--language", "nl", "--zone", "Europe/Amsterdam", "--second-opinion", "none")
    said = say("dossier", "make", "-i", export.inv, "-o", out, *held, *language)
    text = printed(contents(out)["report.pdf"])

    assert said.code == 0, said.err
    assert "ACHTERGEHOUDEN — tekst — a third party" in text
    assert "ACHTERGEHOUDEN — bericht — lawyer and client" in text
    assert "Oma wordt dinsdag tachtig." in text
    assert (SECRET in text, SUBJECT in text) == (False, False)
