"""A real case takes an order only with the signature of a magistrate whom two people enrolled."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pysequoia
import pytest

from tests.gnupg import Home, gnupg_home
from tests.journeys.cases import Said, done, mail, maildir, processed, say
from tests.people import enrolled, person
from tests.signing import NAME, Pen, by_gnupg, by_sequoia, sequoia_key
from zegel import service
from zegel.authorisation import Order, SignedOrder, check_signature
from zegel.casefile import Case
from zegel.dossier import verify
from zegel.errors import VerificationError
from zegel.investigation import Investigation
from zegel.people import machine
from zegel.service import permitting

ORDER = f"""\
number = "S-1"
magistrate = "{NAME}"
investigation = "Quay"
offences = ["theft"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "test"
[[clause]]
name = "all"
accounts = ["anna@test.example"]
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
"""


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with gnupg_home() as made:
        made.make(f"{NAME} <vries@court.example>", "ed25519")
        yield made


@pytest.fixture(scope="module")
def pen(home: Home) -> Pen:
    return by_gnupg(home, "vries@court.example")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pen: Pen) -> Path:
    """Give a case that is none for training, where one magistrate is enrolled."""
    made = tmp_path_factory.mktemp("signed")
    copy = maildir(made / "copy", [mail(number=n) for n in range(3)])
    processed(made, copy, options=["--index"])
    enrol(Case.open(made / "case"), pen.certificate)
    return made


def enrol(case: Case, certificate: bytes, name: str | None = None) -> str:
    enrolled(case, ann="administrator", bob="witness", cas="witness")
    proposed = service.propose_magistrate(case, certificate, name, who=person("ann"))
    fingerprint = str(proposed["fingerprint"])
    service.confirm_magistrate(case, fingerprint, who=person("bob"))
    return fingerprint


def order_in(place: Path, text: str = ORDER, signature: bytes | None = None) -> Path:
    """Write an order into a new folder, its signature beside it."""
    place.mkdir(parents=True, exist_ok=True)
    order = place / "order.toml"
    order.write_text(text, "utf-8")
    if signature is not None:
        order.with_name("order.toml.sig").write_bytes(signature)
    return order


def grant(folder: Path, order: Path, *words: str | Path) -> Said:
    return say("grant", order, "--case", folder / "case", "--out", order.parent / "inv", *words)


def acts(case: Path) -> list[tuple[str, str]]:
    entries = Case.open(case).log().entries()
    return [(entry.act, str(entry.facts.get("why", ""))) for entry in entries]


def test_a_signed_order_is_granted_and_names_its_signer(
    folder: Path, tmp_path: Path, pen: Pen, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    signature = pen.sign(ORDER.encode())
    said = grant(folder, order_in(tmp_path, signature=signature), "--json")
    fingerprint = home.fingerprints()[0]

    assert said.json["signed_by"]["fingerprint"] == fingerprint
    inv = Investigation.open(tmp_path / "inv")
    assert (inv.header["signed"], inv.training) == (True, False)
    assert (inv.folder / "order.sig").read_bytes() == signature
    monkeypatch.setattr(machine, "digest", lambda: "that of whoever searches")
    assert fingerprint in done("investigation", "-i", inv.folder).out
    granted = list(Case.open(folder / "case").log().acts(("granted",)))[-1]
    assert granted.facts["signed_by"] == fingerprint


def test_anyone_checks_the_signature_in_the_folder_with_gpg(
    folder: Path, tmp_path: Path, pen: Pen
) -> None:
    grant(folder, order_in(tmp_path, signature=pen.sign(ORDER.encode())))

    said = checked_by_gpg(tmp_path / "inv")
    assert "Good signature" in said
    (tmp_path / "inv" / "order.toml").write_text(ORDER.replace("theft", "arson"), "utf-8")
    assert "BAD signature" in checked_by_gpg(tmp_path / "inv")


def checked_by_gpg(place: Path) -> str:
    """Give the commands that every dossier names, in a home that knows nobody."""
    with gnupg_home() as stranger:
        commands = (["--import", "magistrate.pgp"], ["--verify", "order.sig", "order.toml"])
        ran = [
            subprocess.run(
                ["gpg", "--batch", *words],
                cwd=place,
                env=stranger.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            for words in commands
        ]
    return ran[-1].stderr


@pytest.mark.parametrize("name", ["order.toml", "order.sig", "magistrate.pgp"])
@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_folder_whose_order_signature_or_certificate_was_changed_is_found(
    folder: Path, tmp_path: Path, pen: Pen, name: str, change: str
) -> None:
    grant(folder, order_in(tmp_path, signature=pen.sign(ORDER.encode())))
    file = tmp_path / "inv" / name
    if change == "changed":
        file.write_bytes(file.read_bytes() + b"\n")
    else:
        file.unlink()
    said = say("search", "-i", tmp_path / "inv", "anna")

    assert (said.code, f"{name}: this is not what" in said.err) == (6, True)


def test_an_armoured_signature_beside_the_order_is_found_and_two_are_a_question(
    folder: Path, tmp_path: Path, home: Home
) -> None:
    made = by_gnupg(home, "vries@court.example", "--armor")
    order = order_in(tmp_path)
    (tmp_path / "order.toml.asc").write_bytes(made.sign(ORDER.encode()))

    assert grant(folder, order).code == 0
    shutil.rmtree(tmp_path / "inv")
    (tmp_path / "order.toml.sig").write_bytes(b"x")
    said = grant(folder, order)
    assert (said.code, "--signature" in said.err) == (2, True)
    assert grant(folder, order, "--signature", tmp_path / "order.toml.asc").code == 0


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"signature": None}, 7, "the order is not signed, and this is no training case"),
        ({"signature": b"nothing of the kind"}, 7, "cannot be read"),
        ({"signed": ORDER.replace("theft", "arson")}, 6, "not over these bytes"),
        ({"by": "stranger"}, 7, "no magistrate enrolled in this case"),
        ({"text": ORDER.replace(NAME, "B. Jansen")}, 7, "'B. Jansen' as its magistrate"),
        ({"text": ORDER.replace("2099-01-01", "2016-06-01")}, 7, "the order has expired"),
        ({"text": ORDER.replace("2016-05-01", "2098-05-01")}, 7, "issued in the future"),
    ],
)
def test_a_refused_order_leaves_an_entry_and_no_folder(
    folder: Path, tmp_path: Path, pen: Pen, changes: dict[str, str | bytes | None], code: int,
    says: str,
) -> None:  # fmt: skip
    text = str(changes.get("text", ORDER))
    hand = by_sequoia(sequoia_key()) if changes.get("by") else pen
    signature = changes.get("signature", hand.sign(str(changes.get("signed", text)).encode()))
    assert signature is None or isinstance(signature, bytes)
    said = grant(folder, order_in(tmp_path, text, signature))

    assert (said.code, says in said.err) == (code, True), said.err
    assert not (tmp_path / "inv").exists()
    act, why = acts(folder / "case")[-1]
    assert (act, says in why) == ("grant refused", True)


def test_a_training_case_takes_both_and_checks_what_is_signed(tmp_path: Path, pen: Pen) -> None:
    copy = maildir(tmp_path / "copy", [mail()])
    case = tmp_path / "case"
    done("init", case, "--training")
    done("intake", copy, "--case", case)
    done("process", "--case", case, "--workers", "1", "--index")
    (tmp_path / "cert.pgp").write_bytes(pen.certificate)
    proposed = done("magistrate", "propose", tmp_path / "cert.pgp", "--case", case, "--json")
    fingerprint = proposed.json["fingerprint"]
    assert say("magistrate", "confirm", fingerprint, "--case", case).code == 7
    done("magistrate", "confirm", fingerprint, "--case", case, "--who", "the clerk")
    listed = done("magistrate", "list", "--case", case, "--json").json

    assert [one["standing"] for one in listed] == ["enrolled"]
    plain = grant(tmp_path, order_in(tmp_path / "plain"))
    signed = grant(tmp_path, order_in(tmp_path / "signed", signature=pen.sign(ORDER.encode())))
    wrong = grant(tmp_path, order_in(tmp_path / "wrong", signature=pen.sign(b"another")))
    assert (plain.code, signed.code, wrong.code) == (0, 0, 6)
    assert "TRAINING" in plain.err
    assert "TRAINING" in signed.err
    assert Investigation.open(tmp_path / "signed" / "inv").header["signed"]
    assert not Investigation.open(tmp_path / "plain" / "inv").header["signed"]


def test_one_person_never_enrols_a_magistrate_alone(tmp_path: Path, pen: Pen) -> None:
    case = Case.create(tmp_path / "case", training=False)
    (tmp_path / "cert.pgp").write_bytes(pen.certificate)
    proposed = done("magistrate", "propose", tmp_path / "cert.pgp", "--case", case.folder, "--json")
    fingerprint = proposed.json["fingerprint"]
    alone = say("magistrate", "confirm", fingerprint, "--case", case.folder)
    named = say("magistrate", "confirm", fingerprint, "--case", case.folder, "--who", "else")

    assert (alone.code, "nobody enrols one alone" in alone.err) == (7, True)
    assert (named.code, "for training only" in named.err) == (11, True)
    assert [act for act, _ in acts(case.folder)][-2:] == ["magistrate refused", "refused"]
    assert service.list_magistrates(case)[0]["standing"] == "proposed"


def test_an_enrolment_is_withdrawn_by_one_and_made_again_by_two(tmp_path: Path, pen: Pen) -> None:
    case = Case.create(tmp_path / "case", training=False)
    fingerprint = enrol(case, pen.certificate)
    service.withdraw_magistrate(case, fingerprint.lower(), who=person("cas"))

    assert service.list_magistrates(case)[0]["standing"] == "withdrawn"
    assert say("magistrate", "withdraw", fingerprint, "--case", case.folder).code == 2
    assert say("magistrate", "confirm", fingerprint, "--case", case.folder).code == 2
    enrol(case, pen.certificate)
    assert [one["standing"] for one in service.list_magistrates(case)] == ["enrolled"]
    assert say("magistrate", "confirm", fingerprint[:16], "--case", case.folder).code == 2


def test_a_certificate_changed_on_disk_is_named(tmp_path: Path, pen: Pen) -> None:
    case = Case.create(tmp_path / "case", training=False)
    enrol(case, pen.certificate)
    (file,) = (case.folder / "magistrates").iterdir()
    file.write_bytes(by_sequoia(sequoia_key()).certificate)

    with pytest.raises(VerificationError) as changed:
        service.list_magistrates(case)
    assert changed.value.where == str(file)
    file.unlink()
    assert say("magistrate", "list", "--case", case.folder).code == 6


def unfit() -> dict[str, bytes]:
    key = sequoia_key()
    cert = key.extract_certificate()
    gone = bytes(
        cert.merge(pysequoia.Cert.from_bytes(bytes(cert) + bytes(cert.revoke(key.certifier()))))
    )
    return {
        "holds no OpenPGP certificate": b"nothing",
        "holds 2 certificates": bytes(cert) + by_sequoia(sequoia_key()).certificate,
        "holds a secret key": bytes(key),
        "revoked": gone,
    }


def test_a_certificate_that_signs_nothing_is_not_proposed(tmp_path: Path) -> None:
    case = Case.create(tmp_path / "case", training=False)
    for says, content in unfit().items():
        (tmp_path / "cert.pgp").write_bytes(content)
        said = say("magistrate", "propose", tmp_path / "cert.pgp", "--case", case.folder)

        assert (said.code in (2, 7), says in said.err) == (True, True), said.err
        assert acts(case.folder)[-1][0] == "magistrate refused"
    assert service.list_magistrates(case) == []


@pytest.fixture(scope="module")
def dossier(folder: Path, pen: Pen, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dossier")
    grant(folder, order_in(place, signature=pen.sign(ORDER.encode())))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "digest", lambda: "that of whoever searches")
        make = ("dossier", "make", "-i", place / "inv", "-o", place / "d.zip")
        done("login", "-i", place / "inv", "--purpose", "a test")
        done(*make, "--second-opinion", "none")
    return place


def test_a_dossier_whose_order_nobody_signed_is_found_by_opening_it_again(
    folder: Path, tmp_path: Path, pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody makes an investigation with a program of their own that believes any signature."""
    real: Callable[..., SignedOrder] = check_signature

    def believe(order: Order, signature: bytes, *given: Any) -> SignedOrder:
        return replace(real(order, pen.sign(order.text), *given), signature=signature)

    monkeypatch.setattr(permitting, "check_signature", believe)
    grant(folder, order_in(tmp_path, signature=pen.sign(b"another order")))
    make = ("dossier", "make", "-i", tmp_path / "inv", "-o", tmp_path / "d.zip")
    monkeypatch.setattr(machine, "digest", lambda: "that of whoever searches")
    done("login", "-i", tmp_path / "inv", "--purpose", "a test")
    done(*make, "--second-opinion", "none")
    said = say("dossier", "verify", tmp_path / "d.zip", "--open", "none")

    assert (said.code, "order.sig: it is no signature" in said.out + said.err) == (6, True)


def test_a_dossier_names_the_fingerprint_and_holds_what_gpg_needs(
    dossier: Path, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fingerprint = home.fingerprints()[0]
    with zipfile.ZipFile(dossier / "d.zip") as archive:
        archive.extractall(tmp_path)

    assert "Good signature" in checked_by_gpg(tmp_path)
    assert fingerprint in (tmp_path / "README.txt").read_text("utf-8")
    assert json.loads((tmp_path / "header.json").read_text())["signature"]["key"] == fingerprint
    root = Investigation.open(dossier / "inv").root.hex()
    assert verify.main([str(dossier / "d.zip"), "--root", root]) == 0
    said = capsys.readouterr().out
    assert f"signed by {fingerprint} (gpg --verify order.sig order.toml)" in said
    checked = done("dossier", "verify", dossier / "d.zip", "--root", root, "--open", "none")
    assert fingerprint in checked.out
