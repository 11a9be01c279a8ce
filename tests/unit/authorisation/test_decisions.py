"""The rules of accounts and clauses that no generated world shows: clocks, holders, languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.authorisation import Order, read_order
from zegel.authorisation.accounts import Holdings, intersect, scope, united
from zegel.authorisation.admit import Admitted, Row, admit
from zegel.authorisation.conditions import check_conditions
from zegel.authorisation.order import OrderError
from zegel.errors import ConditionError

DAY = 86_400 * 10**9
JANUARY = 1_451_606_400 * 10**9
"""2016-01-01T00:00:00Z."""


def order(clause: str = "", rest: str = "", **changed: str) -> Order:
    head = {
        "number": '"1"', "magistrate": '"J"', "investigation": '"I"', "offences": '["theft"]',
        "issued": "2016-05-01T00:00:00Z", "expires": "2099-01-01T00:00:00Z", "purpose": '"p"',
        **changed,
    }  # fmt: skip
    lines = [f"{name} = {value}" for name, value in head.items() if value]
    period = "from = 2016-01-01T00:00:00Z\nuntil = 2016-01-11T00:00:00Z\n"
    clause = clause or 'accounts = ["a@x"]'
    body = f'[[clause]]\nname = "c"\n{period}{clause}\n'
    return read_order(("\n".join(lines) + f"\n{body}{rest}").encode())


def row(number: int, *days: float, state: str = "readable", accounts: str = "a@x") -> Row:
    return Row(
        number=number,
        state=state,
        instants=tuple(JANUARY + int(day * DAY) for day in days),
        accounts=frozenset(accounts.split()),
        names=(),
        conversation=accounts,
    )


def holding(
    account: str, holder: str, start: float | None, end: float | None, device: str = ""
) -> dict[str, Any]:
    def at(day: float | None) -> int | None:
        return None if day is None else JANUARY + int(day * DAY)

    return {
        "account": account,
        "holder": holder,
        "device": device,
        "start_ns": at(start),
        "end_ns": at(end),
    }


def decide(
    given_order: Order, *rows: Row, holdings: Any = (), hits: Any = (), language: str = "nl"
) -> Admitted:
    return admit(given_order, rows, Holdings(holdings), lambda _: set(hits), lambda _: language)


def test_a_message_whose_clocks_straddle_the_period_is_left_out_and_counted() -> None:
    admitted = decide(order(), row(1, 5), row(2, 9.9, 10.1), row(3, 11), row(4))

    assert list(admitted.messages) == [1]
    assert admitted.left_out["c"] == {
        "its clocks straddle the period": 1,
        "outside the period": 1,
        "no clock": 1,
    }


def test_the_end_of_a_period_is_not_in_it() -> None:
    assert list(decide(order(), row(1, 0), row(2, 10)).messages) == [1]


def test_an_account_is_matched_whatever_its_capitals() -> None:
    assert list(decide(order('accounts = ["A@X"]'), row(1, 5)).messages) == [1]


def test_what_cannot_be_read_is_admitted_without_terms_only() -> None:
    closed = row(1, 5, state="no key")
    with_terms = decide(order('terms = ["x"]'), closed, hits=[1])

    assert decide(order(), closed).messages == {1: [("c", "account and period")]}
    assert with_terms.messages == {}
    assert with_terms.left_out["c"] == {"cannot be read, and the clause has terms": 1}


def test_a_language_narrows_the_hits() -> None:
    wanted = order('terms = ["x"]\nlanguages = ["nl", "und"]')

    assert list(decide(wanted, row(1, 5), hits=[1]).messages) == [1]
    other = decide(wanted, row(1, 5), hits=[1], language="es")
    assert (other.messages, other.left_out["c"]["another language"]) == ({}, 1)


def test_an_exclusion_of_one_clause_holds_for_all() -> None:
    two = order(
        rest='[clause.except]\naccounts = ["b@x"]\n[[clause]]\nname = "d"\naccounts = ["b@x"]\n'
        "from = 2016-01-01T00:00:00Z\nuntil = 2016-01-11T00:00:00Z\n"
    )

    assert decide(two, row(1, 5, accounts="a@x b@x"), row(2, 5, accounts="b@x")).messages == {}


def test_an_excluded_period_keeps_out_what_touches_it() -> None:
    rest = "[[except.periods]]\nfrom = 2016-01-03T00:00:00Z\nuntil = 2016-01-04T00:00:00Z\n"

    assert list(decide(order(rest="[except]\n" + rest), row(1, 2.5, 5), row(2, 5)).messages) == [2]


def test_a_clause_about_records_admits_no_message() -> None:
    admitted = decide(order('subject = "records"'), row(1, 5))

    assert (admitted.messages, len(admitted.records)) == ({}, 1)


TWO = (holding("a@x", "ann", 0, 5, "S1"), holding("a@x", "bob", 5, None, "S1"))


def test_an_account_of_two_people_is_refused_until_one_is_named() -> None:
    with pytest.raises(OrderError, match="ann, bob"):
        decide(order(), row(1, 2), holdings=TWO)

    named = order('accounts = ["a@x"]\nholders = ["bob"]')
    assert list(decide(named, row(1, 2), row(2, 7), holdings=TWO).messages) == [2]


def test_a_holder_alone_means_his_accounts_at_his_time() -> None:
    admitted = decide(order('holders = ["ann"]'), row(1, 2), row(2, 7), holdings=TWO)

    assert list(admitted.messages) == [1]


def test_a_device_means_its_accounts_at_its_time() -> None:
    lent = (holding("a@x", "ann", 0, 5, "S1"), holding("b@x", "ann", 5, None, "S2"))
    admitted = decide(
        order('devices = ["S2"]'), row(1, 7, accounts="b@x"), row(2, 7), row(3, 2, accounts="b@x"),
        holdings=lent,
    )  # fmt: skip

    assert list(admitted.messages) == [1]


@pytest.mark.parametrize(
    "clause",
    ['devices = ["S9"]', 'holders = ["eve"]', 'accounts = ["a@x"]\nholders = ["ann", "eve"]'],
)
def test_a_name_no_registry_knows_is_refused(clause: str) -> None:
    with pytest.raises(OrderError, match="no registry knows"):
        decide(order(clause), row(1, 2), holdings=TWO)


def test_an_interval_without_end_ends_where_the_next_holder_begins() -> None:
    open_ended = (holding("a@x", "ann", None, None), holding("a@x", "bob", 5, None))
    ann = scope(order('holders = ["ann"]').clauses[0], Holdings(open_ended))

    assert ann == {"a@x": [(JANUARY, JANUARY + 5 * DAY)]}


def test_two_rows_of_one_interval_are_one() -> None:
    twice = [holding("a@x", "ann", 0, 4), holding("a@x", "ann", 0, 4), holding("a@x", "ann", 4, 6)]

    assert Holdings(twice).of_holder("ann") == {"a@x": [(JANUARY, JANUARY + 6 * DAY)]}


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda p: (p[0], p[0] + p[1]))
)


@given(SPANS, SPANS)
def test_intervals_are_the_instants_they_hold(one: list[Any], other: list[Any]) -> None:
    def instants(spans: list[Any]) -> set[int]:
        return {at for start, end in spans for at in range(start, end)}

    both = instants(one) & instants(other)
    assert instants(united(one)) == instants(one)
    assert instants(intersect(united(one), united(other))) == both
    edges = [edge for span in united(one) for edge in span]
    assert edges == sorted(set(edges))


CONDITIONS = {"investigations": ["Quay"], "offences": ["murder"], "onward_use": "none"}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, "theft"),
        ({"offences": '["murder", "theft"]'}, "theft"),
        ({"investigation": '"Quay"', "onward_use": '"to the tax office"'}, "onward use"),
        ({"exhibits": '["E7"]'}, "E7"),
    ],
)
def test_an_order_beyond_a_condition_is_refused_by_its_name(
    changed: dict[str, str], named: str
) -> None:
    with pytest.raises(ConditionError, match=named):
        check_conditions(order(**changed), {"E1": CONDITIONS})


@pytest.mark.parametrize(
    "changed", [{"investigation": '" quay"'}, {"offences": '["Murder"]'}, {"exhibits": '["E2"]'}]
)
def test_an_order_within_the_conditions_passes(changed: dict[str, str]) -> None:
    check_conditions(order(**changed), {"E1": CONDITIONS, "E2": {}})


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_an_order_or_are_refused(text: bytes) -> None:
    with pytest.raises(OrderError):
        read_order(text)


@pytest.mark.parametrize(
    ("clause", "rest", "changed", "says"),
    [
        ("", "", {"nummer": '"1"'}, "nummer"),
        ("", "", {"purpose": ""}, "purpose"),
        ("", "", {"expires": "2016-04-01T00:00:00Z"}, "expires before"),
        ("", "", {"issued": "2016-05-01T00:00:00"}, "zone"),
        ("", "", {"offences": "[]"}, "empty"),
        ('languages = ["nl"]', "", {}, "never are one"),
        ('accounts = ["a@x"]\ncontext = "thread"', "", {}, "no terms"),
        ('terms = ["x"]\ncontext = "soon"', "", {}, "24 hours"),
        ('subject = "records"\nterms = ["x"]', "", {}, "no terms"),
        ('terms = ["x ("]', "", {}, r"terms\[0\]"),
        ('terms = "x"', "", {}, "list"),
        (
            "",
            '[[clause]]\nname = "c"\nterms = ["x"]\n'
            "from = 2016-01-01T00:00:00Z\nuntil = 2016-01-02T00:00:00Z",
            {},
            "two clauses",
        ),
    ],
)
def test_an_order_that_is_not_understood_says_where(
    clause: str, rest: str, changed: dict[str, str], says: str
) -> None:
    with pytest.raises(OrderError, match=says):
        order(clause, rest, **changed)


def test_an_account_is_on_its_last_device_once_it_is_on_the_next() -> None:
    """A registry that forgot to end the first device's time gives it no message more."""
    rows = [holding("a@x", "", 0, None, "S1"), holding("a@x", "", 5, None, "S2")]
    holdings = Holdings(rows)

    assert holdings.of_device("S1") == {"a@x": [(JANUARY, JANUARY + 5 * DAY)]}
    assert list(holdings.devices("a@x", (JANUARY + 6 * DAY, JANUARY + 7 * DAY))) == ["S2"]
    admitted = decide(order('devices = ["S1"]'), row(1, 2), row(2, 7), holdings=rows)
    assert list(admitted.messages) == [1]
