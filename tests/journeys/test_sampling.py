"""A court's sample of accounts: drawn from seed and list, coded blind, reported once whole."""

from __future__ import annotations

import hmac
import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from tests.journeys.cases import Said, done, mail, say

PEOPLE = [f"user{n}@test.example" for n in range(12)]
SEED = "court 17/2016"
ORDER = """\
number = "1"
magistrate = "Judge"
investigation = "Users"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "a sample"
[[clause]]
name = "the sample"
accounts = {accounts}
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a case, a sample and the investigation that an order about it opened."""
    folder = tmp_path_factory.mktemp("sampling")
    for number, person in enumerate(PEOPLE, 1):
        letter = mail(f"brief {number}\n", number, To=person, From="bram@test.example")
        inbox = folder / "copy" / "mail" / person / "Maildir" / "cur"
        inbox.mkdir(parents=True)
        (inbox / f"146104920{number % 10}.M{number:06d}P1.mx.test.example:2,S").write_bytes(letter)
    case = folder / "case"
    done("init", case, "--training")
    done("intake", folder / "copy", "--case", case)
    done("process", "--case", case, "--index", "--workers", "1")
    draw(folder, folder / "sample.json")
    accounts = json.loads((folder / "sample.json").read_bytes())["accounts"]
    (folder / "order.toml").write_text(ORDER.format(accounts=json.dumps(accounts)), "utf-8")
    done("grant", folder / "order.toml", "--case", case, "-o", folder / "users")
    return folder


def draw(folder: Path, out: Path, *more: str, seed: str = SEED, size: str = "5") -> Said:
    codes = more or ("--code", "Crime", "--code", "no  crime")
    return say("sample", "draw", "users", "--size", size, "--seed", seed, *codes,
               "-o", out, "--case", folder / "case")  # fmt: skip


@pytest.fixture
def inv(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "users", tmp_path / "users")
    done("sample", "begin", "-i", tmp_path / "users", made / "sample.json", "--who", "ann")
    return tmp_path / "users"


def drawn(made: Path) -> list[str]:
    accounts: list[str] = json.loads((made / "sample.json").read_bytes())["accounts"]
    return accounts


def code(inv: Path, who: str, account: str, as_: str, *more: str) -> Said:
    return say("sample", "code", "-i", inv, "users", account, as_, "--who", who, *more)


def code_all(inv: Path, made: Path, who: str, codes: list[str]) -> None:
    for account, as_ in zip(drawn(made), codes, strict=True):
        assert code(inv, who, account, as_, "--reason", f"as {who} sees it").code == 0


def test_the_draw_is_that_of_the_rule_by_another_hand(made: Path) -> None:
    sample = json.loads((made / "sample.json").read_bytes())
    lines = "".join(f"{name}\n" for name in sorted(PEOPLE))
    rank = {name: hmac.digest(SEED.encode(), name.encode(), "sha256") for name in PEOPLE}

    assert sample["frame"] == {
        "of": "accounts with mail",
        "names": 12,
        "sha256": sha256(lines.encode()).hexdigest(),
    }
    assert sample["accounts"] == sorted(PEOPLE, key=lambda name: rank[name])[:5]
    assert sample["codes"] == ["crime", "no crime", "cannot tell"]


def test_the_same_seed_draws_the_same_and_another_another(made: Path, tmp_path: Path) -> None:
    draw(made, tmp_path / "same.json")
    draw(made, tmp_path / "other.json", seed="court 18/2016")

    assert (tmp_path / "same.json").read_bytes() == (made / "sample.json").read_bytes()
    other = json.loads((tmp_path / "other.json").read_bytes())["accounts"]
    assert other != drawn(made)


def test_nobody_sees_a_code_of_the_other_before_both_are_done(inv: Path, made: Path) -> None:
    code_all(inv, made, "ann", ["crime"] * 5)

    early = say("sample", "report", "-i", inv, "users", "--who", "bob")
    waiting = done("sample", "next", "-i", inv, "users", "--who", "bob", "--json").json
    log = (inv / "custody" / "entries.jsonl").read_text("utf-8")

    assert early.code != 0
    assert "ann: 5" in early.err
    assert (waiting["mine"], waiting["coded"], len(waiting["left"])) == ({}, {"ann": 5}, 5)
    assert waiting["messages"] == dict.fromkeys(drawn(made), 1)
    # The sample's own file names the codes there are; the log must not say which was given.
    assert '"crime"' not in log
    assert "crime" not in early.out + early.err


