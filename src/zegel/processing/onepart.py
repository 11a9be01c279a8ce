"""Reads the usual content of an encrypted message, a mail of one plain text, without its tree.

Nearly all that is written in such a network is of this one form. What is in any way otherwise gives
None and is read by `mime`, `layers` and `textbody`, which would give the same for what is read here
(a test holds the two to each other over real, generated and damaged mail).
"""

from __future__ import annotations

from zegel.processing.charsets import decode
from zegel.processing.slices import Headers, read_headers, structured
from zegel.processing.textbody import MAX_TEXT
from zegel.processing.transfer import transfer_decoded
from zegel.records import Problem

_BEGIN = b"-----BEGIN PGP "


def read_one_part(content: bytes) -> tuple[Headers, str, list[Problem]] | None:
    """Return a mail's header fields, its text and its problems; None for all but plain text.

    A text that holds an armoured block, or could be packets or a wide character set, is not plain.
    """
    if len(content) > MAX_TEXT:
        return None
    problems: list[Problem] = []
    headers, body = read_headers(content, 0, len(content), problems)
    values = headers.get("content-type")
    if not values or "content-disposition" in headers:
        return None
    kind, parameters = structured(values[0])
    if kind != "text/plain":
        return None
    text = transfer_decoded(content[body:], headers, problems, body)
    if text[:1] >= b"\x80" or _BEGIN in text or b"\0" in text[:200]:
        return None
    said, wrong = decode(text, parameters.get("charset", ""))
    if wrong:
        problems.append(Problem(kind=wrong))
    return headers, said, problems
