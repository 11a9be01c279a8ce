from __future__ import annotations

import random

import duckdb
import pytest

from zegel.processing.settling import join_messages


def joined(names: list[tuple[int, int]]) -> tuple[dict[int, int], int]:
    """Return the label of each place, and the rounds it took."""
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE names (place BIGINT, name BIGINT)")
        if names:
            columns = [list(column) for column in zip(*names, strict=True)]
            connection.execute("INSERT INTO names SELECT unnest(?), unnest(?)", columns)
        rounds = join_messages(connection)
        return dict(connection.execute("FROM labels").fetchall()), rounds


def lowest(names: list[tuple[int, int]]) -> dict[int, int]:
    """Do the same one step at a time."""
    labels = {place: place for place, _ in names}
    while True:
        least: dict[int, int] = {}
        for place, name in names:
            least[name] = min(labels[place], least.get(name, labels[place]))
        after = {place: min(least[n] for p, n in names if p == place) for place in labels}
        if after == labels:
            return labels
        labels = after


@pytest.mark.parametrize("seed", range(8))
def test_places_that_share_names_are_one_message_however_far_apart(seed: int) -> None:
    chance = random.Random(seed)
    names = [(chance.randint(1, 40), chance.randint(1, 35)) for _ in range(chance.randint(0, 70))]

    assert joined(names)[0] == lowest(names)


@pytest.mark.parametrize("seed", range(3))
def test_rounds_grow_as_the_logarithm_of_a_chain(seed: int) -> None:
    places = list(range(1, 3001))
    random.Random(seed).shuffle(places)
    chain = [(place, link) for link, place in enumerate(places)]
    chain += [(place, link + 1) for link, place in enumerate(places)]
    labels, rounds = joined(chain)

    assert set(labels.values()) == {1}
    assert len(labels) == len(places)
    assert rounds < 16
