"""What carries and proves a message: raw bytes, header lines, attachments, clause, certificate."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.unit.service.estate import copied, mails
from zegel import service
from zegel.custody.log import Log
from zegel.errors import UsageError, VerificationError
from zegel.investigation import Investigation
from zegel.investigation.folder import LEAVES


def climb(leaf: bytes, index: int, size: int, path: list[str]) -> bytes:
    """Return the root that a path leads to (RFC 6962 section 2.1.1), by the tree's definition."""
    if size == 1:
        return leaf
    split = 1 << (size - 1).bit_length() - 1
    sibling = bytes.fromhex(path[-1])
    if index < split:
        below = climb(leaf, index, split, path[:-1]) + sibling
    else:
        below = sibling + climb(leaf, index - split, size - split, path[:-1])
    return hashlib.sha256(b"\x01" + below).digest()


def test_raw_bytes_are_those_that_were_stored(inv: Investigation) -> None:
    for number, written in enumerate(mails(), 1):
        taken = service.raw_message(inv, str(number))
        assert taken.content.partition(b"\n\n")[2] == written.partition(b"\n\n")[2]
        assert taken.sha256 == hashlib.sha256(taken.content).hexdigest()
        assert taken.name == f"message-{number}-0.eml"


def test_header_lines_are_shown_as_they_stand(inv: Investigation) -> None:
    (part,) = service.message_headers(inv, "6")["parts"]

    assert part["of"] == "stored"
    assert "From: Bram@TEST.example" in part["lines"]
    assert part["lines"][0].startswith("Received: by mx.test.example;")


def test_an_attachment_leaves_as_bytes_under_a_name_of_our_own(inv: Investigation) -> None:
    taken = service.attachment(inv, "4", 0, who="ann")
    *_, entry = Log.open(inv.folder / "custody", None).entries()

    assert (taken.content, taken.name) == (b"a,b\n1,2", "message-4-attachment-1.bin")
    assert (taken.named, taken.media_type) == ("../list.csv", "text/csv")
    assert (entry.act, entry.who, entry.facts["attachment"]) == ("attachment taken", "ann", 0)
    assert entry.facts["message"] == service.show_message(inv, "4")["message"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda inv: service.attachment(inv, "4", 1),
        lambda inv: service.attachment(inv, "4", -1),
        lambda inv: service.raw_message(inv, "1", place=1),
        lambda inv: service.message_headers(inv, "1", place=-1),
        lambda inv: service.message_certificate(inv, "99"),
    ],
)
def test_what_is_not_there_is_said(inv: Investigation, ask: object) -> None:
    with pytest.raises(UsageError):
        ask(inv)  # type: ignore[operator]


def test_the_clause_is_what_the_order_says(inv: Investigation) -> None:
    found = service.message_clause(inv, "1")
    by_name = {one["clause"]: one for one in found["clauses"]}

    assert (found["order"], found["magistrate"]) == ("RC-1", "Investigating judge 3")
    assert set(by_name) == {"april", "the harbour"}
    assert by_name["the harbour"]["terms"] == "haven"
    assert by_name["april"]["until"] == "2016-05-01T00:00:00Z"


@pytest.mark.parametrize("number", [1, 4, 8])
def test_a_certificate_leads_from_leaf_to_root_and_from_places_to_seals(
    inv: Investigation, number: int
) -> None:
    found = service.message_certificate(inv, str(number))
    (place,) = found["places"]
    exhibit = inv.header["exhibits"][0]
    top = climb(bytes.fromhex(found["leaf"]), found["index"], found["leaves"], found["path"])
    seal = climb(bytes.fromhex(place["leaf"]), place["entry"], place["entries"], place["proof"])

    assert (top.hex(), found["root"], found["leaves"]) == (inv.root.hex(), inv.root.hex(), 9)
    assert (seal.hex(), place["seal"]) == (exhibit["seal"], exhibit["seal"])
    assert place["path"].endswith(f"{1461049200 + number}.M{number:06d}P1.mx.test.example:2,S")


def test_without_the_list_of_leaves_a_certificate_is_the_same(
    quay: Path, inv: Investigation, tmp_path: Path
) -> None:
    old = copied(quay, tmp_path)
    custody = tmp_path / "custody"
    (old.folder / LEAVES).unlink()
    shutil.move(old.folder / "custody", custody)  # an older folder's log knew no such file
    from zegel.service.reading import find_message
    from zegel.service.sources import _certificate

    assert _certificate(old, find_message(old, "3")) == service.message_certificate(inv, "3")


def test_leaves_that_do_not_lead_to_the_root_prove_nothing(quay: Path, tmp_path: Path) -> None:
    from zegel.service.reading import find_message
    from zegel.service.sources import _certificate

    wrong = copied(quay, tmp_path)
    leaves = bytearray((wrong.folder / LEAVES).read_bytes())
    leaves[-1] ^= 1
    (wrong.folder / LEAVES).write_bytes(leaves)

    with pytest.raises(VerificationError, match="not those that were sealed"):
        _certificate(wrong, find_message(wrong, "3"))
