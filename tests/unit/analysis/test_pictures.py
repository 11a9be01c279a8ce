"""Pictures: well-formed, inside their frame, inert, the same each time, and their numbers right."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.analysis.test_analysis import DAY, SECOND, row, traffic_of
from zegel.analysis.apart import Spread
from zegel.analysis.hours import weeks
from zegel.analysis.network import network
from zegel.analysis.pictures.apart import Apart, apart_picture, apart_sheets, height, lasting
from zegel.analysis.pictures.hours import SHADES, hours_picture, shade_of
from zegel.analysis.pictures.labels import letters
from zegel.analysis.pictures.network import MOST_LINES, network_picture
from zegel.analysis.pictures.network_sheets import network_sheets
from zegel.analysis.pictures.svg import Caption, escape
from zegel.analysis.pictures.timeline import ticks, timeline_picture, timeline_sheet
from zegel.analysis.sheets import Target
from zegel.analysis.timeline import timeline
from zegel.analysis.wording import Wording

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</text><script>alert(1)</script>'\"&\x00\x1b\u202e"
TOLD = Caption(title=f"title {HOSTILE}", lines=(f"line {HOSTILE}",), warning="TRAINING")


def href(target: Target) -> str:
    return "/x/" + "-".join(map(str, target))


def rows_of(accounts: int, messages: int, name: str = "") -> list[dict[str, Any]]:
    chance = random.Random(1)
    return [
        row(
            [f"{name}{int(chance.paretovariate(1)) % accounts}"],
            [f"{name}{chance.randrange(accounts)}"],
            n * 7_000 * SECOND,
        )
        for n in range(messages)
    ]


def drawn_network(accounts: int, messages: int, name: str = "", **more: Any) -> str:
    found = traffic_of(rows_of(accounts, messages, name))
    return network_picture(network(found), found.accounts, TOLD, **more)


def drawn_timeline(accounts: int, messages: int, name: str = "", **more: Any) -> str:
    return timeline_picture(timeline([n * DAY for n in range(messages)], "day"), TOLD, **more)


def drawn_hours(accounts: int, messages: int, name: str = "", **more: Any) -> str:
    found = traffic_of(rows_of(accounts, messages, name))
    return hours_picture(weeks(found), found.accounts, TOLD, **more)


def found_apart(steps: int, name: str) -> Apart:
    made = timeline([0, (steps - 1) * DAY] if steps else [], "day")

    def spread(*of: str | int) -> Spread:
        return Spread(of=of, count=3, least=-9, low=-5, middle=0, high=70, most=10**9)

    return Apart(
        by_site=[spread(f"{name}E{n}", clock) for n in (1, 2) for clock in ("stored", "date")]
        if steps
        else [],
        by_account=[spread(name, "date")],
        over_time=[spread(f"{name}E1", "date", step.start_ns) for step in made],
        steps=made,
    )


def drawn_apart(accounts: int, messages: int, name: str = "", **more: Any) -> str:
    return apart_picture(found_apart(messages, name), TOLD, **more)


DRAWN: list[Callable[..., str]] = [drawn_network, drawn_timeline, drawn_hours, drawn_apart]


def tree(picture: str) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314  # our own picture


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize(("accounts", "messages"), [(1, 0), (2, 1), (9, 40), (60, 300)])
def test_a_picture_is_well_formed_in_its_frame_and_the_same_each_time(
    draw: Callable[..., str], accounts: int, messages: int
) -> None:
    for more in ({}, {"href": href, "live": True}):
        picture = draw(accounts, messages, **more)
        root = tree(picture)
        width, height_ = float(root.attrib["width"]), float(root.attrib["height"])

        assert draw(accounts, messages, **more) == picture
        for element in root.iter():
            for names, most in (
                (("x", "x1", "x2", "cx"), width),
                (("y", "y1", "y2", "cy"), height_),
            ):
                for name in names:
                    assert 0 <= float(element.attrib.get(name, 0)) <= most, ET.tostring(element)


@pytest.mark.parametrize("draw", DRAWN)
def test_a_picture_is_inert_whatever_names_say(draw: Callable[..., str]) -> None:
    picture = draw(9, 40, HOSTILE, href=href, live=True)
    known = {"svg", "title", "rect", "g", "text", "a", "path", "circle", "polygon", "line"}

    assert {element.tag.removeprefix(SVG) for element in tree(picture).iter()} <= known
    for element in tree(picture).iter():
        for name in element.attrib:
            assert name != "style"
            assert not name.lower().startswith("on")
            assert name != "href" or element.attrib[name].startswith("/x/")
    assert "\u202e" not in picture
    assert "\x00" not in picture
    picture.encode("utf-8")


@pytest.mark.parametrize("draw", DRAWN)
def test_a_picture_that_stands_alone_links_nowhere_and_hides_nothing(
    draw: Callable[..., str],
) -> None:
    picture = draw(9, 40)

    assert "<a " not in picture
    assert "hidden" not in picture
    assert "role='img'" in picture
    assert "fill='#ffffff'" in picture
    assert "TRAINING" in picture
    assert escape("line </text>")[:12] in picture


@pytest.mark.parametrize("draw", DRAWN)
def test_every_word_a_picture_says_goes_through_the_readers_language(
    draw: Callable[..., str],
) -> None:
    said: set[str] = set()

    def say(words: str) -> str:
        said.add(words)
        return words

    draw(9, 40, wording=Wording(say=say))
    draw(9, 0, wording=Wording(say=say))

    assert said


def test_a_timeline_has_a_bar_for_every_step_and_links_those_with_messages() -> None:
    steps = timeline([0, 4 * DAY, 4 * DAY + 1], "day")
    root = tree(timeline_picture(steps, TOLD, href=href, live=True))
    bars = [one for one in root.iter(f"{SVG}rect") if one.attrib.get("class") == "bar"]

    assert len(bars) == 5
    assert [one.attrib["href"] for one in root.iter(f"{SVG}a")] == ["/x/step-0", "/x/step-4"]
    assert float(bars[4].attrib["height"]) == 2 * float(bars[0].attrib["height"])
    assert [row.cells[-1] for row in timeline_sheet(steps, Wording()).rows] == [1, 2]


def test_a_line_is_wide_at_the_end_that_wrote() -> None:
    found = traffic_of([row(["a"], ["b"])] * 3 + [row(["c"], ["a"])])
    drawn = network(found)
    root = tree(network_picture(drawn, found.accounts, TOLD))
    paths = list(root.iter(f"{SVG}path"))
    ends = []
    for path in paths:
        points = [
            tuple(map(float, one.split()))
            for one in re.findall(r"[ML]([-\d. ]+)", path.attrib["d"])
        ]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points
        ends.append(
            (((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5, ((cx - dx) ** 2 + (cy - dy) ** 2) ** 0.5)
        )

    thin, thick = ends  # thin ones are drawn first
    assert [(edge.forth, edge.back) for edge in drawn.edges] == [(3, 0), (0, 1)]
    assert thick[0] > 8 > 1 > thick[1]
    assert thin[1] > thin[0]


def test_a_network_draws_every_account_and_names_the_busiest() -> None:
    picture = drawn_network(90, 500)
    root = tree(picture)
    found = traffic_of(rows_of(90, 500))
    accounts = [one for one in root.iter(f"{SVG}g") if one.attrib.get("class") == "account"]

    assert len(accounts) == len(network(found).nodes)
    assert len(network(found).edges) < MOST_LINES
    assert len(list(root.iter(f"{SVG}path"))) == len(network(found).edges)
    hidden = drawn_network(90, 500, live=True, href=href).count("label hidden")
    assert 0 < hidden < len(accounts)


def test_the_tables_beside_a_network_say_what_it_shows() -> None:
    found = traffic_of([row(["a"], ["b"], 0)] * 3 + [row(["b"], ["a"], 60 * SECOND)])
    accounts, contacts = network_sheets(network(found), found.accounts, Wording())

    assert [row.cells for row in contacts.rows] == [
        ("a", "b", 3, 1, 4, "1970-01-01 00:00", "1970-01-01 00:01")
    ]
    assert [row.cells for row in accounts.rows] == [("a", "A", 3, 1, 1), ("b", "A", 1, 3, 1)]
    assert contacts.rows[0].target == ("contact", 0, 1)


def test_shades_are_equal_parts_of_the_most() -> None:
    assert [shade_of(count, 10) for count in (0, 1, 2, 3, 8, 9, 10)] == [0, 1, 1, 2, 4, 5, 5]
    assert shade_of(0, 0) == 0
    assert len(SHADES) == 6


def test_heights_of_gaps_keep_their_order_and_their_sign() -> None:
    seconds = [-(10**12), -86_400, -60, -1, 0, 1, 60, 86_400, 10**12]
    heights = [height(one) for one in seconds]

    assert heights == sorted(heights)
    assert heights[0] == -1 == -heights[-1]
    assert heights[4] == 0


def test_a_gap_is_told_in_its_two_greatest_units() -> None:
    assert lasting(5 * 86_400 + 3 * 3600 + 59) == "+5 d 3 h"
    assert lasting(-61) == "\N{MINUS SIGN}1 min 1 s"
    assert lasting(0) == "0 s"
    assert lasting(7200) == "+2 h"


def test_the_tables_of_clocks_have_every_spread() -> None:
    sites, accounts, time = apart_sheets(found_apart(3, ""), Wording())

    assert (len(sites.rows), len(accounts.rows), len(time.rows)) == (4, 1, 3)
    assert [row.target for row in time.rows] == [("step", 0), ("step", 1), ("step", 2)]


@pytest.mark.parametrize("most", [1, 2, 3, 7, 99, 100, 12_345])
def test_ticks_are_few_and_round(most: int) -> None:
    found = ticks(most)

    assert found[0] == 0
    assert found[-1] <= most
    assert 2 <= len(found) <= 6


def test_communities_are_lettered_like_columns() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
