"""A closed investigation is one encrypted archive: back byte for byte, or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest

from tests.journeys.cases import done, say
from tests.journeys.lives import acts, granted, new_case, refusal, state
from zegel.errors import UsageError, VerificationError, ZegelError
from zegel.investigation import archive as archiving
from zegel.investigation.archive import ARCHIVE, KEY, Locking, Unlocking, archive, unpack
from zegel.investigation.life import KEPT
from zegel.service import closing


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = new_case(tmp_path_factory.mktemp("closing"))
    first = granted(case, "LB-1")
    done("tag", "-i", first, "1", "quay")
    return case


@pytest.fixture
def first(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZEGEL_KEYS", str(tmp_path / "keys"))
    shutil.copytree(template, tmp_path / "case")
    return tmp_path / "case" / "investigations" / "Quay-LB-1"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Give an age recipient and the file of its key, as age-keygen writes it."""
    identity = pyrage.x25519.Identity.generate()
    place = tmp_path_factory.mktemp("age") / "key.txt"
    place.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    return str(identity.to_public()), place


def content(folder: Path) -> dict[str, tuple[str, int]]:
    """Return digest and mode of every file that is not kept in the clear."""
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode,
        )
        for path in folder.rglob("*")
        if path.is_file() and path.relative_to(folder).parts[0] not in KEPT
    }


def closed(first: Path, key: tuple[str, Path]) -> dict[str, tuple[str, int]]:
    """Close it and return what it held."""
    done("search", "-i", first, "boot")  # leaves nothing of SQLite's own behind
    before = content(first)
    done("close", "-i", first, "--recipient", key[0])
    return before


def test_it_comes_back_byte_for_byte(first: Path, key: tuple[str, Path]) -> None:
    before = closed(first, key)
    while_closed = set(content(first))
    done("reopen", "-i", first, "--identity", key[1])

    assert while_closed == {ARCHIVE, KEY}
    assert content(first) == before
    assert "Whole" in done("investigation", "-i", first, "--check").out
    assert done("search", "-i", first, "tag:quay", "--json").json["count"] == 1


def test_while_closed_nothing_is_read_and_the_log_goes_on(
    first: Path, key: tuple[str, Path]
) -> None:
    closed(first, key)
    case = first.parent.parent

    assert "zegel reopen" in refusal("search", "-i", first, "boot").err
    assert "closed, in an archive" in refusal("investigation", "-i", first, "--check").err
    assert "Closed: it is closed" in done("investigation", "-i", first).out
    assert "intact" in done("custody", "verify", "-i", first, "--case", case).out
    assert state(case, "Quay-LB-1")["state"] == "closed"
    assert say("close", "-i", first, "--recipient", key[0]).code == 2


def test_both_logs_say_when_it_was_closed_and_opened(first: Path, key: tuple[str, Path]) -> None:
    closed(first, key)
    done("reopen", "-i", first, "--identity", key[1])
    told = ["investigation closed", "investigation reopened"]

    assert [act for act in acts(first) if act in told] == told
    assert [act for act in acts(first.parent.parent) if act in told] == told
    assert "archive opening begun" in acts(first)


def test_nothing_of_the_content_stays_in_the_clear(first: Path, key: tuple[str, Path]) -> None:
    secret = (first / "secret").read_bytes()
    closed(first, key)
    files = b"".join(path.read_bytes() for path in first.rglob("*") if path.is_file())

    assert not any(word in files for word in (b"over de", b"PAR1", b"SQLite", secret))


@pytest.mark.slow
def test_a_passphrase_opens_it_and_stands_in_no_log(first: Path, tmp_path: Path) -> None:
    words = "horse battery staple 42"
    (tmp_path / "words").write_text(words + "\nsecond line\n")
    before = content(first)
    done("close", "-i", first, "--passphrase-file", tmp_path / "words")
    (tmp_path / "wrong").write_text("horse battery\n")
    wrong = say("reopen", "-i", first, "--passphrase-file", tmp_path / "wrong")
    done("reopen", "-i", first, "--passphrase-file", tmp_path / "words")
    logs = b"".join(path.read_bytes() for path in tmp_path.rglob("entries.jsonl"))

    assert (wrong.code, "does not open the archive" in wrong.err) == (2, True)
    assert content(first) == before
    assert b"horse" not in logs


