"""The script that prints error rates sees every kind of error, and no error where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.truth.rates import Place, Rate, of_decryption, of_deduplication, of_parsing

Rows = dict[Place, dict[str, Any]]


def message(name: str, *states: str) -> dict[str, Any]:
    places = [
        {"path": f"{name}/{number}", "offset": 0, "state": state}
        for number, state in enumerate(states)
    ]
    return {"id": name, "sha256": name * 2, "signature": "good", "places": places}


WRITTEN = [message("a", "readable", "readable"), message("b", "readable"), message("c", "no key")]


def rows() -> Rows:
    """Return what a case without any error says of what was written."""
    found: Rows = {}
    for one in WRITTEN:
        for place in one["places"]:
            found[place["path"], 0] = {
                "state": place["state"],
                "digest": one["sha256"] if place["state"] == "readable" else "",
                "signature": "good",
                "message": one["id"].encode(),
            }
    return found


def wrong(case: Rows) -> set[str]:
    """Return what of a case came out wrong, in words."""
    every = (*of_parsing(WRITTEN, case), *of_decryption(WRITTEN, case),
             *of_deduplication(WRITTEN, case))  # fmt: skip
    return {rate.what for rate in every if rate.right != rate.of}


def test_where_nothing_is_wrong_nothing_is_said_to_be() -> None:
    assert wrong(rows()) == set()


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (("a/0", 0), None, "stored messages that are found"),
        (("x/0", 0), {"state": "readable", "message": b"x", "digest": ""},
         "found messages that were stored"),
        (("a/0", 0), {"state": "damaged"}, "places due readable that are, and equal"),
        (("a/0", 0), {"digest": "other"}, "readable places that are what was written"),
        (("c/0", 0), {"state": "damaged"}, "places in the state they are due"),
        (("a/1", 0), {"message": b"split"}, "messages whose legible copies are one"),
        (("b/0", 0), {"message": b"a"}, "messages that hold nobody else's copies"),
    ],
)  # fmt: skip
def test_each_kind_of_error_is_seen(place: Place, change: dict[str, Any] | None, said: str) -> None:
    case = rows()
    if change is None:
        del case[place]
    else:
        case[place] = {**case.get(place, {}), **change}

    assert said in wrong(case)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [
        # SciPy 1.17.1: binomtest(right, of).proportion_ci(method="wilson")
        (0, 10, 0.0, 0.277532799862889),
        (366, 366, 0.989613228238545, 1.0),
        (383, 414, 0.895675434980189, 0.946749347360646),
    ],
)
def test_intervals_are_those_of_another_program(
    right: int, of: int, low: float, high: float
) -> None:
    rate = Rate(step="x", what="y", right=right, of=of)

    assert rate.interval() == pytest.approx((low, high), abs=1e-9)


def test_of_nothing_nothing_is_known() -> None:
    assert Rate(step="x", what="y", right=0, of=0).interval() == (0.0, 1.0)
