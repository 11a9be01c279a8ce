"""What of a network is drawn, and where: held against plain sets; the same each time."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.analysis.test_analysis import row, traffic_of
from zegel.analysis import network as module
from zegel.analysis.network import Limits, edges_of, layout, network, reached

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


def made(pairs: list[tuple[int, int]]) -> Any:
    return traffic_of(
        [row([f"a{one}"], [f"a{other}"], at) for at, (one, other) in enumerate(pairs)]
    )


@given(PAIRS, st.integers(1, 3))
@settings(max_examples=60)
def test_an_edge_counts_both_ways_apart_and_the_least_is_of_both(
    pairs: list[tuple[int, int]], least: int
) -> None:
    found = made(pairs)
    names = found.accounts
    drawn = network(found, Limits(least=least))
    expected = {
        frozenset(pair): sum(frozenset(pair) == frozenset(other) for other in pairs)
        for pair in pairs
        if pair[0] != pair[1]
    }

    for edge in drawn.edges:
        one, other = (int(names[at][1:]) for at in (edge.one, edge.other))
        assert edge.forth == pairs.count((one, other))
        assert edge.back == pairs.count((other, one))
        assert edge.first_ns == min(
            pairs.index(p) for p in ((one, other), (other, one)) if p in pairs
        )
    kept = {
        frozenset(int(names[at][1:]) for at in (edge.one, edge.other)): edge.messages
        for edge in drawn.edges
    }
    assert kept == {pair: n for pair, n in expected.items() if n >= least}
    assert drawn.to_self == sum(one == other for one, other in pairs)
    assert {node.account for node in drawn.nodes} == {
        at for edge in drawn.edges for at in (edge.one, edge.other)
    }


@given(PAIRS, st.integers(1, 4))
@settings(max_examples=60)
def test_a_network_grown_from_an_account_holds_who_is_so_many_steps_away(
    pairs: list[tuple[int, int]], steps: int
) -> None:
    found = made([(0, 1), *pairs])
    edges = edges_of(found)
    start = found.accounts.index("a0")
    near = {start}
    for _ in range(steps):
        near |= {edge.other for edge in edges if edge.one in near} | {
            edge.one for edge in edges if edge.other in near
        }
    drawn = network(found, Limits(account=start, steps=steps))

    assert reached(edges, start, steps) == near
    assert {node.account for node in drawn.nodes} == near


def test_of_too_many_accounts_the_busiest_are_drawn_and_the_one_it_grows_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_ACCOUNTS", 3)
    found = made([(1, 2), (1, 2), (1, 2), (1, 3), (1, 3), (1, 4), (0, 1)])
    every = network(found)
    grown = network(found, Limits(account=found.accounts.index("a0"), steps=3))

    assert [found.accounts[node.account] for node in every.nodes] == ["a1", "a2", "a3"]
    assert every.accounts_left_out == 2
    assert "a0" in {found.accounts[node.account] for node in grown.nodes}


def test_messages_without_a_sender_are_counted_and_not_drawn() -> None:
    drawn = network(traffic_of([row([], ["a"]), row(["a"], []), row(["a"], ["b"])]))

    assert (drawn.nameless, len(drawn.edges)) == (2, 1)


def test_the_same_contacts_stand_at_the_same_places_whatever_was_laid_out_before() -> None:
    chance = random.Random(3)
    edges = tuple(
        (one, other, chance.randint(1, 9))
        for one, other in {tuple(sorted(chance.sample(range(60), 2))) for _ in range(150)}
    )
    first = layout(60, edges)
    layout.cache_clear()
    random.seed(9)
    layout(5, ((0, 1, 1), (2, 3, 1)))

    assert layout(60, edges) == first
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y, _ in first)


def test_accounts_that_write_each_other_are_of_one_community_and_stand_together() -> None:
    cliques = [range(start, start + 8) for start in (0, 8, 16)]
    edges = [
        (one, other, 5) for clique in cliques for one in clique for other in clique if one < other
    ]
    bridges = [(one[0], other[0], 1) for one, other in pairwise(cliques)]
    laid = layout(24, (*edges, *bridges))

    for clique in cliques:
        assert len({laid[at][2] for at in clique}) == 1

    def apart(one: int, other: int) -> float:
        return float(
            ((laid[one][0] - laid[other][0]) ** 2 + (laid[one][1] - laid[other][1]) ** 2) ** 0.5
        )

    inside = [apart(one, other) for one, other, _ in edges]
    across = [apart(one, other) for one in cliques[0] for other in cliques[2]]
    assert sum(inside) / len(inside) < sum(across) / len(across) / 2


def test_parts_that_do_not_hang_together_do_not_lie_on_each_other() -> None:
    edges = tuple((at, at + 1, 1) for at in range(0, 40, 2))
    laid = layout(40, edges)
    places = {(round(x, 3), round(y, 3)) for x, y, _ in laid}

    assert len(places) == 40


def test_nothing_written_is_an_empty_network() -> None:
    empty = network(traffic_of([]))

    assert (empty.nodes, empty.edges, empty.nameless, empty.to_self) == ((), (), 0, 0)
    assert isinstance(traffic_of([]).pairs, pa.Table)
