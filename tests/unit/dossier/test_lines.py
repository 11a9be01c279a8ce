"""JSON Lines: one message a line, complete and readable by any JSON reader."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dossier.materials import ONE, OTHER, attachment, hexed, material, message
from zegel.dossier.exchange import lines as lines_module
from zegel.dossier.exchange.instants import utc
from zegel.dossier.exchange.lines import NAME, json_lines
from zegel.dossier.material import Material, Message, Withheld

ROOT = Path(__file__).parents[3]


def lines(shown: Material) -> list[bytes]:
    (rendered,) = list(json_lines(shown))
    assert rendered.name == NAME
    assert not isinstance(rendered.content, bytes)
    return b"".join(rendered.content).split(b"\n")[:-1]


def read(shown: Material) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(shown)]


def test_a_line_says_what_a_person_would_ask_and_where_the_bytes_lie() -> None:
    (one,) = read(material([message(1, attachments=(attachment(0, "a.txt", "text/plain", b"x"),))]))

    assert {name: one[name] for name in ("number", "message", "time", "clock", "from", "to")} == {
        "number": 1,
        "message": hexed("message", 1),
        "time": "2016-02-04T16:03:22.000000000Z",
        "clock": "received",
        "from": [ONE],
        "to": [OTHER],
    }
    assert one["admitted"] == [{"clause": "the two accounts", "why": "account and period"}]
    assert [place["member"] for place in one["places"]] == [
        "stored/0000001-1.eml",
        "stored/0000001-2.eml",
    ]
    assert one["attachments"][0]["filename"] == "a.txt"
    assert one["blocks"][0]["plaintext_member"] == "opened/0000001.eml"


def test_session_keys_stay_in_the_certificates() -> None:
    assert hexed("session", 1).encode() not in lines(material([message(1)]))[0]


def test_a_withheld_message_says_that_and_nothing_else() -> None:
    hidden = replace(message(1, "secret"), withheld=(Withheld(part="all", reason="privilege"),))

    assert read(material([hidden])) == [
        {
            "number": 1,
            "message": hexed("message", 1),
            "withheld": [{"part": "all", "reason": "privilege"}],
        }
    ]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=100))
def test_any_text_survives(text: str) -> None:
    (one,) = read(material([message(1, text, subject=text)]))

    assert one.get("text", "") == text
    assert one.get("subject", "") == text


def test_a_line_end_inside_a_text_ends_no_line() -> None:
    shown = material([message(1, "a\nb\r\u2028c\x85d"), message(2)])

    assert len(lines(shown)) == 2


def test_an_instant_no_calendar_holds_is_left_out() -> None:
    assert [utc(ns) for ns in (0, -1, 10**30, -(10**30), None)] == [
        "1970-01-01T00:00:00.000000000Z",
        "1969-12-31T23:59:59.999999999Z",
        None,
        None,
        None,
    ]


def test_an_empty_message_is_a_line_too() -> None:
    assert read(material([Message(number=1, message=hexed("x"))])) == [
        {"number": 1, "message": hexed("x")}
    ]


def test_every_name_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "dossier-exchange.md").read_text(encoding="utf-8")
    table = page.partition("## JSON Lines")[2].partition("## CASE/UCO")[0]
    names = set(re.findall(r'"([a-z_0-9]+)":', inspect.getsource(lines_module)))

    assert names - set(re.findall(r"`([a-z_0-9]+)`", table)) == set()
