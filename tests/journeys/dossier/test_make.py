"""A dossier stands without us: anyone verifies it, and nobody gets more than was chosen."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.journeys.cases import done, say, zegel
from tests.journeys.dossier.exports import (
    Export,
    certificates,
    contents,
    copied,
    verify,
)
from zegel.custody.log import Log
from zegel.investigation import Investigation

pytestmark = pytest.mark.xdist_group("dossier")
needs_gnupg = pytest.mark.skipif(shutil.which("gpg") is None, reason="GnuPG is not installed")


def test_a_stranger_verifies_it_with_python_alone(export: Export, whole: Path) -> None:
    code, said = verify(whole, export.root)

    assert (code, said.splitlines()[0]) == (0, "VERIFIED against the anchor given.")
    assert verify(whole)[0] == 9
    assert verify(whole, "0" * 64)[0] == 6
    assert verify(whole, "none")[0] == 2
    assert verify(whole.with_name("absent.zip"))[0] == 2


def test_the_command_opens_every_message_again(export: Export, whole: Path) -> None:
    words = ("dossier", "verify", whole, "--open", "all", "--json")
    anchored, alone = say(*words, "--root", export.root), say(*words)

    assert (anchored.code, alone.code) == (0, 9)
    found = anchored.json
    assert found["opened"] == found["found"] > 20
    assert found["not_opened"] == 0
    if shutil.which("gpg"):
        assert found["opinions"] == {"agrees": found["opened"]}


def test_every_message_of_the_investigation_is_shown_with_every_place(
    export: Export, whole: Path
) -> None:
    inv = Investigation.open(export.inv)
    shown = certificates(whole)
    places = {n for one in shown for n in one["fields"] if n.startswith("place/")}

    assert [one["number"] for one in shown] == list(range(1, inv.messages + 1))
    assert places == {f"place/{row['stored_id'].hex()}" for row in inv.rows("places")}


def test_stored_bytes_are_those_of_the_copy(export: Export, whole: Path) -> None:
    copies = {
        "E1": export.folder / "net" / "copy" / "ams",
        "E2": export.folder / "net" / "copy" / "yyz",
        "E3": export.folder / "letters",
    }
    members = contents(whole)
    same = 0
    for one in certificates(whole):
        for name, (_, place) in one["fields"].items():
            if name.startswith("place/") and place["format"] == "maildir":
                file = copies[place["exhibit"]] / place["path"]
                stored = members[one["members"][f"stored/{place['stored_id']}"]]
                same += file.is_file() and file.read_bytes() == stored

    assert same > 20


def test_the_container_is_plain_to_other_tools(whole: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None

    names = [info.filename for info in infos]
    assert names == sorted(names)
    assert {(i.compress_type, i.extra, i.comment, i.date_time) for i in infos} == {
        (zipfile.ZIP_STORED, b"", b"", (1980, 1, 1, 0, 0, 0))
    }
    assert whole.stat().st_mode & 0o077 == 0


@needs_gnupg
def test_the_command_in_a_certificate_repeats_the_decryption(whole: Path, tmp_path: Path) -> None:
    if shutil.which("unzip") is None or shutil.which("bash") is None:
        pytest.skip("unzip or bash is not installed")
    shutil.copy(whole, tmp_path / "FILE.zip")
    tried = 0
    for one in certificates(whole):
        for identity, command in list(one["repeat"].items())[:1]:
            block = one["fields"][f"ciphertext/{identity}"][1]
            ran = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, capture_output=True, check=True
            )
            assert ran.stdout.split()[0].decode() == block["plaintext_sha256"]
            tried += 1
        if tried == 5:
            break

    assert tried == 5


def test_the_whole_result_of_a_query_and_nothing_else(export: Export, tmp_path: Path) -> None:
    found = done("search", "-i", export.inv, "lang:nl", "--size", "1000", "--json").json
    export.make(tmp_path / "q.zip", "--query", "lang:nl", "--second-opinion", "none")
    shown = certificates(tmp_path / "q.zip")
    manifest = json.loads(contents(tmp_path / "q.zip")["manifest.json"])

    assert {one["message"] for one in shown} == {hit["id"] for hit in found["hits"]}
    assert manifest["selection"]["query"] == "lang:nl"
    assert manifest["selection"]["found"] == found["count"] == len(shown)
    assert manifest["selection"]["left out"] == 0
    assert verify(tmp_path / "q.zip", export.root)[0] == 0


def test_a_selection_counts_what_was_left_out(export: Export, tmp_path: Path) -> None:
    numbers = sorted(export.letters.values())
    done("tag", "-i", export.inv, str(numbers[0]), "chosen")
    done("tag", "-i", export.inv, str(numbers[1]), "chosen")
    ids = export.list(tmp_path / "ids", *numbers[:3])
    words = ("--ids", ids, "--second-opinion", "none")
    export.make(tmp_path / "ids.zip", *words)
    export.make(tmp_path / "tag.zip", *words, "--tag", "chosen")
    shown = [one["number"] for one in certificates(tmp_path / "tag.zip")]
    chosen = json.loads(contents(tmp_path / "tag.zip")["manifest.json"])["selection"]

    assert shown == numbers[:2]
    assert chosen["left out"] == chosen["investigation"] - 2 == chosen["found"] - 2
    assert verify(tmp_path / "tag.zip", export.root)[0] == 0
    assert verify(tmp_path / "ids.zip", export.root)[0] == 0


def test_that_nothing_was_found_can_be_exported_too(export: Export, tmp_path: Path) -> None:
    made = export.make(tmp_path / "none.zip", "--query", "onvindbaarwoord")

    assert made["messages"] == 0
    assert contents(tmp_path / "none.zip")["certificates.jsonl"] == b""
    assert verify(tmp_path / "none.zip", export.root)[0] == 0
    assert say("dossier", "verify", tmp_path / "none.zip", "--root", export.root).code == 0


def test_the_same_export_as_of_the_same_head_is_the_same_bytes(
    export: Export, tmp_path: Path
) -> None:
    head = tmp_path / "head"
    head.write_text(zegel("custody", "head", "-i", export.inv).stdout, "utf-8")
    for name in ("a.zip", "b.zip"):
        export.make(tmp_path / name, "--as-of", head, "--query", "lang:nl")
        done("search", "-i", export.inv, "tussendoor")  # the log goes on

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_head_of_another_log_is_refused(export: Export, tmp_path: Path) -> None:
    head = tmp_path / "head"
    head.write_text(zegel("custody", "head", "--case", export.folder / "case").stdout, "utf-8")
    said = say("dossier", "make", "-i", export.inv, "-o", tmp_path / "a.zip", "--as-of", head)

    assert said.code == 6
    assert not (tmp_path / "a.zip").exists()


def test_the_log_tells_of_an_export_before_it_exists_and_the_excerpt_ends_before_it(
    export: Export, tmp_path: Path
) -> None:
    made = export.make(tmp_path / "a.zip", "--query", "lang:nl")
    entries = list(Log.open(export.inv / "custody", None).entries())
    lines = contents(tmp_path / "a.zip")["custody.jsonl"].splitlines()

    assert [entry.act for entry in entries[-2:]] == ["dossier begun", "dossier made"]
    assert entries[-1].facts["sha256"] == made["sha256"]
    assert made["sha256"] == hashlib.sha256((tmp_path / "a.zip").read_bytes()).hexdigest()
    assert len(lines) - 1 == entries[-2].index


def test_the_excerpt_tells_who_and_when_and_not_what_was_searched_for(
    export: Export, tmp_path: Path
) -> None:
    done("search", "-i", export.inv, "geheimzoekwoord")
    export.make(tmp_path / "a.zip", "--second-opinion", "none")
    lines = contents(tmp_path / "a.zip")["custody.jsonl"].splitlines()
    acts = [json.loads(line)["fields"]["act"][1] for line in lines[1:]]

    assert "search" in acts
    assert b"geheimzoekwoord" not in (tmp_path / "a.zip").read_bytes()


def test_an_unknown_message_is_said_so_before_anything_is_written(
    export: Export, tmp_path: Path
) -> None:
    ids = export.list(tmp_path / "ids", 999999)
    said = say("dossier", "make", "-i", export.inv, "-o", tmp_path / "a.zip", "--ids", ids)

    assert (said.code, "999999" in said.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["ids"]


@pytest.mark.parametrize("bound", ["LARGEST", "LARGEST_JSON"])
def test_what_no_verifier_would_read_is_refused_and_named(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(f"zegel.dossier.verify.{bound}", 500)
    ids = export.list(tmp_path / "ids", export.letters[1])
    said = say("dossier", "make", "-i", export.inv, "-o", tmp_path / "a.zip", "--ids", ids)

    assert (said.code, f"message {export.letters[1]}" in said.err) == (2, True)
    assert not (tmp_path / "a.zip").exists()


def test_a_dossier_is_never_written_over_another_file(export: Export, whole: Path) -> None:
    before = whole.read_bytes()

    assert say("dossier", "make", "-i", export.inv, "-o", whole).code == 2
    assert whole.read_bytes() == before


def test_a_folder_that_was_changed_since_it_was_sealed_exports_nothing(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    moved = copied(export, tmp_path)
    pack = moved.inv / "bytes.pack"
    content = bytearray(pack.read_bytes())
    content[-1] ^= 1
    pack.write_bytes(content)
    before = [entry.act for entry in Log.open(moved.inv / "custody", None).entries()]
    said = say("dossier", "make", "-i", moved.inv, "-o", tmp_path / "a.zip")

    assert said.code == 6
    assert not (tmp_path / "a.zip").exists()
    assert "bytes.pack" in said.err
    acts = [entry.act for entry in Log.open(moved.inv / "custody", None).entries()]
    assert acts == before


def test_a_moved_investigation_exports_under_its_new_holder(
    export: Export, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    moved = copied(export, tmp_path)
    moved.make(tmp_path / "a.zip", "--query", "lang:nl", "--second-opinion", "none")
    code, said = verify(tmp_path / "a.zip", export.root)

    assert code == 0
    assert signatures(said) == signatures(verify(whole, export.root)[1]) + bool(
        shutil.which("openssl")
    )


def test_secret_salts_and_keys_of_the_folder_are_in_no_dossier(export: Export, whole: Path) -> None:
    secret = (export.inv / "secret").read_bytes()
    content = whole.read_bytes()

    assert secret not in content
    assert secret.hex().encode() not in content
    assert os.fsencode(export.folder) not in content


def test_a_supplement_is_told_from_what_it_supplements(export: Export, tmp_path: Path) -> None:
    numbers = sorted(export.letters.values())
    for name, count in (("a", 1), ("b", 3)):
        ids = export.list(tmp_path / "ids", *numbers[:count])
        export.make(tmp_path / f"{name}.zip", "--ids", ids, "--second-opinion", "none")
    found = done("dossier", "diff", tmp_path / "a.zip", tmp_path / "b.zip", "--json").json

    assert (found["same"], found["added"], found["removed"]) == (1, numbers[1:3], [])
    assert "README.txt" in done("dossier", "diff", tmp_path / "a.zip", tmp_path / "b.zip").out


def signatures(said: str) -> int:
    found = re.search(r"(\d+) signatures", said)
    assert found is not None
    return int(found[1])
