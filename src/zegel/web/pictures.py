"""Pages to look rather than read: timeline, contact network, hours and weekdays, clocks.

A page's address holds the id of a state and numbers of parts of the picture, never what was asked.
What is asked is posted; what is clicked leads to a search, or to the picture of that part.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from zoneinfo import ZoneInfo

import igraph  # noqa: F401  # a fifth of a second, spent when the server starts
from starlette.responses import Response

from zegel import service
from zegel.errors import UsageError
from zegel.service import Look, Target, Wording
from zegel.web.asked import Asked
from zegel.web.routes import Route

STATE = "picture"
ROWS = 100
"""Of each table on a page; the rest is a page on."""


def wording_of(asked: Asked) -> Wording:
    """Return in which language, numbers and zone this reader is told things."""
    reader = asked.reader
    # A network tells ten thousand numbers, most of them a few small ones, each 50 µs of Babel.
    return Wording(say=reader.say, number=cache(reader.number), zone=ZoneInfo(reader.zone))


def look_of(asked: Asked) -> Look:
    """Return what picture the address names: one of everything by its name, or a kept one."""
    named = asked.part("state")
    if named in service.PICTURES:
        return Look(picture=named)
    return _kept(asked, named)


def _kept(asked: Asked, named: str) -> Look:
    state = service.open_state(asked.of, named, who=asked.person)
    if state.kind != STATE:
        raise UsageError("this is no picture", next_step="Draw it anew.")
    return service.look_from(state.facts)


def start(asked: Asked) -> Response:
    """Begin with the timeline of everything."""
    return asked.see(asked.to("picture", state=service.PICTURES[0]))


def picture(asked: Asked) -> Response:
    """Show a picture, what can be asked of it, and the tables beside it."""
    look, state = look_of(asked), asked.part("state")
    here = asked.to("picture", state=state)  # once: a picture has six thousand links

    def href(target: Target) -> str | None:
        zooms = target[0] == "step" and look.by != "minute"
        return part_path(here, target, "part" if zooms else "messages")

    drawn = service.draw_picture(
        asked.of, look, wording=wording_of(asked), href=href, live=True, who=asked.person
    )
    sheets = [
        {"sheet": sheet, "page": (page := _page(asked, sheet.name, len(sheet.rows))),
         "pages": max(1, -(-len(sheet.rows) // ROWS)),
         "rows": sheet.rows[(page - 1) * ROWS : page * ROWS]}
        for sheet in drawn.sheets
    ]  # fmt: skip
    return asked.page(
        "picture.html",
        state=state,
        look=drawn.look,
        asked_look=look,
        drawn=drawn,
        sheets=sheets,
        pictures=service.PICTURES,
        at=lambda instant_ns: wording_of(asked).exact(instant_ns),
        part=lambda target, to: part_path(here, target, to),
    )


def _page(asked: Asked, name: str, rows: int) -> int:
    return asked.number(name, 1, most=max(1, -(-rows // ROWS)))


def part_path(picture: str, target: Target, to: str) -> str:
    """Return an address below that of a picture: a part's kind, and the numbers that say which."""
    kind, *numbers = target
    return f"{picture}/{to}/{str(kind).replace(' ', '-')}/{'-'.join(map(str, numbers))}"


def _target(asked: Asked) -> Target:
    which = asked.part("which").split("-")
    if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in which):
        raise UsageError("there is no such part of the picture", next_step="Draw it anew.")
    return (asked.part("kind").replace("-", " "), *map(int, which))


def draw(asked: Asked) -> Response:
    """Keep what picture is asked for, and go to it."""
    look = _asked_for(asked)
    followed = service.follow_picture(asked.of, look, wording=wording_of(asked), who=asked.person)
    return _to(asked, followed.look)


def _to(asked: Asked, look: Look) -> Response:
    state = service.keep_state(asked.of, STATE, look.facts(), who=asked.person)
    return asked.see(asked.to("picture", state=state))


def _asked_for(asked: Asked) -> Look:
    """Return what a form asks: a picture as it stands, changed by what the form says of it."""
    form, zone = asked.form, ZoneInfo(asked.reader.zone)
    named = form.text("state", most=32, default="")
    look = Look(picture=form.text("picture", most=20))
    if named and named not in service.PICTURES:
        before = _kept(asked, named)
        look = replace(look, query=before.query, start_ns=before.start_ns, end_ns=before.end_ns,
                       account=before.account)  # fmt: skip
    searched = form.text("of", most=32, default="")
    if searched:
        state = service.open_state(asked.of, searched, who=asked.person)
        look = replace(look, query=str(state.facts.get("query", "")))
    if form.ticked("all"):
        look = replace(look, query="")
    if not form.ticked("set"):  # another picture of the same
        return look
    return replace(
        look,
        start_ns=service.moment(form.text("from", most=40, default=""), zone),
        end_ns=service.moment(form.text("until", most=40, default=""), zone),
        by=form.text("by", most=10, default=""),
        account=form.text("account", most=300, default="").strip(),
        steps=_whole(form.text("steps", most=9, default="1")),
        least=_whole(form.text("least", most=9, default="1")),
    )


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError("this is no whole number", next_step="Write 1, 2, 3 …")
    return int(text)


def part(asked: Asked) -> Response:
    """Go to the picture of a part: a stretch of time in finer steps, or grown from an account."""
    followed = service.follow_picture(
        asked.of, look_of(asked), _target(asked), wording=wording_of(asked), who=asked.person
    )
    return _to(asked, followed.look)


def messages(asked: Asked) -> Response:
    """Go to the messages of a part of a picture."""
    return _search(asked, _target(asked))


def all_messages(asked: Asked) -> Response:
    """Go to the messages that a picture is about."""
    return _search(asked, None)


def _search(asked: Asked, target: Target | None) -> Response:
    followed = service.follow_picture(
        asked.of, look_of(asked), target, wording=wording_of(asked), who=asked.person
    )
    if followed.query is None:
        raise UsageError(
            "a search cannot name this account",
            next_step="Its name has quotation marks; the table has its messages counted.",
        )
    facts = {"query": followed.query, "order": "newest"}
    state = service.keep_state(asked.of, "search", facts, who=asked.person)
    return asked.see(asked.to("results", state=state))


def export(asked: Asked) -> Response:
    """Hand out a picture or one of its tables as a file."""
    made = service.export_picture(
        asked.of,
        look_of(asked),
        asked.form.text("form", most=40),
        wording=wording_of(asked),
        who=asked.person,
    )
    return asked.download(made.content, made.name, made.media_type)


ROUTES = (
    Route("GET", "/pictures", start, "pictures"),
    Route("POST", "/pictures", draw, "draw picture"),
    Route("GET", "/pictures/{state}", picture, "picture"),
    Route("POST", "/pictures/{state}/file", export, "export picture"),
    Route("GET", "/pictures/{state}/messages", all_messages, "messages of picture"),
    Route("GET", "/pictures/{state}/messages/{kind}/{which}", messages, "picture messages"),
    Route("GET", "/pictures/{state}/part/{kind}/{which}", part, "picture part"),
)
