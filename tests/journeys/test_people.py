"""People log in, are locked out, are enrolled and blocked; what each finds is in the log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.journeys.cases import Said, done, mail, maildir, say
from tests.journeys.logins import WORDS, acts, case_of_vries, login
from tests.people import enrolled, person
from zegel import service
from zegel.casefile import Case
from zegel.custody.log import account
from zegel.errors import LockedOutError, LoginError, RefusedError, SessionError, UsageError
from zegel.people import Person, sessions, tries
from zegel.service.place import place_of

pytestmark = pytest.mark.usefixtures("own_tokens")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return case_of_vries(tmp_path / "case")


def typed(folder: Path, *lines: str) -> int:
    """Return a file descriptor from which these lines are read."""
    place = folder / f"typed-{len(list(folder.iterdir()))}"
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return os.open(place, os.O_RDONLY)


def test_whoever_made_the_case_examines_and_administers_it_without_logging_in(
    tmp_path: Path,
) -> None:
    done("init", tmp_path / "case")
    said = done("whoami", "--case", tmp_path / "case", "--json").json

    assert (said["name"], said["how"]) == (account(), "account")
    assert said["roles"] == ["administrator", "examiner"]


def test_a_working_session_from_login_to_logout_is_in_the_log_with_its_purpose(
    case: Case, tmp_path: Path
) -> None:
    at = ("--case", case.folder)
    fd = typed(tmp_path, WORDS)
    done("login", "--as", "vries", "--purpose", "the fraud", "--password-fd", str(fd), *at)
    done("status", *at)
    refused = say("intake", tmp_path, *at)
    done("logout", *at)
    done("status", *at)
    said = [(e.who, e.act, e.facts.get("purpose")) for e in case.log().entries()][-5:]

    assert refused.code == 10
    assert said == [
        ("vries", "logged in", "the fraud"),
        ("vries", "case read", "the fraud"),
        ("vries", "refused", None),
        ("vries", "logged out", None),
        (account(), "case read", None),
    ]


def test_a_token_lies_outside_the_case_for_its_owner_alone(case: Case, own_tokens: Path) -> None:
    began = login(case)
    service.remember(case, began)

    assert own_tokens.stat().st_mode & 0o777 == 0o600
    assert not any(began.token in path.read_text("latin-1") for path in files(case.folder))
    own_tokens.chmod(0o644)
    with pytest.raises(SessionError, match="others"):
        service.status(case)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_token_is_never_kept_inside_the_case(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEGEL_SESSION", str(case.folder / "token"))
    with pytest.raises(UsageError, match="never kept inside"):
        service.remember(case, login(case))


@pytest.mark.parametrize(
    ("minutes", "why"), [(sessions.IDLE_MINUTES + 1, "without an act"), (10 * 60 + 1, "at most")]
)
def test_a_session_ends_by_rest_and_by_length(
    case: Case, minutes: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.remember(case, login(case))
    service.status(case)
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + minutes * 60 * 10**9)
    with pytest.raises(SessionError, match=why):
        service.status(case)

    assert acts(case)[-1] == (account(), "refused")
    with pytest.raises(SessionError, match="was ended"):
        service.status(case)


def test_a_session_of_acts_within_the_rest_allowed_goes_on(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.remember(case, login(case))
    now = time.time_ns()
    for times in range(1, 5):
        later = now + times * (sessions.IDLE_MINUTES - 1) * 60 * 10**9
        monkeypatch.setattr(time, "time_ns", lambda later=later: later)
        service.status(case)

    assert acts(case)[-1] == ("vries", "case read")


def test_a_token_that_nobody_gave_is_refused_and_logged(case: Case) -> None:
    with pytest.raises(SessionError):
        service.person_of(case, "00" * 32)

    assert acts(case)[-1] == ("nobody", "refused")


def test_a_wrong_password_and_a_name_nobody_has_are_told_alike_and_logged(case: Case) -> None:
    said = set()
    for name in ("vries", "my secret typed in the wrong place"):
        with pytest.raises(LoginError) as wrong:
            login(case, "not the one", name)
        said.add(wrong.value.what)

    assert len(said) == 1
    assert acts(case)[-2:] == [("vries", "refused"), ("nobody", "refused")]
    assert b"my secret" not in (case.folder / "custody" / "entries.jsonl").read_bytes()


def test_each_failed_try_makes_the_next_wait_longer_and_the_last_locks_the_name(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.time_ns()]
    monkeypatch.setattr(time, "time_ns", lambda: now[0])
    waits = []
    for _ in range(tries.MOST):
        waits.append(0)
        while True:
            try:
                login(case, "not the one")
            except LockedOutError:
                waits[-1] += 1
                now[0] += 10**9
            except LoginError:
                break

    assert waits == [0, 0, 0, 2, 4, 8, 16, 32]
    assert ("zegel", "person locked") in acts(case)
    with pytest.raises(LockedOutError, match="blocked"):
        login(case)
    service.unblock(case, "vries")
    assert login(case).name == "vries"


KILLED = """
import os, signal, sys
from pathlib import Path
from zegel import service
from zegel.casefile import Case
from zegel.people import passwords
def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)
from zegel.service import sessions
sessions.check_password = killed
proof = service.Proof(password="a guess of many")
service.login(Case.open(Path(sys.argv[1])), "vries", proof, purpose="x")
"""


def test_a_kill_before_the_password_is_judged_gives_no_try_back(case: Case) -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED, str(case.folder)], check=False)

    assert ran.returncode == -signal.SIGKILL
    assert place_of(case).tries.count("vries") == 1


def test_a_key_logs_in_by_signing_a_challenge_once(case: Case, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    service.enrol(case, "robot", ["examiner"], service.Credentials(key=public))
    text = service.challenge(case, "robot")
    proof = service.Proof(challenge=text, signature=key.sign(text))

    assert service.login(case, "robot", proof, purpose="nightly").how == "key"
    with pytest.raises(SessionError, match="answered"):
        service.login(case, "robot", proof, purpose="nightly")
    with pytest.raises(LoginError):
        service.login(case, "robot", service.Proof(password=WORDS), purpose="nightly")


@pytest.mark.parametrize(
    ("form", "locked"),
    [(PrivateFormat.PKCS8, False), (PrivateFormat.PKCS8, True), (PrivateFormat.OpenSSH, False)],
)
def test_an_unattended_examiner_works_with_a_key_file(
    case: Case, tmp_path: Path, form: PrivateFormat, locked: bool
) -> None:
    key = Ed25519PrivateKey.generate()
    lock: Any = BestAvailableEncryption(b"of the key") if locked else NoEncryption()
    (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, form, lock))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pub").write_bytes(public)
    at = ("--case", case.folder)
    copy = maildir(tmp_path / "copy", [mail("Tot morgen.\n")])
    done("people", "enrol", "robot", "--role", "examiner", "--key", tmp_path / "key.pub", *at)
    fd = ("--password-fd", str(typed(tmp_path, "of the key"))) if locked else ()
    words = ("login", "--as", "robot", "--key", tmp_path / "key", "--purpose", "nightly")
    done(*words, *fd, *at)
    done("intake", copy, *at)

    assert ("robot", "copy taken in") in acts(case)


def test_a_blocked_name_does_nothing_from_that_moment(case: Case) -> None:
    service.remember(case, login(case))
    service.block(case, "vries", "left", who=account())
    with pytest.raises(RefusedError):
        service.status(case)
    with pytest.raises(LockedOutError, match="left"):
        service.status(case, who=person_with_password())


def person_with_password() -> Person:
    return Person(name="vries", how="password", purpose="x")


def test_nobody_gives_roles_to_themselves_and_a_case_keeps_an_administrator(case: Case) -> None:
    with pytest.raises(RefusedError, match="themselves"):
        service.set_roles(case, account(), ["administrator", "magistrate"])
    with pytest.raises(RefusedError, match="no administrator"):
        service.block(case, account(), "a test")
    assert acts(case)[-1] == (account(), "refused")


def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(
    case: Case, tmp_path: Path
) -> None:
    service.remember(case, login(case))
    with pytest.raises(LoginError):
        service.set_password(case, "a new long password", old="not the old one")
    fd = typed(tmp_path, WORDS, "a new long password")
    done("people", "passwd", "--password-fd", str(fd), "--case", case.folder)

    with pytest.raises(SessionError):
        service.status(case)
    assert login(case, "a new long password").name == "vries"
    service.set_password(case, "given by another", name="vries", who=account())
    assert login(case, "given by another").name == "vries"


def test_a_short_password_is_refused(case: Case) -> None:
    with pytest.raises(UsageError, match="12"):
        service.enrol(case, "new", ["witness"], service.Credentials(password="elevenchars"))


def test_nothing_that_was_typed_is_in_any_file(case: Case) -> None:
    service.remember(case, login(case))
    with pytest.raises(LoginError):
        login(case, "a wrong long password")

    typed_in = (b"horse", b"wrong long")
    assert not [p for p in files(case.folder) if any(w in p.read_bytes() for w in typed_in)]


def said_in(said: Said) -> str:
    return said.out + said.err


def test_a_login_typed_without_a_terminal_asks_for_nothing_and_says_how(case: Case) -> None:
    said = say("login", "--as", "vries", "--purpose", "x", "--case", case.folder)

    assert (said.code, "--password-fd" in said_in(said)) == (2, True)


def test_the_acts_of_people_stand_in_the_roster_file_and_in_the_log_alike(case: Case) -> None:
    enrolled(case, ann="witness")
    listed = service.list_people(case, who=person("ann"))

    assert [one["name"] for one in listed["people"]] == sorted(["ann", "vries", account()])
