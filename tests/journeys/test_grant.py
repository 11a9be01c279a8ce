"""From an order to a folder: whole or not there, proved to the seal, refusals on record."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import Said, done, network, say
from tests.journeys.undisturbed import ORDER
from zegel import service
from zegel.casefile import Case
from zegel.custody.merkle import verify_inclusion
from zegel.custody.watch import listing
from zegel.investigation import Investigation
from zegel.search import Page
from zegel.service import gathering


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a training case of a small network, processed and indexed, and an order beside it."""
    folder = tmp_path_factory.mktemp("grant")
    ams, yyz = network(folder / "net", "--devices", "12", "--messages", "200")
    case = folder / "case"
    done("init", case, "--training")
    done("intake", ams, "--case", case)
    done("intake", yyz, "--case", case, "--investigation", "Quay")
    done("process", "--case", case, "--index", "--workers", "1")
    (folder / "order.toml").write_text(ORDER.format(accounts=json.dumps(accounts(folder))), "utf-8")
    done("grant", folder / "order.toml", "--case", case, "--out", folder / "inv")
    # Reading is logged by whoever holds the folder: one copy nobody has read.
    shutil.copytree(folder / "inv", folder / "unread")
    return folder


def devices(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "net" / "truth" / "devices.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def accounts(folder: Path) -> list[str]:
    """Return the accounts that one person alone held."""
    return [one["address"] for one in devices(folder) if len(one["holders"]) == 1]


def investigation(folder: Path) -> Investigation:
    return Investigation.open(folder / "inv")


def last_acts(case: Path, count: int) -> list[str]:
    return [entry.act for entry in Case.open(case).log().entries()][-count:]


def refused(made: Path, text: str, case: Path | None = None) -> Said:
    """Grant an order that must be refused; leave no folder and one entry in the log."""
    order = made / "refused.toml"
    order.write_text(text, "utf-8")
    said = say("grant", order, "--case", case or made / "case", "--out", made / "no")

    assert not (made / "no").exists()
    assert last_acts(case or made / "case", 1) == ["grant refused"]
    return said


def test_every_place_is_proved_to_the_seal_of_its_exhibit(made: Path) -> None:
    inv = investigation(made)
    seals = {one["exhibit"]: one for one in inv.header["exhibits"]}
    places = list(inv.rows("places"))
    for place in places:
        exhibit = seals[place["exhibit"]]
        leaf = hashlib.sha256(b"\0" + place["sealed_entry"].encode()).digest()
        verify_inclusion(
            leaf=leaf,
            index=place["entry"],
            size=exhibit["entries"],
            proof=place["proof"],
            root=bytes.fromhex(exhibit["seal"]),
        )

    assert len(places) > 50


def test_raw_bytes_are_those_of_the_copy(made: Path) -> None:
    inv = investigation(made)
    copies = {"E1": made / "net" / "copy" / "ams", "E2": made / "net" / "copy" / "yyz"}
    whole = 0
    for place in inv.rows("places"):
        raw = inv.bytes_at(place["raw_at"], place["raw_length"], place["raw_sha256"])
        file = Path(os.fsdecode(os.fsencode(copies[place["exhibit"]]) + b"/" + place["path"]))
        if file.is_file() and place["format"] == "maildir":
            whole += raw == file.read_bytes()

    assert whole > 50


def test_plaintexts_are_those_that_were_written(made: Path) -> None:
    inv = investigation(made)
    truth = (made / "net" / "truth" / "messages.jsonl").read_text("utf-8").splitlines()
    written = {json.loads(line)["sha256"] for line in truth}
    opened = [block for block in inv.rows("ciphertexts") if block["plaintext_at"] is not None]
    for block in opened:
        length, digest = block["plaintext_length"], block["plaintext_sha256"]
        inv.bytes_at(block["plaintext_at"], length, digest)

    assert len(opened) > 20
    assert {block["plaintext_sha256"].hex() for block in opened} & written


def test_the_order_is_kept_as_received(made: Path) -> None:
    assert investigation(made).order == (made / "order.toml").read_bytes()


def test_the_same_order_gives_the_same_root_and_another_case_another(made: Path) -> None:
    done("grant", made / "order.toml", "--case", made / "case", "--out", made / "again")
    again = Investigation.open(made / "again")

    assert again.root == investigation(made).root
    other = made / "other"
    shutil.copytree(made / "case", other)
    (other / "private" / "case-secret").write_bytes(b"o" * 32)
    secret = listing(other, [other / "private" / "case-secret"])
    Case.open(other).log().append("secret replaced", secret)
    done("grant", made / "order.toml", "--case", other, "--out", made / "inv-other")
    assert Investigation.open(made / "inv-other").root != again.root


def test_several_processes_make_the_same_folder_as_one(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, order = Case.open(made / "case"), (made / "order.toml").read_bytes()
    monkeypatch.setattr(gathering, "PORTION", 7)
    for workers in (1, 2):
        service.grant(case, order, made / f"by-{workers}", workers=workers)
        by = Investigation.open(made / f"by-{workers}")
        by.check()

        assert by.root == investigation(made).root
        assert (by.folder / "bytes.pack").read_bytes() == (made / "inv/bytes.pack").read_bytes()
        for name in ("messages", "places", "ciphertexts", "attachments"):
            assert list(by.rows(name)) == list(investigation(made).rows(name))
        found = service.search(by, "", Page(limit=1000))
        assert found["hits"] == service.search(investigation(made), "", Page(limit=1000))["hits"]


def test_keys_are_named_with_the_places_they_were_found_at(made: Path) -> None:
    inv = investigation(made)
    used = {b["key_fingerprint"] for b in inv.rows("ciphertexts") if b["key_fingerprint"]}
    keys = {row["fingerprint"]: row for row in inv.rows("keys")}

    assert used <= keys.keys()
    assert all(keys[fingerprint]["found"] for fingerprint in used)


def test_what_cannot_be_read_comes_along_without_terms_and_is_counted_with(made: Path) -> None:
    states = {row["state"] for row in investigation(made).rows("messages")}
    closed = states - {"readable", "not encrypted", "partly readable"}

    assert closed
    with_terms = (made / "order.toml").read_text("utf-8") + 'terms = ["de OR the"]\n'
    (made / "terms.toml").write_text(with_terms, "utf-8")
    said = say("grant", made / "terms.toml", "--case", made / "case", "-o", made / "t", "--json")
    out = said.json["left_out"]["all"]
    assert out["cannot be read, and the clause has terms"] > 0


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("2099-01-01", "2016-06-01", 7, "expired"),
        ("2016-05-01", "2098-05-01", 7, "future"),
        ('"Quay"', '"Other"', 7, "conditions of exhibit E2"),
        ("purpose", "pupose", 2, "purpose"),
        ("2017-01-01T00:00:00Z", "2017-01-01T00:00:00", 2, "zone"),
        ("[[clause]]", 'exhibits = ["E9"]\n[[clause]]', 7, "E9"),
    ],
)
def test_a_refused_order_leaves_no_folder_and_says_why(
    made: Path, old: str, new: str, code: int, says: str
) -> None:
    said = refused(made, (made / "order.toml").read_text("utf-8").replace(old, new))

    assert (said.code, says in said.err) == (code, True)