def test_an_empty_passphrase_or_a_wrong_recipient_closes_nothing(
    first: Path, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text("\n")
    before = content(first)
    empty = say("close", "-i", first, "--passphrase-file", tmp_path / "words")
    nobody = say("close", "-i", first, "--recipient", "age1nobody")

    assert [empty.code, nobody.code] == [2, 2]
    assert content(first) == before
    assert done("search", "-i", first, "boot", "--json").json["count"] == 1


def test_a_wrong_key_opens_nothing_and_that_is_logged(
    first: Path, key: tuple[str, Path], tmp_path: Path
) -> None:
    closed(first, key)
    other = tmp_path / "other.txt"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    wrong = say("reopen", "-i", first, "--identity", other)
    (tmp_path / "none.txt").write_text("# nothing\n")
    none = say("reopen", "-i", first, "--identity", tmp_path / "none.txt")

    assert [wrong.code, none.code] == [2, 2]
    assert set(content(first)) == {ARCHIVE, KEY}
    assert acts(first)[-1] == "archive opening begun"
    assert str(other.read_text().strip()) not in wrong.err + wrong.out


def test_the_tool_of_age_opens_it_too(first: Path, key: tuple[str, Path], tmp_path: Path) -> None:
    """Two files in the age format, the one the key of the other: as the reference says."""
    before = closed(first, key)
    secret = next(line for line in key[1].read_text().splitlines() if line.startswith("AGE"))
    outer = pyrage.x25519.Identity.from_str(secret)
    inner = pyrage.decrypt((first / KEY).read_bytes(), [outer]).decode().strip()
    tar = pyrage.decrypt((first / ARCHIVE).read_bytes(), [pyrage.x25519.Identity.from_str(inner)])
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xf", "-", "-C", str(out)], input=tar, check=True)

    assert content(out) == before


class Flat:
    """A folder of two files, closed by the code alone: quick, so that every place can be hit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "tables").mkdir()
        (folder / "tables" / "one").write_bytes(b"x" * 200_000)
        (folder / "secret").write_bytes(b"s" * 32)
        identity = pyrage.x25519.Identity.generate()
        self.unlocking = Unlocking(identities=str(identity).encode())
        made = archive(folder, Locking(recipients=(str(identity.to_public()),)))
        self.digest = made.sha256
        shutil.rmtree(folder / "tables")
        (folder / "secret").unlink()

    def opened(self, digest: str | None = None) -> dict[str, tuple[str, int]]:
        unpack(self.folder, self.unlocking, digest or self.digest)
        return content(self.folder)


@pytest.fixture
def flat(tmp_path: Path) -> Flat:
    return Flat(tmp_path / "flat")


def damaged(text: bytes) -> Iterator[bytes]:
    """Yield one changed byte at many places, and every kind of cut."""
    for place in [*range(0, 400, 7), 70_000, 140_000, len(text) - 1]:
        yield text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
    for cut in (0, 1, 100, 65_000, 65_552 + 200, len(text) - 16, len(text) - 1):
        yield text[:cut]
    yield text + b"x"


@pytest.mark.parametrize("logged", ["the digest of the log", "no digest: age alone"])
def test_one_changed_byte_or_a_cut_opens_nothing(flat: Flat, logged: str) -> None:
    place = flat.folder / ARCHIVE
    whole = place.read_bytes()
    for text in damaged(whole):
        place.write_bytes(text)
        digest = flat.digest if "log" in logged else hashlib.sha256(text).hexdigest()
        with pytest.raises(VerificationError):
            flat.opened(digest)
        assert {path.name for path in flat.folder.iterdir()} == {ARCHIVE, KEY}
    place.write_bytes(whole)

    assert set(flat.opened()) == {"tables/one", "secret", ARCHIVE, KEY}


def test_one_changed_byte_of_its_key_opens_nothing(flat: Flat) -> None:
    place = flat.folder / KEY
    whole = place.read_bytes()
    for at in range(0, len(whole), 3):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((UsageError, VerificationError)):
            flat.opened()

    assert {path.name for path in flat.folder.iterdir()} == {ARCHIVE, KEY}


@pytest.mark.parametrize("name", ["../out", "/etc/out", "custody/head.json", "a/../../out"])
def test_an_archive_that_names_another_place_is_refused(
    flat: Flat, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knows the recipient can make such an archive, were its digest not in the log."""
    tar = tarfile.TarInfo(name).tobuf() + bytes(1024)
    inner = pyrage.x25519.Identity.generate()
    outer = pyrage.x25519.Identity.from_str((flat.unlocking.identities or b"").decode())
    (flat.folder / KEY).write_bytes(pyrage.encrypt(str(inner).encode(), [outer.to_public()]))
    (flat.folder / ARCHIVE).write_bytes(text := pyrage.encrypt(tar, [inner.to_public()]))
    with pytest.raises(VerificationError, match="outside"):
        flat.opened(hashlib.sha256(text).hexdigest())

    assert {path.name for path in flat.folder.iterdir()} == {ARCHIVE, KEY}


def test_what_changed_while_it_was_closed_stays_in_the_clear(
    first: Path, key: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = archiving.archive

    def slow(folder: Path, locking: Locking) -> object:
        made = real(folder, locking)
        done("tag", "-i", first, "2", "late")
        return made

    monkeypatch.setattr(closing, "archive", slow)
    result = say("close", "-i", first, "--recipient", key[0])

    assert (result.code, "changed while it was being closed" in result.err) == (3, True)
    assert done("search", "-i", first, "tag:late", "--json").json["count"] == 1


_MEASURED = """
import json, resource, sys
from pathlib import Path
import pyrage
from zegel.investigation.archive import Locking, Unlocking, archive, unpack
folder = Path(sys.argv[1])
identity = pyrage.x25519.Identity.generate()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
made = archive(folder, Locking(recipients=(str(identity.to_public()),)))
(folder / "large").unlink()
unpack(folder, Unlocking(identities=str(identity).encode()), made.sha256)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"grown": after - before, "size": (folder / "large").stat().st_size}))
"""


def test_memory_does_not_grow_with_what_is_closed(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(100 * 2**20)
    program = [sys.executable, "-c", _MEASURED, str(tmp_path)]
    measured = json.loads(subprocess.run(program, check=True, capture_output=True).stdout)

    assert measured["size"] == 100 * 2**20
    assert measured["grown"] < 20 * 1024, measured  # KiB


def test_a_full_disk_closes_nothing(first: Path, key: tuple[str, Path]) -> None:
    """The archive is written by a library: its error must still be the disk's."""
    before = content(first)

    class Full:
        def write(self, _: bytes) -> int:
            raise OSError(28, "No space left on device")

    real = archiving._Sink
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(archiving, "_Sink", lambda _: real(Full()))  # type: ignore[arg-type]
        result = say("close", "-i", first, "--recipient", key[0])

    assert (result.code, "no space left" in result.err) == (5, True)
    assert {k: v for k, v in content(first).items() if "closed." not in k} == before


@pytest.mark.parametrize(("busy", "opened"), [(3, True), (10**6, False)])
def test_a_passphrase_too_dear_at_this_moment_is_not_called_wrong(
    flat: Flat, monkeypatch: pytest.MonkeyPatch, busy: int, opened: bool
) -> None:
    """age refuses one untried by how fast the machine was for some milliseconds."""
    inner = pyrage.decrypt(
        (flat.folder / KEY).read_bytes(),
        [pyrage.x25519.Identity.from_str((flat.unlocking.identities or b"").decode())],
    )
    under = pyrage.passphrase.encrypt(inner, "horse battery")
    dear = re.sub(rb"(-> scrypt \S+) \d+", rb"\1 40", under)
    real, times = pyrage.passphrase.decrypt, iter(range(busy))

    def decrypt(_: bytes, passphrase: str) -> bytes:
        return bytes(real(under if next(times, None) is None else dear, passphrase))

    monkeypatch.setattr(pyrage.passphrase, "decrypt", decrypt)
    (flat.folder / KEY).write_bytes(under)
    if opened:
        unpack(flat.folder, Unlocking(passphrase="horse battery"), flat.digest)
    else:
        with pytest.raises(UsageError, match="was not tried"):
            unpack(flat.folder, Unlocking(passphrase="horse battery"), flat.digest)

    assert (flat.folder / "tables" / "one").exists() == opened


def test_an_archive_is_for_recipients_or_under_a_passphrase(flat: Flat) -> None:
    for locking in (Locking(), Locking(recipients=("age1x",), passphrase="x")):
        with pytest.raises(UsageError, match="one of the two"):
            archive(flat.folder, locking)
    for unlocking in (Unlocking(), Unlocking(identities=b"x", passphrase="x")):
        with pytest.raises(ZegelError, match="one of the two"):
            unpack(
                flat.folder,
                unlocking,
                hashlib.sha256((flat.folder / ARCHIVE).read_bytes()).hexdigest(),
            )

    assert "open sesame" not in repr((Locking(passphrase="open sesame"), flat.unlocking))
    assert "AGE-SECRET" not in repr(flat.unlocking)
