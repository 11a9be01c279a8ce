"""check.py can be read in one sitting, published apart, and run where nothing else is."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.custody.proving import add, log_of
from zegel.custody import check
from zegel.custody.heads import export_head
from zegel.custody.inclusion import prove_entry, read_entry_proof
from zegel.custody.log import Log

SOURCE = Path(check.__file__)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return log_of(tmp_path)


@pytest.fixture
def proof(log: Log, tmp_path: Path) -> Path:
    place = tmp_path / "proof.json"
    names = ["facts/results", "facts/shown", "time"]
    place.write_bytes(prove_entry(tmp_path / "custody", 3, names).text())
    return place


def said(*words: str | Path, path: str | None = None) -> tuple[int, str]:
    """Run it as anybody would, with nothing of Zegel to import."""
    environment = None if path is None else {"PATH": path}
    command = [sys.executable, "-I", "-S", str(SOURCE), *map(str, words)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def test_it_imports_the_standard_library_alone() -> None:
    nodes = list(ast.walk(ast.parse(SOURCE.read_text("utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    imported = {name.partition(".")[0] for name in names}

    assert imported <= sys.stdlib_module_names
    assert len(imported) > 5


def test_it_has_under_300_lines_and_names_its_licence() -> None:
    lines = SOURCE.read_text("utf-8").splitlines()

    assert len(lines) < 300
    assert "Apache-2.0" in lines[0]


def test_it_is_compiled_by_the_oldest_python_it_names() -> None:
    ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 10))


def test_a_proof_holds_against_the_head_or_key_given(log: Log, proof: Path, tmp_path: Path) -> None:
    head = tmp_path / "head.json"
    head.write_bytes(export_head(log.head()))
    key = log.head().public_key.hex()

    code, words = said(proof, "--head", head)
    assert (code, words.splitlines()[:2]) == (0, ["HOLDS, against what you gave.", "Entry 3:"])
    assert 'Z)"' in words
    code, words = said(proof, "--key", key.upper())
    assert code == 0
    assert "Its owner may have rewritten the log" in words
    assert said(proof, "--key", "00" * 32)[0] == 6


def test_without_anything_known_it_is_consistent_in_itself_only(proof: Path) -> None:
    code, words = said(proof)

    assert code == 9
    assert words.startswith("CONSISTENT IN ITSELF ONLY: no head and no key was given.")


def test_a_head_of_another_size_answers_nothing_and_one_that_differs_is_false(
    log: Log, proof: Path, tmp_path: Path
) -> None:
    later, other = tmp_path / "later.json", tmp_path / "other.json"
    (tmp_path / "anew").mkdir()
    other.write_bytes(export_head(log_of(tmp_path / "anew").head()))
    add(log, 1)
    later.write_bytes(export_head(log.head()))

    assert said(proof, "--head", later)[0] == 9
    code, words = said(proof, "--head", other)
    assert code == 6
    assert "head of 7 entries is not the one given" in words


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([f"{3:064x}"] * 3, 9),
        ([f"{3:064x}"] * 2, 6),
        ([f"{4:064x}"] * 3, 6),
        ([], 6),
    ],
)
def test_whoever_has_the_results_learns_whether_they_were_shown(
    proof: Path, tmp_path: Path, names: list[str], expected: int
) -> None:
    shown = tmp_path / "shown"
    shown.write_text("".join(f"{name}\n" for name in names))
    code, words = said(proof, "--shown", shown)

    assert code == expected
    assert ("these 3 results, in this order" in words) == (expected == 9)


def test_without_openssl_there_is_no_answer(proof: Path, tmp_path: Path) -> None:
    code, words = said(proof, path=str(tmp_path))

    assert code == 2
    assert "no openssl here" in words


def test_a_fraction_in_a_log_is_text_that_every_reader_writes_alike(
    log: Log, tmp_path: Path
) -> None:
    index = log.append("measured", {"rate": 0.00005, "of": 4, "all": [1.0, 1e30]})
    proof = prove_entry(tmp_path / "custody", index, ["facts/rate", "facts/all"]).text()
    (tmp_path / "proof").write_bytes(proof)
    shown = read_entry_proof(proof).entry.shown.fields

    assert (shown["facts/rate"][0], shown["facts/all"][0]) == ("0.00005", [1, "1e+30"])
    assert said(tmp_path / "proof")[0] == 9


def test_a_wrong_signature_is_found_by_openssl_itself(proof: Path) -> None:
    text = proof.read_text()
    at = text.index('"signature":"') + len('"signature":"')
    proof.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])
    code, words = said(proof)

    assert code == 6
    assert "signature of the head of 7 entries is wrong" in words


@pytest.mark.parametrize(
    "words",
    [[], ["a", "--head"], ["a", "--colour", "b"], ["a", "--key", "zz"], ["a", "b", "c"]],
)
def test_wrong_words_are_answered_by_how_to_use_it(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main(words) == 2
    assert "exit 9" in capsys.readouterr().out


def test_a_folder_cannot_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([str(tmp_path)]) == 2
    assert "NO ANSWER" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"{}\n", b"[]\n", b"[" * 100_000, b"\xff", b"null\n"])
def test_what_is_no_proof_is_false(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_bytes(content)

    assert check.main([str(tmp_path / "x")]) == 6
    assert capsys.readouterr().out.startswith("FALSE")
