"""verify.py can be read in one sitting, published apart, and run where nothing else is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.journeys.dossier.forging import write
from zegel.dossier import verify

SOURCE = Path(verify.__file__)


def test_it_imports_the_standard_library_alone() -> None:
    tree = ast.parse(SOURCE.read_text("utf-8"))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported <= sys.stdlib_module_names
    assert len(imported) > 5


def test_it_has_at_most_400_lines_and_names_its_licence() -> None:
    lines = SOURCE.read_text("utf-8").splitlines()

    assert len(lines) <= 400
    assert "Apache-2.0" in "".join(lines[:3])


def test_it_is_compiled_by_the_oldest_python_it_names() -> None:
    ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 10))


@pytest.mark.parametrize(
    "words", [[], ["a", "b"], ["a", "--root"], ["a", "--root", "zz"], ["a", "b", "c", "d"]]
)
def test_wrong_words_are_answered_by_how_to_use_it(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.main(words) == 2
    assert "exit 9" in capsys.readouterr().out


def test_a_folder_cannot_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().out


def test_a_log_handed_on_endlessly_costs_no_endless_time(tmp_path: Path) -> None:
    """Each new holder makes the verifier walk all entries before: more than a hundred are none."""
    assert verify.MOST_HOLDERS <= 100
    (tmp_path / "z").write_bytes(write({"a": b"b"}))

    assert verify.verify(str(tmp_path / "z"), None, None)[:2] == (
        6,
        "manifest.json: it is missing",
    )


@pytest.mark.parametrize("size", range(1, 40))
def test_proofs_lead_to_the_root_from_every_leaf_and_from_no_other(size: int) -> None:
    leaves = [verify.sha256(bytes([number])) for number in range(size)]
    root = verify.root_of(leaves)
    for index, leaf in enumerate(leaves):
        proof = path(leaves, index)
        assert verify.climb(leaf, index, size, proof) == root
        for other in (index - 1, index + 1, size, -1):
            assert verify.climb(leaf, other, size, proof) != root or (size == 1 and other == index)
        assert verify.climb(leaf, index, size, [*proof, "00" * 32]) != root


def path(leaves: list[bytes], index: int) -> list[str]:
    """RFC 6962 section 2.1.1, as it is defined there."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*path(left, index), tree(right).hex()]
    return [*path(right, index - split), tree(left).hex()]


def tree(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return verify.sha256(b"\1" + tree(leaves[:split]) + tree(leaves[split:]))
