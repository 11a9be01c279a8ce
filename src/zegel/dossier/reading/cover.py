"""The cover, the head of every page, and the warning that a training case bears on all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zegel.dossier.material import Exhibit, Material
from zegel.dossier.reading.inline import Inline, bold, coded, digest, joined, written
from zegel.dossier.reading.instants import Instants
from zegel.dossier.reading.wording import Words

CONDITIONS = ("investigations", "offences", "onward_use", "home")
"""Conditions of an exhibit that have words of their own; others are named as they were written."""
_MOST_EXHIBITS = 8
"""Exhibits on the cover; the section has them all."""
_VERIFY = 6
"""Number of the section on how to verify."""


class Cover:
    """Writes what a reader sees first."""

    def __init__(self, material: Material, words: Words, instants: Instants, printed: int) -> None:
        self._material = material
        self._words = words
        self._instants = instants
        self._printed = printed

    def banner(self) -> dict[str, str] | None:
        """Return the warning for the head of every page; None where there is nothing to warn of."""
        named = [
            name
            for name, warned in (
                ("training", self._material.training),
                ("unsigned", self._material.order.signature is None),
            )
            if warned
        ]
        if not named:
            return None
        return {
            "title": " · ".join(self._words(name) for name in named),
            "sentence": self._words("never_evidence") if self._material.training else "",
            "notice": " ".join(self._words(f"{name}_sentence") for name in named),
        }

    def furniture(self) -> Inline:
        """Return what the head of every page names."""
        order = self._material.order
        return [written(order.investigation, 60), " · ", written(order.number, 60)]

    def cover(self, first: int | None, last: int | None) -> dict[str, Any]:
        """Return the cover; `first` and `last` are the trusted times of what is printed."""
        words, material = self._words, self._material
        order, custody = material.order, material.custody
        head_time = self._instants.utc(custody.time_ns) or "-"
        lines: list[tuple[str, Inline]] = [
            (words("cover.signature"), self._signature()),
            (words("cover.order_digest"), [digest(order.sha256)]),
            (words("cover.exhibits"), self._exhibits()),
            (words("cover.conditions"), self._conditions()),
            (words("cover.privilege"), [self._privilege()]),
            (words("cover.messages"), [self._counts()]),
            (words("cover.period"), [self._period(first, last)]),
            (words("cover.anchor"), [digest(material.root), "\n", words("cover.anchor_means")]),
            (
                words("cover.head"),
                [
                    words("cover.head_of", size=words.number(custody.size), time=head_time),
                    "\n",
                    digest(custody.root),
                ],
            ),
            (words("cover.tool"), [self._tools()]),
            (words("cover.zone"), [words("cover.zone_of", zone=self._instants.name)]),
        ]
        return {
            "title": words("title"),
            "name": [words("subtitle"), " ", written(order.investigation, 80)],
            "order": self._order(),
            "rows": [[name, value] for name, value in lines],
            "reading": words("cover.reading", section=_VERIFY),
        }

    def _order(self) -> Inline:
        words, order = self._words, self._material.order
        before, between, after = words("cover.order_of", number="\0", magistrate="\0").split("\0")
        number, magistrate = written(order.number, 120), written(order.magistrate, 200)
        return [words("cover.order"), " ", before, number, between, magistrate, after]

    def _signature(self) -> Inline:
        by = self._material.order.signature
        if by is None:
            return [self._words("cover.not_signed")]
        when = self._instants.utc(by.created * 10**9) or "-"
        means = self._words("cover.signed")
        return [written(by.magistrate, 200), f", {when}\n", digest(by.fingerprint), "\n", means]

    def _exhibits(self) -> Inline:
        lines = []
        for exhibit in self._material.exhibits[:_MOST_EXHIBITS]:
            sealed = self._words("cover.exhibit_label", entries=self._words.number(exhibit.entries))
            label = str(exhibit.acquisition.get("label") or "")
            named = [" ", written(label, 120)] if label else []
            lines.append([bold(exhibit.identity), *named, ", ", sealed, "\n", digest(exhibit.seal)])
        more = len(self._material.exhibits) - _MOST_EXHIBITS
        if more > 0:
            lines.append([self._words("and_more", count=more)])
        return joined(lines, "\n") or [self._words("none")]

    def _conditions(self) -> Inline:
        lines = []
        for exhibit in self._material.exhibits[:_MOST_EXHIBITS]:
            for name, value in limits(exhibit):
                known = condition_name(name, self._words)
                lines.append([f"{exhibit.identity}, {known}: ", written(value)])
        return joined(lines, "\n") or [self._words("cover.unrestricted")]

    def _privilege(self) -> str:
        """Say what was set apart before, and how sure one can be that nothing was missed."""
        words, known = self._words, self._material.privilege
        if known["register"] == "none":
            return words("cover.no_register")
        said = [words("cover.set_apart")]
        for name in ("review", "sample"):
            if known.get(name):
                said.append(words(f"cover.{name}"))
        rate = known.get("miss_rate")
        if rate is None:
            return " ".join((*said, words("cover.not_measured")))
        shares = {name: f"{float(rate[name]) * 100:.2f}" for name in ("low", "high")}
        sure = f"{float(rate['confidence']) * 100:.0f}"
        counts = {name: words.number(rate[name]) for name in ("of", "missed", "cannot_tell")}
        return " ".join((*said, words("cover.measured", **counts, **shares, confidence=sure)))

    def _counts(self) -> str:
        words, selection = self._words, self._material.selection
        parts = [
            words(
                "cover.messages_of",
                selected=words.number(selection.selected),
                investigation=words.number(selection.investigation),
            )
        ]
        if selection.left_out:
            left_out = words.number(selection.left_out)
            parts.append(words("cover.messages_left_out", left_out=left_out))
        if self._printed < selection.selected:
            parts.append(words("cover.printed", printed=words.number(self._printed)))
        return "; ".join(parts)

    def _period(self, first: int | None, last: int | None) -> str:
        if first is None or last is None:
            return self._words("none")
        days = {"first": self._instants.day(first), "last": self._instants.day(last)}
        return self._words("cover.period_of", **days)

    def _tools(self) -> str:
        tools = sorted(self._material.tools.items(), key=lambda one: (one[0] != "zegel", one[0]))
        return ", ".join(f"{coded(name)} {coded(version)}" for name, version in tools)


def condition_name(name: str, words: Words) -> str:
    """Return what a condition is called; an unknown one as it was written."""
    return words(f"conditions.{name}") if name in CONDITIONS else coded(name)


def limits(exhibit: Exhibit) -> Iterator[tuple[str, str]]:
    """Yield what limits the use of an exhibit, unknown words included."""
    for name, value in sorted(exhibit.conditions.items()):
        if name == "extra" and isinstance(value, Mapping):
            yield from ((str(key), str(inner)) for key, inner in sorted(value.items()))
        elif isinstance(value, list | tuple):
            if value:
                yield name, ", ".join(map(str, value))
        elif value:
            yield name, str(value)
