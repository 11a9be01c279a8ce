"""Real mail, keys and messages made by others, before our own generator is trusted.

The counts of distinct encrypted blocks are what any of seven implementations opened there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.cases import opened_case
from tests.real_data import archive

PASSPHRASES = {
    "thunderbird_tests": ("test", "alice", "yanIdMVvTzVA", "new-password-1234"),
    "openpgp_rnp": (
        *("password", "password1", "testpw", "recipient", "sender", "123", "pass1", "pass2"),
    ),
    "openpgp_gnupg": ("abc", "def", "ecc"),
    "openpgp_gpgme": ("abc",),
    "openpgp_pgpy": ("QwertyUiop", "test"),
    "openpgp_autocrypt": ("9503-1923-2307-1980-7833-0983-1998-7562-1111",),
    "openpgp_go_crypto": (
        *("sun", "juliet", "hello world", "abcd", "password", "passphrase", "testing"),
        *("test v6 key # password", "correct horse battery staple", "apple"),
    ),
    "search_notmuch": (),
}


def ledger_of(name: str, tmp_path: Path) -> Any:
    return opened_case(tmp_path, archive(name), passphrases=PASSPHRASES.get(name, ()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("thunderbird_tests", 18),
        ("search_notmuch", 15),
        ("openpgp_pgpy", 11),
        ("openpgp_gnupg", 30),
        ("openpgp_gpgme", 4),
        ("openpgp_autocrypt", 2),
        ("openpgp_go_crypto", 17),
        ("openpgp_rnp", 44),
    ],
)
def test_as_many_distinct_blocks_open_as_any_implementation_opened(
    name: str, least: int, tmp_path: Path
) -> None:
    assert ledger_of(name, tmp_path)["layers"]["readable"] >= least


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PASSPHRASES, "enron_mbox", "spamassassin_corpus"])
def test_the_ledger_balances(name: str, tmp_path: Path) -> None:
    ledger = ledger_of(name, tmp_path)

    assert ledger["found"] == sum(ledger["states"].values()) + ledger["unread"]


@pytest.mark.slow
def test_every_message_of_the_enron_mailboxes_is_found(tmp_path: Path) -> None:
    assert ledger_of("enron_mbox", tmp_path)["found"] == 11_138
