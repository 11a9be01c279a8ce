"""A subject that stands in clear is shown and found, also where the encrypted mail says none."""

from __future__ import annotations

from pathlib import Path

import pysequoia

from tests.journeys.cases import done
from tests.journeys.test_casework import ORDER

INNER = b'Content-Type: text/plain; charset="utf-8"; protected-headers="v1"\n%s\nin de haven\n'


def encrypted(key: pysequoia.Tsk, number: int, outer: str, inner: bytes) -> bytes:
    block = pysequoia.encrypt(INNER % inner, recipients=[key.extract_certificate()], armor=True)
    head = (
        "From: bram@test.example\nTo: anna@test.example\nDate: Tue, 19 Apr 2016 09:00:00 +0200\n"
        f"Message-ID: <s{number}@test.example>\nSubject: {outer}\nMIME-Version: 1.0\n"
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\n\n'
        "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n"
        "--b\nContent-Type: application/octet-stream\n\n"
    )
    return head.encode() + bytes(block) + b"\n--b--\n"


def test_the_inner_subject_counts_and_the_outer_one_where_there_is_none(tmp_path: Path) -> None:
    key, lost = (pysequoia.Tsk.generate(name) for name in ("anna", "lost"))
    inbox = tmp_path / "copy" / "mail" / "anna@test.example" / "Maildir" / "cur"
    inbox.mkdir(parents=True)
    mails = (
        encrypted(key, 1, "witte boot", b""),
        encrypted(key, 2, "...", b"Subject: grijze boot\n"),
        encrypted(lost, 3, "rode boot", b"Subject: hidden\n"),
    )
    for number, content in enumerate(mails):
        (inbox / f"146104920{number}.M00000{number}P1.mx.test.example:2,S").write_bytes(content)
    (tmp_path / "copy" / "anna.pgp").write_bytes(bytes(key))
    case, order = tmp_path / "case", tmp_path / "order.toml"
    order.write_text(ORDER.format(number="1", name="Quay", more=""), "utf-8")
    done("init", case, "--training")
    done("intake", tmp_path / "copy", "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    done("grant", order, "--case", case, "-o", tmp_path / "inv")

    hits = done("search", "-i", tmp_path / "inv", "boot", "--json").json["hits"]

    shown = sorted((hit["subject"], hit["state"]) for hit in hits)
    assert shown == [
        ("grijze boot", "readable"),
        ("rode boot", "no key"),
        ("witte boot", "readable"),
    ]
