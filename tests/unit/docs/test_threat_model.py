"""Every sentence of the threat model points to a test that exists; what has none says that."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "design" / "threat-model.md"
LAST = "What software on one machine cannot prevent"
POINTER = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def sections() -> dict[str, str]:
    """Return the text under each heading of the second level."""
    parts = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def claims(text: str) -> list[str]:
    """Return the items of all lists in `text`."""
    return re.findall(r"^- (.+)$", text, flags=re.MULTILINE)


CLAIMS = [(name, claim) for name, text in sections().items() for claim in claims(text)]
SHOWN = [claim for name, claim in CLAIMS if name != LAST]


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))


def test_the_four_who_might_do_harm_are_there_and_what_cannot_be_prevented() -> None:
    wanted = ("A dishonest investigator", "A dishonest examiner", "A tampered exhibit")

    assert [*wanted, "A stolen laptop"] == [n for n in sections() if n.startswith("A ")]
    assert claims(sections()[LAST])


@pytest.mark.parametrize("claim", SHOWN)
def test_a_claim_is_one_sentence_and_ends_with_tests_that_exist(claim: str) -> None:
    said, pointers = POINTER.split(claim)[0].strip(), POINTER.findall(claim)

    assert pointers
    assert said.endswith(".")
    assert ". " not in said
    for path, name in pointers:
        assert name in names_in(path), f"{path} has no {name}"


def test_what_cannot_be_prevented_points_to_no_test() -> None:
    assert not [claim for claim in claims(sections()[LAST]) if POINTER.search(claim)]
