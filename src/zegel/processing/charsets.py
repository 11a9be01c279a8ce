"""Turns bytes of a declared character set into text, whatever the declaration is worth.

Encoded words of header fields (RFC 2047) are such bytes too. Never raises, never returns lone
surrogates (a table cannot store them), and never lets a mail choose a codec that is slow or is
not a character set. RFC 2045 section 5, RFC 2047.
"""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}")
# Codecs of Python that no mail means: escapes, domain names (quadratic), the always-failing one.
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
# Names seen in mail that Python lacks, and two whose users mean the superset (WHATWG Encoding).
_MEANT = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "x-unknown": "",
    "unknown-8bit": "",
    "default": "",
    "binary": "",
}


@lru_cache(maxsize=256)
def codec(charset: str) -> str:
    """Return the name of the codec that `charset` means, or an empty string where none is known."""
    name = charset.strip().strip("\"'").lower()
    name = _MEANT.get(name, name)
    if not _NAME.fullmatch(name):
        return ""
    try:
        found = codecs.lookup(name)
        "".encode(name)  # refuses codecs that are no text encodings, such as hex and zip
    except (LookupError, ValueError):
        return ""
    return "" if found.name in _NOT_CHARSETS else found.name


def _without_surrogates(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def undeclared(content: bytes) -> str:
    """Decode bytes nothing is known of: UTF-8 where they are, else windows-1252."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        # cp1252 leaves five bytes undefined; latin-1 gives those as control characters.
        return content.decode("cp1252", "replace")


def decode(content: bytes, charset: str) -> tuple[str, str]:
    """Return the text, and a problem's kind: empty, or what was wrong with the declaration."""
    name = codec(charset) if charset else "utf-8"
    if not name:
        return undeclared(content), "" if content.isascii() else "unknown charset"
    try:
        text = content.decode(name)
    except (UnicodeError, ValueError, OverflowError):
        return undeclared(content), "" if not charset and content.isascii() else "wrong charset"
    return (text if name in ("utf-8", "cp1252") else _without_surrogates(text)), ""


_WORD = re.compile(r"=\?([^?*\s]{1,40})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_Q_BLANKS = str.maketrans("_", " ")


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(text.translate(_Q_BLANKS).encode("utf-8"))
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def decode_words(value: str) -> str:
    """Decode the encoded words of an unstructured field or a display name (RFC 2047).

    Blanks between two encoded words vanish (section 6.2); the bytes of neighbours with one
    character set are joined first, for mailers that cut a character in two.
    """
    if "=?" not in value:
        return value
    out: list[str] = []
    pending: list[bytes] = []
    charset = ""
    end = 0
    for found in _WORD.finditer(value):
        between = value[end : found.start()]
        adjacent = bool(pending) and not between.strip()
        if not adjacent or found[1].lower() != charset:
            out.append(decode(b"".join(pending), charset)[0])
            pending.clear()
        if not adjacent:
            out.append(between)
        charset, end = found[1].lower(), found.end()
        pending.append(_word_bytes(found[2], found[3]))
    out.append(decode(b"".join(pending), charset)[0])
    out.append(value[end:])
    return "".join(out)
