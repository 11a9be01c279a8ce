"""Enrolment codes: one hundred random bits, shown once, kept only as a digest.

The letters are Crockford's base 32 (no I, L, O, U), so that a code can be read out. A digest
without stretching is enough, because nobody can guess a hundred bits.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from urllib.parse import quote, urlencode

import segno

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 20, 4
_MISREAD = str.maketrans("OIL", "011", " -\t\r\n")


def new_code() -> str:
    """Return a fresh code in groups of four."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return "-".join(letters[place : place + GROUP] for place in range(0, LENGTH, GROUP))


def digest(code: str) -> str:
    """Return what the registry keeps of a code, whatever its case, hyphens and blanks."""
    plain = code.upper().translate(_MISREAD)
    return hashlib.sha256(b"shieldnet enrolment code " + plain.encode()).hexdigest()


def login_link(address: str, password: str, server: str, imap_port: int, smtp_port: int) -> str:
    """Return the `dclogin:` link by which the Delta Chat app takes over a login.

    The link holds the password: whoever scans it is the device. Implicit TLS on both ports;
    `ic` and `sc` 3 accept the network's own certificate authority, which the app cannot be told.
    """
    options = urlencode(
        {
            "p": password, "v": 1,
            "ih": server, "ip": imap_port, "is": "ssl", "ic": 3,
            "sh": server, "sp": smtp_port, "ss": "ssl", "sc": 3,
        },
        quote_via=quote,
    )  # fmt: skip
    return f"dclogin://{address}/?{options}"


def qr_text(text: str) -> str:
    """Return a QR code of half blocks, for a terminal; dark on light as readers expect."""
    out = io.StringIO()
    segno.make(text, micro=False, error="m").terminal(out, compact=True, border=2)
    return out.getvalue()


def qr_svg(text: str) -> bytes:
    """Return a QR code as an SVG document, for printing."""
    out = io.BytesIO()
    segno.make(text, micro=False, error="m").save(out, kind="svg", scale=6, border=4)
    return out.getvalue()
