"""Files that options name: one that cannot be read is a wrong word, not a full disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from zegel.cli import main
from zegel.service import init_case


@pytest.mark.parametrize(
    "words",
    [["process", "--passphrases"], ["custody", "verify", "--head"]],
    ids=["passphrases", "head"],
)
def test_an_option_that_names_no_file_is_a_usage_error(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init_case(tmp_path / "case")
    absent = str(tmp_path / "absent")

    with pytest.raises(SystemExit) as leaving:
        main([*words, absent, "--case", str(tmp_path / "case")])

    assert leaving.value.code == 2
    assert "cannot be read: no such file or directory" in capsys.readouterr().err.replace("\n", "")
