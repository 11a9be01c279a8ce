"""Copies that hold nothing, or far too much, or what nobody would write: rows and `Problem`s.

Nothing that an exhibit holds stops a command.
"""

from __future__ import annotations

import os
import random
import tarfile
from pathlib import Path
from typing import Literal

import pytest

from tests.journeys.cases import balance, bomb, kinds, mail, maildir, processed
from tests.journeys.keys import locked_key_and_message


def test_an_empty_folder_is_an_exhibit_without_messages(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()

    ledger = processed(tmp_path, tmp_path / "copy")

    assert (ledger["found"], ledger["states"], ledger["problems"]) == (0, {}, 0)


def test_a_folder_without_mail_is_processed(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "notes.txt").write_text("nothing to see")

    assert processed(tmp_path, tmp_path / "copy")["found"] == 0


def test_a_folder_of_links_devices_and_pipes_is_listed_and_not_followed(tmp_path: Path) -> None:
    copy = maildir(tmp_path / "copy", [mail()])
    (copy / "away").symlink_to("/etc/passwd")
    (copy / "round").symlink_to(copy)
    os.mkfifo(copy / "mail" / "pipe")

    assert processed(tmp_path, copy)["states"] == {"not encrypted": 1}


def cut_tar(folder: Path, mode: Literal["", "gz", "xz"]) -> Path:
    copy = maildir(folder / "whole", [mail("x" * 5000, number=number) for number in range(20)])
    packed = folder / f"copy.tar.{mode}"
    with tarfile.open(packed, f"w:{mode}") as tar:  # type: ignore[call-overload]
        tar.add(copy, ".")
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size * 6 // 10])
    return packed


@pytest.mark.parametrize("mode", ["", "gz", "xz"])
def test_a_tar_cut_short_gives_what_it_holds_and_a_problem(
    mode: Literal["", "gz", "xz"], tmp_path: Path
) -> None:
    ledger = processed(tmp_path, cut_tar(tmp_path, mode))

    assert balance(ledger)
    assert (ledger["found"] > 5 or mode == "xz", ledger["problems"] > 0) == (True, True)


def garbage(size: int) -> bytes:
    return random.Random(5).randbytes(size)


def test_a_mailbox_of_garbage_gives_rows_or_problems(tmp_path: Path) -> None:
    copy = maildir(tmp_path / "copy", [garbage(100_000), b"\0" * 5000, b"\n" * 5000, b""])
    line = b"From anna@test.example Tue Apr 19 09:00:00 2016\n"
    (copy / "mbox").write_bytes(b"".join(line + garbage(3000) + b"\n\n" for _ in range(200)))
    (copy / "Inbox").write_bytes(line + mail() + b"\n" + line + garbage(200_000))

    ledger = processed(tmp_path, copy)

    assert (balance(ledger), ledger["found"] > 200) == (True, True)


def test_a_wrong_passphrase_leaves_messages_locked_not_lost(tmp_path: Path) -> None:
    secret, message = locked_key_and_message()
    copy = maildir(tmp_path / "copy", [mail(message.decode())])
    (copy / "key.asc").write_bytes(secret)
    (tmp_path / "words").write_text("wrong\nwronger\n")

    ledger = processed(tmp_path, copy, options=("--passphrases", tmp_path / "words"))

    assert ledger["states"] == {"key locked": 1}


def multipart(parts: int) -> bytes:
    part = "--x\nContent-Type: text/plain\n\nhello\n"
    return mail(part * parts + "--x--\n", Content_Type='multipart/mixed; boundary="x"')


@pytest.mark.parametrize("parts", [9_999, 30_000])
def test_ten_thousand_parts_are_one_message(parts: int, tmp_path: Path) -> None:
    ledger = processed(tmp_path, maildir(tmp_path / "copy", [multipart(parts), mail()]))

    assert (ledger["states"], ledger["problems"] > 0) == ({"not encrypted": 2}, parts > 10_000)


def nested_multiparts(levels: int) -> bytes:
    opened = "".join(
        f'--{level - 1}\nContent-Type: multipart/mixed; boundary="{level}"\n\n'
        for level in range(1, levels)
    )
    return mail(opened + "deep\n", Content_Type='multipart/mixed; boundary="0"')


def nested_mails(levels: int) -> bytes:
    content = b"Subject: deepest\n\ndeep\n"
    for _ in range(levels):
        content = b"Content-Type: message/rfc822\n\n" + content
    return b"From: anna@test.example\nMessage-ID: <deep@test.example>\n" + content


@pytest.mark.parametrize("make", [nested_multiparts, nested_mails])
def test_a_thousand_levels_are_one_message_and_a_problem(make: object, tmp_path: Path) -> None:
    assert callable(make)
    ledger = processed(tmp_path, maildir(tmp_path / "copy", [make(1000), mail()]))

    assert ledger["states"] == {"not encrypted": 2}
    assert "nested too deep" in kinds(tmp_path / "case")


def test_a_compression_bomb_inside_a_copy_stays_closed_and_is_a_problem(tmp_path: Path) -> None:
    copy = maildir(tmp_path / "copy", [mail()])
    bomb(copy / "backup.tar.gz")

    ledger = processed(tmp_path, copy)

    assert ledger["states"] == {"not encrypted": 1}
    assert "container ratio" in kinds(tmp_path / "case")
