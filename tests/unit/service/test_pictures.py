"""Pictures of an investigation: a click leads to what the picture counted, in every zone."""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.contract.test_errors import ORDER
from tests.journeys.cases import granted_case, mail
from zegel import service
from zegel.analysis.hours import WEEK
from zegel.analysis.sheets import Row, Target
from zegel.custody.log import Log
from zegel.errors import UsageError
from zegel.investigation import Investigation
from zegel.service import Look, Wording
from zegel.service.looks import look_from, moment
from zegel.text.query import QueryError

PEOPLE = ["anna@test.example", "bram@test.example", "carla@test.example", "dirk@test.example",
          '"e f"@test.example']  # fmt: skip
AMSTERDAM = Wording(zone=ZoneInfo("Europe/Amsterdam"))
CLOCKS = {"from": "2016-03-20T00:00:00Z", "until": "2016-04-20T00:00:00Z"}


def mails() -> list[bytes]:
    """Return forty mails around the night on which the clocks went forward in Amsterdam."""
    chance = random.Random(4)
    begin = dt.datetime(2016, 3, 26, 12, tzinfo=dt.UTC)
    made = []
    for number in range(40):
        sender, to = chance.sample(PEOPLE, 2)
        received = begin + dt.timedelta(minutes=53 * number)
        date = received - dt.timedelta(days=chance.choice([0, 0, 5]), seconds=chance.randrange(9))
        stamp = f"from a by mx.test.example with ESMTP id {number}; {format_datetime(received)}"
        words = "haven" if number % 3 else "boot"
        made.append(
            mail(
                f"{words}\n", number, Received=stamp, From=sender, To=to, Date=format_datetime(date)
            )
        )
    return made


