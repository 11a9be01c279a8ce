"""Intervals, agreement and draws, against published values and other programs."""

import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zegel.analysis.agreement import agreement
from zegel.analysis.drawing import draw, frame_digest
from zegel.analysis.intervals import exact_interval

NAMES = st.sets(st.text(st.characters(codec="utf-8", exclude_characters="\n")), max_size=40)


@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [
        # SciPy 1.17.1: binomtest(found, of).proportion_ci(method="exact")
        (0, 10, 0.0, 0.308497108),
        (10, 10, 0.691502892, 1.0),
        (5, 10, 0.187086028, 0.812913972),
        (7, 20, 0.153909205, 0.592188535),
        (81, 263, 0.252736746, 0.367621923),
        (0, 300, 0.0, 0.012220975),
        (1, 1000, 0.000025317, 0.005558924),
        (3, 50000, 0.000012374, 0.000175335),
    ],
)
def test_intervals_are_those_of_another_program(
    found: int, of: int, low: float, high: float
) -> None:
    interval = exact_interval(found, of)

    assert interval.low == pytest.approx(low, abs=1e-9)
    assert interval.high == pytest.approx(high, abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_an_interval_holds_the_share_found_and_its_mirror_mirrors_it(a: int, b: int) -> None:
    interval, mirror = exact_interval(a, a + b), exact_interval(b, a + b)

    assert 0 <= interval.low <= interval.high <= 1
    assert interval.share is None or interval.low <= interval.share <= interval.high
    assert interval.low == pytest.approx(1 - mirror.high, abs=1e-9)


def test_an_interval_is_right_at_least_as_often_as_it_says() -> None:
    chance = random.Random(7)
    shares = [0.02, 0.1, 0.5]
    for share in shares:
        counts = [sum(chance.random() < share for _ in range(80)) for _ in range(400)]
        bounds = {n: exact_interval(n, 80) for n in set(counts)}
        right = sum(bounds[n].low <= share <= bounds[n].high for n in counts)
        assert right >= 0.95 * len(counts)


def test_an_empty_sample_says_nothing() -> None:
    interval = exact_interval(0, 0)

    assert (interval.low, interval.high, interval.share) == (0.0, 1.0, None)


@pytest.mark.parametrize(("found", "of"), [(-1, 3), (4, 3)])
def test_what_is_no_count_is_refused(found: int, of: int) -> None:
    with pytest.raises(ValueError, match="between"):
        exact_interval(found, of)


def test_agreement_is_that_of_another_program() -> None:
    # 50 proposals read by two: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no give 0.4.
    pairs = [*[("y", "y")] * 20, *[("y", "n")] * 5, *[("n", "y")] * 10, *[("n", "n")] * 15]
    two = agreement(pairs)
    assert (two.of, two.agreed) == (50, 35)
    assert two.kappa == pytest.approx(0.4)
    # Three categories of 200 things; scikit-learn 1.9.1, cohen_kappa_score.
    cells = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    three = agreement(
        [
            (str(i), str(j))
            for i, row in enumerate(cells)
            for j, n in enumerate(row)
            for _ in range(n)
        ]
    )
    assert three.kappa == pytest.approx(0.4915254237288136)


def test_two_who_used_one_code_throughout_show_nothing_about_chance() -> None:
    assert agreement([("a", "a")] * 3).kappa is None
    assert agreement([]).kappa is None


@given(NAMES, st.integers(0, 45), st.text(max_size=8))
def test_a_draw_depends_on_seed_and_names_alone_and_grows(
    names: set[str], size: int, seed: str
) -> None:
    drawn = draw(sorted(names, reverse=True), size, seed)

    assert len(drawn) == min(size, len(names))
    assert set(drawn) <= names
    assert drawn == draw(names, size, seed) == draw(names, size + 3, seed)[:size]
    assert frame_digest(names) == frame_digest(sorted(names))


def test_every_name_is_drawn_about_as_often_as_any_other() -> None:
    names = [f"user{n}@a.example" for n in range(20)]
    times = dict.fromkeys(names, 0)
    for seed in range(2000):
        for name in draw(names, 5, str(seed)):
            times[name] += 1

    assert all(abs(n - 500) < 100 for n in times.values())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command")
def test_openssl_draws_the_same() -> None:
    names = ["a@x.example", "b@x.example", "é@x.example", "d@x.example"]

    def rank(name: str) -> str:
        command = ["openssl", "dgst", "-sha256", "-hmac", "court 17/2016", "-r"]
        done = subprocess.run(command, input=name.encode(), capture_output=True, check=True)
        return done.stdout.split()[0].decode()

    assert draw(names, 4, "court 17/2016") == sorted(names, key=rank)
