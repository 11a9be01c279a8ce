"""Times in a named zone, from locked tables."""

from __future__ import annotations

import pytest

from zegel.dossier.reading.instants import Instants, apart
from zegel.dossier.reading.wording import words
from zegel.errors import UsageError

SECOND = 10**9
BEFORE_SUMMER = 1_459_040_399 * SECOND
"""2016-03-27T00:59:59Z: the last second of winter time in Amsterdam."""


@pytest.mark.parametrize(
    ("zone", "ns", "written"),
    [
        ("UTC", BEFORE_SUMMER, "Sun 2016-03-27 00:59:59 +00:00"),
        ("Europe/Amsterdam", BEFORE_SUMMER, "Sun 2016-03-27 01:59:59 +01:00"),
        ("Europe/Amsterdam", BEFORE_SUMMER + SECOND, "Sun 2016-03-27 03:00:00 +02:00"),
        ("America/Toronto", BEFORE_SUMMER, "Sat 2016-03-26 20:59:59 \u221204:00"),
        ("Asia/Kolkata", BEFORE_SUMMER, "Sun 2016-03-27 06:29:59 +05:30"),
        ("Europe/Amsterdam", -1, "Thu 1970-01-01 00:59:59 +01:00"),
        ("Europe/Amsterdam", None, None),
        ("Europe/Amsterdam", 2**63 - 1, "Sat 2262-04-12 01:47:16 +02:00"),
        ("Pacific/Kiritimati", 253_402_300_799 * SECOND, None),
        ("Europe/Amsterdam", 10**30, None),
        ("Europe/Amsterdam", -(10**30), None),
    ],
)
def test_an_instant_is_written_with_the_offset_of_its_zone_then(
    zone: str, ns: int | None, written: str | None
) -> None:
    assert Instants(zone, words("en")).local(ns) == written


def test_days_are_named_in_the_language() -> None:
    assert str(Instants("UTC", words("nl")).local(0)).startswith("do ")


@pytest.mark.parametrize("name", ["Mars/Base", "../../etc/passwd", "/etc/localtime", "", "zones"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        Instants(name, words("en"))


@pytest.mark.parametrize(
    ("ns", "written"),
    [
        (0, "+00:00:00"),
        (-54_000 * SECOND, "\u221215:00:00"),
        (90_061 * SECOND, "+1 d 01:01:01"),
        (-2 * 86_400 * SECOND, "\u22122 d 00:00:00"),
    ],
)
def test_a_distance_between_clocks_reads_as_days_and_time(ns: int, written: str) -> None:
    assert apart(ns) == written
