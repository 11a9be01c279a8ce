"""An investigation holds what its order admits and nothing else, whatever is asked of it."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.journeys.asking import case_of, found, granted, leaks, refusals, wrong_counts
from tests.journeys.worlds import WORDS, World, expected, worlds
from zegel.custody.log import Log
from zegel.investigation import Investigation

# A world costs half a second: to shrink one would take minutes and tell little more.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW = settings(max_examples=8, suppress_health_check=list(HealthCheck), phases=PHASES)


@SLOW
@given(worlds(), st.sampled_from(WORDS))
def test_what_the_order_admits_is_inside_and_nothing_else(world: World, words: str) -> None:
    with case_of(world) as case, granted(world, case) as inv:
        assert found(inv) == expected(world)
        assert leaks(world, case, inv, words) == []
        assert wrong_counts(world, inv) == []
        before = len(acts(inv))
        (answer,) = refusals(inv, case)
        outside = len(world.letters) - inv.messages

        assert "there is no such message here" in answer
        assert acts(inv)[before:] == ["message read"] * (outside + bool(outside) + 3)


def acts(inv: Investigation) -> list[str]:
    """Return what the log of an investigation holds: every question, answered or not."""
    return [entry.act for entry in Log.open(inv.folder / "custody", None).entries()]
