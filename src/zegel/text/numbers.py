"""Finds amounts, telephone numbers and number plates, however they are written.

Each has names: words that stand for it beside the words as written. A text and a query that have a
name in common mean the same thing. Rules, with examples, in docs/reference/terms.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zegel.text.folding import plain_digits

_CURRENCY = {
    "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur", "euro's": "eur",
    "$": "usd", "usd": "usd", "dollar": "usd", "dollars": "usd",
    "£": "gbp", "gbp": "gbp", "pound": "gbp", "pounds": "gbp", "pond": "gbp",
}  # fmt: skip
_GAP = " \u00a0\u2009\u202f"
"""Blanks that stand inside a number."""
_GROUPING = f".,{_GAP}'\u2019"
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile("[0-9]+")
# What a pattern begins with comes before what may not stand before it: it is skipped to.
_NUMBER = re.compile(
    rf"[0-9](?<![\w.,+-].)(?:\d{{0,2}}(?:[{_GROUPING}]\d{{3}})+(?!\d)(?:[.,]\d{{1,2}}(?!\d))?"
    r"|\d*(?:[.,]\d{1,2}(?!\d))?)(?:,-{1,2}|,=)?"
    r"(?:\s?(?:(?P<thousand>[kK]|duizend|thousand|tausend)"
    r"|(?P<million>mln|miljoen|million|millionen))(?!\w))?(?!\w)",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"(?:€|\$|£|\b(?:eur|usd|gbp))[{_GAP}]?\Z", re.IGNORECASE)
_AFTER = re.compile(
    rf"[{_GAP}]?(€|\$|£|(?:euro(?:'?s)?|eur|usd|dollars?|gbp|pounds?|pond)\b)", re.IGNORECASE
)
_VALUE = re.compile(rf"\d[\d{_GROUPING}]*\d|\d")
_SEPARATORS = re.compile(rf"[{_GROUPING}]")
_PHONE = re.compile(
    rf"[+(0](?<![\w+].)(?:(?<=\+)\d|(?<=\()0\d|(?<=0)\d)\d{{0,3}}\)?"
    rf"(?:[{_GAP}.\-/]?\(?\d{{1,8}}\)?){{1,7}}(?!\w)"
)
_LAST_GROUP = re.compile(rf"[{_GAP}.\-/]?\(?\d+\)?\Z")
_ALNUM = "[A-Za-z0-9]"
_LETTERS_BEFORE = re.compile("[A-Za-z -]*\\Z")
_BEGINNING = re.compile(r"(?<![\w-])[A-Za-z0-9]")
_PLATE = re.compile(
    rf"(?=({_ALNUM}{{1,3}}[- ]?{_ALNUM}{{1,3}}(?![\w-]))?)"
    rf"(?=({_ALNUM}{{1,3}}(?:[- ]?{_ALNUM}{{1,3}}){{2}}(?![\w-]))?)"
)
_GROUP = re.compile(r"[A-Za-z]+|[0-9]+")
# Countries whose national numbers begin with 0 in place of the country code (ITU-T E.164).
_TRUNK_ZERO = (
    "31", "32", "33", "40", "41", "43", "44", "46", "49", "61", "64", "81", "90", "212",
    "351", "353", "355", "358", "359", "380", "381", "385", "386", "387", "389",
)  # fmt: skip
LONGEST_NUMBER = 60
"""Characters of a number that is one: an index refuses names without end."""
_SHORTEST_PHONE, _LONGEST_PHONE = 9, 15
"""Digits, the country code's among them (ITU-T E.164 section 6)."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that has names of its own, from `start` to `end` of the text."""

    start: int
    end: int
    names: tuple[str, ...]
    asked: tuple[str, ...]
    """What a query that writes it so asks for: any of these."""


def find_named(text: str, *, plain: bool = False) -> Iterator[Named]:
    """Yield amounts, telephone numbers and plates in `text`, in no particular order.

    `plain`: also numbers without sign and separators, whose one name is the word as written.
    """
    if not text.isascii():
        if _DIGIT.search(text) is None:
            return
        text = plain_digits(text)
    elif _DIGITS.search(text) is None:
        return
    for found in _NUMBER.finditer(text):
        if found.end() - found.start() > LONGEST_NUMBER:
            continue
        named = _amount(text, found)
        if plain or named.names[0] != f"n:{text[named.start : named.end]}":
            yield named
    yield from _phones(text)
    yield from _plates(text)


