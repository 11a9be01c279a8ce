"""The shape every language's phrases have."""

from __future__ import annotations

from dataclasses import dataclass

TOPICS = ("everyday", "family", "business", "legal", "deal", "health")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language's phrases by topic, the words that fill them, and how people shorten it."""

    code: str
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    subjects: dict[str, tuple[str, ...]]
    phrases: dict[str, tuple[str, ...]]
    words: dict[str, tuple[str, ...]]
    slang: dict[str, str]
