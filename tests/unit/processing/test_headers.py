"""Addresses, ids and envelopes as mailers and forgers write them."""

from __future__ import annotations

import time
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.processing.charsets import decode, decode_words
from zegel.processing.headers import (
    MAX_ADDRESSES,
    _mailboxes,
    _usual_list,
    addresses,
    envelope_accounts,
    message_id,
    participants,
    references,
    unstructured,
)
from zegel.processing.mime import read_mail

MAILBOXES = st.sampled_from(
    ["a@x.example", "B C <B@y.example>", "=?utf-8?q?J=C3=A9?= <j@z.example>", "<c@x.example>"]
)
ODD = st.sampled_from(
    ["", " ", "x", "<a,b@x.example>", "x [y", "z] <d@x.example>", "a@b@c", "<e@x", "f@x> g",
     "h <i@x.example> j", '"k, l" <m@x.example>', "n@x.example (o", "p)", "q: r@x.example;", "\\,"]
)  # fmt: skip


@given(st.lists(MAILBOXES | ODD, max_size=5), st.sampled_from([",", ", ", " ,\t"]))
def test_a_list_of_usual_mailboxes_reads_as_one_taken_apart_by_tokens(
    pieces: list[str], comma: str
) -> None:
    value = comma.join(pieces)

    assert _usual_list(value) in (None, list(_mailboxes(value)))


def test_a_list_of_usual_mailboxes_needs_no_tokens() -> None:
    value = ", ".join(["a@x.example", "B C <B@y.example>", "", "<c@x.example>"] * 20)

    assert _usual_list(value) == list(_mailboxes(value))
    assert len(addresses(value)) == 60


def pairs(value: str) -> list[tuple[str, str]]:
    return [(found.name, found.address) for found in addresses(value)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("d00017@AMS.example", [("", "d00017@ams.example")]),
        ("Piet <P@ams.example>", [("Piet", "p@ams.example")]),
        ("<p@ams.example>", [("", "p@ams.example")]),
        ('"Jansen, Piet" <p@a.example>', [("Jansen, Piet", "p@a.example")]),
        ('"Piet \\"x\\" J" <p@a.example>', [('Piet "x" J', "p@a.example")]),
        ("p@a.example (Piet (de) J)", [("Piet (de) J", "p@a.example")]),
        (
            "a@x.example, b@y.example;c@z.example",
            [("", "a@x.example"), ("", "b@y.example"), ("", "c@z.example")],
        ),
        ("hidden-recipients: ;", []),
        ("undisclosed-recipients:;", []),
        (
            "crew: a@x.example, B <b@y.example>;, c@z.example",
            [("", "a@x.example"), ("B", "b@y.example"), ("", "c@z.example")],
        ),
        ("=?utf-8?q?Jos=C3=A9?= <j@a.example>", [("José", "j@a.example")]),
        (
            "=?utf-8?q?=22x=22=2C_evil=40x=2Eexample_=3Cq=40y=2Eexample=3E?= <j@a.example>",
            [('"x", evil@x.example <q@y.example>', "j@a.example")],
        ),
        ("<@relay.example:a@x.example>", [("", "a@x.example")]),
        ("a @ x.example", [("", "a@x.example")]),
        ('"odd local"@x.example', [("", '"odd local"@x.example')]),
        ("Piet", [("Piet", "")]),
        ("Piet <not an address>", [("Piet", "")]),
        ("Piet <a@x.example", [("Piet", "a@x.example")]),
        ('"unclosed <a@x.example>', [("unclosed", "a@x.example")]),
        ("a@x.example <b@y.example>", [("a@x.example", "b@y.example")]),
        ("é@x.example", [("", "é@x.example")]),
        ("p@[192.0.2.1]", [("", "p@[192.0.2.1]")]),
        ("", []),
        (" , ,", []),
    ],
)
def test_an_address_field_gives_its_mailboxes(value: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(value) == expected


def test_every_participant_keeps_its_raw_text() -> None:
    mail = read_mail(
        b"From: =?utf-8?q?=C3=A9?= <a@x.example>\nTo: b@x.example\nTo: c@x.example\n"
        b"Cc: d@x.example\nBcc: e@x.example\nReply-To: f@x.example\n\n"
    )
    people = participants(mail.headers)

    assert [p.raw for p in people.sender] == ["=?utf-8?q?=C3=A9?= <a@x.example>"]
    assert [p.address for p in people.to] == ["b@x.example", "c@x.example"]
    assert [people.cc[0].address, people.bcc[0].address] == ["d@x.example", "e@x.example"]
    assert people.reply_to[0].address == "f@x.example"


def test_sender_stands_in_for_a_missing_from() -> None:
    assert participants({"sender": ["a@x.example"]}).sender[0].address == "a@x.example"


def test_too_many_addresses_are_cut_and_said() -> None:
    people = participants({"to": [", ".join(f"a{n}@x.example" for n in range(20_000))]})

    assert len(people.to) == MAX_ADDRESSES
    assert [problem.kind for problem in people.problems] == ["too many addresses"]


@pytest.mark.parametrize(
    "value",
    [
        "(" * 500_000,
        '"' * 500_001,
        "<" * 500_000,
        "a@" * 300_000,
        "\\" * 500_001,
        "a," * 500_000,
        " " * 1_000_000 + "x",
        "a" * 1_000_000,
        "<a b" * 200_000,
        "@a:" * 300_000,
    ],
)
def test_hostile_address_fields_are_read_in_seconds(value: str) -> None:
    began = time.process_time()
    addresses(value)

    assert time.process_time() - began < 5


ATOM = st.text("abcXYZ019-_", min_size=1, max_size=8)
NAME = st.text("abc ÀÉ.,\"\\()<>@;:'", max_size=12)


@given(st.lists(st.tuples(NAME, ATOM, ATOM), min_size=1, max_size=5))
def test_quoted_names_cannot_forge_an_address(people: list[tuple[str, str, str]]) -> None:
    def quoted(name: str) -> str:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    value = ", ".join(f"{quoted(name)} <{a}@{b}.example>" for name, a, b in people)

    assert [found.address for found in addresses(value)] == [
        f"{a}@{b}.example".lower() for _, a, b in people
    ]


@given(st.lists(st.tuples(ATOM, ATOM, ATOM), min_size=1, max_size=5))
def test_plain_lists_are_read_as_the_standard_library_does(
    people: list[tuple[str, str, str]],
) -> None:
    value = ", ".join(f"{name} <{a}@{b}.example>" for name, a, b in people)

    assert pairs(value) == [(n, a.lower()) for n, a in getaddresses([value])]


@given(st.text(max_size=200))
def test_any_text_gives_addresses_that_a_table_can_hold(value: str) -> None:
    value = value.encode("utf-8", "replace").decode()

    for found in addresses(value):
        (found.name + found.address).encode("utf-8")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a_b?= c", "a b c"),
        ("=?utf-8?B?w6k=?=", "é"),
        ("=?utf-8?B?w6k?=", "é"),
        ("=?utf-8?B?w?= =?utf-8?B?w6k=?=", "é"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8*nl?q?a?=", "a"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?utf-7?q?+2AA-?=", "?"),
        ("=?no-such?q?=E9?=", "é"),
        ("=?idna?q?xn--a?=", "xn--a"),
        ("=?utf-8?q?unclosed", "=?utf-8?q?unclosed"),
        ("x =?utf-8?q?=E9?=", "x é"),
        ("plain", "plain"),
    ],
)
def test_encoded_words_are_decoded_whatever_they_claim(value: str, expected: str) -> None:
    assert decode_words(value) == expected
    assert unstructured({"subject": [value]}, "subject") == expected


