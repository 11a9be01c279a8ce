from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.real_data import PROJECT
from zegel.errors import UsageError
from zegel.exhibits.acquisition import Acquisition, Conditions, read_acquisition, unknown_keys

REFERENCE = PROJECT / "docs" / "reference" / "acquisition.md"


def test_an_empty_description_restricts_nothing() -> None:
    assert read_acquisition(b"") == (Acquisition(), Conditions())


def test_the_example_of_the_reference_is_understood_whole() -> None:
    example = re.search(r"```toml\n(.*?)```", Path(REFERENCE).read_text(encoding="utf-8"), re.S)
    assert example is not None

    described = read_acquisition(example[1].encode())
    acquisition, conditions = described
    assert unknown_keys(described) == ()
    assert acquisition.acquired_at == "2016-04-19T09:30:00+02:00"
    assert conditions.offences == ("murder", "attempted murder")
    assert all(getattr(acquisition, name) for name in acquisition.__slots__ if name != "extra")


def test_an_unknown_key_is_kept_and_named() -> None:
    described = read_acquisition(b"[acquisition]\nweather = 2016-04-19\n[conditions]\nx = [1]\n")

    assert described[0].extra == {"weather": "2016-04-19"}
    assert unknown_keys(described) == ("acquisition.weather", "conditions.x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[acquisition]\nlabel = 7", "`acquisition.label` must be text"),
        (b"[conditions]\noffences = [1]", "`conditions.offences` must be a list"),
        (b"acquisition = 1", "`acquisition` must be a table"),
        (b"[acquisition\n", "line 1"),
        (b"\xff", "not UTF-8"),
        (b"#" * 2**21, "larger than"),
    ],
)
def test_what_is_wrong_is_refused_with_its_key_or_line(text: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_acquisition(text)


@given(text=st.text())
def test_any_text_is_understood_or_refused(text: str) -> None:
    with contextlib.suppress(UsageError):
        read_acquisition(text.encode("utf-8", "surrogatepass"))
