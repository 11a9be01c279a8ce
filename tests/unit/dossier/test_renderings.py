"""What holds for every rendering: pure, in any order of names, nothing withheld, names of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from hashlib import sha256
from typing import Any

import pytest

from tests.unit.dossier.materials import attachment, material, message, place
from zegel.dossier.material import Holder, Material, Message, Withheld
from zegel.dossier.rendered import Rendering
from zegel.dossier.renderings import RENDERINGS, rendered
from zegel.dossier.withheld import without_withheld

SECRET = "Grunewald7719"
PARTS = ("text", "subject", "people", "attachment/0")


def members(shown: Material, rendering: Rendering) -> dict[str, bytes]:
    return {
        one.name: one.content if isinstance(one.content, bytes) else b"".join(one.content)
        for one in rendering(shown)
    }


def turned(value: Any) -> Any:
    """Return a mapping with its names in the other order, and all inside it too."""
    if isinstance(value, dict):
        return {name: turned(value[name]) for name in reversed(value)}
    if isinstance(value, tuple):
        return tuple(map(turned, value))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{one.name: turned(getattr(value, one.name)) for one in fields(value)}
        )
    return value


def holding(number: int) -> Message:
    """Return a message whose every part holds the secret."""
    raw = f"Subject: {SECRET}\r\n\r\n{SECRET}\r\n".encode()
    return message(
        number,
        f"text {SECRET}",
        subject=f"subject {SECRET}",
        sender=(f"{SECRET}@x.example",),
        recipients=(f"{SECRET}@y.example",),
        accounts=(SECRET,),
        chat_group=SECRET,
        message_id=SECRET,
        references=(SECRET,),
        holders=(Holder(account=SECRET, device=SECRET, holder=SECRET),),
        attachments=(attachment(0, SECRET, "text/plain", SECRET.encode()),),
        places=(place(number, raw=raw, sender=(SECRET,), envelope=(SECRET,), account=SECRET),),
    )


def test_all_together_give_what_each_gives_alone() -> None:
    shown = material([message(1), message(2)])
    alone = {name: content for one in RENDERINGS for name, content in members(shown, one).items()}

    assert members(shown, rendered) == alone


@pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda one: one.__name__)
def test_the_order_of_names_in_a_mapping_changes_nothing(rendering: Rendering) -> None:
    shown = material([message(1), message(2)])
    other = turned(shown)

    assert list(other.tools) != list(shown.tools)
    assert members(other, rendering) == members(shown, rendering)


@pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda one: one.__name__)
def test_names_of_members_are_ours(rendering: Rendering) -> None:
    names = members(material([holding(1)]), rendering)

    assert [name for name in names if not re.fullmatch(r"[a-z0-9.-]+", name)] == []


@pytest.mark.parametrize("rendering", RENDERINGS, ids=lambda one: one.__name__)
def test_an_empty_investigation_is_rendered(rendering: Rendering) -> None:
    assert members(material([], keys=(), exhibits=()), rendering)


CHANGES: dict[str, Callable[[Message], Message]] = {
    "whole": lambda m: replace(m, withheld=(Withheld(part="all", reason="privilege"),)),
    "parts": lambda m: replace(
        m, withheld=tuple(Withheld(part=part, reason="third party") for part in PARTS)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("rendering", [one for one in RENDERINGS if one.__name__ != "report"],
                         ids=lambda one: one.__name__)  # fmt: skip
def test_nothing_withheld_is_rendered_even_where_material_still_carries_it(
    rendering: Rendering, change: str
) -> None:
    """The PDF, whose streams are compressed, is searched by tests of its own."""
    content = b"".join(members(material([CHANGES[change](holding(1))]), rendering).values())

    assert SECRET.encode() not in content
    assert sha256(SECRET.encode()).hexdigest().encode() not in content


def test_a_message_with_nothing_withheld_is_left_as_it_is() -> None:
    one = holding(1)

    assert without_withheld(one) is one


@pytest.mark.parametrize("part", PARTS)
def test_a_withheld_part_takes_along_what_would_give_it_away(part: str) -> None:
    one = without_withheld(
        replace(holding(1), withheld=(Withheld(part=part, reason="third party"),))
    )

    assert one.blocks == ()
    assert [place.raw for place in one.places] == [None]
