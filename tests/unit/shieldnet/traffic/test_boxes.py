from __future__ import annotations

import hashlib
import mailbox
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shieldnet.errors import SettingsError
from shieldnet.traffic import live
from shieldnet.traffic.boxes import Boxes, Stored, quoted
from shieldnet.traffic.generate import generate
from shieldnet.traffic.settings import Settings
from tests.unit.shieldnet.traffic.test_generate import lines, places, stored

SETTINGS = Settings(
    devices=20, messages=120, seed=5, plain=0.15, damaged=0.03, store="mbox", quick=True, signed=0.4
)
MOMENT = 1_450_000_000 * 10**9


def counted(path: Path) -> int:
    """Return how many messages the standard library finds."""
    with closing(mailbox.mbox(path, create=False)) as box:
        return len(box)


@given(st.lists(st.sampled_from([b"From ", b">From ", b"x", b"\n", b">", b"From: a\n"])))
def test_a_quoted_mail_can_be_had_back(parts: list[bytes]) -> None:
    mail = b"".join(parts)
    back = b"\n".join(
        line[1:] if line.startswith(b">") and line.lstrip(b">").startswith(b"From ") else line
        for line in quoted(mail).split(b"\n")
    )

    assert back == mail
    assert not any(line.startswith(b"From ") for line in quoted(mail).split(b"\n"))


def test_what_is_appended_lies_where_it_is_said_to_lie(tmp_path: Path) -> None:
    (tmp_path / "ams").mkdir()
    boxes = Boxes(tmp_path)
    mails = [b"A: 1\n\none\n", b"A: 2\n\ntwo", b"A: 3\n\nthree\n"]
    records = [Stored(sender="a@b.example", shown=MOMENT, stored=mail) for mail in mails]
    starts = boxes.append("ams", "box", records[:2]) + boxes.append("ams", "box", records[2:])
    content = (tmp_path / "ams" / "box").read_bytes()

    assert [content[at : at + len(mail)] for at, mail in zip(starts, mails, strict=True)] == mails
    assert counted(tmp_path / "ams" / "box") == len(mails)


def test_accounts_may_keep_their_mail_in_mbox_form(tmp_path: Path) -> None:
    generate(SETTINGS, tmp_path, workers=1)
    messages = lines(tmp_path / "truth" / "messages.jsonl")
    boxes = sorted((tmp_path / "copy").glob("*/mail/*/*"))

    assert {path.name for path in boxes} == {"mbox", "Sent"}
    kept = [place for _, place in places(messages) if place["path"].startswith("mail/")]
    assert sum(map(counted, boxes)) == len(kept) > 120
    for _, place in places(messages):
        assert hashlib.sha256(stored(tmp_path, place)).hexdigest() == place["sha256"]


def test_how_mail_is_kept_and_sealed_changes_nothing_that_was_written(tmp_path: Path) -> None:
    said = []
    for store in ("mbox", "maildir"):
        other = Settings(
            devices=20, messages=60, seed=5, store=store, quick=store == "mbox", signed=0.4
        )
        generate(other, tmp_path / store, workers=1)
        found = lines(tmp_path / store / "truth" / "messages.jsonl")
        said.append([{**message, "places": None} for message in found])

    assert said[0] == said[1]


def test_live_sites_keep_no_mail_in_mbox_form(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Leave out --store or --live"):
        live.write(SETTINGS, tmp_path / "net")