@pytest.fixture(scope="module")
def inv(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    folder = tmp_path_factory.mktemp("pictures")
    case = granted_case(folder, mails(), ORDER)
    return Investigation.open(next((case / "investigations").glob("Heron*")))


def count(inv: Investigation, query: str) -> int:
    return int(service.search(inv, query)["count"])


def leads(inv: Investigation, look: Look, row: Row) -> int | None:
    """Return how many messages a row of a table leads to."""
    followed = service.follow_picture(inv, look, row.target, wording=AMSTERDAM)
    return None if followed.query is None else count(inv, followed.query)


LOOKS = [
    Look(picture="timeline"),
    Look(picture="timeline", by="hour", query="haven OR boot", start_ns=1459036800 * 10**9),
    Look(picture="timeline", by="day", query="boot"),
]


@pytest.mark.parametrize("look", LOOKS)
def test_a_step_of_a_timeline_leads_to_its_messages(inv: Investigation, look: Look) -> None:
    fixed = service.follow_picture(inv, look, wording=AMSTERDAM).look
    (sheet,) = service.draw_picture(inv, fixed, wording=AMSTERDAM).sheets

    assert len(sheet.rows) > 1
    assert sum(int(str(row.cells[-1])) for row in sheet.rows) == count(
        inv, service.follow_picture(inv, fixed).query or ""
    )
    for row in sheet.rows:
        assert leads(inv, fixed, row) == row.cells[-1]


def test_a_finer_timeline_of_a_step_holds_the_same_messages(inv: Investigation) -> None:
    look = service.follow_picture(inv, Look(picture="timeline", by="day"), wording=AMSTERDAM).look
    for place in range(2):
        part = service.follow_picture(inv, look, ("step", place), wording=AMSTERDAM)
        drawn = service.draw_picture(inv, part.look, wording=AMSTERDAM)

        assert part.look.by == "hour"
        assert drawn.messages == count(inv, part.query or "")


def test_a_contact_and_an_account_lead_to_their_messages(inv: Investigation) -> None:
    look = Look(picture="network")
    accounts, contacts = service.draw_picture(inv, look).sheets

    assert len(accounts.rows) == len(PEOPLE)
    for row in contacts.rows:
        assert leads(inv, look, row) in (row.cells[4], None)
    for row in accounts.rows:
        sent, received = (int(str(cell)) for cell in row.cells[2:4])
        assert leads(inv, look, row) in (sent + received, None)


def test_an_account_that_no_query_can_name_has_no_link(inv: Investigation) -> None:
    asked: set[Target] = set()

    def href(target: Target) -> str:
        asked.add(target)
        return "/x"

    drawn = service.draw_picture(inv, Look(picture="network"), href=href, live=True)
    names = [str(row.cells[0]) for row in drawn.sheets[0].rows]
    quoted = [name for name in names if '"' in name]
    linked = {target for target in asked if target[0] == "account"}

    assert len(linked) == len(names) - len(quoted)
    for row in drawn.sheets[0].rows:
        if '"' in str(row.cells[0]):
            assert service.follow_picture(inv, Look(picture="network"), row.target).query is None


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Asia/Kathmandu"])
def test_an_hour_of_the_week_leads_to_its_messages(inv: Investigation, zone: str) -> None:
    wording, look = Wording(zone=ZoneInfo(zone)), Look(picture="hours")
    week, accounts = service.draw_picture(inv, look, wording=wording).sheets
    cells = {
        (day, hour): int(str(row.cells[1 + hour]))
        for day, row in enumerate(week.rows)
        for hour in range(24)
    }

    assert len(cells) == WEEK
    assert sum(cells.values()) == 40
    for (day, hour), n in cells.items():
        if n:
            query = service.follow_picture(inv, look, ("hour", day, hour), wording=wording).query
            assert count(inv, query or "") == n
    busiest = next(row for row in accounts.rows if '"' not in str(row.cells[0]))
    assert busiest.target is not None
    at = int(str(busiest.target[1]))
    for hour in range(24):
        target = ("account hour", at, hour)
        query = service.follow_picture(inv, look, target, wording=wording).query
        assert count(inv, query or "") == busiest.cells[2 + hour]


def test_the_hours_of_one_account_are_those_it_wrote_at(inv: Investigation) -> None:
    look = Look(picture="hours", account="BRAM")
    fixed = service.follow_picture(inv, look).look
    drawn = service.draw_picture(inv, look)

    assert fixed.account == "bram@test.example"
    assert drawn.messages == count(inv, "from:bram@test.example")


def test_clocks_tell_what_the_mails_were_written_with(inv: Investigation) -> None:
    drawn = service.draw_picture(inv, Look(picture="clocks"), wording=AMSTERDAM)
    sites, accounts, time = drawn.sheets
    by_clock = {str(row.cells[1]): row.cells[2:] for row in sites.rows}
    counted, least, *_, most = by_clock["Date (outer)"]

    assert counted == 40
    assert -5 * 86_400 - 9 < int(str(least)) < -5 * 86_400 + 9
    assert -9 < int(str(most)) <= 0
    assert [row.cells[0] for row in accounts.rows] == ["anna@test.example"] * len(accounts.rows)
    fixed = service.follow_picture(inv, Look(picture="clocks"), wording=AMSTERDAM).look
    for row in service.draw_picture(inv, fixed, wording=AMSTERDAM).sheets[2].rows:
        if "outer" in str(row.cells[1]):
            assert leads(inv, fixed, row) == row.cells[3]
    assert time.rows
    assert accounts.rows[0].target is not None
    followed = service.follow_picture(inv, Look(picture="clocks"), accounts.rows[0].target)
    assert followed.look.account == "anna@test.example"
    assert count(inv, followed.query or "") == 40


def test_a_network_grows_step_by_step_and_the_least_thins_it(inv: Investigation) -> None:
    whole = service.draw_picture(inv, Look(picture="network")).sheets[1]
    grown = service.draw_picture(inv, Look(picture="network", account="bram", steps=1)).sheets[1]
    thinned = service.draw_picture(inv, Look(picture="network", least=3)).sheets[1]

    assert {row.cells[:2] for row in grown.rows} <= {row.cells[:2] for row in whole.rows}
    assert [row for row in whole.rows if int(str(row.cells[4])) >= 3] == list(thinned.rows)


@pytest.mark.parametrize(
    "facts",
    [
        {"picture": "pie"},
        {"picture": "timeline", "by": "second"},
        {"picture": "network", "steps": 7},
        {"picture": "network", "least": 0},
        {"picture": "timeline", "from": CLOCKS["until"], "until": CLOCKS["from"]},
        {"picture": "timeline", "from": "yesterday"},
        {},
    ],
)
def test_what_cannot_be_drawn_is_said(facts: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        look_from(facts)


@pytest.mark.parametrize("account", ["nobody", "nobody@test.example", "e f"])
def test_an_account_that_is_not_here_is_said_and_not_repeated(
    inv: Investigation, account: str
) -> None:
    with pytest.raises(UsageError, match="no such account") as error:
        service.draw_picture(inv, Look(picture="network", account=account))
    assert "nobody" not in str(error.value)


@pytest.mark.parametrize(
    "look",
    [
        *LOOKS,
        Look(picture="network", account="x", steps=2, least=3),
        Look(picture="hours"),
        Look(picture="clocks", by="day"),
    ],
)
def test_what_is_kept_of_a_picture_asks_the_same(look: Look) -> None:
    assert look_from(json.loads(json.dumps(look.facts()))) == look


def test_a_picture_is_not_followed_where_it_has_nothing(inv: Investigation) -> None:
    for picture in service.PICTURES:
        for target in (("step", 9999), ("account", 9999), ("contact", 0, 9999), ("hour", 9, 1)):
            with pytest.raises(UsageError):
                service.follow_picture(inv, Look(picture=picture), target)


def test_a_moment_is_meant_in_the_readers_zone() -> None:
    zone = ZoneInfo("Europe/Amsterdam")

    assert moment("2016-04-19 12:00", zone) == 1461060000 * 10**9
    assert moment("2016-04-19", zone) == 1461016800 * 10**9
    assert moment("2016-04-19T10:00:00+00:00", zone) == 1461060000 * 10**9
    assert moment("  ", zone) is None
    for wrong in ("soon", "2016-13-01", "0001-01-01", "99999-01-01", "1960-01-01"):
        with pytest.raises(UsageError):
            moment(wrong, zone)


@pytest.mark.parametrize(
    "query",
    ["hour:24", "hour:x", 'hour:"9 No/Where"', "weekday:0", "weekday:zat",
     'hour:"9 ../../etc/passwd"', "weekday:8"],
)  # fmt: skip
def test_an_hour_or_weekday_that_is_none_is_refused_with_its_place(
    inv: Investigation, query: str
) -> None:
    with pytest.raises(QueryError):
        service.search(inv, query)


def test_weekdays_are_named_or_numbered(inv: Investigation) -> None:
    assert count(inv, "weekday:sun") == count(inv, "weekday:7") > 0
    assert count(inv, "weekday:sat OR weekday:sun OR weekday:1") == 40
    assert count(inv, "weekday:SUN") == count(inv, 'weekday:"sun UTC"')


def entries(inv: Investigation) -> Iterator[Any]:
    return iter(Log.open(inv.folder / "custody", None).entries())


def test_a_file_that_leaves_is_in_the_log_with_its_digest(inv: Investigation) -> None:
    import hashlib

    for picture in service.PICTURES:
        names = [
            "svg",
            *(one.name for one in service.draw_picture(inv, Look(picture=picture)).sheets),
        ]
        for form in names:
            made = service.export_picture(inv, Look(picture=picture), form)
            *_, last = entries(inv)

            assert last.act == "picture exported"
            assert last.facts["sha256"] == hashlib.sha256(made.content).hexdigest()
            assert last.facts["form"] == form
            assert (
                inv.root.hex() in made.content.decode("utf-8").replace("</text>", "")
                or form == "svg"
            )
            assert (
                re.sub(r"<[^>]*>", "", made.content.decode()).replace("\n", "").count("TRAINING")
                == 1
            )


def test_a_table_that_a_picture_lacks_is_not_exported(inv: Investigation) -> None:
    with pytest.raises(UsageError, match="no such table"):
        service.export_picture(inv, Look(picture="timeline"), "contacts")


def test_what_is_asked_of_a_picture_stands_in_the_log(inv: Investigation) -> None:
    look = Look(picture="network", query="boot", account="bram@test.example", steps=2, least=1)
    service.draw_picture(inv, look)
    *_, last = entries(inv)

    assert last.facts["query"] == "boot"
    assert last.facts["account"] == "bram@test.example"
    assert "steps" in last.facts
    assert replace(look, query="") != look


def test_pictures_hold_only_what_the_search_is_about(inv: Investigation) -> None:
    drawn = service.draw_picture(inv, Look(picture="hours", query="boot"))

    assert drawn.messages == count(inv, "boot")
    assert "boot" in "".join(drawn.told.lines)
