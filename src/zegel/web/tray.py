"""Pages of trays and of the dossiers that are made of them."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import FileResponse, JSONResponse, Response

from zegel import service
from zegel.errors import UsageError
from zegel.web.asked import Asked, attachment
from zegel.web.casework import back_to, chosen
from zegel.web.routes import Route

LARGEST_FILE = 4 * 1024 * 1024
PARTS = ("all", "text", "subject", "people")
ROWS = 3
"""What may be withheld in so many rows of the form; more comes as a file."""


def _tray(asked: Asked) -> str:
    """Return the tray that an address means."""
    part = asked.part("tray")
    return "" if part == "own" else f"#{part}"


def part_of(key: str) -> str:
    """Return what an address calls a tray of that key."""
    return key.removeprefix("#") or "own"


def show(asked: Asked) -> Response:
    """Show a tray."""
    page = asked.number("page", 1, most=1000)
    found = service.show_tray(asked.of, tray=_tray(asked), page=page, who=asked.person)
    trays = service.list_trays(asked.of, who=asked.person)
    return asked.page("tray.html", found=found, trays=trays, tray=asked.part("tray"))


def collect(asked: Asked) -> Response:
    """Put messages into one's own tray, or into one under a name."""
    name = asked.form.text("tray", most=100, default="").strip()
    put = service.collect(asked.of, chosen(asked), tray=name, who=asked.person)
    words = asked.say_many(
        "%(num)s message put into the tray.", "%(num)s messages put into the tray.", put["new"]
    )
    return asked.see(back_to(asked), words)


def share(asked: Asked) -> Response:
    """Put what lies in a tray into one under a name, which all see."""
    name = asked.form.text("name", most=100)
    put = service.share_tray(asked.of, name, tray=_tray(asked), who=asked.person)
    return asked.see(asked.to("tray", tray=part_of(put["key"])), asked.say("Shared."))


def change(asked: Asked) -> Response:
    """Take a message out, move it, or write a note at it."""
    tray, do = _tray(asked), asked.form.text("do", most=10)
    number = asked.form.text("m", most=9)
    given: dict[str, Any] = {"tray": tray, "who": asked.person}
    if do == "out":
        service.take_out(asked.of, [number], **given)
    elif do in ("up", "down"):
        service.move_in_tray(asked.of, number, by=-1 if do == "up" else 1, **given)
    elif do == "note":
        note = asked.form.text("note", most=service.LONGEST_TRAY_NOTE)
        service.note_in_tray(asked.of, number, note, **given)
    else:
        raise UsageError("in a tray messages are moved, noted and taken out")
    return asked.see(back_to(asked))


def empty(asked: Asked) -> Response:
    """Take everything out of a tray."""
    service.take_out(asked.of, None, tray=_tray(asked), who=asked.person)
    return asked.see(asked.to("tray", tray=asked.part("tray")), asked.say("The tray is empty."))


def ask_dossier(asked: Asked) -> Response:
    """Show the form by which a dossier is made of a tray."""
    found = service.show_tray(asked.of, tray=_tray(asked), who=asked.person)
    return asked.page(
        "dossier_form.html", found=found, tray=asked.part("tray"), rows=range(ROWS), parts=PARTS
    )


def order_dossier(asked: Asked) -> Response:
    """Begin to make a dossier, and show how far it is."""
    made = service.order_dossier(asked.of, options(asked), tray=_tray(asked), who=asked.person)
    return asked.see(asked.to("dossier", dossier=made["id"]))


def options(asked: Asked) -> service.DossierOptions:
    """Return what the form says of a dossier."""
    form = asked.form
    printed = form.text("printed", most=6, default="").strip()
    return service.DossierOptions(
        language=form.text("language", most=10),
        zone=form.text("zone", most=64).strip(),
        opinions=form.text("opinions", most=10),
        sample=_whole(form.text("sample", most=6, default="1000")),
        printed=_whole(printed) if printed else None,
        withhold=withheld(asked),
        certificate=form.files.get("certificate") or None,
    )


def _whole(text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit():
        raise UsageError(f"{text!r} is no whole number")
    return int(text)


def withheld(asked: Asked) -> bytes | None:
    """Return what is withheld, as its file would have it: from the rows of the form, or a file."""
    given = asked.form.files.get("withhold") or b""
    lines = []
    for row in range(ROWS):
        ids = asked.form.text(f"ids{row}", most=2000, default="").replace(",", " ").split()
        parts = asked.form.texts(f"parts{row}")
        reason = asked.form.text(f"reason{row}", most=200, default="").strip()
        if ids or parts or reason:
            lines.append(json.dumps({"ids": ids, "parts": parts, "reason": reason}))
    if given and lines:
        raise UsageError("what is withheld comes from the form or from a file, not from both")
    return given or ("\n".join(lines).encode() if lines else None)


def dossiers(asked: Asked) -> Response:
    """List the dossiers made here."""
    return asked.page("dossiers.html", found=service.list_dossiers(asked.of, who=asked.person))


def dossier(asked: Asked) -> Response:
    """Show how far a dossier is, and, once it is made, how to take it away and check it."""
    found = service.dossier_at(asked.of, asked.part("dossier"), who=asked.person)
    return asked.page("dossier.html", one=found)


def progress(asked: Asked) -> Response:
    """Say for the page's script how far a dossier is."""
    found = service.dossier_at(asked.of, asked.part("dossier"), who=asked.person)
    told = {name: found[name] for name in ("state", "done", "total")}
    phase = found["phase"] or "begins"
    return JSONResponse({**told, "phase": asked.say(phase)})


def take_away(asked: Asked) -> Response:
    """Send a dossier."""
    place = service.hand_out_dossier(asked.of, asked.part("dossier"), who=asked.person)
    headers = attachment(f"{asked.desk.name}-{asked.part('dossier')}.zip")
    return FileResponse(place, media_type="application/zip", headers=headers)


def remove(asked: Asked) -> Response:
    """Remove a dossier from here."""
    service.remove_dossier(asked.of, asked.part("dossier"), who=asked.person)
    return asked.see(asked.to("dossiers"), asked.say("Removed from here."))


def verifier(asked: Asked) -> Response:
    """Send the program that checks a dossier."""
    return asked.download(service.dossier_verifier(), "verify.py", "text/x-python")


ROUTES = (
    Route("GET", "/tray/{tray}", show, "tray"),
    Route("POST", "/tray/collect", collect, "collect", most=1024 * 1024),
    Route("POST", "/tray/{tray}/share", share, "share tray"),
    Route("POST", "/tray/{tray}/change", change, "change tray"),
    Route("POST", "/tray/{tray}/empty", empty, "empty tray"),
    Route("GET", "/tray/{tray}/dossier", ask_dossier, "ask dossier"),
    Route("POST", "/tray/{tray}/dossier", order_dossier, "order dossier", most=LARGEST_FILE),
    Route("GET", "/dossiers", dossiers, "dossiers"),
    Route("GET", "/dossiers/verify.py", verifier, "verifier"),
    Route("GET", "/dossiers/{dossier}", dossier, "dossier"),
    Route("GET", "/dossiers/{dossier}/progress", progress, "dossier progress"),
    Route("GET", "/dossiers/{dossier}/file", take_away, "dossier file"),
    Route("POST", "/dossiers/{dossier}/remove", remove, "remove dossier"),
)
