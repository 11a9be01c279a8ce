"""Pages of casework: what is said of messages, one or many at once; what to read next; who read
what."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from zegel import service
from zegel.errors import UsageError
from zegel.web.asked import Asked
from zegel.web.routes import Route

KINDS = ("tag", "untag", "note", "relevance")
MANY = ("tag", "untag", "relevant", "not relevant", "undecided", "tray")
"""What the form over a list of hits can do with those that are ticked."""
JUDGED = ("relevant", "not relevant", "undecided")


def back_to(asked: Asked) -> str:
    """Return the page of this desk that a form came from, whatever the form said."""
    path = asked.form.text("back", most=500, default="")
    desk = re.escape(asked.to("start"))
    return path if re.fullmatch(rf"{desk}(/[A-Za-z0-9_.?=&/-]*)?", path) else asked.to("casework")


def say(asked: Asked) -> Response:
    """Say something of one message; where somebody else said otherwise since, show both and ask."""
    number, kind = asked.part("number"), asked.form.text("kind", most=10)
    if kind not in KINDS:
        raise UsageError("nothing of that kind can be said of a message")
    value = asked.form.text("value", most=service.LONGEST_NOTE)
    seen = whole_number(asked, "seen")
    said = service.add_casework(asked.of, number, kind, value, seen=seen, who=asked.person)
    if said["since"]:
        return asked.page(
            "edit_met.html", 409, number=number, kind=kind, value=value, met=said,
            back=back_to(asked),
        )  # fmt: skip
    words = {
        "tag": asked.say("Tag added."),
        "untag": asked.say("Tag taken off."),
        "note": asked.say("Note written."),
        "relevance": asked.say("Relevance judged."),
    }
    return asked.see(back_to(asked), words[kind])


def whole_number(asked: Asked, name: str) -> int:
    """Return a whole number of the form."""
    text = asked.form.text(name, most=18)
    if not re.fullmatch("[0-9]{1,18}", text):
        raise UsageError(f"{name!r} is a whole number", next_step="Open the page again.")
    return int(text)


def chosen(asked: Asked) -> service.Chosen:
    """Return the messages that a form means: those ticked, or every hit of a search."""
    if asked.form.text("scope", most=10, default="ticked") == "all":
        state = service.open_state(asked.of, asked.form.text("state", most=40), who=asked.person)
        return service.Chosen(query=str(state.facts.get("query", "")))
    return service.Chosen(ids=asked.form.texts("m"))


def many(asked: Asked) -> Response:
    """Do one thing with every message that is ticked, or with every hit."""
    do = asked.form.text("do", most=20)
    if do not in MANY:
        raise UsageError("many messages can be tagged, judged, or put into a tray")
    if do == "tray":
        return _into_tray(asked)
    kind, value = ("relevance", do) if do in JUDGED else (do, asked.form.text("value", most=100))
    return _said_of_many(asked, kind, value, chosen(asked))


def _into_tray(asked: Asked) -> Response:
    put = service.collect(asked.of, chosen(asked), who=asked.person)
    words = asked.say_many(
        "%(num)s message put into the tray.", "%(num)s messages put into the tray.", put["new"]
    )
    return asked.see(back_to(asked), words)


def _said_of_many(asked: Asked, kind: str, value: str, meant: service.Chosen) -> Response:
    seen = whole_number(asked, "seen")
    said = service.say_of_many(asked.of, meant, kind, value, seen=seen, who=asked.person)
    if said["left"]:
        return asked.page("many_met.html", 409, met=said, back=back_to(asked))
    if said["act"] is None:
        return asked.see(back_to(asked), asked.say("This holds of all of them already."))
    return asked.see(asked.to("act", act=said["act"], back=back_to(asked)))


def again(asked: Asked) -> Response:
    """Say it of the messages on which somebody else had said otherwise, both being seen now."""
    kind = asked.form.text("kind", most=10)
    return _said_of_many(
        asked, kind, asked.form.text("value", most=100), service.Chosen(ids=asked.form.texts("m"))
    )


def act(asked: Asked) -> Response:
    """Show one act on many messages, to be undone."""
    acts = service.list_acts(asked.of, who=asked.person)["acts"]
    number = int(asked.part("act"))
    found = next((one for one in acts if one["act"] == number), None)
    if found is None:
        raise UsageError("there is no such act among the newest")
    return asked.page("act.html", act=found, back=_way_back(asked))


def _way_back(asked: Asked) -> str | None:
    path = asked.request.query_params.get("back", "")
    desk = re.escape(asked.to("start"))
    return path if re.fullmatch(rf"{desk}/[A-Za-z0-9_.?=&/-]*", path) else None


def undo(asked: Asked) -> Response:
    """Undo an act; what others said since stands, and is shown."""
    done = service.undo_act(asked.of, int(asked.part("act")), who=asked.person)
    if done["left"]:
        return asked.page("undone.html", done=done)
    words = asked.say_many(
        "Undone for %(num)s message.", "Undone for %(num)s messages.", done["messages"]
    )
    return asked.see(asked.to("casework"), words)


def overview(asked: Asked) -> Response:
    """Show tags, acts to undo, what people judge differently, and how much is unread."""
    counted = service.count_casework(asked.of, who=asked.person)
    acts = service.list_acts(asked.of, who=asked.person)["acts"]
    return asked.page("casework.html", counted=counted, acts=acts)


def disagreements(asked: Asked) -> Response:
    """List the messages that one person judges relevant and another not."""
    found = service.list_disagreements(asked.of, who=asked.person)
    return asked.page("disagreements.html", found=found)


def next_unread(asked: Asked) -> Response:
    """Go to the next message that I, or nobody, has read."""
    state, by = asked.request.query_params.get("state"), asked.choice("by", ("me", "team"))
    after = asked.number("after", 0, least=0) or None
    given: dict[str, Any] = {"order": "oldest"}
    if state:
        facts = service.open_state(asked.of, state, who=asked.person).facts
        given = {"query": str(facts.get("query", "")), "order": str(facts.get("order", "newest"))}
    found = service.next_unread(asked.of, by=by, after=after, who=asked.person, **given)
    if found["message"] is None:
        return asked.page("all_read.html", by=by, state=state)
    at = found["at"] if state else None
    return asked.see(asked.to("message", number=found["message"], state=state, at=at))


def readers_of(asked: Asked) -> Response:
    """Show who read a message, when, how often, and in which lists of hits it was shown."""
    found = service.readers_of(asked.of, asked.part("number"), who=asked.person)
    return asked.page("readers_of.html", found=found)


def readers(asked: Asked) -> Response:
    """Show how much each person saw."""
    return asked.page("readers.html", found=service.readers(asked.of, who=asked.person))


def reader(asked: Asked) -> Response:
    """Show what one person read."""
    found = service.read_by(asked.of, asked.part("person"), who=asked.person)
    return asked.page("reader.html", found=found)


ROUTES = (
    Route("GET", "/casework", overview, "casework"),
    Route("GET", "/casework/disagreements", disagreements, "disagreements"),
    Route("GET", "/casework/acts/{act:int}", act, "act"),
    Route("POST", "/casework/acts/{act:int}/undo", undo, "undo"),
    Route("POST", "/casework/many", many, "many", most=1024 * 1024),
    Route("POST", "/casework/again", again, "again", most=1024 * 1024),
    Route("POST", "/m/{number:int}/say", say, "say", most=512 * 1024),
    Route("GET", "/m/{number:int}/readers", readers_of, "readers of"),
    Route("GET", "/next", next_unread, "next unread"),
    Route("GET", "/readers", readers, "readers"),
    Route("GET", "/readers/{person}", reader, "reader"),
)
