"""Read GnuPG's s-expressions, canonical (`(1:a2:bc)`) and as text (`(a "bc" #00FF#)`).

It never recurses deeper than `MAX_DEPTH`, never makes more than `MAX_NODES` nodes, and refuses
what it does not understand instead of guessing.

Specification: Rivest, "S-Expressions" (draft-rivest-sexp), canonical and advanced transport.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

MAX_DEPTH = 32
MAX_NODES = 5000
MAX_LENGTH = 1 << 20

_TOKEN = re.compile(
    rb"""[ \t\r\n]*(?:
    (?P<open>\() | (?P<close>\))
    | (?P<length>[0-9]{1,7}):
    | \#(?P<hex>[0-9A-Fa-f\s]*)\#
    | \|(?P<base64>[A-Za-z0-9+/=\s]*)\|
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<token>[A-Za-z0-9\-./_:*+=]+)
    )""",
    re.VERBOSE | re.DOTALL,
)

_ESCAPE = re.compile(rb"\\(?:([0-7]{3})|x([0-9A-Fa-f]{2})|(\r\n|\n\r|\r|\n)|(.))", re.DOTALL)
_CONTROLS = {b"b": b"\b", b"t": b"\t", b"v": b"\v", b"n": b"\n", b"f": b"\f", b"r": b"\r"}


class SExpressionError(ValueError):
    """The text is no s-expression, or larger or deeper than any key."""


class SList(list["bytes | SList"]):
    """A list of an s-expression; knows where it stood in the text it was read from."""

    start: int = 0
    end: int = 0

    def named(self, name: bytes) -> SList | None:
        """Return the first sub-list that begins with `name`."""
        for item in self:
            if isinstance(item, SList) and item[:1] == [name]:
                return item
        return None

    def value(self, name: bytes) -> bytes:
        """Return the atom after `name` in the sub-list called so; empty where there is none."""
        found = self.named(name)
        if found is None or len(found) < 2 or not isinstance(found[1], bytes):
            return b""
        return found[1]


def read_expression(text: bytes) -> SList:
    """Return the s-expression at the start of `text`; what follows it is left alone."""
    if len(text) > MAX_LENGTH:
        text = text[:MAX_LENGTH]
    stack: list[SList] = []
    for nodes, (atom, start, end) in enumerate(_tokens(text)):
        if nodes > MAX_NODES or len(stack) > MAX_DEPTH:
            raise SExpressionError("oversized s-expression")
        if atom == "(":
            opened = SList()
            opened.start = start
            stack.append(opened)
        elif not stack:
            break
        elif isinstance(atom, bytes):
            stack[-1].append(atom)
        else:
            closed = stack.pop()
            closed.end = end
            if not stack:
                return closed
            stack[-1].append(closed)
    raise SExpressionError("truncated s-expression")


def _tokens(text: bytes) -> Iterator[tuple[bytes | str, int, int]]:
    """Yield brackets as `str` and atoms as `bytes`, each with its place."""
    position = 0
    while match := _TOKEN.match(text, position):
        kind = match.lastgroup
        position = match.end()
        if kind in ("open", "close"):
            yield match[kind].decode("ascii"), position - 1, position
            continue
        start = match.start(kind or 0)
        if kind == "length":
            length = int(match["length"])
            if position + length > len(text):
                break
            atom = text[position : position + length]
            position += length
        else:
            atom = _decoded(kind, match[kind or 0])
        yield atom, start, position
    # Falling out of the loop with lists still open is reported by the caller.


def _decoded(kind: str | None, raw: bytes) -> bytes:
    try:
        if kind == "hex":
            # Long lines are folded anywhere, in the middle of an octet too.
            return bytes.fromhex(b"".join(raw.split()).decode("ascii"))
        if kind == "base64":
            return binascii.a2b_base64(raw)
    except ValueError as damage:
        raise SExpressionError("damaged s-expression") from damage
    if kind == "quoted":
        return _ESCAPE.sub(_unescaped, raw)
    return raw


def _unescaped(escape: re.Match[bytes]) -> bytes:
    octal, hexadecimal, folded, letter = escape.groups()
    if octal or hexadecimal:
        return bytes([(int(octal, 8) if octal else int(hexadecimal, 16)) & 0xFF])
    return b"" if folded else _CONTROLS.get(letter, letter)


def canonical(node: bytes | SList) -> bytes:
    """Return the canonical form."""
    if isinstance(node, bytes):
        return b"%d:%b" % (len(node), node)
    return b"(" + b"".join([canonical(item) for item in node]) + b")"
