"""`phone enrol`, `send`, `receive` as a person types them; no secret is a word of a command."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import Live, Said, eventually, shieldnet

Typed = Callable[..., Said]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Typed:
    def typed(text: str, *words: str | Path) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return shieldnet(*words)

    return typed


def enrolled(live: Live, where: str, folder: Path, typed: Typed) -> str:
    """Enrol a phone by its code, which then works no more, and return its address."""
    address, code = live.device(where)
    said = typed(f"{code}\n", "phone", "enrol", live.folder, folder)
    again = typed(f"{code}\n", "phone", "enrol", live.folder, folder.parent / "other")

    assert (said.code, address in said.out) == (0, True), said
    assert again.code == 2
    assert "used" in again.err
    return address


def test_two_people_enrol_write_and_read_in_a_terminal(
    live: Live, tmp_path: Path, typed: Typed
) -> None:
    heron, finch = tmp_path / "heron", tmp_path / "finch"
    people = {
        folder: enrolled(live, where, folder, typed)
        for where, folder in (("ams", heron), ("yyz", finch))
    }
    (tmp_path / "map.bin").write_bytes(bytes(range(256)))
    text = "Subject: The quay\n\nHalf past eight \x1b[31m\n"
    words = ("send", heron, "--to", people[finch], "--attach", tmp_path / "map.bin", "--copy")
    sent = typed(text, *words)
    shown: list[str] = []

    def came() -> bool:
        shown.append(shieldnet("receive", finch, "--save", tmp_path / "files").out)
        return "Half past eight" in shown[-1]

    eventually(came)
    typed("back\n", "send", finch, "--to", people[heron])
    rows: list[dict[str, object]] = []

    def answered() -> bool:
        said = shieldnet("receive", heron, "--json", "--remove")
        rows.extend(json.loads(line) for line in said.out.splitlines())
        return bool(rows)

    eventually(answered)

    assert sent.code == 0, sent
    assert f"From {people[heron]} (encrypted, signed by {people[heron]})" in shown[-1]
    assert "Subject: The quay" in shown[-1]
    assert "\x1b" not in shown[-1]
    assert (tmp_path / "files/map.bin").read_bytes() == bytes(range(256))
    assert [(row["text"], row["signed_by"]) for row in rows] == [("back", people[finch])]
    assert shieldnet("receive", finch).out == "nothing new\n"
    assert {path.stat().st_mode & 0o77 for path in (heron, heron / "phone.json")} == {0}


def test_what_cannot_be_sent_is_one_sentence(live: Live, tmp_path: Path, typed: Typed) -> None:
    one = live.phone("ams")
    nobody = f"nobody@{one.site.domain}"
    for said, part in (
        (typed("", "send", one.folder, "--to", one.address), "There is no text"),
        (typed("x", "send", one.folder, "--to", nobody), nobody),
        (typed("x", "send", tmp_path, "--to", one.address), "is no phone"),
        (
            typed("WRON-GWRO-NGWR-ONGW-RONG\n", "phone", "enrol", live.folder, tmp_path / "p"),
            "code",
        ),
    ):
        assert said.code in (2, 3), said
        assert part in said.err
        assert one.password not in said.err + said.out
