"""The register tells nothing to whoever lacks the key, and a holder of the key can test names."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.journeys.cases import done, say
from tests.journeys.counsel import LETTERS, PASSPHRASE, REGISTER, Office, office, order
from zegel.casefile import Case
from zegel.privilege.forms import forms_of
from zegel.privilege.key import key_of_case, open_key
from zegel.privilege.register import FILL, SIZE, hashed, read_register

pytestmark = pytest.mark.xdist_group("privilege register")

CANDIDATES = (
    ("address", "jp@bergadvocaten.example"), ("domain", "bergadvocaten.example"),
    ("name", "mr. J.P. van der Berg"), ("name", "Renée O'Neil"),
    ("firm", "Van der Berg Advocaten"), ("phone", "020-1234567"),
)  # fmt: skip
FORMS = frozenset().union(*(forms_of(*one) for one in CANDIDATES))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a marked case and an investigation, moved out of it."""
    found = office(tmp_path_factory.mktemp("register"), LETTERS[:12])
    found.officer("mark", "--workers", "1")
    done("index", "--case", found.case)
    done("grant", found.order(order()), "--case", found.case, "--out", found.desk / "inv")
    return found


def secrets_in(folder: Path) -> Iterator[bytes]:
    """Yield everything in a folder that could be a key: small files, and every 32-octet value."""
    for place in sorted(folder.rglob("*")):
        if not place.is_file():
            continue
        if place.suffix == ".parquet":
            table = pq.read_table(place)
            for column in table.columns:
                yield from _octets(column.to_pylist())
        elif place.stat().st_size < 4096:
            content = place.read_bytes()
            yield content
            yield content.strip()
            yield from _octets([content.decode("latin-1")])


def _octets(values: list[object]) -> Iterator[bytes]:
    for value in values:
        if isinstance(value, bytes) and 16 <= len(value) <= 64:
            yield value
        elif isinstance(value, str):
            for word in value.replace('"', " ").replace(",", " ").split():
                if len(word) in (32, 64) and all(c in "0123456789abcdef" for c in word):
                    yield bytes.fromhex(word)


@pytest.mark.parametrize("role", ["examiner", "investigator"])
def test_whoever_lacks_the_key_cannot_test_a_single_name(made: Office, role: str) -> None:
    held = made.case if role == "examiner" else made.desk / "inv"
    kept = read_register(made.case / "privilege" / "register").hashes
    tried = set(itertools.islice(secrets_in(held), 20_000)) | {b"", bytes(32)}
    for form in ("a:jp@bergadvocaten.example", "d:bergadvocaten.example", "n:§ berg"):
        assert form in FORMS
        for key in tried:
            assert hmac.digest(key, form.encode(), "sha256")[:SIZE] not in kept
            assert key_hash(key, form, made) not in kept
        assert hashlib.sha256(form.encode()).digest()[:SIZE] not in kept
    assert len(tried) > 20


def key_hash(key: bytes, form: str, made: Office) -> bytes:
    return hashed(key_of_case(key, Case.open(made.case).identity), form)


def test_nothing_of_the_list_or_the_key_lies_in_the_case_or_the_investigation(made: Office) -> None:
    key = open_key(made.desk / "key", PASSPHRASE)
    derived = key_of_case(key, Case.open(made.case).identity)
    telling = [key, derived, key.hex().encode(), derived.hex().encode(), PASSPHRASE]
    telling += [form.encode() for form in FORMS if form[:2] in ("a:", "d:", "t:")]
    for folder in (made.case / "privilege", made.case / "custody", made.desk / "inv"):
        for place in folder.rglob("*"):
            if place.is_file():
                content = place.read_bytes()
                if place.suffix == ".parquet":
                    content += str(pq.read_table(place).to_pylist()).encode()
                assert not [one for one in telling if one in content], place


def test_a_holder_of_the_key_can_test_names(made: Office) -> None:
    key = key_of_case(open_key(made.desk / "key", PASSPHRASE), Case.open(made.case).identity)
    kept = read_register(made.case / "privilege" / "register").hashes

    assert {hashed(key, form) for form in FORMS} <= kept
    assert hashed(key, "a:nobody@elsewhere.example") not in kept


