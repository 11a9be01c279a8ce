"""Calls that read inside an investigation: a message, its conversation, its sources."""

from __future__ import annotations

from typing import Any

from zegel import service
from zegel.service.rowshapes import row_shape
from zegel.web.api.call import Query, inside_get
from zegel.web.api.shapes import (
    COUNT,
    OF_A_MESSAGE,
    TEXT,
    TRUTH,
    Shape,
    by_name,
    many,
    maybe,
    number,
    one_of,
    text,
    thing,
)

MESSAGE = text(64, "^([0-9]{1,9}|[0-9a-f]{8,64})$")
WANTED = {"message": {**MESSAGE, "description": "its number, or the beginning of its identity"}}
SAID = thing(kind=TEXT, value=TEXT, who=TEXT, at=maybe(TEXT), said_in=maybe(TEXT))
CASEWORK = {
    "tags": many(TEXT),
    "relevance": maybe(TEXT),
    "judged": {**by_name(TEXT), "description": "who judges how now"},
    "disagreement": TRUTH,
    "newest": {**COUNT, "description": "the newest line of all casework: give it back as `seen`"},
    "said": many(SAID),
}
BYTES: Shape = {"type": "string", "contentMediaType": "application/octet-stream"}

_WHOLE = thing(
    training=TRUTH,
    **row_shape("messages")["properties"],
    date=maybe(TEXT),
    places=many(row_shape("places")),
    ciphertexts=many(row_shape("ciphertexts", "session_key")),
    attachments=many(row_shape("attachments")),
    keys=many(row_shape("keys")),
    casework=thing(**CASEWORK),
    marks={**many(many(COUNT)), "description": "none: no terms are asked for here"},
)
_ATTACHED = thing(
    attachment=COUNT, filename=maybe(TEXT), content_type=maybe(TEXT), size=maybe(COUNT)
)
_CONVERSED = thing(
    **OF_A_MESSAGE,
    reason=maybe(TEXT),
    language=maybe(TEXT),
    signature=maybe(TEXT),
    clauses=many(TEXT),
    text=maybe(TEXT),
    cut={**TRUTH, "description": "the text is longer; `readMessage` has all of it"},
    attachments=many(_ATTACHED),
    answers=maybe(thing(number=maybe(COUNT), others=COUNT)),
    silence_s={**maybe(COUNT), "description": "seconds in which nobody wrote before it"},
    tags=many(TEXT),
    relevance=maybe(TEXT),
    notes=COUNT,
)
_CLAUSE = thing(
    why=TEXT,
    clause=TEXT,
    accounts=many(TEXT),
    devices=many(TEXT),
    holders=many(TEXT),
    **{"from": TEXT},
    until=TEXT,
    terms=maybe(TEXT),
    languages=many(TEXT),
    context=thing(thread=TRUTH, messages=COUNT, hours=COUNT),
)
_OF = {"training": TRUTH, "message": COUNT, "id": TEXT}
_NAMES = (
    "exhibit", "path", "entry", "offset", "length", "sha256", "format", "account", "folder",
    "raw_sha256", "proof",
)  # fmt: skip
_PROVED = ("layer_path", "kind", "state", "content_id", "key_fingerprint", "plaintext_sha256",
           "opener", "second_opinion", "integrity")  # fmt: skip


def _some(table: str, names: tuple[str, ...]) -> dict[str, Shape]:
    return {name: row_shape(table)["properties"][name] for name in names}


def message(query: Query) -> Any:
    """Read one message."""
    return service.show_message(query.of, query.given["message"], who=query.person)


def conversation(query: Query) -> Any:
    """Read a page of a conversation."""
    given = query.given
    return service.conversation(
        query.of,
        given["message"],
        by=given["by"],
        first=given["first"],
        limit=given["limit"],
        who=query.person,
    )


def headers(query: Query) -> Any:
    """Read the header lines."""
    given = query.given
    return service.message_headers(
        query.of, given["message"], place=given["copy"], who=query.person
    )


def raw(query: Query) -> bytes:
    """Take the raw bytes of a stored copy."""
    given = query.given
    taken = service.raw_message(query.of, given["message"], place=given["copy"], who=query.person)
    return taken.content


def attachment(query: Query) -> bytes:
    """Take the bytes of an attachment."""
    given = query.given
    taken = service.attachment(query.of, given["message"], given["attachment"], who=query.person)
    return taken.content


def clause(query: Query) -> Any:
    """Read what admits a message."""
    return service.message_clause(query.of, query.given["message"], who=query.person)


def certificate(query: Query) -> Any:
    """Read what proves a message."""
    return service.message_certificate(query.of, query.given["message"], who=query.person)


_COPY = {"copy": {**number(0, 10**6, 0), "description": "which of its stored copies, from 0"}}

CALLS = (
    inside_get(
        "/messages/{message}",
        "readMessage",
        "Return one message whole, with every place and proof.",
        message,
        _WHOLE,
        parts=WANTED,
    ),
    inside_get(
        "/messages/{message}/conversation",
        "readConversation",
        "Return a page of the conversation that a message is of; without `first` it lies around"
        " the message.",
        conversation,
        thing(
            training=TRUTH,
            message=COUNT,
            by=TEXT,
            count=COUNT,
            first=COUNT,
            limit=COUNT,
            people=many(TEXT),
            messages=many(_CONVERSED),
        ),
        parts=WANTED,
        query={
            "by": {**one_of("people", "thread"), "default": "people"},
            "first": number(0, 10**9),
            "limit": number(1, 200, 50),
        },
    ),
    inside_get(
        "/messages/{message}/headers",
        "readHeaders",
        "Return the header lines of one stored copy, and those inside each block that was opened.",
        headers,
        thing(**_OF, place=COUNT, parts=many(thing(of=TEXT, lines=many(TEXT)))),
        parts=WANTED,
        query=_COPY,
    ),
    inside_get(
        "/messages/{message}/raw",
        "takeRawMessage",
        "Return the bytes of one stored copy as they are.",
        raw,
        BYTES,
        parts=WANTED,
        query=_COPY,
    ),
    inside_get(
        "/messages/{message}/attachments/{attachment}",
        "takeAttachment",
        "Return the bytes of one attachment as they are; they are counted from 0.",
        attachment,
        BYTES,
        parts={**WANTED, "attachment": number(0, 10**6)},
    ),
    inside_get(
        "/messages/{message}/clause",
        "readClause",
        "Return what the order says that admits a message, and why.",
        clause,
        thing(
            **_OF,
            order=TEXT,
            magistrate=TEXT,
            investigation=TEXT,
            issued=TEXT,
            expires=TEXT,
            purpose=TEXT,
            offences=many(TEXT),
            clauses=many(_CLAUSE),
        ),
        parts=WANTED,
    ),
    inside_get(
        "/messages/{message}/certificate",
        "readCertificate",
        "Return what proves that a message was sealed and where it was found; each step is checked"
        " before.",
        certificate,
        thing(
            **_OF,
            leaf=TEXT,
            index=COUNT,
            leaves=COUNT,
            path=many(TEXT),
            root=TEXT,
            order=thing(number=TEXT, sha256=TEXT),
            places=many(
                thing(**_some("places", _NAMES), leaf=TEXT, entries=COUNT, seal=TEXT, stored=TRUTH)
            ),
            blocks=many(thing(**_some("ciphertexts", _PROVED))),
        ),
        parts=WANTED,
    ),
)
