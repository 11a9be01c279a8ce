from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import pytest

from tests.truth.compare import main

TEXT = "Niemand mag dit zien"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
INBOX = "mail/d00001@ams.shieldnet.example/Maildir/cur/1.M2P3.mx,S=4,W=5:2,S"
EXPORT = "backups/export-d00002@yyz.shieldnet.example.mbox"
Row = tuple[str, str, int, str, str | None]


def truth(folder: Path, *states: str) -> Path:
    """Write one message stored in an inbox and in an export."""
    places = [
        {"site": site, "path": path, "offset": offset, "state": state}
        for site, path, offset, state in zip(
            ("ams", "yyz"), (INBOX, EXPORT), (0, 77), states, strict=True
        )
    ]
    message = {"id": "m00000001", "text": TEXT, "sha256": DIGEST, "places": places}
    (folder / "messages.jsonl").write_text(json.dumps(message) + "\n", "utf-8")
    return folder


def case(folder: Path, *rows: Row) -> Path:
    """Write states, layers and contents as a case keeps them."""
    written = {
        "settled/s0001-x/states": (
            'exhibit TEXT, entry INT, path BLOB, "offset" BIGINT, length BIGINT, state TEXT,'
            " signature TEXT, message_number INT"
        ),
        "scan/E1-000000-v5/layers": (
            'exhibit TEXT, entry INT, "offset" BIGINT, length BIGINT, kind TEXT, content_id BLOB'
        ),
        "open/r0001-x-000000/contents": "round INT, content_id BLOB, plaintext_sha256 BLOB",
    }
    with duckdb.connect() as connection:
        for place, columns in written.items():
            connection.execute(f'CREATE TABLE "{place}" ({columns})')
        states, layers, contents = (f'INSERT INTO "{place}" VALUES' for place in written)
        for entry, (exhibit, path, offset, state, digest) in enumerate(rows):
            raw = None if digest is None else bytes.fromhex(digest)
            values = [exhibit, entry, path.encode(), offset, state]
            connection.execute(f"{states} (?, ?, ?, ?, 9, ?, 'none', 0)", values)
            values = [exhibit, entry, offset, bytes((entry,))]
            connection.execute(f"{layers} (?, ?, ?, 9, 'seipd1', ?)", values)
            connection.execute(f"{contents} (1, ?, ?)", [bytes((entry,)), raw])
        for place in written:
            file = folder / "tables" / f"{place}.parquet"
            file.parent.mkdir(parents=True)
            connection.execute(f"COPY \"{place}\" TO '{file}' (FORMAT parquet)")
    return folder


GOOD: tuple[Row, Row] = (
    ("E1", INBOX, 0, "readable", DIGEST),
    ("E2", EXPORT, 77, "readable", DIGEST),
)


def test_a_case_that_agrees_ends_with_zero_and_shows_no_content(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(
        [str(truth(tmp_path, "readable", "readable")), str(case(tmp_path / "case", *GOOD))]
    )
    printed = capsys.readouterr().out

    assert status == 0
    assert "AGREES" in printed
    assert TEXT not in printed


def test_one_exhibit_of_both_sites_agrees_too(tmp_path: Path) -> None:
    rows = [
        ("E1", f"{site}/{path}", offset, state, digest)
        for site, (_, path, offset, state, digest) in zip(("ams", "yyz"), GOOD, strict=True)
    ]

    assert (
        main([str(truth(tmp_path, "readable", "readable")), str(case(tmp_path / "case", *rows))])
        == 0
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("E1", INBOX, 0, "readable", "00" * 32), "1  readable but different"),
        (("E1", INBOX, 0, "no key", None), "1  in the case, but not readable"),
        (("E1", INBOX, 5, "readable", DIGEST), "1  missing from the case"),
    ],
)
def test_anything_wrong_with_a_readable_place_ends_with_one(
    row: Row, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = case(tmp_path / "case", row, GOOD[1])
    status = main([str(truth(tmp_path, "readable", "readable")), str(folder)])

    assert status == 1
    assert said in capsys.readouterr().out


def test_other_states_are_shown_and_do_not_decide(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: tuple[Row, ...] = (
        ("E1", INBOX, 0, "key locked", None),
        ("E2", EXPORT, 77, "damaged", None),
        ("E2", "mail/other", 0, "not encrypted", None),
    )
    folder = case(tmp_path / "case", *rows)
    status = main([str(truth(tmp_path, "no key", "damaged")), str(folder)])
    printed = capsys.readouterr().out

    assert status == 0
    assert "1 stored messages of the case stand in no ground truth" in printed


def test_a_case_that_was_not_processed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="zegel process"):
        main([str(truth(tmp_path, "readable", "readable")), str(tmp_path / "none")])


def test_the_script_stands_outside_both_packages() -> None:
    source = (Path(__file__).parents[2] / "truth" / "compare.py").read_text("utf-8")

    assert "import zegel" not in source
    assert "from zegel" not in source
    assert "shieldnet import" not in source
