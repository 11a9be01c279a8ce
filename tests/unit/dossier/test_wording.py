"""Both languages say the same things, and nothing is said that no code says."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from zegel.dossier.reading.wording import LANGUAGES, words
from zegel.errors import UsageError

PACKAGE = files("zegel.dossier.reading")


def flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def language(name: str) -> dict[str, str]:
    text = PACKAGE.joinpath("words", f"{name}.toml").read_text(encoding="utf-8")
    return dict(flat(tomllib.loads(text)))


def places(said: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(said) if name}


def test_every_language_has_the_same_names_and_places() -> None:
    tables = {name: language(name) for name in LANGUAGES}
    told = {
        name: {key: places(said) for key, said in table.items()} for name, table in tables.items()
    }

    assert told["nl"] == told["en"]


def test_no_words_are_left_that_nothing_says() -> None:
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in PACKAGE.iterdir()
        if path.name.endswith((".py", ".typ"))
    )
    names = set(re.findall(r"[a-z_]+", code))
    written = set(re.findall(r"[a-z_]+(?=\{)|(?<=\})[a-z_]+", code))

    def said(name: str) -> bool:
        """Say whether the code has the name, whole or put together from two parts."""
        cuts = range(1, len(name))
        return name in names or any(
            (name[:cut] in written and name[cut:] in names)
            or (name[:cut] in names and name[cut:] in written)
            for cut in cuts
        )

    known = ("states.", "clocks.", "verdicts.", "why.", "opinions.", "message.picture_")
    unsaid = [
        key for key in language("en") if not key.startswith(known) and not said(key.split(".")[-1])
    ]
    assert unsaid == []


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(UsageError, match="language fr"):
        words("fr")
