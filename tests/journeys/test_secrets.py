"""No passphrase, key, session key or content reaches a command line, an environment, a log or a
screen, of `zegel` or of any program it starts.

A `gpg` that lies first on PATH writes down how it was called, and what its callers look like in
the list of processes, and then is the real one. Python's own hook writes down every other program.
What is looked for is read from the case's tables: it was there to leak.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

from tests.gnupg import gnupg_home
from tests.journeys.cases import done, mail, maildir
from tests.real_data import archive
from zegel.casefile import Case
from zegel.cli import INTERNAL_ERROR
from zegel.tables import read_rows

pytestmark = pytest.mark.slow

USER = "anna@test.example"
GIVEN, NOTED, WRONG = "Vroege-Vogel-77", "Klepel.Zwaan.19", "Nooit-Gebruikt-3"
TEXTS = ("zwanenmeer in de mist", "appeltaart bij de brug", "kermisdansen op zolder")
SUBJECT = "veertien wilgentenen"

RECORDING = """#!/bin/sh
{
  echo "== gpg"; tr '\\0' '\\n' </proc/$$/cmdline; tr '\\0' '\\n' </proc/$$/environ
  caller=$PPID
  while tr '\\0' ' ' </proc/$caller/cmdline | grep -q 'zegel\\|multiprocessing'; do
    echo "== caller"; tr '\\0' '\\n' </proc/$caller/cmdline; tr '\\0' '\\n' </proc/$caller/environ
    caller=$(sed -n 's/^PPid:\\t//p' /proc/$caller/status)
  done
} >>RECORD
exec REAL "$@"
"""
HOOK = """
import sys
def started(event, words):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        with open("RECORD", "a") as record:
            print("== python", words, file=record)
