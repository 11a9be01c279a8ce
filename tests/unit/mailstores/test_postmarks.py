from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.mailstores.postmarks import _DATES, _USUAL, is_dated, postmark_time

instants = st.datetimes(
    min_value=datetime.datetime(1971, 1, 1), max_value=datetime.datetime(2099, 12, 31)
).map(lambda when: when.replace(microsecond=0, tzinfo=datetime.UTC))


@given(when=instants)
def test_the_form_of_asctime_is_read_as_utc(when: datetime.datetime) -> None:
    line = f"From a@b.example {when.ctime()}".encode()

    assert postmark_time(line) == int(when.timestamp()) * 10**9


@given(
    sender=st.sampled_from(["a@b.example", "-", "Apr", "x-Apr", "3", "19-Apr-2016"]),
    weekday=st.sampled_from(["Tue", "Apr", "May"]),
    date=st.sampled_from(["Apr 19", "Apr  9", "May 00", "May 99"]),
    clock=st.sampled_from(["09:00:00", "9:00", "99:99:99"]),
    year=st.sampled_from(["2016", "0000", "9999"]),
)
def test_a_usual_line_has_the_date_that_a_search_finds_in_it(
    sender: str, weekday: str, date: str, clock: str, year: str
) -> None:
    line = f"From {sender} {weekday} {date} {clock} {year}".encode()
    usual, sought = _USUAL.fullmatch(line), _DATES[0].search(line, 5)

    assert usual is not None
    assert sought is not None
    assert {**sought.groupdict(), **usual.groupdict()} == sought.groupdict()
    assert sought["zone"] is sought["late"] is None


@given(when=instants, minutes=st.integers(-14 * 60, 14 * 60))
def test_a_written_zone_is_used(when: datetime.datetime, minutes: int) -> None:
    zone = datetime.timezone(datetime.timedelta(minutes=minutes))
    there = when.astimezone(zone)
    line = f"From - {there.ctime()} {there:%z}".encode()

    assert postmark_time(line) == int(when.timestamp()) * 10**9


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"From a@b.example",
        b"From me at 09:00",
        b"From a@b.example Tue Foo 19 09:00:00 2016",
        b"To a@b.example Tue Apr 19 09:00:00 2016",
    ],
)
def test_a_line_without_date_is_not_dated(line: bytes) -> None:
    assert not is_dated(line)


@given(line=st.binary(max_size=100))
def test_any_line_can_be_asked(line: bytes) -> None:
    postmark_time(b"From " + line)
