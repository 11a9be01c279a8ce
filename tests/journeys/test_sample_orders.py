"""The generator's sample orders are orders that Zegel understands."""

from __future__ import annotations

import pytest

from shieldnet.traffic.orders import write_orders
from shieldnet.traffic.settings import Settings
from zegel.authorisation.order import Order, read_order


@pytest.fixture(scope="module", params=[1, 2])
def orders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Order]:
    folder = tmp_path_factory.mktemp("orders")
    write_orders(Settings(seed=request.param), folder)
    return [read_order(path.read_bytes()) for path in sorted(folder.iterdir())]


def test_each_is_understood_and_belongs_to_another_investigation(orders: list[Order]) -> None:
    assert [order.investigation for order in orders] == ["Shieldnet", "Harbour", "Vault"]


def test_the_company_is_asked_for_its_records_only(orders: list[Order]) -> None:
    assert [clause.records for clause in orders[0].clauses] == [True]


def test_the_others_ask_for_terms_with_a_thread_and_with_hours_around(
    orders: list[Order],
) -> None:
    for order in orders[1:]:
        contexts = [clause.context for clause in order.clauses]

        assert all(clause.terms is not None for clause in order.clauses)
        assert any(context.thread for context in contexts)
        assert any(context.hours == 24 for context in contexts)
        assert any(clause.devices for clause in order.clauses)
