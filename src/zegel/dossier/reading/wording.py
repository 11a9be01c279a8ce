"""The words the PDF itself says, by language; a place in braces is filled with a value."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from zegel.dossier.reading import visible
from zegel.errors import UsageError

LANGUAGES = ("en", "nl")


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one language."""

    language: str
    _table: Mapping[str, Any] = field(repr=False)

    def __call__(self, name: str, **values: object) -> str:
        """Return the words called `section.name`, places filled; KeyError if there are none."""
        found: Any = self._table
        for part in name.split(".", 1):
            found = found[part]
        return str(found).format(**values) if values else str(found)

    def known(self, section: str, name: str | None) -> str:
        """Return the words for a value of the evidence, or the value where none are known."""
        return str(self._table[section].get(name) or visible.plain(visible.name(name or "-", 60)))

    def number(self, number: int) -> str:
        """Return a whole number with its thousands apart."""
        return f"{number:,}".replace(",", "\u202f" if self.language == "nl" else ",")


def words(language: str) -> Words:
    """Return the words of a language; UsageError for one that has none."""
    if language not in LANGUAGES:
        raise UsageError(
            f"there is no dossier in the language {language}",
            next_step=f"Use {' or '.join(LANGUAGES)}.",
        )
    text = files(__package__).joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text))