def test_the_size_of_the_register_does_not_say_how_many_stand_in_it(made: Office) -> None:
    assert len(read_register(made.case / "privilege" / "register").hashes) == FILL
    assert len(FORMS) < FILL


def test_equal_reasons_cannot_be_told_from_one_another(made: Office) -> None:
    looked = list((made.case / "privilege" / "looked").glob("*/looked.parquet"))
    why = [row["why"] for place in looked for row in pq.read_table(place).to_pylist()]
    matched = [one for one in why if one is not None]

    assert len(matched) > 8
    assert len(set(matched)) == len(matched)


def test_two_cases_with_one_key_share_no_hash(made: Office, tmp_path: Path) -> None:
    key = open_key(made.desk / "key", PASSPHRASE)
    one, other = key_of_case(key, "a" * 32), key_of_case(key, "b" * 32)

    assert {hashed(one, form) for form in FORMS}.isdisjoint(hashed(other, f) for f in FORMS)


def test_the_key_may_not_lie_in_the_case(made: Office) -> None:
    said = say(
        "privilege", "key", made.case / "private" / "key",
        "--passphrase-file", made.desk / "passphrase",
    )  # fmt: skip

    assert said.code == 2
    assert "outside the case" in said.err


def test_a_wrong_passphrase_and_another_key_are_told_apart(made: Office, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("not this one\n", "utf-8")
    wrong = say(
        "privilege", "mark", "--key", made.desk / "key", "--passphrase-file", tmp_path / "wrong",
        "--case", made.case,
    )  # fmt: skip
    done("privilege", "key", tmp_path / "key", "--passphrase-file", made.desk / "passphrase")
    another = say(
        "privilege", "mark", "--key", tmp_path / "key",
        "--passphrase-file", made.desk / "passphrase", "--case", made.case,
    )  # fmt: skip

    assert "does not open" in wrong.err
    assert "not the key" in another.err
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "key").read_bytes())["memory_kib"] == 64 * 1024


@pytest.fixture
def new(made: Office, tmp_path: Path) -> Office:
    """Give a copy of the case for one test alone."""
    shutil.copytree(made.case, tmp_path / "case")
    return Office(case=tmp_path / "case", desk=made.desk)


@pytest.mark.parametrize("harm", ["removed", "emptied", "replaced"])
def test_a_register_that_was_tampered_with_is_found_before_anything_is_built(
    new: Office, harm: str
) -> None:
    place = new.case / "privilege" / "register"
    content = place.read_bytes()
    if harm == "removed":
        place.unlink()
    else:
        place.write_bytes(
            content[: content.index(b"\n") + 1] if harm == "emptied" else content[:-16]
        )
    said = say("index", "--case", new.case)

    assert said.code == 6
    assert "register is not the one" in said.err


def test_marks_that_were_thinned_out_are_found(new: Office) -> None:
    for name in ("marks", "apart"):
        place = next((new.case / "privilege" / "marks").glob(f"*/{name}.parquet"))
        table = pq.read_table(place)
        pq.write_table(table.slice(0, table.num_rows - 1), place)
    said = say("index", "--case", new.case)

    assert said.code == 6
    assert "marks of privilege are not" in said.err


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ("name,colour\nJan,blue\n", "number 2"),
        ("kind,value\nname,Jan van der Berg\naddress,nobody\n", "line 3, address"),
        ("", "see the first line"),
        ("name\n\n", "holds no entry"),
        ("name,phone\nJan Berg,1,2\n", "too many cells"),
    ],
)
def test_a_list_that_cannot_be_read_names_its_line_and_nothing_else(
    made: Office, entries: str, why: str
) -> None:
    place = made.desk / "bad.csv"
    place.write_text(entries, "utf-8")
    said = say("privilege", "enrol", place, *made.key, "--case", made.case)

    assert said.code == 2
    assert why in said.err
    assert "nobody" not in said.err
    assert "Berg" not in said.err


def test_a_list_between_semicolons_in_dutch_is_read_too(tmp_path: Path) -> None:
    new = office(tmp_path, LETTERS[:3], enrolled=False)
    result = new.enrol("naam;adres;telefoon\nJan de Wit;jan@wit.example;020-7654321\n")
    more = new.enrol(REGISTER)

    assert result["forms"] > 10
    assert more["register"] != result["register"]