@given(st.binary(max_size=100), st.text(max_size=20))
def test_any_bytes_in_any_charset_give_text_a_table_can_hold(content: bytes, name: str) -> None:
    decode(content, name)[0].encode("utf-8")


@pytest.mark.parametrize(
    "charset",
    [
        "",
        "utf-7",
        "utf-16",
        "unicode_escape",
        "idna",
        "punycode",
        "zip",
        "a\0b",
        "..",
        "x" * 9999,
        "undefined",
        "hex",
        "shift_jis",
    ],
)
def test_no_charset_name_breaks_decoding(charset: str) -> None:
    decode(b"\\x41 \xff\xfe\xd8\x00+2AA-" * 10, charset)[0].encode("utf-8")


def test_ids_are_taken_without_brackets() -> None:
    headers = {
        "message-id": ["  <One@x.example> (comment)"],
        "references": ["<a@x> <b@x>\t<a@x>"],
        "in-reply-to": ["<c@x>", "Your message <no id>"],
    }

    assert message_id(headers) == "One@x.example"
    assert references(headers) == ("a@x", "b@x", "c@x")
    assert message_id({"message-id": ["bare@x"]}) == "bare@x"
    assert message_id({}) == ""


def test_envelope_accounts_come_from_every_trace_each_once() -> None:
    headers = {
        "delivered-to": ["D1@yyz.example"],
        "x-original-to": ["alias@yyz.example"],
        "received": [
            "from a by b for <d1@yyz.example>; Tue, 1 Mar 2016 12:00:00 +0100",
            "from c by d (waiting for input) for d2@yyz.example; Tue, 1 Mar 2016 11:00:00 +0100",
        ],
        "return-path": ["<d3@ams.example>"],
    }

    assert envelope_accounts(headers) == (
        "d1@yyz.example",
        "alias@yyz.example",
        "d2@yyz.example",
        "d3@ams.example",
    )


def test_an_empty_return_path_names_no_account() -> None:
    assert envelope_accounts({"return-path": ["<>"], "delivered-to": ["x"]}) == ()
