"""What is withheld is nowhere in the file, the rest verifies, and only the magistrate sees it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.journeys.cases import Said, done, say
from tests.journeys.dossier.exports import (
    ATTACHED,
    SECRET,
    SUBJECT,
    Export,
    certificates,
    contents,
    spellings,
    verify,
)

pytestmark = pytest.mark.xdist_group("dossier")


@pytest.fixture(scope="module")
def magistrate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a magistrate's certificate and secret key."""
    folder = tmp_path_factory.mktemp("magistrate")
    key = pysequoia.Tsk.generate("Judge <judge@court.example>")
    (folder / "secret").write_text(str(key), "ascii")
    (folder / "cert").write_text(str(key.extract_certificate()), "ascii")
    return folder


def entry(parts: list[str], *ids: int, reason: str = "a third party") -> str:
    held = {"ids": list(ids), "parts": parts, "reason": reason}
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in held.items())
    return "[[withhold]]\n" + "".join(lines)


def make(export: Export, magistrate: Path, out: Path, listed: str, *words: str | Path) -> Said:
    given = out.with_suffix(".toml")
    given.write_text(listed, "utf-8")
    held = ("--withhold", given, "--magistrate-cert", magistrate / "cert")
    quick = ("--second-opinion", "none", "--json")
    return say("dossier", "make", "-i", export.inv, "-o", out, *held, *quick, *words)


def by_number(file: Path) -> dict[int, dict[str, Any]]:
    return {one["number"]: one for one in certificates(file)}


def withheld_three(export: Export) -> str:
    """Withhold the secret line, its quotation, and both copies of the attachment."""
    at = export.letters
    return (
        entry(["text", "subject", "attachment/0"], at[1])
        + entry(["text"], at[2], reason="quotes it")
        + entry(["attachment/0"], at[3])
    )


def test_no_byte_of_what_is_withheld_is_anywhere_and_the_rest_verifies(
    export: Export, magistrate: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.zip"
    said = make(export, magistrate, out, withheld_three(export))
    assert said.code == 0, said
    content = out.read_bytes()

    for secret in (SECRET.encode(), SUBJECT.encode(), ATTACHED, SECRET[9:40].encode()):
        assert [one for one in spellings(secret) if one in content] == []
    assert verify(out, export.root)[0] == 0
    shown = by_number(out)
    assert shown[export.letters[4]]["fields"]["text"][1].startswith("Oma wordt")
    assert "text" in shown[export.letters[3]]["fields"]


def test_the_searches_above_would_find_what_they_look_for(whole: Path) -> None:
    content = whole.read_bytes()

    for secret in (SECRET.encode(), SUBJECT.encode()):
        assert any(one in content for one in spellings(secret))
    assert ATTACHED in content


def test_an_encrypted_message_withheld_in_part_carries_no_ciphertext_and_no_key(
    export: Export, magistrate: Path, whole: Path, tmp_path: Path
) -> None:
    one = next(c for c in certificates(whole) if c["repeat"] and len(texts(c)[0]) > 30)
    out = tmp_path / "a.zip"
    assert make(export, magistrate, out, entry(["text"], one["number"])).code == 0
    content, members = out.read_bytes(), contents(whole)
    block = next(iter(one["repeat"]))

    secrets = [bytes.fromhex(one["fields"][f"session-key/{block}"][1])]
    secrets += [members[name][-60:] for name in one["members"].values()]
    secrets += [line for line in texts(one)[0].encode().splitlines() if len(line) > 30]
    assert len(secrets) > 3
    for secret in secrets:
        assert [spelt for spelt in spellings(secret) if spelt in content] == []
    shown = by_number(out)[one["number"]]
    assert shown["members"] == {}
    assert any(name.startswith("place/") for name in shown["fields"])
    assert verify(out, export.root)[0] == 0
    assert say("dossier", "verify", out, "--root", export.root).code == 0


def texts(certificate: dict[str, Any]) -> list[str]:
    return [certificate["fields"]["text"][1] or ""]


def test_a_message_withheld_whole_leaves_its_number_and_a_proof(
    export: Export, magistrate: Path, tmp_path: Path
) -> None:
    number, out = export.letters[4], tmp_path / "a.zip"
    assert make(export, magistrate, out, entry(["all"], number)).code == 0
    shown = by_number(out)[number]
    content = out.read_bytes()

    assert set(shown["fields"]) == {"number"}
    assert json.loads(contents(out)["manifest.json"])["states"]["withheld"] == 1
    for secret in (b"Oma wordt dinsdag tachtig", b"letter4@test.example"):
        assert [spelt for spelt in spellings(secret) if spelt in content] == []
    assert verify(out, export.root)[0] == 0


def test_people_withheld_are_not_in_places_or_keys_either(
    export: Export, magistrate: Path, tmp_path: Path
) -> None:
    at, out = export.letters, tmp_path / "a.zip"
    assert make(export, magistrate, out, entry(["people"], *at.values())).code == 0
    content = out.read_bytes()

    for name in (b"bram@test.example", b"letter1@test.example"):
        assert [spelt for spelt in spellings(name) if spelt in content] == []
    assert verify(out, export.root)[0] == 0


def test_the_magistrate_alone_opens_the_sealed_certificate_and_it_proves_the_same_leaf(
    export: Export, magistrate: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.zip"
    make(export, magistrate, out, withheld_three(export))
    number = export.letters[1]
    shown = by_number(out)[number]
    key = pysequoia.Tsk.from_bytes((magistrate / "secret").read_bytes())
    sealed = contents(out)[shown["sealed"]]
    opened = json.loads(bytes(pysequoia.decrypt(sealed, decryptor=key.decryptor()).bytes or b""))
    commitments = {
        hashlib.sha256(
            bytes.fromhex(salt)
            + json.dumps(
                [name, value], ensure_ascii=False, sort_keys=True, separators=(",", ":")
            ).encode()
        ).hexdigest()
        for name, (salt, value) in opened["fields"].items()
    }

    assert SECRET in opened["fields"]["text"][1]
    assert set(shown["hidden"]) <= commitments
    assert len(sealed) > 4096


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (["text"], "shows what is withheld"),
        (["attachment/0"], "shows what is withheld"),
    ],
)
def test_what_another_message_shows_is_not_withheld_by_halves(
    export: Export, magistrate: Path, tmp_path: Path, parts: list[str], says: str
) -> None:
    said = make(export, magistrate, tmp_path / "a.zip", entry(parts, export.letters[1]))

    assert (said.code, says in said.err) == (8, True)
    assert not (tmp_path / "a.zip").exists()
    assert SECRET not in said.err + said.out


