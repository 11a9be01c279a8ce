from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from shieldnet.cli import main
from shieldnet.cli.traffic import duration


def shieldnet(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["shieldnet", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_generate_prints_one_json_document_and_progress_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--devices", "6", "--messages", "20", "--workers", "1", "--json")
    status = shieldnet(monkeypatch, "generate", str(tmp_path / "net"), *words)
    printed = json.loads(capsys.readouterr().out)

    assert status == 0
    assert printed["messages"] == 20
    assert sum(printed["copies"].values()) == printed["places"] == sum(printed["states"].values())
    assert printed == json.loads((tmp_path / "net/truth/summary.json").read_text())


@pytest.mark.parametrize("algorithm", ["rsa2048", "cv25519"])
def test_generate_keeps_to_one_algorithm(
    algorithm: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ("--devices", "6", "--messages", "5", "--workers", "1", "--algorithm", algorithm)
    shieldnet(monkeypatch, "generate", str(tmp_path / "net"), *words)
    keys = (tmp_path / "net/truth/keys.jsonl").read_text().splitlines()

    assert {json.loads(key)["algorithm"] for key in keys} == {algorithm}


def test_a_folder_in_use_is_one_sentence_and_status_two(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "copy").mkdir()
    status = shieldnet(monkeypatch, "generate", str(tmp_path))

    assert status == 2
    assert "holds a copy already" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    status = shieldnet(monkeypatch, "generate", str(tmp_path / "file"))

    assert status == 1
    assert "Not a directory" in capsys.readouterr().err


@pytest.mark.slow
def test_plan_writes_nothing_and_speaks_of_the_great_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shieldnet(monkeypatch, "generate", str(tmp_path / "net"), "--plan", "--json")
    forecasts = json.loads(capsys.readouterr().out)["forecasts"]

    assert not (tmp_path / "net").exists()
    assert [(one["devices"], one["messages"]) for one in forecasts] == [
        (300, 6000),
        (40_000, 3_600_000),
    ]
    assert forecasts[0]["seconds"] < forecasts[1]["seconds"]
    assert forecasts[0]["disk_bytes"] < forecasts[1]["disk_bytes"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(7.4, "0 min 07 s"), (3599.6, "1 h 00 min"), (5460, "1 h 31 min")]
)
def test_a_length_of_time_is_said_in_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said