def test_the_report_has_agreement_shares_and_what_differs(inv: Path, made: Path) -> None:
    code_all(inv, made, "ann", ["crime", "no crime", "no crime", "crime", "cannot tell"])
    code_all(inv, made, "bob", ["crime", "no crime", "crime", "crime", "no crime"])

    report = done("sample", "report", "-i", inv, "users", "--json").json
    screen = done("sample", "report", "-i", inv, "users").out

    assert report["agreement"]["found"] == 3
    # Expected by chance: (2 x 3 + 2 x 2) / 25; kappa = (0.6 - 0.4) / 0.6.
    assert report["agreement"]["kappa"] == pytest.approx(1 / 3, abs=1e-6)
    assert report["shares"]["crime"]["ann"]["found"] == 2
    assert report["shares"]["crime"]["bob"]["found"] == 3
    # SciPy 1.17.1: binomtest(2, 5).proportion_ci(method="exact")
    both = report["shares"]["crime"]["both"]
    assert (both["found"], both["of"]) == (2, 5)
    assert (both["low"], both["high"]) == pytest.approx((0.052745, 0.853367), abs=1e-6)
    assert [one["account"] for one in report["differ"]] == [drawn(made)[2], drawn(made)[4]]
    assert "kappa 0.33" in screen
    assert "as bob sees it" in screen


def test_once_the_codes_are_open_none_is_changed(inv: Path, made: Path) -> None:
    code_all(inv, made, "ann", ["crime"] * 5)
    assert code(inv, "ann", drawn(made)[0], "no crime").code == 0
    code_all(inv, made, "bob", ["crime"] * 5)

    late = code(inv, "ann", drawn(made)[0], "crime")
    report = done("sample", "report", "-i", inv, "users", "--json").json

    assert late.code != 0
    assert "open" in late.err
    assert report["shares"]["no crime"]["ann"]["found"] == 1


@pytest.mark.parametrize(
    ("account", "as_", "said"),
    [
        ("stranger@test.example", "crime", "not in the sample"),
        (None, "perhaps", "no code of this sample"),
    ],
)
def test_what_cannot_be_coded_is_refused(
    inv: Path, made: Path, account: str | None, as_: str, said: str
) -> None:
    refused = code(inv, "ann", account or drawn(made)[0], as_)

    assert refused.code != 0
    assert said in refused.err


def test_a_third_person_is_no_second_opinion(inv: Path, made: Path) -> None:
    for who in ("ann", "bob"):
        assert code(inv, who, drawn(made)[0], "crime").code == 0

    third = code(inv, "eve", drawn(made)[0], "crime")

    assert third.code != 0
    assert "third" in third.err


@pytest.mark.parametrize(
    ("size", "codes", "seed"),
    [("0", (), SEED), ("5", ("--code", "cannot tell"), SEED), ("5", (), "  ")],
)
def test_what_is_no_draw_is_refused_and_writes_nothing(
    made: Path, tmp_path: Path, size: str, codes: tuple[str, ...], seed: str
) -> None:
    refused = draw(made, tmp_path / "none.json", *codes, size=size, seed=seed)

    assert refused.code != 0
    assert not (tmp_path / "none.json").exists()


@pytest.mark.parametrize("change", [b'"users"', b'"seed":"court 17/2016"', b'"names":12'])
def test_a_sample_file_that_was_written_otherwise_is_refused(
    inv: Path, made: Path, tmp_path: Path, change: bytes
) -> None:
    text = (made / "sample.json").read_bytes()
    assert change in text
    (tmp_path / "forged.json").write_bytes(text.replace(change, change.replace(b'"', b"", 1), 1))
    (tmp_path / "longer.json").write_bytes(text.replace(change, change + b" ", 1))

    for name in ("forged.json", "longer.json"):
        refused = say("sample", "begin", "-i", inv, tmp_path / name)
        assert refused.code != 0
        assert "no sample" in refused.err


def test_another_sample_of_the_same_name_is_refused(inv: Path, made: Path, tmp_path: Path) -> None:
    draw(made, tmp_path / "other.json", seed="court 18/2016")

    refused = say("sample", "begin", "-i", inv, tmp_path / "other.json")

    assert refused.code != 0
    assert "another sample" in refused.err
    assert say("sample", "begin", "-i", inv, made / "sample.json").code == 0
