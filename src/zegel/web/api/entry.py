"""Calls that need no session: log in, ask for a challenge, and what an error means."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.errors import ERRORS, UsageError
from zegel.service.desks import Desk
from zegel.web.api.call import PLACE, Call, Query
from zegel.web.api.faults import describe
from zegel.web.api.shapes import COUNT, TEXT, asked, many, one_of, text, thing

LONGEST_PASSWORD = 1024


def _desk(query: Query) -> Desk | None:
    named = query.given["place"]
    return query.desks.named(named) or query.desks.at(named)


def log_in(query: Query) -> dict[str, Any]:
    """Begin a working session; a place that is not served refuses like a wrong password."""
    given, at = query.given, _desk(query)
    proof = service.Proof(password=given["password"])
    if at is None:
        raise service.nobody_here(proof)
    if given["signature"]:
        proof = service.signed_proof(given["challenge"].encode(), given["signature"])
    if given["code"]:
        began = service.take_over(at.of, given["code"])
    else:
        _require_shown(at, given["name"])
        began = service.login(at.of, given["name"], proof, purpose=given["purpose"])
    return {
        "at": f"/api/{'c' if at.is_case else 'i'}/{at.key}",
        "place": at.key,
        "name": began.name,
        "roles": list(began.roles),
        "purpose": began.purpose,
        "token": began.token,
    }


def _require_shown(at: Desk, name: str) -> None:
    """Raise where a name is shown by an account of the machine, of which a port shows nothing."""
    if not name:
        raise UsageError("a name is needed, or a code from `zegel login --browser`")
    if service.shown_by(at.of, name) == "account" and not at.training:
        raise service.nobody_here(service.Proof())


def ask_challenge(query: Query) -> dict[str, Any]:
    """Give a text for a key to sign."""
    at = _desk(query)
    if at is None:
        raise service.nobody_here(service.Proof())
    return {"challenge": service.challenge(at.of, query.given["name"]).decode()}


def error(query: Query) -> dict[str, Any]:
    """Say what an error means."""
    return describe(query.given["kind"]) or {}


NAME = {**text(200), "description": "the name under which somebody is enrolled"}
WHERE = {**text(200, least=1), "description": "the name or the key of a case or investigation"}

CALLS = (
    Call(
        method="POST",
        at="nowhere",
        path="/login",
        name="logIn",
        says="Begin a working session with a password, a signed challenge, or a code from a"
        " terminal; in a training case a name is enough.",
        ask=log_in,
        body=asked(
            ("place",),
            {
                "place": WHERE,
                "name": {**NAME, "default": ""},
                "password": {**text(LONGEST_PASSWORD), "default": ""},
                "challenge": {**text(4000), "default": ""},
                "signature": {
                    **text(4000),
                    "default": "",
                    "description": "of the challenge, in base64",
                },
                "code": {**text(100), "default": "", "description": "from `zegel login --browser`"},
                "purpose": {**text(500), "default": "", "description": "written with every act"},
            },
        ),
        answer=thing(
            at={**TEXT, "description": "where the calls of this place begin"},
            place=PLACE,
            name=TEXT,
            roles=many(TEXT),
            purpose=TEXT,
            token={**TEXT, "description": "keep it as a password; it ends with the session"},
        ),
    ),
    Call(
        method="POST",
        at="nowhere",
        path="/challenge",
        name="askChallenge",
        says="Give a text for the key of a name to sign, good for one answer within two minutes.",
        ask=ask_challenge,
        body=asked(
            ("place", "name"),
            {
                "place": WHERE,
                "name": NAME,
            },
        ),
        answer=thing(challenge=TEXT),
    ),
    Call(
        method="GET",
        at="nowhere",
        path="/errors/{kind}",
        name="readError",
        says="Say what an error means: what the `type` of a problem document leads to.",
        ask=error,
        parts={"kind": one_of(*(one.__name__ for one in ERRORS))},
        answer=thing(kind=TEXT, meaning=TEXT, next=TEXT, status=COUNT, exit_code=COUNT),
    ),
)
