"""Passphrases in text: what presents itself as one, and what does not."""

from __future__ import annotations

import pytest

from zegel.records import File, FoundPassphrase
from zegel.registries.passphrases import FORMAT


def passphrases(text: str, path: bytes = b"notes.txt") -> list[str]:
    file = File(path=path, data=text.encode())
    records = FORMAT.holdings(file) if FORMAT.detect(file) else iter(())
    return [r.passphrase.decode() for r in records if isinstance(r, FoundPassphrase)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("passphrase: otter blue 12", ["otter blue 12"]),
        ('password = "x y"  # old', ["x y"]),
        ("export GPG_PASSPHRASE='xyz'", ["xyz"]),
        ("Passphrase for d7@a.example: x=1:2", ["x=1:2"]),
        ("Kennwort lautet maulwurf", ["maulwurf"]),
        ("PIN: 0000", ["0000"]),
        ("compass: north", []),
        ("smtp_sasl_password_maps = hash:/etc/x", []),
        ("password: $6$rounds=5000$abc$def", []),
        ("password: {CRYPT}abc", []),
        ("password: 5f4dcc3b5aa765d61d8327deb882cf99", []),
        ("password:", []),
        ("password: " + "y" * 5000, ["y" * 1000]),
    ],
)
def test_a_labelled_value_is_found(line: str, expected: list[str]) -> None:
    assert expected == passphrases(line + "\n")


@pytest.mark.parametrize(
    "name", [b"etc/passwords.txt", b"pass", b"a/PASSPHRASES-old", b"wachtwoorden"]
)
def test_a_file_named_so_holds_one_a_line(name: bytes) -> None:
    assert passphrases("one two\nthree\n\none two\n", name) == ["one two", "three"]


@pytest.mark.parametrize("name", [b"passport.txt", b"compass", b"notes.txt"])
def test_other_names_promise_nothing(name: bytes) -> None:
    assert passphrases("one two\nthree\n", name) == []


def test_an_account_file_holds_none() -> None:
    assert passphrases("root:x:0:0:root:/root:/bin/bash\n", b"etc/passwd") == []


def test_a_large_or_binary_file_is_no_note() -> None:
    assert FORMAT.detect(File(path=b"passwords", data=b"password: x\n" + b"y" * 300_000)) == 0
    assert FORMAT.detect(File(path=b"passwords", data=b"password: x\n\x00")) == 0


def test_more_than_ten_thousand_are_cut_with_a_problem() -> None:
    text = "".join(f"pin: {n}\n" for n in range(11_000))
    records = list(FORMAT.holdings(File(path=b"n", data=text.encode())))

    assert len(records) == 10_001
    assert type(records[-1]).__name__ == "Problem"
