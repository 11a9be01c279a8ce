"""A second implementation says what it reads, and a difference is told as one."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from functools import partial

import openpgp.composed
import pytest

from zegel.dossier.opinions import Question, ask, ask_all, drawn, summary
from zegel.openpgp.model import EncryptedMessage
from zegel.openpgp.packets import read_messages, write_message

TEXT = b"bring the boat\n"
needs_gnupg = pytest.mark.skipif(shutil.which("gpg") is None, reason="GnuPG is not installed")


def question(version: int = 1, text: bytes = TEXT) -> Question:
    builder = openpgp.composed.MessageBuilder.from_bytes("", text)
    builder = (
        builder.seipd_v1("aes256") if version == 1 else builder.seipd_v2("aes256", "ocb")
    ).set_session_key(b"k" * 32)
    (message,), _ = read_messages(builder.to_vec())
    assert isinstance(message, EncryptedMessage)
    return Question(
        content_id=message.ciphertext_id,
        packets=write_message(message),
        algorithm=9 if version == 1 else 0,
        session_key=b"k" * 32,
        literal_format="b",
        opener="zegel",
        plaintext=text,
    )


@needs_gnupg
def test_gnupg_agrees_on_what_it_opens() -> None:
    assert ask(question()) == "agrees: gnupg"


def test_rpgp_opens_what_gnupg_cannot() -> None:
    assert ask(question(2)) == "agrees: rpgp"


@needs_gnupg
def test_a_plaintext_that_is_not_what_was_encrypted_is_a_difference() -> None:
    assert ask(replace(question(), plaintext=b"bring the goat\n")) == "differs: gnupg"


@needs_gnupg
def test_a_wrong_session_key_is_no_agreement() -> None:
    assert ask(replace(question(), session_key=b"x" * 32)).startswith("cannot: gnupg, ")


def test_line_ends_of_a_text_are_the_reader_s_choice_and_of_bytes_not() -> None:
    wide = replace(question(2), plaintext=TEXT.replace(b"\n", b"\r\n"))

    assert ask(replace(wide, literal_format="t")) == "agrees: rpgp"
    assert ask(wide) == "differs: rpgp"


def test_packets_without_the_block_are_said_so() -> None:
    assert ask(replace(question(2), content_id=b"0" * 32)) == "cannot: packets"


def test_no_implementation_is_a_second_to_itself() -> None:
    assert ask(replace(question(2), opener="rpgp")).startswith("cannot: opened by rpgp")


def test_answers_come_in_the_order_of_the_questions() -> None:
    questions = [question(2, b"%d" % number) for number in range(150)]

    assert [one for one, _ in ask_all(questions)] == [one.content_id for one in questions]


def test_nobody_chooses_the_sample() -> None:
    ids = [hashlib.sha256(bytes([number])).digest() for number in range(50)]
    first, second = (sorted(drawn(one, root) for one in ids) for root in (b"a", b"b"))

    assert first != second
    assert sorted(ids, key=partial(drawn, root=b"a")) != sorted(ids)


def test_the_summary_balances() -> None:
    said = {b"1": "agrees: gnupg", b"2": "cannot: gnupg, x", b"3": "differs: gnupg"}
    found = summary("sample", 10, said)

    assert (found["asked"], found["not asked"]) == (3, 7)
    assert (found["agrees"], found["cannot"], found["differs"]) == (1, 1, 1)


def test_a_question_keeps_its_secrets_to_itself() -> None:
    assert "6b6b" not in repr(question(2))
    assert "kkkk" not in repr(question(2))
    assert "boat" not in repr(question(2))
