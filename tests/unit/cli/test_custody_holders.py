"""Who held a log is on the screen whenever it is verified."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zegel.cli import main
from zegel.custody.log import Log
from zegel.service import init_case


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as leaving:
        main([*words])
    assert leaving.value.code == 0
    return capsys.readouterr().out


def test_verify_shows_every_holder_in_words_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = tmp_path / "case"
    init_case(case)
    log = Log.take_over(case / "custody", tmp_path / "key", holder="De \x1b[2JVries", who="vries")
    words = ("custody", "verify", "--case", str(case))

    shown = said(capsys, *words).replace("\n", " ")
    assert "held by 2 in turn; entry 0 signed by key" in shown
    assert "of 'De \\x1b[2JVries' (account 'vries'), vouched for by nobody" in shown
    document = json.loads(said(capsys, *words, "--json"))
    assert [(one["first"], one["entries"], one["holder"]) for one in document["segments"]] == [
        (0, 1, ""),
        (1, 1, "De \x1b[2JVries"),
    ]
    assert document["segments"][1]["key"] == log.head().public_key.hex()
