"""The forms by which something protected is known: what is hashed, of a register and of a text.

A form is a letter and a value: `a:` an address, `d:` a domain, `t:` a telephone number, `n:` an
n-gram of a name or firm, `s:` the word of such an n-gram that is looked for first. Two spellings
that mean the same have a form in common. The rules stand in docs/reference/privilege.md; `RULE`
counts their versions, and a register of another one is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from zegel.text.numbers import find_phones
from zegel.text.tokens import terms

RULE = 1
LONGEST = 6
"""Words of the longest n-gram."""
SHORTEST_WORD = 6
"""Letters of a firm's name that is one word: a shorter one is found in every text."""
TITLE = "§"
"""Stands for any title of a lawyer, in registers and texts alike."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


TITLES = _words(
    "mr meester advocaat advocate adv avocat avocate abogado abogada attorney lawyer counsel"
    " counselor solicitor barrister rechtsanwalt rechtsanwaltin anwalt anwaltin ra rain raadsman"
    " raadsvrouw raadsheer maitre mtr notaris notary licenciado licenciada"
)
HONOURS = _words(
    "dr drs prof ing ir dhr heer mw mevr mevrouw mrs ms miss herr frau monsieur madame mme me don"
    " dona senor senora llm llb ll msc esq jr sr bc phd kc qc lic"
)
"""Dropped from a registered name; in a text they are words like others."""
PARTICLES = _words(
    "van der den de het ter ten te von vom zu zur zum und la le les los du des della del di da dos"
    " das do el al ben bin ibn ould in op aan uit onder bij vd vdr"
)
"""Words that belong to a surname and are written or left out as people like."""

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"'`|@/=?&]+@[^\s<>()\[\],;:\"'`|@/=?&]+")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,61}")
_EDGE = ".-_*+~"


class EntryError(ValueError):
    """What is to be registered cannot be: the reason is the text."""


def forms_of(kind: str, value: str) -> frozenset[str]:
    """Return every form of one entry of a register; `EntryError` where it has none."""
    if kind not in _KINDS:
        raise EntryError(f"{kind} is no kind of entry: {', '.join(KINDS)}")
    found = frozenset(_KINDS[kind](value))
    if not found:
        raise EntryError(f"is not {_WANTED[kind]}")
    return found


# Addresses and domains


@lru_cache(maxsize=65536)
def address_form(written: str) -> str | None:
    """Return the form of an address, whatever capitals, tags, dots and IDNA it is written with."""
    text = unicodedata.normalize("NFKC", written).strip(" \t\r\n<>\"'")
    text = text.removeprefix("mailto:").strip(_EDGE)
    local, at, domain = text.rpartition("@")
    host = host_form(domain)
    local = local.strip("\"'").casefold().partition("+")[0].replace(".", "")
    return f"a:{local}@{host}" if at and local and host else None


def host_form(written: str) -> str | None:
    """Return a host name in small letters, its labels as Unicode (RFC 5891), or None."""
    labels = unicodedata.normalize("NFKC", written).casefold().strip(".").split(".")
    if len(labels) < 2 or not all(labels):
        return None
    return ".".join(map(_label, labels))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").casefold()
    except UnicodeError:
        return label


def domain_forms(host: str) -> Iterator[str]:
    """Yield a host's own form and those of every domain it lies in."""
    labels = host.split(".")
    for start in range(len(labels) - 1):
        yield "d:" + ".".join(labels[start:])


def _registered_address(value: str) -> Iterable[str]:
    form = address_form(value)
    return () if form is None else (form,)


def _registered_domain(value: str) -> Iterable[str]:
    host = host_form(value.strip().removeprefix("@").removeprefix("*."))
    return () if host is None else (f"d:{host}",)


# Telephone numbers


def _registered_phone(value: str) -> Iterable[str]:
    written = value.strip()
    return {form for named in find_phones(written) for form in named.asked}


# Names and firms


def reduced(text: str) -> list[str]:
    """Return the words of a text as names are compared: particles left out, titles all one."""
    return [TITLE if word in TITLES else word for word in terms(text) if word not in PARTICLES]


def _registered_firm(value: str) -> Iterable[str]:
    words = reduced(value)
    if not words or (len(words) == 1 and len(words[0]) < SHORTEST_WORD):
        return ()
    return _with_first_words([tuple(words[:LONGEST])])