def find_phones(text: str) -> Iterator[Named]:
    """Yield the telephone numbers in `text` alone, as `find_named` does, at a third of the cost."""
    if _DIGIT.search(text) is not None:
        yield from _phones(plain_digits(text))


def _phones(text: str) -> Iterator[Named]:
    for found in _PHONE.finditer(text):
        phone = _phone(found)
        if phone is not None:
            yield phone


def _plates(text: str) -> Iterator[Named]:
    """Yield the plates, which begin at a word with a digit at most 8 letters and blanks on."""
    for digits in _DIGITS.finditer(text):
        at = digits.start()
        letters = _LETTERS_BEFORE.search(text, max(0, at - 8), at)
        assert letters is not None
        for beginning in _BEGINNING.finditer(text, letters.start(), at + 1):
            found = _PLATE.match(text, beginning.start())
            assert found is not None
            for written in filter(None, found.groups()):
                plate = _plate(written, found.start())
                if plate is not None:
                    yield plate


def _amount(text: str, found: re.Match[str]) -> Named:
    start, end = found.span()
    digits = _VALUE.match(text, start, end)
    assert digits is not None
    value = _value(digits[0], 3 if found["thousand"] else 6 if found["million"] else 0)
    before = _BEFORE.search(text, max(0, start - 5), start)
    after = None if before else _AFTER.match(text, end)
    sign = before[0].strip() if before else after[1] if after else ""
    if not sign:
        return Named(start, end, (f"n:{value}",), (f"n:{value}",))
    start, end = (before.start() if before else start), (after.end() if after else end)
    both = (f"n:{value}", f"n:{value}{_CURRENCY[sign.casefold()]}")
    return Named(start, end, both, both[1:])


def _value(digits: str, noughts: int) -> str:
    """Return a number without grouping: three digits behind a separator are thousands."""
    groups = _SEPARATORS.split(digits)
    fraction = groups.pop() if len(groups) > 1 and len(groups[-1]) < 3 else ""
    whole = "".join(groups)
    if noughts:
        whole, fraction = whole + fraction.ljust(noughts, "0"), ""
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")


def _phone(found: re.Match[str]) -> Named | None:
    """Name a telephone number; of a longer run of digits, as many groups as can be one."""
    written = found[0]
    digits = "".join(filter(str.isdecimal, written))
    while len(digits.removeprefix("00")) > _LONGEST_PHONE and (last := _LAST_GROUP.search(written)):
        written = written[: last.start()]
        digits = "".join(filter(str.isdecimal, written))
    if len(digits.removeprefix("00")) < _SHORTEST_PHONE:
        return None
    end = found.start() + len(written)
    if not written.startswith("+") and not digits.startswith("00"):
        return Named(found.start(), end, (f"t:{digits}",), (f"t:{digits}", f"t:~{digits}"))
    whole = digits if written.startswith("+") else digits[2:]
    country = next((code for code in _TRUNK_ZERO if whole.startswith(code)), None)
    if country is None:
        names: tuple[str, ...] = (f"t:+{whole}",)
        return Named(found.start(), end, names, names)
    rest = whole.removeprefix(country).removeprefix("0")
    names = (f"t:+{country}{rest}", f"t:~0{rest}")
    return Named(found.start(), end, names, (f"t:+{country}{rest}", f"t:0{rest}"))


def _plate(written: str, start: int) -> Named | None:
    """Name a plate: groups of letters and of digits, with hyphens, blanks or nothing between."""
    joined = written.replace("-", "").replace(" ", "").lower()
    if not 5 <= len(joined) <= 8 or joined.isalpha() or joined.isdigit():
        return None
    parts = re.split(r"[- ]", written)
    groups = _GROUP.findall(joined)
    # Between hyphens every part is one group; with blanks letters and digits take turns besides,
    # else half of running text would be plates.
    if len(parts) > 1 and any(len(_GROUP.findall(part)) > 1 for part in parts):
        return None
    if " " in written and len(groups) != len(parts):
        return None
    if len(groups) > 3:
        return None
    return Named(start, start + len(written), (f"p:{joined}",), (f"p:{joined}",))


def plain_word(name: str) -> str | None:
    """Return the word that has this name without saying so: a number as it is."""
    digits = name.removeprefix("n:")
    return digits if digits != name and digits.isdecimal() else None
