"""Nothing outside the case is written: not the copy, not a home, not a folder for temporary files.

The copy is read-only and holds, beside the mail of a small network, messages that only GnuPG and
the worker for post-quantum keys open; both run in folders of their own, inside the case.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.journeys.cases import network
from tests.real_data import archive
from zegel.casefile import Case
from zegel.tables import read_rows

FOLDERS = (
    *("HOME", "TMPDIR", "TMP", "TEMP", "GNUPGHOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
    *("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"),
)
HARD = {
    "test_messages/message.txt.enc-aead-ocb": "gnupg",
    "test_messages/cleartext.rnp-aead-eax": "gnupg",
    "draft-ietf-openpgp-pqc/v4-eddsa-sample-message-v1.asc": "pysequoia",
    "draft-ietf-openpgp-pqc/v4-eddsa-sample-sk.asc": "",
}
"""Files of rnp's corpus, and what opens them."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("net")
    network(folder)
    return folder


@pytest.fixture
def copy(net: Path, tmp_path: Path) -> Path:
    """Give a read-only copy of a small network."""
    copy = tmp_path / "copy"
    shutil.copytree(net / "copy" / "ams", copy)
    return read_only(copy)


def read_only(copy: Path) -> Path:
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return copy


def sealed(copy: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return the mode, time and digest of everything in the copy."""
    found = {}
    for path in (copy, *copy.rglob("*")):
        told = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (told.st_mode, told.st_mtime_ns, sha256(content).digest())
    return found


def journey(folder: Path, copy: Path, workers: str, phrases: Path) -> list[Path]:
    """Give every command on `copy`, and return the folders outside in which anything was made."""
    outside = folder / "outside"
    places = {name: outside / name for name in (*FOLDERS, "here")}
    for place in places.values():
        place.mkdir(parents=True, mode=0o700)
    environment = {name: str(place) for name, place in places.items()}
    environment |= {"PATH": os.environ["PATH"], "ZEGEL_CASE": str(folder / "case")}
    # A file made and removed again leaves no trace but its folder's time.
    untouched = {place: place.stat().st_mtime_ns for place in places.values()}
    for words in (
        ("init", str(folder / "case")),
        ("intake", str(copy)),
        ("process", "--workers", workers, "--passphrases", str(phrases), "--index"),
        *(("status",), ("ledger",), ("ledger", "--by", "day"), ("keys",), ("problems",)),
        *(("intake", "--recheck"), ("custody", "verify")),
    ):
        subprocess.run(
            [sys.executable, "-c", "from zegel.cli import main; main()", *words],
            check=True,
            capture_output=True,
            env=environment,
            cwd=places["here"],
        )
    return [place for place, time in untouched.items() if place.stat().st_mtime_ns != time]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_no_command_writes_outside_the_case(
    workers: str, net: Path, copy: Path, tmp_path: Path
) -> None:
    before = sealed(copy)

    written = journey(tmp_path, copy, workers, net / "truth" / "passphrases.txt")

    assert (written, sealed(copy)) == ([], before)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_other_programs_are_kept_inside_the_case(workers: str, tmp_path: Path) -> None:
    corpus = archive("openpgp_rnp")
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in HARD:
        shutil.copy(corpus / name, copy)
    (tmp_path / "phrases").write_text("password\npassword1\n")
    before = sealed(read_only(copy))

    written = journey(tmp_path, copy, workers, tmp_path / "phrases")

    sessions = read_rows(Case.open(tmp_path / "case").stage("open").files("sessions"))
    assert sorted(str(row["opener"]) for row in sessions) == sorted(filter(None, HARD.values()))
    assert (written, sealed(copy)) == ([], before)
