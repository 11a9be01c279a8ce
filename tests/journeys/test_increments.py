"""A run looks only at what is new: passphrases, keys, exhibits; nothing new, nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.cases import zegel, zegel_json
from tests.journeys.keys import locked_key_and_message

pytestmark = pytest.mark.slow


def mail_of(message: bytes) -> bytes:
    return b"From: a@test.example\nTo: b@test.example\nSubject: x\n\n" + message


def states(case: Path) -> dict[str, int]:
    found: dict[str, int] = zegel_json("ledger", "--case", case)["states"]
    return found


def parts(case: Path) -> list[str]:
    return sorted(str(path.relative_to(case)) for path in (case / "tables").glob("*/*"))


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A case whose two exhibits hold a message, and the locked key to it."""
    secret, message = locked_key_and_message()
    for name, content in (("mails", mail_of(message)), ("keys", secret)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(content)
    case = tmp_path / "case"
    zegel("init", case)
    zegel("intake", tmp_path / "mails", "--case", case)
    zegel("process", "--case", case)
    return case


def test_a_key_that_comes_later_and_then_its_passphrase_open_the_message(
    case: Path, tmp_path: Path
) -> None:
    seen = [states(case)]
    zegel("intake", tmp_path / "keys", "--case", case)
    zegel("process", "--case", case)
    seen.append(states(case))
    (tmp_path / "words").write_text("wrong\nright\n")
    zegel("process", "--case", case, "--passphrases", tmp_path / "words")
    seen.append(states(case))

    assert seen == [{"no key": 1}, {"key locked": 1}, {"readable": 1}]


def test_a_second_run_with_nothing_new_makes_no_part(case: Path) -> None:
    before = parts(case)
    zegel("process", "--case", case)

    assert parts(case) == before


def test_a_second_intake_of_the_same_copy_is_recognised(case: Path, tmp_path: Path) -> None:
    again = zegel_json("intake", tmp_path / "mails", "--case", case)

    assert (again["known"], again["identity"]) == (True, "E1")


def test_no_passphrase_and_no_text_is_shown_or_logged(case: Path, tmp_path: Path) -> None:
    zegel("intake", tmp_path / "keys", "--case", case)
    (tmp_path / "words").write_text("right\n")
    said = [zegel("process", "--case", case, "--passphrases", tmp_path / "words")]
    said += [zegel(word, "--case", case, "--json") for word in ("ledger", "keys", "problems")]
    shown = "".join(one.stdout + one.stderr for one in said)
    logged = (case / "custody" / "entries.jsonl").read_text()

    assert ["hello" in shown, '"right"' in shown, "hello" in logged, "right" in logged] == [
        *(False, False, False, False)
    ]
