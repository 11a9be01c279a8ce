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


def login_link(
    address: str, password: str, server: str, ports: tuple[int, int], *, public: bool
) -> str:
    """Return the `dclogin:` link by which the Delta Chat app takes over a login.

    The link holds the password: whoever scans it is the device. Ports of IMAP and submission, TLS
    on both. The app verifies the server's certificate where `public` (1), and accepts any (3) where
    the network has an authority of its own, of which the app cannot be told.
    """
    check = 1 if public else 3
    imap, submission = ports
    options = urlencode(
        {
            "p": password, "v": 1,
            "ih": server, "ip": imap, "is": "ssl", "ic": check,
            "sh": server, "sp": submission, "ss": "ssl", "sc": check,
        },
        quote_via=quote,
    )  # fmt: skip
    return f"dclogin://{address}/?{options}"


def qr_text(text: str) -> str:
    """Return a QR code of half blocks, for a terminal; dark on light as readers expect."""
    out = io.StringIO()
    segno.make(text, micro=False, error="m").terminal(out, compact=True, border=2)
    return out.getvalue()