def test_an_account_of_several_people_is_refused_until_somebody_is_named(made: Path) -> None:
    several = next((one for one in devices(made) if len(one["holders"]) > 1), None)
    if several is None:
        several = _reissued(made)
    text = ORDER.format(accounts=json.dumps([several["address"]]))

    assert "several people" in refused(made, text).err


def _reissued(made: Path) -> dict[str, Any]:
    """Take in a registry by which one account changed hands."""
    copy = made / "registry"
    copy.mkdir(exist_ok=True)
    rows = "serial,address,holder,from,to\nS1,re@x.example,ann,2015-01-01,2015-06-01\n"
    (copy / "devices.csv").write_text(rows + "S1,re@x.example,bob,2015-06-01,\n", "utf-8")
    done("intake", copy, "--case", made / "case")
    done("process", "--case", made / "case", "--index", "--workers", "1")
    return {"address": "re@x.example"}


@pytest.mark.parametrize("damage", ["manifest", "tree"])
def test_a_manifest_or_tree_changed_since_the_seal_stops_a_grant(
    made: Path, tmp_path: Path, damage: str
) -> None:
    case = shutil.copytree(made / "case", tmp_path / "case")
    shelf = case / "exhibits" / "E1"
    if damage == "tree":
        content = bytearray((shelf / "tree").read_bytes())
        content[-40] ^= 1
        (shelf / "tree").write_bytes(content)
    else:
        manifest = pq.read_table(shelf / "entries.parquet")
        later = pc.add(manifest.column("mtime_ns"), 1)
        place = manifest.schema.get_field_index("mtime_ns")
        pq.write_table(manifest.set_column(place, "mtime_ns", later), shelf / "entries.parquet")
    said = say("grant", made / "order.toml", "--case", case, "--out", tmp_path / "inv")

    assert (said.code, (tmp_path / "inv").exists()) == (6, False)
    assert f"exhibits/E1/{'tree' if damage == 'tree' else 'entries.parquet'}" in said.err


def test_an_unsigned_order_is_refused_outside_training(tmp_path: Path, made: Path) -> None:
    case = tmp_path / "real"
    done("init", case)

    assert "not signed" in refused(made, (made / "order.toml").read_text("utf-8"), case).err


def test_a_moved_folder_opens_without_its_case_and_names_its_new_holder(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(made / "unread", moved)
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    monkeypatch.chdir(tmp_path)
    count = say("search", "-i", moved, "--json").json["count"]
    verified = say("custody", "verify", "-i", moved)

    assert count == Investigation.open(moved).messages
    assert "held by 2 in turn" in verified.out
    assert "vouched for as" in verified.out
