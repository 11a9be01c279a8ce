"""The sections before the conversations: order, exhibits, method, what is missing, checks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from zegel.dossier.material import Material
from zegel.dossier.reading.cover import condition_name, limits
from zegel.dossier.reading.inline import (
    Inline,
    Part,
    bold,
    code,
    digest,
    heading,
    joined,
    lead,
    paragraph,
    rows,
    section,
    table,
    written,
)
from zegel.dossier.reading.instants import Instants
from zegel.dossier.reading.wording import Words

_MOST_NAMES = 40
"""Names of one list that are printed; an order may hold a hundred thousand."""
_ACQUISITION = (
    "label", "exhibit_number", "acquired_by", "acquired_at", "place", "source", "authority",
    "order_number", "requesting_authority", "executing_authority", "notes",
)  # fmt: skip


class Front:
    """Writes the pages that say what the reader holds."""

    def __init__(self, material: Material, words: Words, instants: Instants, printed: int) -> None:
        self._material = material
        self._words = words
        self._instants = instants
        self._printed = printed

    def sections(self) -> list[dict[str, Any]]:
        """Return the sections before the conversations."""
        words = self._words
        return [
            section(words("sections.order"), list(self._order())),
            section(words("sections.exhibits"), list(self._every_exhibit())),
            section(words("sections.method"), list(self._method())),
            section(words("sections.unread"), list(self._unread())),
            section(words("sections.reading"), list(self._reading())),
            section(words("sections.verify"), list(self._verify())),
        ]

    def order_text(self) -> dict[str, Any]:
        """Return the order, word for word."""
        text = self._material.order.text.decode("utf-8", "backslashreplace")
        return section(self._words("sections.order_text"), [code(text)], new_page=True)

    def _order(self) -> Iterator[Part]:
        words, order = self._words, self._material.order
        try:
            text: dict[str, Any] = tomllib.loads(order.text.decode("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
            yield paragraph(words("order.unparsed"))
            text = {}
        known = {**text, "number": order.number, "magistrate": order.magistrate}
        known["investigation"] = order.investigation
        yield rows(
            (words(f"order.{name}"), _value(known[name], words))
            for name in (
                "number", "magistrate", "investigation", "offences", "persons", "purpose",
                "issued", "expires", "onward_use",
            )
            if known.get(name)
        )  # fmt: skip
        clauses = text.get("clause")
        for clause in clauses if isinstance(clauses, list) else ():
            if isinstance(clause, dict):
                yield {"head": [words("order.clause"), " ", written(str(clause.get("name", "")))]}
                yield rows(self._clause(clause))
        if text.get("except"):
            yield heading(words("order.exclusions"))
            yield rows(self._clause(text["except"]) if isinstance(text["except"], dict) else ())
        yield paragraph(words("order.closing", matching=self._material.matching))

    def _clause(self, clause: Mapping[str, Any]) -> Iterator[tuple[str, Inline]]:
        words = self._words
        if "from" in clause or "until" in clause:
            period = f"{clause.get('from', '…')} \u2013 {clause.get('until', '…')}"
            yield words("order.clause_period"), [written(period)]
        for part in clause.get("periods", ()):
            if isinstance(part, dict):
                yield from self._clause({**part, "periods": ()})
        for name in ("accounts", "devices", "holders", "terms", "context", "languages"):
            if clause.get(name):
                yield words(f"order.clause_{name}"), _value(clause[name], words)
        if clause.get("subject") == "records":
            yield words("order.clause_records"), [words("yes")]

    def _every_exhibit(self) -> Iterator[Part]:
        words = self._words
        for exhibit in self._material.exhibits:
            yield heading(exhibit.identity)
            described = [
                (words(f"exhibit.{name}"), _value(exhibit.acquisition[name], words))
                for name in _ACQUISITION
                if exhibit.acquisition.get(name)
            ]
            condition = words("exhibit.condition")
            limited: list[tuple[str, Inline]] = [
                (f"{condition}: {condition_name(name, words)}", [written(value)])
                for name, value in limits(exhibit)
            ]
            described.append((words("exhibit.entries"), [words.number(exhibit.entries)]))
            described.append((words("exhibit.seal"), [digest(exhibit.seal)]))
            free: tuple[str, Inline] = (condition, [words("cover.unrestricted")])
            yield rows([*described, *(limited or [free])])
        yield paragraph(words("exhibit.seal_means"))

    def _method(self) -> Iterator[Part]:
        words, material = self._words, self._material
        for name in ("found", "opened", "once", "admitted", "signatures"):
            yield paragraph(words(f"method.{name}"))
        asked = {
            name: words.number(int(material.second_opinion.get(name.replace("_", " "), 0) or 0))
            for name in ("asked", "agrees", "differs", "cannot", "not_asked")
        }
        yield paragraph(words("method.opinion", **asked))
        keys = {
            name: words.number(material.session_keys.get(name.replace("_", " "), 0))
            for name in ("disclosed", "compared", "not_testable")
        }
        yield paragraph(words("method.disclosed", **keys))
        if material.second_opinion.get("differs"):
            yield paragraph(bold(words("method.differs")))

    def _unread(self) -> Iterator[Part]:
        words, material, selection = self._words, self._material, self._material.selection
        yield lead(words("unread.ledger"))
        yield self._states(material.ledger)
        yield from self._selected()
        if selection.selected:
            yield lead(words("unread.selection"))
            yield self._states(material.states)
            yield paragraph(words("unread.unreadable"))
        if self._printed < selection.selected:
            yield paragraph(words("unread.printed", **self._numbers("printed", "selected")))
        if not material.withheld:
            yield paragraph(words("unread.withheld_none"))
            return
        yield lead(words("unread.withheld"))
        yield table(
            [words("unread.reason"), words("unread.parts")],
            [
                [[written(reason)], [words.number(count)]]
                for reason, count in sorted(material.withheld.items())
            ],
        )

    def _selected(self) -> Iterator[Part]:
        words, selection = self._words, self._material.selection
        asked: list[tuple[str, Inline]] = []
        if selection.query is not None:
            asked.append((words("unread.query"), [written(selection.query, 2000)]))
        if selection.tag is not None:
            asked.append((words("unread.tag"), [written(selection.tag)]))
        if asked:
            yield rows(asked)
        if selection.listed is not None:
            listed = words.number(selection.listed)
            yield paragraph(words("unread.listed", listed=listed) + ".")
        elif not asked:
            yield paragraph(words("unread.everything"))
        name = "left_out" if selection.left_out else "whole" if selection.found else "empty"
        yield paragraph(words(f"unread.{name}", **self._numbers("found", "selected", "left_out")))

    def _numbers(self, *names: str) -> dict[str, str]:
        selection = self._material.selection
        values = {
            "found": selection.found,
            "selected": selection.selected,
            "left_out": selection.left_out,
            "printed": self._printed,
        }
        return {name: self._words.number(values[name]) for name in names}

    def _states(self, states: Mapping[str, int]) -> Part:
        words = self._words
        body: list[list[Inline]] = [
            [[words.known("states", state)], [words.number(count)]]
            for state, count in sorted(states.items(), key=lambda item: (-item[1], item[0]))
        ]
        body.append([[bold(words("unread.total"))], [bold(words.number(sum(states.values())))]])
        return table([words("unread.state"), words("unread.count")], body)

    def _reading(self) -> Iterator[Part]:
        words = self._words
        before, _, after = words("reading.numbers").partition("{order}")
        yield paragraph(before, written(self._material.order.number, 60), after)
        yield paragraph(
            words("reading.typefaces"),
            " ",
            written(words("reading.typefaces_sample")),
            ". ",
            words("reading.typefaces_ours"),
        )
        yield paragraph(words("reading.clocks", zone=self._instants.name))
        yield paragraph(words("reading.zone_assumed"))
        yield paragraph(
            words("reading.signs"), " ", written("\u202e"), ". ", words("reading.signs_after")
        )
        for name in ("cut", "pictures", "withheld"):
            yield paragraph(words(f"reading.{name}"))

    def _verify_signature(self) -> list[list[Part]]:
        words, by = self._words, self._material.order.signature
        if by is None:
            return []
        means = paragraph(words("verify.step_signature"), "\n", digest(by.fingerprint))
        return [[means, code(_BY_GPG)]]

    def _verify(self) -> Iterator[Part]:
        words, material = self._words, self._material
        custody = material.custody
        run = f"python3 verify.py DOSSIER.zip \\\n  --root {material.root}"
        again = f"zegel dossier verify DOSSIER.zip \\\n  --root {material.root} --open all"
        signature = self._verify_signature()
        yield paragraph(words("verify.intro"))
        yield {
            "steps": [
                [paragraph(words("verify.step_get"))],
                [paragraph(words("verify.step_root"), "\n", digest(material.root))],
                [paragraph(words("verify.step_run")), code(run)],
                [paragraph(words("verify.step_answer"))],
                [paragraph(words("verify.step_open")), code(again)],
                [paragraph(words("verify.step_pages"))],
                *signature,
            ]
        }
        yield lead(words("verify.head"))
        yield rows(
            [
                (words("verify.head_origin"), [written(custody.origin)]),
                (words("verify.head_size"), [words.number(custody.size)]),
                (words("verify.head_time"), [self._instants.utc(custody.time_ns) or "-"]),
                (words("verify.head_root"), [digest(custody.root)]),
                (words("verify.head_key"), [digest(custody.public_key)]),
            ]
        )


_BY_GPG = "gpg --import magistrate.pgp\ngpg --verify order.sig order.toml"


def _value(value: Any, words: Words) -> Inline:
    if not isinstance(value, list | tuple):
        return [written(str(value), 1000)]
    line = joined(([written(str(one))] for one in value[:_MOST_NAMES]), ", ")
    if len(value) > _MOST_NAMES:
        line += [", ", words("and_more", count=words.number(len(value) - _MOST_NAMES))]
    return line
