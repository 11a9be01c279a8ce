"""The table of what can be shown is what the fonts hold."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests import coverage
from zegel.dossier.reading import fonts, visible
from zegel.dossier.reading.wording import LANGUAGES, words


@pytest.mark.slow
def test_the_table_is_what_the_fonts_hold() -> None:
    assert coverage.TABLE.read_text(encoding="ascii") == coverage.table()


def test_every_family_comes_with_the_locked_packages() -> None:
    listed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import typst\n"
            "from zegel.dossier.reading.fonts import folders\n"
            "fonts = typst.Fonts(include_system_fonts=False, font_paths=folders())\n"
            "print(*fonts.families(), sep='\\n')",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert set(fonts.EVIDENCE) - set(listed.stdout.split("\n")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_words_can_all_be_shown(language: str) -> None:
    said = json.dumps(dict(words(language)._table), ensure_ascii=False)

    assert visible.text(said).pieces[1:] == []
