from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.truth.recall import main


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def truth(folder: Path) -> Path:
    rows = [
        ("boot", "harbour", "", "readable"),
        ("kade", "harbour", "", "readable"),
        ("shut", "harbour", "", "no key"),
        ("open", "harbour", "", "not encrypted"),
        ("kluis", "vault", "", "readable"),
        ("vis eten", "", "harbour", "readable"),
        ("hoi", "", "", "readable"),
    ]
    lines = [
        json.dumps(
            {
                "sha256": digest(text),
                "storyline": storyline,
                "decoy": decoy,
                "places": [{"state": "damaged"}, {"state": state}],
            }
        )
        for text, storyline, decoy, state in rows
    ]
    (folder / "messages.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def asked(folder: Path, *texts: str) -> str:
    path = folder / "digests"
    path.write_text("".join(f"{digest(text)}\n" for text in texts) + "\n", "ascii")
    return str(path)


def test_recall_counts_what_is_readable_and_precision_what_was_returned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(truth(tmp_path)), asked(tmp_path, "boot", "open", "vis eten", "unknown"), "--json"]

    assert main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["unknown"] == 1
    assert printed["storylines"] == [
        {
            "storyline": "harbour",
            "written": 4,
            "readable": 3,
            "found": 2,
            "decoys": 1,
            "returned": 3,
            "recall": 2 / 3,
            "precision": 2 / 3,
        },
        {
            "storyline": "vault",
            "written": 1,
            "readable": 1,
            "found": 0,
            "decoys": 0,
            "returned": 3,
            "recall": 0.0,
            "precision": 0.0,
        },
    ]


def test_the_table_shows_no_content(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(truth(tmp_path)), asked(tmp_path, "boot", "kluis")])
    printed = capsys.readouterr().out

    assert "harbour" in printed
    assert "0.33" in printed
    assert "boot" not in printed


def test_nothing_returned_has_no_precision(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(truth(tmp_path)), asked(tmp_path)])

    assert "0.00          -" in capsys.readouterr().out


def test_a_line_that_is_no_digest_is_one_sentence(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_text("deadbeef\n")
    with pytest.raises(SystemExit, match="line 1"):
        main([str(truth(tmp_path)), str(bad)])


def test_the_script_stands_outside_both_packages() -> None:
    source = (Path(__file__).parents[2] / "truth" / "recall.py").read_text("utf-8")

    assert "import zegel" not in source
    assert "from zegel" not in source
    assert "shieldnet import" not in source