sys.addaudithook(started)
"""


@dataclass
class Journey:
    """A case, and everything that its commands said and did where others can see it."""

    folder: Path
    said: list[bytes] = field(default_factory=list)

    @property
    def case(self) -> Path:
        return self.folder / "case"

    def zegel(self, *words: str | Path) -> None:
        """Give a command in a process of its own, and keep what it says."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        hook = {"PATH": path, "PYTHONPATH": str(self.folder / "bin"), "HOME": str(self.folder)}
        ran = subprocess.run(
            [sys.executable, "-c", "from zegel.cli import main; main()", *map(str, words)],
            env=hook | {"ZEGEL_CASE": str(self.case), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr.decode()
        self.said += [ran.stdout, ran.stderr]

    def read_everything(self) -> None:
        """Give every command that shows something of the case, to people and to programs."""
        for words in (
            *(("status",), ("ledger",), ("keys",), ("problems",), ("custody", "verify")),
            *(("ledger", "--by", by) for by in ("exhibit", "store", "account", "day")),
            ("intake", "--recheck"),
        ):
            for form in ((), ("--json",)):
                told = done(*words, "--case", self.case, *form)
                self.said += [told.out.encode(), told.err.encode()]

    def seen(self) -> dict[str, bytes]:
        """Return what others can see, by where."""
        return {
            "what gpg and its callers were given": (self.folder / "record").read_bytes(),
            "what the commands said": b"\n".join(self.said),
            "the custody log": b"".join(
                file.read_bytes() for file in sorted((self.case / "custody").iterdir())
            ),
        }

    def secrets(self) -> dict[str, set[bytes]]:
        """Return what must not be seen, as the case itself holds it."""
        case = Case.open(self.case)
        sessions = read_rows(case.stage("open").files("sessions"))
        keys = read_rows(case.stage("keys").files("keys")[-1:])
        contents = read_rows(case.stage("open").files("contents"))
        found = read_rows(case.stage("scan").files("passphrases"))
        return {
            "session keys": {row["session_key"] for row in sessions if row["session_key"]},
            "numbers of keys": {n for row in keys for n in row["numbers"] or () if len(n) > 8},
            "contents": {
                line.encode()
                for row in contents
                for line in row["text"].splitlines()
                if len(line) > 15  # shorter ones may stand anywhere by chance
            },
            "passphrases": {row["passphrase"] for row in found},
            "the case's own": {case.secret(), *held_in(case.private / "custody.key")},
        }


def held_in(key_file: Path) -> set[bytes]:
    """Return the lines of a key file that are long enough to be a key."""
    return {line for line in key_file.read_bytes().split() if len(line) > 20}


@pytest.fixture
def journey(tmp_path: Path) -> Journey:
    (tmp_path / "bin").mkdir()
    (tmp_path / "record").touch()
    real = shutil.which("gpg")
    if real is None:
        pytest.skip("gpg is not installed")
    record = str(tmp_path / "record")
    wrapper = tmp_path / "bin" / "gpg"
    wrapper.write_text(RECORDING.replace("RECORD", record).replace("REAL", real))
    wrapper.chmod(0o755)
    (tmp_path / "bin" / "sitecustomize.py").write_text(HOOK.replace("RECORD", record))
    return Journey(tmp_path)


def copy_for_gnupg(folder: Path) -> Path:
    """Write mails that only GnuPG opens: to a passphrase, and to a locked key; and a plain one."""
    with gnupg_home() as home:
        home.make(USER, "rsa2048", "encrypt,sign,cert", passphrase=NOTED)
        secret = home.gpg("--armor", "--export-secret-keys", USER, passphrase=NOTED)
        twofish = ("--armor", "--cipher-algo", "TWOFISH", "--trust-model", "always")
        words = (*twofish, "--s2k-count", "65536", "--symmetric")
        to_phrase = home.gpg(*words, given=TEXTS[0].encode(), passphrase=GIVEN)
        to_key = home.gpg(*twofish, "-e", "-r", USER, given=TEXTS[1].encode())
    bodies = (to_phrase.decode(), to_key.decode(), TEXTS[2])
    mails = [mail(body, number, Subject=SUBJECT) for number, body in enumerate(bodies, 1)]
    copy = maildir(folder / "copy", mails)
    (copy / "anna.asc").write_bytes(secret)
    (copy / "notes.txt").write_text(f"wachtwoord van anna: {NOTED}\n")
    return copy


def spellings(secret: bytes) -> set[bytes]:
    """Return the ways in which `secret` may be written where text is wanted."""
    return {
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret).rstrip(b"="),
        base64.urlsafe_b64encode(secret).rstrip(b"="),
        quote_from_bytes(secret).encode(),
        repr(secret)[2:-1].encode(),
        str(int.from_bytes(secret, "big")).encode(),
    }


def leaks(seen: dict[str, bytes], secrets: Iterable[bytes]) -> list[tuple[str, bytes]]:
    return [
        (where, secret)
        for where, content in seen.items()
        for secret in secrets
        for spelt in spellings(secret)
        if spelt in content
    ]


def test_nothing_secret_is_seen_when_gnupg_opens_messages(journey: Journey) -> None:
    copy = copy_for_gnupg(journey.folder)
    wrong, right = journey.folder / "wrong", journey.folder / "right"
    wrong.write_text(f"{WRONG}\n")
    right.write_text(f"{GIVEN}\n{WRONG}\n")
    journey.zegel("init", journey.case)
    journey.zegel("intake", copy)
    journey.zegel("process", "--workers", "2", "--passphrases", wrong)
    journey.zegel("process", "--workers", "2", "--passphrases", right, "--json")
    journey.zegel("custody", "head")
    journey.read_everything()

    secrets, seen = journey.secrets(), journey.seen()
    words = {word.encode() for word in (GIVEN, NOTED, WRONG, *TEXTS, SUBJECT)}

    assert {line.decode() for line in secrets["contents"]} == set(TEXTS)
    assert (len(secrets["session keys"]), secrets["passphrases"]) == (2, {NOTED.encode()})
    assert len(secrets["numbers of keys"]) >= 4
    started = seen["what gpg and its callers were given"]
    assert started.count(b"\n--override-session-key-fd\n") >= 2
    # A worker, and the command that started it.
    assert started.count(b"== caller") == 2 * started.count(b"== gpg")
    assert leaks(seen, words.union(*secrets.values())) == []


def test_nothing_secret_is_seen_when_gnupg_tries_a_passphrase(journey: Journey) -> None:
    copy = journey.folder / "copy"
    copy.mkdir()
    shutil.copy(archive("openpgp_rnp") / "test_messages/cleartext.rnp-aead-eax", copy)
    phrases = journey.folder / "phrases"
    phrases.write_text(f"{WRONG}\npassword1\n")
    journey.zegel("init", journey.case)
    journey.zegel("intake", copy)
    journey.zegel("process", "--workers", "1", "--passphrases", phrases)

    secrets, seen = journey.secrets(), journey.seen()
    given = {f"\n{word}".encode() for word in (WRONG, "password1")}  # not `--passphrase-fd`

    started = seen["what gpg and its callers were given"]
    assert b"--passphrase-fd" in started
    assert len(secrets["session keys"]) == 1
    assert leaks(seen, given.union(secrets["session keys"], secrets["contents"])) == []


def test_what_leaks_would_be_found() -> None:
    """So that the tests above cannot pass by looking for nothing."""
    secret = bytes(range(200, 232))
    for spelt in spellings(secret):
        assert leaks({"here": b"x " + spelt + b" y"}, [secret])


def test_a_fault_in_the_program_shows_its_place_and_nothing_of_the_evidence(
    journey: Journey,
) -> None:
    journey.zegel("init", journey.case)
    broken = (
        "import zegel.service as s\n"
        f"def status(case): raise ValueError({TEXTS[0]!r})\n"
        "s.status = status\n"
        "from zegel.cli import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", broken, "status", "--case", str(journey.case)],
        capture_output=True,
        check=False,
    )

    said = (ran.stdout + ran.stderr).decode()
    assert (ran.returncode, "ValueError at status:" in said) == (INTERNAL_ERROR, True)
    assert (TEXTS[0] in said, "Traceback" in said) == (False, False)
