"""A copy of a stopped network: whole, checkable by other tools, and what `zegel intake` takes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

from shieldnet import devices
from shieldnet.errors import NotEmptyError, SettingsError
from shieldnet.network import Network
from shieldnet.seize import archive, seize
from tests.unit.shieldnet.networks import made


@pytest.fixture
def network(tmp_path: Path) -> Network:
    network = made(tmp_path / "net")
    devices.register(network, "ams", [devices.Request(holder="heron", model="Cobalt S1")])
    folder = network.site("ams").folder
    cur = folder / "mail/d00001@ams.shieldnet.example/Maildir/cur"
    cur.mkdir(parents=True)
    (cur / "1.M1P1.mx,S=1,W=1:2,S").write_text("From: a\n\nx")
    os.utime(cur / "1.M1P1.mx,S=1,W=1:2,S", ns=(0, 1_446_542_364_123_456_789))
    (folder / "odd\nname\\").write_bytes(b"odd")
    (folder / os.fsdecode(b"not-utf8-\xff")).write_bytes(b"")
    (folder / "link").symlink_to("/etc/passwd")
    os.link(folder / "registry.db", folder / "second name")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        before = Path.cwd()
        os.chdir(folder)  # a socket's name may have 108 octets
        bound.bind("sock")
        os.chdir(before)
    return network


def on_disk(folder: Path) -> dict[str, str]:
    """Return the digest of every file below a folder, by its name in the copy."""
    return {
        str(Path(folder.name) / path.relative_to(folder)): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_the_copy_holds_every_file_with_its_digest_and_its_time(
    network: Network, tmp_path: Path
) -> None:
    done = seize(network, tmp_path / "copy", ["ams"])[0]
    with tarfile.open(done.tar) as tar:
        inside = {
            member.name: hashlib.sha256(held.read()).hexdigest()
            for member in tar
            if (held := tar.extractfile(member) if member.isfile() else None)
        }
        link = tar.getmember("ams/link")
        mail = next(member for member in tar if member.name.endswith(":2,S"))

    assert inside == dict(done.copied.digests) == on_disk(network.site("ams").folder)
    assert (link.issym(), link.linkname) == (True, "/etc/passwd")
    assert mail.pax_headers["mtime"].startswith("1446542364.123456")
    assert sorted(done.copied.not_copied) == [("ams/pipe", "a pipe"), ("ams/sock", "a socket")]
    assert done.copied.changed == []


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_another_tool_checks_copy_and_files(network: Network, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    seize(network, copy, [])
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", copy / "ams.tar", "-C", tmp_path / "out"], check=True)
    check = ["sha256sum", "--check", "--quiet"]
    first = subprocess.run([*check, "SHA256SUMS"], cwd=copy, capture_output=True)
    second = subprocess.run([*check, copy / "ams.sha256"], cwd=tmp_path / "out")
    (tmp_path / "out/ams/ledger.csv").write_bytes(b"changed")
    third = subprocess.run([*check, copy / "ams.sha256"], cwd=tmp_path / "out", capture_output=True)

    assert (first.returncode, second.returncode, third.returncode) == (0, 0, 1)
    assert third.stdout.startswith(b"ams/ledger.csv: FAILED")


def test_nobody_else_may_read_the_copy_and_its_story_is_told(
    network: Network, tmp_path: Path
) -> None:
    seize(network, tmp_path / "copy", ["ams"])
    told = (tmp_path / "copy/takedown.md").read_text()
    volatile = json.loads((tmp_path / "copy/ams.volatile.json").read_text())
    record = tomllib.loads((tmp_path / "copy/ams.toml").read_text())

    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "copy").iterdir()} == {0}
    assert "the site was down already" in told
    assert volatile["before"]["devices"] == {"stock": 1}
    assert record["acquisition"]["label"] == "Server ams"


@pytest.mark.slow
def test_zegel_takes_the_copy_in_and_every_seal_holds(network: Network, tmp_path: Path) -> None:
    copy, case = tmp_path / "copy", str(tmp_path / "case")
    seize(network, copy, ["ams"])
    zegel = [sys.executable, "-c", "from zegel.cli import main; main()"]
    for words in (
        ("init", case, "--training"),
        ("intake", str(copy / "ams.tar"), "--case", case, "--describe", str(copy / "ams.toml")),
        ("intake", "--recheck", "--case", case),
    ):
        done = subprocess.run([*zegel, *words], capture_output=True, text=True)

        assert done.returncode == 0, done.stderr


def test_a_copy_goes_into_a_new_folder_on_no_account_into_the_network(
    network: Network, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    with pytest.raises(NotEmptyError, match="holds something already"):
        seize(network, tmp_path / "full", [])
    with pytest.raises(SettingsError, match="inside the network"):
        seize(network, network.folder / "copy", [])


def test_a_file_that_grows_or_shrinks_while_it_is_read_is_named(tmp_path: Path) -> None:
    class Shrinking:
        """A file that holds less than its folder entry said."""

        def read(self, _size: int) -> bytes:
            return b""

    reader = archive._Hashed(Shrinking(), 10)  # type: ignore[arg-type]

    assert reader.read(10) == bytes(10)
    assert reader.short
    assert reader.hash.digest() == hashlib.sha256(bytes(10)).digest()
