"""The first page says whether lawyers' mail was set apart, and how much of it was missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.dossier.materials import material
from zegel.dossier.reading.cover import Cover
from zegel.dossier.reading.instants import Instants
from zegel.dossier.reading.wording import words

RATE = {
    "missed": 2, "of": 400, "cannot_tell": 1, "low": "0.000606", "high": "0.021728",
    "confidence": "0.95", "frame": "about 2,000", "sample": "00", "seed": "court",
}  # fmt: skip


def said(privilege: Mapping[str, Any], language: str = "en") -> str:
    shown = replace(material([]), privilege=privilege)
    cover = Cover(shown, words(language), Instants("UTC", words(language)), printed=0)
    rows = {str(name): value for name, value in cover.cover(None, None)["rows"]}
    return str(rows[words(language)("cover.privilege")])


def test_a_case_without_a_register_says_that_nothing_was_set_apart() -> None:
    assert "No register of lawyers was enrolled" in said({"register": "none"})


def test_a_rate_that_was_not_measured_is_said_to_be_none() -> None:
    assert "had not been measured" in said({"register": "enrolled", "rule": 1, "miss_rate": None})


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_measured_rate_is_said_with_its_interval(language: str) -> None:
    text = said({"register": "enrolled", "rule": 1, "miss_rate": RATE}, language)

    assert [one for one in ("400", "2", "0.06", "2.17", "95") if one not in text] == []


@pytest.mark.parametrize(("name", "value", "word"), [("review", True, "review"),
                                                     ("sample", 400, "sample")])  # fmt: skip
def test_the_officers_own_orders_are_named(name: str, value: object, word: str) -> None:
    known = {"register": "enrolled", "rule": 1, "miss_rate": None, name: value}

    assert f"officer\u2019s {word}" in said(known)