def test_a_query_or_reason_that_tells_what_is_withheld_is_refused(
    export: Export, magistrate: Path, tmp_path: Path
) -> None:
    at = export.letters
    alone = entry(["people"], *at.values())
    words = ("--query", "from:anna@test.example OR lang:nl OR lang:en")
    asked = make(export, magistrate, tmp_path / "a.zip", alone, *words)
    reason = entry(["all"], at[4], reason="want: Oma wordt dinsdag tachtig.")
    said = make(export, magistrate, tmp_path / "b.zip", reason)

    assert (asked.code, said.code) == (8, 8)


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ("[[withhold]]\nids = [1]\nparts = ['tekst']\nreason = 'x'\n", "entry 1"),
        ("[[withhold]]\nids = [1]\nparts = ['text']\nreason = ''\n", "entry 1"),
        ("[[withhold]]\nids = []\nparts = ['text']\nreason = 'x'\n", "entry 1"),
        ("[[withheld]]\nids = [1]\n", "cannot be read"),
        ("{not json}", "cannot be read"),
        ('{"ids": [999999], "parts": ["text"], "reason": "x"}\n', "no such message"),
        ('{"ids": [1], "parts": ["attachment/7"], "reason": "x"}\n', "attachment/7"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(
    export: Export, magistrate: Path, tmp_path: Path, listed: str, says: str
) -> None:
    said = make(export, magistrate, tmp_path / "a.zip", listed)

    assert (said.code, says in said.err) == (2, True), said
    assert not (tmp_path / "a.zip").exists()


def test_nothing_is_withheld_without_somebody_who_may_see_it(
    export: Export, tmp_path: Path
) -> None:
    given = tmp_path / "list"
    given.write_text(entry(["text"], 1), "utf-8")
    words = ("dossier", "make", "-i", export.inv, "-o", tmp_path / "a.zip", "--withhold", given)

    assert "--magistrate-cert" in say(*words).err
    (tmp_path / "cert").write_bytes(b"no certificate")
    said = say(*words, "--magistrate-cert", tmp_path / "cert")
    assert (said.code, "OpenPGP certificate" in said.err) == (2, True)


def test_a_supplement_that_discloses_says_what(
    export: Export, magistrate: Path, whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a.zip"
    make(export, magistrate, out, entry(["subject"], export.letters[4]))
    found = done("dossier", "diff", out, whole, "--json").json
    disclosed = found["disclosed"][str(export.letters[4])]

    assert "subject" in disclosed
    assert found["withheld"] == {}
