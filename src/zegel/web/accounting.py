"""The ledger, a cut at a time: a table, a picture, and a link from every number to what it is of.

In the address stand names of dimensions, states, reasons, days and numbers; an account or a store
is called by a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from zegel import service
from zegel.service.ledgercuts import DIMENSIONS, PLACES
from zegel.service.ledgerpictures import MOST_DRAWN, Words, every_day, picture_of
from zegel.web.asked import Asked
from zegel.web.examiner import page
from zegel.web.routes import Route

UNREAD = "unread"
DAYS = 400
"""Days on one page: more than a year, so that its picture is whole."""
_PLAIN = ("not encrypted", "not a message", "no key", "key locked")
"""States of which no algorithm is known, or none was used."""


def words_of(asked: Asked) -> dict[str, str]:
    """Return the reader's words for states and dimensions."""
    _ = asked.say
    return {
        "readable": _("readable"),
        "not encrypted": _("not encrypted"),
        "partly readable": _("partly readable"),
        "no key": _("no key"),
        "key locked": _("key locked"),
        "damaged": _("damaged"),
        "unsupported": _("unsupported"),
        "not a message": _("not a message"),
        UNREAD: _("unread"),
        "exhibit": _("exhibit"),
        "store": _("store"),
        "account": _("account"),
        "day": _("day"),
        "state": _("state"),
        "reason": _("reason"),
        "algorithm": _("algorithm"),
        PLACES: _("places"),
    }


def next_after(fixed: Mapping[str, str], by: str) -> str:
    """Return what a number that is clicked is divided by."""
    known = set(fixed) | {by}
    skipped = {"algorithm"} if fixed.get("state") in _PLAIN else set()
    start = DIMENSIONS.index(by) if by in DIMENSIONS else 0
    left = [name for name in DIMENSIONS[start:] if name not in known | skipped]
    return left[0] if left else PLACES


class Links:
    """Where the numbers of one cut lead."""

    def __init__(self, asked: Asked, cut: service.Cut) -> None:
        self._asked = asked
        self._by = cut.by
        self._fixed = dict(cut.fixed)

    def to(self, by: str, fixed: Mapping[str, str]) -> str:
        """Return the address of a cut."""
        return self._asked.to("ledger", by=by, **fixed)

    def divided(self, by: str) -> str:
        """Return the same cut, divided otherwise."""
        return self.to(by, self._fixed)

    def up_to(self, dimension: str) -> str:
        """Return the cut in which a dimension, and what was fixed after it, was still open."""
        names = list(self._fixed)
        kept = names[: names.index(dimension)]
        return self.to(dimension, {name: self._fixed[name] for name in kept})

    def row(self, row: Mapping[str, Any], state: str = "") -> str:
        """Return where a row leads, or the number of one state in it."""
        fixed = {**self._fixed, self._by: row["value"]}
        if not state or "state" in fixed:
            return self.to(next_after(fixed, self._by), fixed)
        fixed["state"] = state
        return self.to("reason" if "reason" not in fixed else next_after(fixed, "reason"), fixed)

    def of_state(self, state: str) -> str:
        """Return where the total of a state leads."""
        if "state" in self._fixed:
            return self.divided(PLACES)
        by = PLACES if "reason" in self._fixed else "reason"
        return self.to(by, {**self._fixed, "state": state})

    def unread(self, exhibit: str | None) -> str:
        """Return where unread places lead: to the problems that say why."""
        return self._asked.to("problems", unread=1, exhibit=exhibit)


def ledger(asked: Asked) -> Response:
    """Show one cut of the ledger."""
    query = asked.request.query_params
    fixed = {name: query[name] for name in query if name in DIMENSIONS}
    cut = service.Cut(by=asked.choice("by", ("exhibit", *DIMENSIONS, PLACES)), fixed=fixed)
    size = DAYS if cut.by == "day" else 100
    part = service.Part(page=asked.number("page", 1), size=size)
    found = service.cut_ledger(asked.of, cut, part=part, who=asked.person)
    links, words = Links(asked, cut), words_of(asked)
    divided = "state" in (cut.by, *fixed)
    return page(
        asked,
        "ledger.html",
        found=found,
        words=words,
        links=links,
        columns=[] if divided else list(found["total"]["states"]),
        query={"by": cut.by, **fixed},
        picture=_picture(asked, found, words, links) if found.get("rows") else "",
        most_drawn=MOST_DRAWN,
        whole_days=bool(every_day(found.get("rows", []))),
    )


def _picture(asked: Asked, found: Mapping[str, Any], words: Mapping[str, str], links: Links) -> str:
    title = asked.say("Stored messages by what became of them")
    told = Words(title=title, states=words, number=asked.reader.number)
    return picture_of(found, told, asked.say("(none)"), links.row)


ROUTES = (Route("GET", "/ledger", ledger, "ledger"),)
