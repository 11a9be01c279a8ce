"""What closed messages ask for is named and counted; what it opens is asked for no more."""

from __future__ import annotations

from pathlib import Path

from tests.journeys.cases import done, mail, maildir, processed, say
from tests.journeys.keys import locked_key_and_message


def test_a_locked_key_is_wanted_until_its_passphrase_is_given(tmp_path: Path) -> None:
    secret, message = locked_key_and_message()
    copy = maildir(tmp_path / "copy", [mail(message.decode(), number) for number in (1, 2)])
    case = tmp_path / "case"
    processed(tmp_path, copy)

    (missing,) = done("keys", "--wanted", "--case", case, "--json").json
    (copy.parent / "second").mkdir()
    (copy.parent / "second" / "key.asc").write_bytes(secret)
    done("intake", copy.parent / "second", "--case", case)
    done("process", "--case", case, "--workers", "1")
    (locked,) = done("keys", "--wanted", "--case", case, "--json").json
    (tmp_path / "words").write_text("right\n")
    done("process", "--case", case, "--workers", "1", "--passphrases", tmp_path / "words")

    assert (missing["reason"], missing["blocks"], missing["user_ids"]) == ("key-not-found", 1, [])
    assert (locked["key_id"], locked["reason"]) == (missing["key_id"], "passphrase-unknown")
    assert locked["user_ids"] == ["anna@test.example"]
    assert done("keys", "--wanted", "--case", case, "--json").json == []


def test_problems_of_one_kind_are_shown_and_a_kind_nobody_has_names_the_others(
    tmp_path: Path,
) -> None:
    _, message = locked_key_and_message()
    cut = message.decode()[: len(message) // 2]
    processed(tmp_path, maildir(tmp_path / "copy", [mail(cut)]))

    one = done("problems", "--kind", "truncated armour", "--case", tmp_path / "case").out
    none = say("problems", "--kind", "typo", "--case", tmp_path / "case")

    assert one.splitlines()[-1] == "1 problem."
    assert (none.code, "truncated armour" in none.err) == (2, True)


def test_a_name_that_commands_a_terminal_is_shown_as_letters(tmp_path: Path) -> None:
    _, message = locked_key_and_message()
    folder = maildir(tmp_path / "copy", [])
    cut = mail(message.decode()[: len(message) // 2])
    (folder / "mail/anna@test.example/Maildir/cur/1.M1P1.mx\x1b[2Jx:2,S").write_bytes(cut)
    processed(tmp_path, folder)

    for words in (("problems",), ("ledger", "--by", "store")):
        assert "\x1b" not in done(*words, "--case", tmp_path / "case").out
    assert "\\x1b[2Jx" in done("problems", "--case", tmp_path / "case").out
