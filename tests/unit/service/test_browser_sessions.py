"""How a session reaches a browser: by a code from a terminal, once; in training by word."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import pytest

from zegel import service
from zegel.casefile import Case
from zegel.custody.log import Log, account
from zegel.errors import LoginError, RefusedError, SessionError, UsageError
from zegel.people.sessions import CODE_SECONDS
from zegel.service.place import place_of


@pytest.fixture(autouse=True)
def own_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEGEL_SESSION", str(tmp_path / "tokens"))


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """A case whose only person logged in at a terminal."""
    made = service.init_case(tmp_path / "case")
    service.remember(made, service.login(made, purpose="the fraud"))
    return made


def acts(case: Case) -> list[tuple[str, str]]:
    return [(e.who, e.act) for e in Log.open(case.folder / "custody", None).entries()]


def test_a_code_carries_a_session_to_a_browser_once(case: Case) -> None:
    code = service.hand_over(case)
    began = service.take_over(case, f" {code[:6].upper()}-{code[6:]} ")
    person = service.person_of(case, began.token)
    with pytest.raises(SessionError, match="was used"):
        service.take_over(case, code)

    assert (person.name, person.how, person.purpose) == (account(), "account", "the fraud")
    assert acts(case)[-3:] == [
        (account(), "session handed over"),
        (account(), "logged in"),
        ("nobody", "refused"),
    ]


def test_an_old_code_begins_nothing(case: Case) -> None:
    code = service.hand_over(case)
    (kept,) = place_of(case).sessions.folder.glob("code-*")
    old = time.time() - CODE_SECONDS - 1
    os.utime(kept, (old, old))

    with pytest.raises(SessionError, match="seconds"):
        service.take_over(case, code)
    assert not kept.exists()


def test_neither_code_nor_token_lies_on_the_disk_while_it_waits(case: Case) -> None:
    code = service.hand_over(case)
    kept = b"".join(p.read_bytes() for p in place_of(case).sessions.folder.iterdir())

    assert code.encode() not in kept
    assert b"token" not in kept


def test_whoever_is_logged_in_nowhere_hands_nothing_over(tmp_path: Path) -> None:
    made = service.init_case(tmp_path / "case")

    with pytest.raises(SessionError, match="nobody"):
        service.hand_over(made)


def test_in_training_a_name_is_taken_at_its_word_and_the_log_says_so(tmp_path: Path) -> None:
    made = service.init_case(tmp_path / "case", training=True)
    began = service.login(made, "ann", purpose="practice")
    service.status(made, who=service.person_of(made, began.token))
    said = list(made.log().entries())

    assert began.how == "training"
    assert (said[-2].who, said[-2].facts["how"]) == ("ann", "training")
    assert (said[-1].who, said[-1].act) == ("ann", "case read")


def test_outside_training_no_name_is_taken_at_its_word(tmp_path: Path) -> None:
    made = service.init_case(tmp_path / "case")

    with pytest.raises(LoginError):
        service.login(made, "ann", purpose="practice")
    forged = service.person_of(made, service.login(made, purpose="x").token)
    assert forged.how == "account"


def test_a_name_that_was_not_authenticated_has_no_rights_outside_training(tmp_path: Path) -> None:
    made = service.init_case(tmp_path / "case")

    with pytest.raises(RefusedError):
        service.status(made, who="ann")


def test_a_signature_is_typed_in_base64_or_refused() -> None:
    proof = service.signed_proof(b"text", base64.encodebytes(b"s" * 64).decode())

    assert (proof.challenge, proof.signature) == (b"text", b"s" * 64)
    with pytest.raises(UsageError, match="base64"):
        service.signed_proof(b"text", "§")


def test_a_place_that_is_not_served_refuses_like_a_wrong_password() -> None:
    assert str(service.nobody_here(service.Proof(password="x"))).startswith(
        "name, password or key is wrong"
    )
