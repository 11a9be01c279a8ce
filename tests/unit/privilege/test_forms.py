"""Two spellings that mean the same have a form in common; what means something else has none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.privilege.forms import HONOURS, PARTICLES, TITLES, EntryError, forms_of
from zegel.privilege.matching import Matcher, Sighting
from zegel.privilege.register import Register, hashed

KEY = bytes(32)


def matches(kind: str, entry: str, text: str) -> bool:
    forms = forms_of(kind, entry)
    register = Register(check=b"", hashes=frozenset(hashed(KEY, f) for f in forms), digest="")
    found = Matcher(register, KEY).matches(Sighting(addresses=(), texts=(text,)))
    return bool(found)


@pytest.mark.parametrize(
    ("kind", "entry", "text"),
    [
        ("address", "J.deVries@Firm.example", "mail jdevries@firm.example please"),
        ("address", "jdevries@firm.example", "<J.De.Vries+client@FIRM.example>,"),
        ("address", "jdevries@firm.example", "see mailto:jdevries@firm.example."),
        ("address", "a@bücher.example", "to a@xn--bcher-kva.example"),
        ("address", "a@xn--bcher-kva.example", "A@BÜCHER.example wrote:"),
        ("domain", "firm.example", "From: anybody@mail.firm.example"),
        ("domain", "@firm.example", "https://www.firm.example/contact"),
        ("phone", "020 123 45 67", "bel 0201234567"),
        ("phone", "+31 20 123 45 67", "bel (020) 123-4567 even"),
        ("phone", "020-1234567", "call +31 20 1234567"),
        ("name", "mr. J.P. van der Berg", "groet, J.P. van der Berg"),
        ("name", "mr. J.P. van der Berg", "zei mr. Van den Berg gisteren"),
        ("name", "mr. J.P. van der Berg", "JP vd Berg belt"),
        ("name", "mr. J.P. van der Berg", "J. v.d. Berg belt"),
        ("name", "Jan van der Berg", "Berg, Jan van der"),
        ("name", "Berg, van der, Jan", "met jan van der berg gesproken"),
        ("name", "Jan van der Berg", "jan vanderberg"),
        ("name", "Jan van der Berg", "j.vanderberg@elsewhere.example"),
        ("name", "Anna Berg-Jansen", "Anna Jansen-Berg"),
        ("name", "Anna Berg-Jansen", "anna berg"),
        ("name", "Renée O'Neil, LL.M.", "Renee O'Neil"),
        ("name", "Renée O'Neil", "renee oneil"),
        ("name", "J.P. (Kees) Hof", "kees hof"),
        ("name", "Jan in 't Hof", "mr in \u2019t Hof"),
        ("name", "Gabriel García Márquez", "Gabriel Garcia Marquez"),
        ("firm", "Van Doorn Advocaten", "VAN DOORN ADVOCATEN te Utrecht"),
        ("firm", "Doornbosch", "kantoor Doornbosch"),
    ],
)
def test_spellings_of_one_entry_are_found(kind: str, entry: str, text: str) -> None:
    assert matches(kind, entry, text)


@pytest.mark.parametrize(
    ("kind", "entry", "text"),
    [
        ("address", "jdevries@firm.example", "jdevries@farm.example"),
        ("address", "jdevries@firm.example", "at firm.example"),
        ("domain", "firm.example", "lawfirm.example and firm.example.net and affirm.example"),
        ("phone", "020 123 45 67", "order 020 123 45 68"),
        ("name", "Jan van der Berg", "op de berg, zei mevrouw Van der Berg"),
        ("name", "Jan van der Berg", "Piet van der Berg"),
        ("name", "Anna Berg-Jansen", "Bert Jansen"),
        ("firm", "Van Doorn Advocaten", "Van Doorn Transport"),
    ],
)
def test_what_means_something_else_is_not_found(kind: str, entry: str, text: str) -> None:
    assert not matches(kind, entry, text)


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("address", "nobody"), ("domain", "example"), ("phone", "12345"), ("name", "mr."),
        ("name", "J."), ("firm", "Berg"), ("firm", ""), ("colour", "blue"),
    ],
)  # fmt: skip
def test_an_entry_that_would_match_anything_or_nothing_is_refused(kind: str, entry: str) -> None:
    with pytest.raises(EntryError):
        forms_of(kind, entry)


WORD = st.from_regex(r"[a-z]{3,9}", fullmatch=True).filter(
    lambda word: word not in TITLES | HONOURS | PARTICLES
)


@given(WORD, WORD, WORD, WORD, st.sampled_from(("upper", "title", "lower")))
def test_a_name_is_found_wherever_it_stands(
    first: str, last: str, before: str, after: str, case: str
) -> None:
    written = getattr(f"{before} {first} van der {last}, {after}", case)()

    assert matches("name", f"{first.title()} van der {last.title()}", written)


@given(st.text(max_size=60))
def test_no_text_stops_a_match(text: str) -> None:
    assert matches("domain", "firm.example", text + " x@firm.example")
