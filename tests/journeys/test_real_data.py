"""Real mail, keys and messages made by others, before our own generator is trusted.

The counts of distinct encrypted blocks are what any of seven implementations opened there; they
are exact, so that a block that opens no longer, and one that opens anew, is noticed.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import opened_case
from tests.real_data import archive

pytestmark = pytest.mark.slow

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
}


def grouped(*rows: tuple[Any, ...]) -> list[Any]:
    """Keep tests of one archive in one process, where its case is made once."""
    return [pytest.param(*row, marks=pytest.mark.xdist_group(row[0])) for row in rows]


@cache
def opened(name: str) -> tuple[Any, Path]:
    """Return the ledger and the folder of a case made of archive `name`."""
    folder = Path(mkdtemp(prefix=f"zegel-{name}-"))
    ledger = opened_case(folder, archive(name), passphrases=PASSPHRASES.get(name, ()))
    return ledger, folder / "case"


def shut(name: str) -> Counter[tuple[str, str]]:
    """Return state and reason of each distinct encrypted block that did not open."""
    _, case = opened(name)
    settled = next((case / "tables" / "settled").glob("[!.]*/blocks.parquet"))
    rows = pq.read_table(settled).to_pylist()
    clear = ("openpgp-clear", "damaged clear")
    return Counter(
        (row["state"], row["reason"])
        for row in rows
        if row["state"] != "readable" and row["kind"] not in clear
    )


@pytest.mark.parametrize(
    ("name", "least"),
    grouped(
        ("thunderbird_tests", 18),
        ("search_notmuch", 15),
        ("openpgp_pgpy", 11),
        ("openpgp_gnupg", 30),
        ("openpgp_gpgme", 4),
        ("openpgp_autocrypt", 2),
        ("openpgp_go_crypto", 17),
        # 44 less message.txt.enc-aead-ocb and message.txt.enc-aead-ocb-malf (Twofish in AEAD
        # packets: rnp alone), and the two of test_messages that only rnp and gpg 1.4 open.
        ("openpgp_rnp", 40),
    ),
)
def test_as_many_distinct_blocks_open_as_any_implementation_opened(name: str, least: int) -> None:
    ledger, _ = opened(name)

    assert ledger["layers"]["readable"] >= least


@pytest.mark.parametrize(
    ("name", "found"),
    grouped(
        ("enron_mbox", 11_138),
        ("spamassassin_corpus", 750),
        ("search_notmuch", 324),
        ("mime_mimekit", 271),
        ("thunderbird_tests", 278),
    ),
)
def test_every_stored_message_is_found(name: str, found: int) -> None:
    ledger, _ = opened(name)

    assert (ledger["found"], ledger["unread"]) == (found, 0)


@pytest.mark.parametrize(
    "name",
    grouped(*((name,) for name in (*PASSPHRASES, "enron_mbox", "mime_mimekit", "search_notmuch"))),
)
def test_found_is_the_sum_of_the_states_and_what_was_not_read(name: str) -> None:
    ledger, _ = opened(name)

    assert ledger["found"] == sum(ledger["states"].values()) + ledger["unread"]


@pytest.mark.parametrize(
    ("name", "expected"),
    grouped(
        (
            "thunderbird_tests",
            # Carol's key came to Thunderbird's tests locked, its passphrase did not.
            {("key locked", "passphrase-unknown"): 1, ("unsupported", "s-mime"): 29},
        ),
        (
            "search_notmuch",
            {
                ("no key", "key-not-found"): 2,
                ("unsupported", "s-mime"): 3,
                # A part that says it is encrypted and holds a sentence instead.
                ("damaged", "unparsable-packets"): 1,
            },
        ),
        ("openpgp_gpgme", {}),
        ("openpgp_autocrypt", {("no key", "passphrase-unknown"): 1}),
        ("openpgp_go_crypto", {("no key", "passphrase-unknown"): 1}),
        (
            "openpgp_gnupg",
            {("no key", "key-not-found"): 6, ("no key", "passphrase-unknown"): 4},
        ),
        (
            "openpgp_pgpy",
            {
                ("key locked", "passphrase-unknown"): 1,
                ("no key", "passphrase-unknown"): 1,
                # A file that holds one packet, cut out of a message for a parser's test.
                ("damaged", "no-session-key-packet"): 1,
            },
        ),
    ),
)
def test_each_block_that_stays_shut_has_its_reason(
    name: str, expected: dict[tuple[str, str], int]
) -> None:
    assert shut(name) == expected