def _registered_name(value: str) -> Iterable[str]:
    given, particles, surname = _taken_apart(value)
    if not surname or max(map(len, surname)) < 2:
        return ()
    surnames = _surnames(particles, surname)
    alone = [(TITLE, *name) for name in surnames]
    both = [pair for g in _givens(given) for s in surnames for pair in ((*g, *s), (*s, *g))]
    return _with_first_words(gram for gram in (*alone, *both) if len(gram) <= LONGEST)


def _taken_apart(value: str) -> tuple[list[str], list[str], list[str]]:
    """Return the given names, the particles and the surname of a name as people write it."""
    called = re.findall(r"\(([^()]*)\)", value)
    plain = re.sub(r"\([^()]*\)", " ", value)
    parts = [part for part in plain.split(",") if not _is_title(terms(part))]
    words = [terms(word) for part in reversed(parts) for word in part.split()]
    words = [word for word in words if word and not _is_title(word)]
    if not words:
        return [], [], []
    first = next((n for n, word in enumerate(words) if n and _is_particle(word)), len(words) - 1)
    if _is_particle(words[0]):
        first = 0
    given = [token for word in words[:first] for token in word]
    for name in called:
        given = [*terms(name), *given]
    rest = [token for word in words[first:] for token in word]
    cut = next((n for n, token in enumerate(rest) if not _is_particle([token])), len(rest))
    return given, rest[:cut], [token for token in rest[cut:] if token not in PARTICLES]


def _is_title(words: list[str]) -> bool:
    return bool(words) and all(word in TITLES or word in HONOURS for word in words)


def _is_particle(words: list[str]) -> bool:
    return all(word in PARTICLES or (len(word) == 1 and word in "td") for word in words)


def _surnames(particles: list[str], surname: list[str]) -> set[tuple[str, ...]]:
    """Return the ways to write a surname: whole, in parts, turned round, as one word."""
    short = [word for word in particles if len(word) == 1]
    found = {tuple(surname), (*short, *surname), ("".join(surname),)}
    if len(surname) > 1:
        found.add(tuple(reversed(surname)))
        found |= {(part,) for part in surname if len(part) > 2}
    if particles:
        first, *rest = surname
        found.add(("".join((*particles, first)), *rest))
        found.add(("".join(word[0] for word in particles) + first, *rest))
        found.add((*(word[0] for word in particles), *surname))
    return found


def _givens(given: list[str]) -> set[tuple[str, ...]]:
    """Return the ways to write given names: each, all, initials apart and together."""
    if not given:
        return set()
    initials = tuple(word[0] for word in given)
    found = {(given[0],), tuple(given), (given[0], *initials[1:]), initials, initials[:1]}
    return found | {("".join(initials),)} | {(word,) for word in given if len(word) > 2}


def _with_first_words(grams: Iterable[tuple[str, ...]]) -> Iterator[str]:
    for gram in grams:
        yield "n:" + " ".join(gram)
        yield "s:" + max((word for word in gram if word != TITLE), key=len)


_KINDS = {
    "address": _registered_address,
    "domain": _registered_domain,
    "name": _registered_name,
    "firm": _registered_firm,
    "phone": _registered_phone,
}
KINDS = tuple(_KINDS)
_WANTED = {
    "address": "an address with an @ and a domain",
    "domain": "a domain of two labels at least",
    "name": "a name with a surname of two letters at least",
    "firm": f"a firm's name of two words, or one of {SHORTEST_WORD} letters",
    "phone": "a telephone number of nine digits at least",
}


# What a text holds


def addresses_in(text: str) -> Iterator[str]:
    """Yield the forms of the addresses and domains that stand in running text."""
    if "." not in text and "@" not in text:
        return
    for word in unicodedata.normalize("NFKC", text).split():
        if "@" in word:
            for found in _ADDRESS.findall(word):
                form = address_form(found)
                if form is not None:
                    yield form
        if "." in word:
            for found in _HOST.findall(word):
                host = host_form(found)
                if host is not None:
                    yield from domain_forms(host)


def phones_in(text: str) -> Iterator[str]:
    """Yield the forms of the telephone numbers that stand in running text."""
    for named in find_phones(text):
        yield from named.names
