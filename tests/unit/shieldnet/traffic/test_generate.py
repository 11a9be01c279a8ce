from __future__ import annotations

import csv
import hashlib
import json
import mailbox
import re
import sqlite3
import tarfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shieldnet.errors import NotEmptyError, SettingsError
from shieldnet.traffic.generate import generate
from shieldnet.traffic.settings import Settings
from tests.gnupg import gnupg_home
from tests.unit.shieldnet.gnupg import decrypted

SETTINGS = Settings(devices=90, messages=750, seed=3, plain=0.15, damaged=0.03, hidden=0.05)
SITES = ("ams", "yyz")
Line = dict[str, Any]


def lines(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("net")
    generate(SETTINGS, out, workers=2)
    return out


@pytest.fixture(scope="module")
def messages(net: Path) -> list[Line]:
    return lines(net / "truth" / "messages.jsonl")


def stored(net: Path, place: Line) -> bytes:
    """Read a place with the standard library alone."""
    path, _, member = str(place["path"]).partition("!/")
    file: Path = net / "copy" / place["site"] / path
    if not member:
        content = file.read_bytes()
    else:
        with tarfile.open(file) as tar:
            opened = tar.extractfile(member)
            assert opened is not None
            content = bytes(opened.read())
    begin: int = place["offset"]
    length: int = place["length"]
    return content[begin : begin + length]


def places(messages: list[Line]) -> list[tuple[Line, Line]]:
    return [(message, place) for message in messages for place in message["places"]]


def registry(net: Path, site: str, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{net / 'copy' / site / 'registry.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_there_are_as_many_distinct_messages_as_asked_for(messages: list[Line]) -> None:
    assert len({message["id"] for message in messages}) == SETTINGS.messages


def test_every_message_is_stored_somewhere_and_every_place_holds_what_truth_says(
    net: Path, messages: list[Line]
) -> None:
    assert all(message["places"] for message in messages)
    for _, place in places(messages):
        assert hashlib.sha256(stored(net, place)).hexdigest() == place["sha256"]


def test_every_file_in_a_maildir_stands_in_the_truth(net: Path, messages: list[Line]) -> None:
    told = {(place["site"], place["path"]) for _, place in places(messages)}
    told |= {(other["site"], other["path"]) for other in lines(net / "truth" / "others.jsonl")}
    found = {
        (site, str(path.relative_to(net / "copy" / site)))
        for site in SITES
        for path in (net / "copy" / site / "mail").rglob("*")
        if path.is_file()
    }

    assert found == {one for one in told if one[1].startswith("mail/")}


def test_all_kinds_of_copies_and_states_occur(messages: list[Line]) -> None:
    copies = Counter(place["copy"] for _, place in places(messages))
    states = Counter(place["state"] for _, place in places(messages))

    assert set(copies) == {"inbox", "other site", "sent", "backup"}
    assert set(states) == {"readable", "not encrypted", "no key", "key locked", "damaged"}


def test_some_messages_lie_only_in_a_backup(messages: list[Line]) -> None:
    assert [
        message
        for message in messages
        if {place["copy"] for place in message["places"]} == {"backup"}
    ]


def test_maildir_names_tell_the_size_and_the_time_of_the_file(net: Path) -> None:
    for path in (net / "copy").glob("*/mail/*/Maildir/cur/*"):
        match = re.fullmatch(r"(\d+)\.M(\d{1,6})P\d+\.mx\..*,S=(\d+),W=(\d+):2,[FRS]*", path.name)
        assert match is not None, path.name
        content = path.read_bytes()

        assert len(content) == int(match[3])
        assert len(content.replace(b"\n", b"\r\n")) == int(match[4])
        assert path.stat().st_mtime_ns // 10**9 == int(match[1])


def test_the_standard_library_finds_as_many_messages_in_each_export(
    net: Path, messages: list[Line]
) -> None:
    due = Counter(
        (place["site"], place["path"])
        for _, place in places(messages)
        if place["path"].endswith(".mbox")
    )
    assert due
    for (site, path), count in due.items():
        export = mailbox.mbox(net / "copy" / site / path, create=False)
        found = len(export)
        export.close()

        assert found == count


def test_plain_lines_that_look_like_postmarks_are_quoted_in_exports(net: Path) -> None:
    exports = b"".join(path.read_bytes() for path in (net / "copy").glob("*/backups/*.mbox"))

    assert b"\n>From a phone" in exports
    assert b"\nFrom a phone" not in exports


def test_nothing_true_lies_inside_the_copy(net: Path, messages: list[Line]) -> None:
    secret = [
        message["text"].encode()
        for message in messages
        if message["form"] != "plain" and len(message["text"]) > 40
    ]
    sent_plainly = "\0".join(m["text"] for m in messages if m["form"] == "plain").encode()
    everything = b"\0".join(
        path.read_bytes() for path in (net / "copy").rglob("*") if path.is_file()
    )

    assert not [text for text in secret if text in everything and text not in sent_plainly]
    assert b"plaintext" not in everything


def test_passphrases_the_examiner_is_given_are_not_in_the_copy_and_withheld_ones_nowhere(
    net: Path,
) -> None:
    given = (net / "truth" / "passphrases.txt").read_text().splitlines()
    notes = "".join(path.read_text() for path in (net / "copy").glob("*/home/admin/notes.txt"))
    keys = Counter(key["passphrase"] for key in lines(net / "truth" / "keys.jsonl"))

    assert len(given) == keys["given"]
    assert notes.count("passphrase:") == keys["in the copy"] + 2 * len(SITES)
    assert not [passphrase for passphrase in given if passphrase in notes]
    assert keys["withheld"]


def test_every_message_of_the_truth_says_whether_it_belongs_to_a_storyline(
    net: Path, messages: list[Line]
) -> None:
    names = {line["name"] for line in lines(net / "truth" / "storylines.jsonl")}
    counted = Counter(message["storyline"] for message in messages)
    summary = json.loads((net / "truth" / "summary.json").read_text())

    assert set(counted) == names | {""}
    assert {message["decoy"] for message in messages} <= names | {""}
    assert summary["storylines"] == {name: counted[name] for name in sorted(names)}
    assert summary["decoys"] == sum(bool(message["decoy"]) for message in messages) > 0
    assert abs(len(messages) * 0.05 - sum(summary["storylines"].values())) <= 2


def test_members_of_storylines_are_those_the_registry_and_the_messages_name(
    net: Path, messages: list[Line]
) -> None:
    holdings = {
        row
        for site in SITES
        for row in registry(net, site, "SELECT serial, address, holder, valid_from FROM holding")
    }
    for line in lines(net / "truth" / "storylines.jsonl"):
        members = line["members"]
        told = [message for message in messages if message["storyline"] == line["name"]]
        keys = ("serial", "address", "holder", "since")

        assert {tuple(member[key] for key in keys) for member in members} <= holdings
        assert {name for message in told for name in (message["from"], *message["to"])} <= {
            member["address"] for member in members
        }


def test_nothing_in_the_copy_tells_a_storyline_from_other_mail(
    net: Path, messages: list[Line]
) -> None:
    """Same names of headers and parts, and no word of the truth's own anywhere."""
    shapes: dict[bool, set[str]] = {True: set(), False: set()}
    for message, place in places(messages):
        mail = stored(net, place).decode("utf-8", "replace")
        head = re.sub(r"\n[ \t].*", "", mail.partition("\n\n")[0])
        shapes[bool(message["storyline"])] |= {line.partition(":")[0] for line in head.splitlines()}
    everything = b"\0".join(
        path.read_bytes() for path in (net / "copy").rglob("*") if path.is_file()
    )
    # Five letters turn up by chance in megabytes of base64, which says nothing in any case.
    everything = re.sub(rb"(?m)^[A-Za-z0-9+/]{20,}={0,2}\r?$", b"", everything).lower()

    assert shapes[True] <= shapes[False]
    for word in (b"storyline", b"decoy", b"harbour 2", b"rc-2016-01"):
        assert word not in everything
    assert not list((net / "copy").rglob("*.toml"))


def test_sample_orders_lie_beside_the_copy(net: Path) -> None:
    assert {path.name for path in (net / "orders").iterdir()} == {
        "company.toml",
        "harbour.toml",
        "vault.toml",
    }


@pytest.mark.slow
def test_the_same_seed_gives_the_same_truth_but_for_ciphertexts(
    net: Path, messages: list[Line], tmp_path: Path
) -> None:
    generate(SETTINGS, tmp_path, workers=1)

    def fixed(message: Line) -> Line:
        kept = {name: value for name, value in message.items() if name != "places"}
        shapes = [
            (place["site"], re.sub(r",S=\d+,W=\d+", "", place["path"]), place["state"])
            for place in message["places"]
        ]
        return kept | {"places": shapes}

    again = lines(tmp_path / "truth" / "messages.jsonl")
    assert [fixed(message) for message in again] == [fixed(message) for message in messages]
    for name in (
        "devices.jsonl",
        "keys.jsonl",
        "lawyers.csv",
        "passphrases.txt",
        "plan.json",
        "storylines.jsonl",
    ):
        assert (tmp_path / "truth" / name).read_bytes() == (net / "truth" / name).read_bytes()
    for path in (tmp_path / "orders").iterdir():
        assert path.read_bytes() == (net / "orders" / path.name).read_bytes()
    for site in SITES:
        ledger = f"copy/{site}/ledger.csv"
        assert (tmp_path / ledger).read_bytes() == (net / ledger).read_bytes()


def test_holdings_of_one_device_do_not_overlap(net: Path) -> None:
    for site in SITES:
        rows = registry(
            net,
            site,
            "SELECT serial, valid_from, valid_to FROM holding ORDER BY serial, valid_from",
        )
        for (serial, _, ended), (following, began, _) in pairwise(rows):
            assert serial != following or (ended is not None and ended <= began)


def test_registry_events_are_in_order_and_cannot_be_changed(net: Path) -> None:
    for site in SITES:
        moments = registry(net, site, "SELECT at FROM event ORDER BY id")
        assert moments == sorted(moments)
        connection = sqlite3.connect(net / "copy" / site / "registry.db")
        for attempt in ("UPDATE event SET kind = 'x'", "DELETE FROM event"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(attempt)
        connection.close()


def test_the_registry_names_the_certificates_that_were_published(net: Path) -> None:
    known = {key["fingerprint"] for key in lines(net / "truth" / "keys.jsonl")}
    for site in SITES:
        named = registry(net, site, "SELECT fingerprint FROM device WHERE status <> 'stock'")

        assert {name for (name,) in named} <= known


def test_every_holding_was_sold_once(net: Path) -> None:
    for site in SITES:
        with (net / "copy" / site / "ledger.csv").open(encoding="utf-8", newline="") as source:
            sold = [row["serial"] for row in csv.DictReader(source)]
        held = registry(net, site, "SELECT serial FROM holding")

        assert sorted(sold) == sorted(serial for (serial,) in held)


def test_logs_tell_every_delivery_and_are_in_order(net: Path, messages: list[Line]) -> None:
    said = Counter[str]()
    months = ("Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr")
    for site in SITES:
        text = (net / "copy" / site / "log" / "dovecot.log").read_text()
        said.update(re.findall(r"msgid=(<\S+>): saved mail to INBOX", text))
        moments = [
            (months.index(line[:3]), int(line[4:6]), line[7:15]) for line in text.splitlines()
        ]
        assert moments == sorted(moments)

    assert said == Counter({message["message_id"]: len(message["to"]) for message in messages})


def test_a_folder_that_holds_a_copy_is_refused(net: Path) -> None:
    with pytest.raises(NotEmptyError):
        generate(SETTINGS, net)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(devices=1),
        Settings(messages=0),
        Settings(months=12),
        Settings(algorithm="rot13"),
        Settings(storylines=0.5),
    ],
)
def test_numbers_that_make_no_network_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        generate(settings, tmp_path / "net")


@pytest.mark.slow
def test_gnupg_with_the_keys_of_the_copy_agrees_with_the_truth(
    net: Path, messages: list[Line]
) -> None:
    """Every third place: state and plaintext, found with the copy and the list given."""
    phrases = (net / "truth" / "passphrases.txt").read_text().splitlines()
    for notes in (net / "copy").glob("*/home/admin/notes.txt"):
        phrases += re.findall(r"^passphrase: (.+)$", notes.read_text(), re.MULTILINE)
    with gnupg_home() as home:
        folder = home.folder / "private-keys-v1.d"
        folder.mkdir(mode=0o700)
        for path in (net / "copy").glob("*/keys/gnupg/private-keys-v1.d/*.key"):
            (folder / path.name).write_bytes(path.read_bytes())
        sources = ("*/keys/*.asc", "*/keys/gnupg/pubring.gpg")
        secrets = ("*/keys/secret/*.asc", "*/keys/old/secring.gpg")
        for source in (*sources, *secrets):
            for path in (net / "copy").glob(source):
                home.gpg("--import", given=path.read_bytes(), strict=False)
        wrong = []
        for message, place in places(messages)[::7]:
            if place["state"] == "not encrypted":
                continue
            mail = stored(net, place)
            block = mail[mail.index(b"-----BEGIN PGP MESSAGE-----") :]
            block = block.partition(b"\n--=-")[0]
            opened = None
            for phrase in ("", *phrases) if place["state"] == "readable" else ("",):
                opened, _ = decrypted(home, block, phrase)
                if opened is not None:
                    break
            digest = None if opened is None else hashlib.sha256(opened).hexdigest()
            due = message["sha256"] if place["state"] == "readable" else None
            if digest != due:
                wrong.append((message["id"], place["path"], place["state"]))

    assert wrong == []
