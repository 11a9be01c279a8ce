"""One thing said of many messages is undone where nobody said anything since, and only there."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zegel.errors import UsageError
from zegel.investigation.acts import Act, newest_acts, saying
from zegel.investigation.casework import Standing, all_lines, newest_line, standing

ALL = tuple(bytes([n]) * 32 for n in range(4))
ANN, BOB = "ann", "bob"
Line = tuple[bytes, tuple[str, str], str]
"""Of which message, what kind and word, by whom."""
Stood = dict[bytes, tuple[set[str], dict[str, str]]]
"""By message: its tags, and how it is judged by whom."""


def say(folder: Path, message: bytes, kind: str, value: str, who: str) -> None:
    with saying(folder) as now:
        now.add(message, kind, value, who)


def many(
    folder: Path, kind: str, value: str, who: str = ANN, seen: int | None = None
) -> tuple[int | None, set[bytes]]:
    """Say it of all; return the act and the messages that were left."""
    with saying(folder) as now:
        weighed = now.weigh(ALL, kind, value, who, seen)
        act = now.say(weighed.lines, kind, value) if weighed.lines else None
    return act, {line.message for line in weighed.since}


def undo(folder: Path, act: int, who: str = ANN) -> set[bytes]:
    """Undo it; return the messages of which something else was said since."""
    with saying(folder) as now:
        done = now.act(act)
        weighed = now.undoing(done, who)
        if weighed.lines:
            now.say(weighed.lines, weighed.lines[0].kind, done.value, undoes=act)
    return {line.message for line in weighed.since}


def standing_now(folder: Path) -> Stood:
    now = standing(all_lines(folder))
    nothing = Standing()
    return {
        one: (set(now.get(one, nothing).tags), dict(now.get(one, nothing).judged)) for one in ALL
    }


SAID = st.lists(
    st.tuples(
        st.sampled_from(ALL),
        st.sampled_from(
            [("tag", "x"), ("untag", "x"), ("tag", "y"), ("relevance", "relevant"),
             ("relevance", "not relevant")]
        ),
        st.sampled_from([ANN, BOB]),
    ),
    max_size=6,
)  # fmt: skip


def undone(stood: Stood, acted: Stood, since: set[bytes], after: list[Line]) -> Stood:
    """Return what stands once an act is undone: what did before, save where more was said since."""
    expected = {one: (set(tags), dict(judged)) for one, (tags, judged) in stood.items()}
    for message in since:
        expected[message] = (set(acted[message][0]), dict(acted[message][1]))
    for message, (one, word), who in after:
        tags, judged = expected[message]
        if one == "tag":
            tags.add(word)
        elif one == "untag":
            tags.discard(word)
        else:
            judged[who] = word
    return expected


@settings(max_examples=30, deadline=None)
@given(
    before=SAID,
    after=SAID,
    bulk=st.sampled_from([("tag", "x"), ("untag", "x"), ("relevance", "relevant")]),
)
def test_an_undone_act_leaves_each_message_as_it_was_unless_something_was_said_since(
    before: list[Line],
    after: list[Line],
    bulk: tuple[str, str],
) -> None:
    """The oracle: what stood before, with what was said since by hand on top of it."""
    kind, value = bulk
    with TemporaryDirectory() as name:
        folder = Path(name)
        for message, (one, word), who in before:
            say(folder, message, one, word, who)
        stood = standing_now(folder)
        act, _ = many(folder, kind, value)
        acted = standing_now(folder)
        for message, (one, word), who in after:
            say(folder, message, one, word, who)
        if act is None:
            assert acted == stood
            return
        lines = len(all_lines(folder))
        left = undo(folder, act)
        now, kept = standing_now(folder), len(all_lines(folder))

    touched = {message for message in ALL if stood[message] != acted[message]}
    since = {
        message
        for message, (one, word), who in after
        if message in touched
        and ((one == "relevance" and who == ANN) if kind == "relevance" else word == value)
    }

    assert left == since
    assert now == undone(stood, acted, since, after)
    assert kept >= lines


def test_an_undoing_is_undone_like_any_act(tmp_path: Path) -> None:
    say(tmp_path, ALL[0], "relevance", "not relevant", ANN)
    act, _ = many(tmp_path, "relevance", "relevant")
    assert act is not None
    acted = standing_now(tmp_path)
    undo(tmp_path, act)
    newest, first = newest_acts(tmp_path, 9)
    undo(tmp_path, newest.id)

    assert (newest.undoes, first.undone_by) == (act, newest.id)
    assert standing_now(tmp_path) == acted


def test_to_undo_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    act, _ = many(tmp_path, "tag", "x")
    assert act is not None
    undo(tmp_path, act)
    lines = len(all_lines(tmp_path))

    assert undo(tmp_path, act) == set(ALL)
    assert len(all_lines(tmp_path)) == lines


def test_what_holds_already_is_not_said_again(tmp_path: Path) -> None:
    say(tmp_path, ALL[0], "tag", "x", BOB)
    act, _ = many(tmp_path, "tag", "x")

    assert newest_acts(tmp_path, 1)[0].lines == len(ALL) - 1
    assert many(tmp_path, "tag", "x") == (None, set())
    assert act is not None
    undo(tmp_path, act)
    assert standing_now(tmp_path)[ALL[0]] == ({"x"}, {})


def test_nobody_loses_a_tag_that_they_do_not_bear(tmp_path: Path) -> None:
    say(tmp_path, ALL[1], "tag", "x", BOB)
    many(tmp_path, "untag", "x")

    assert [line.message for line in all_lines(tmp_path) if line.kind == "untag"] == [ALL[1]]


@pytest.mark.parametrize(
    ("earlier", "theirs", "mine", "met"),
    [
        (("tag", "x"), ("untag", "x"), ("tag", "x"), True),
        (("tag", "x"), ("untag", "x"), ("tag", "y"), False),
        (None, ("tag", "x"), ("untag", "x"), True),
        (None, ("tag", "x"), ("tag", "x"), False),
        (None, ("relevance", "not relevant"), ("relevance", "relevant"), True),
        (None, ("relevance", "relevant"), ("relevance", "relevant"), False),
        (None, ("tag", "x"), ("relevance", "relevant"), False),
    ],
)
def test_what_somebody_else_said_otherwise_since_is_met_and_not_overwritten(
    tmp_path: Path,
    earlier: tuple[str, str] | None,
    theirs: tuple[str, str],
    mine: tuple[str, str],
    met: bool,
) -> None:
    if earlier:
        say(tmp_path, ALL[0], *earlier, ANN)
    seen = newest_line(tmp_path)
    say(tmp_path, ALL[0], *theirs, BOB)
    before = standing_now(tmp_path)[ALL[0]]
    _, left = many(tmp_path, *mine, seen=seen)

    assert left == ({ALL[0]} if met else set())
    assert not met or standing_now(tmp_path)[ALL[0]] == before
    # Once both are seen, it is said.
    _, again = many(tmp_path, *mine, seen=newest_line(tmp_path))
    assert again == set()


def test_ones_own_words_are_never_met(tmp_path: Path) -> None:
    say(tmp_path, ALL[0], "relevance", "not relevant", ANN)

    assert many(tmp_path, "relevance", "relevant", seen=0)[1] == set()


def test_a_block_that_raises_says_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with saying(tmp_path) as now:
            now.add(ALL[0], "tag", "x", ANN)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()

    assert all_lines(tmp_path) == []


def test_an_act_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError), saying(tmp_path) as now:
        now.act(7)

    assert newest_acts(tmp_path, 9) == []


def test_a_tag_is_not_in_the_representation_of_an_act() -> None:
    act = Act(id=1, kind="tag", value="content", who=ANN, at_ns=1, lines=1)

    assert "content" not in repr(act)
