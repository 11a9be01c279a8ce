"""`init`, `up`, `down`, `status`, `doctor` as a person types them, and what they refuse."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shieldnet import site
from shieldnet.errors import MissingPackagesError, SettingsError
from shieldnet.services.processes import below
from tests.live import Live, eventually, made, shieldnet

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("live")]
USER = "zegeltest"
COMMAND = "from shieldnet.cli import main; main()"


@pytest.fixture(scope="module")
def still() -> Iterator[Live]:
    """A network that was made and never started."""
    with made("server") as network:
        yield network


def refused(*words: str | Path) -> str:
    done = shieldnet(*words)

    assert done.code in (1, 2, 3), done
    return " ".join(done.err.split())


def test_up_says_that_it_is_up_and_down_that_it_is_down(live: Live, still: Live) -> None:
    assert "up already" in refused("up", live.folder)
    assert "down already" in refused("down", still.folder)


def test_an_unknown_site_is_named_with_the_known_ones(still: Live) -> None:
    said = refused("up", still.folder, "--site", "lon")

    assert "no site 'lon'" in said
    assert "ams, yyz" in said


def test_a_busy_port_is_named_with_the_word_that_changes_it(still: Live) -> None:
    place = still.network.site("ams")
    with socket.socket() as taken:
        taken.bind((place.address, place.imap_port))
        taken.listen()
        said = refused("up", still.folder)

    assert f"{place.address}:{place.imap_port}" in said
    assert "change imap_port of [site.ams]" in said
    assert not below(still.folder)


def test_a_second_init_and_a_half_made_folder_are_told_what_to_do(still: Live) -> None:
    again = refused("init", still.folder)
    registry = still.network.site("yyz").registry
    registry.rename(registry.with_suffix(".aside"))
    half = refused("status", still.folder)
    finished = shieldnet("init", still.folder)
    registry.with_suffix(".aside").rename(registry)

    assert "holds a network already. Start it: shieldnet up" in again
    assert "half made: sites/yyz/registry.db is missing" in half
    assert finished.code == 0, finished.err


def test_a_registry_that_is_gone_while_there_is_mail_is_not_made_anew(still: Live) -> None:
    place = still.network.site("yyz")
    (place.mail / "somebody").mkdir()
    place.registry.rename(place.registry.with_suffix(".aside"))
    said = refused("init", still.folder)
    place.registry.with_suffix(".aside").rename(place.registry)
    (place.mail / "somebody").rmdir()

    assert "is gone but there is mail. Restore it" in said


def test_a_folder_with_other_things_or_too_long_a_name_makes_no_network(
    still: Live, tmp_path: Path
) -> None:
    base = still.folder.parent
    (base / "thesis.txt").touch()
    for folder, part in ((base, "something else"), (tmp_path / ("x" * 61), "too long")):
        assert part in refused("init", folder)


def test_a_folder_behind_a_closed_door_makes_no_network(tmp_path: Path) -> None:
    closed = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        with pytest.raises(SettingsError, match=f"chmod o\\+x {closed}"):
            site.init(closed / "n")
    finally:
        shutil.rmtree(closed)


def test_a_careful_umask_locks_no_server_out_and_nobody_else_reads_logs_or_sales() -> None:
    before = os.umask(0o077)
    try:
        with made("device") as live:
            place = live.network.site("ams")
            modes = {
                path.name: path.stat().st_mode & 0o777
                for path in (place.folder, place.log, place.ledger, place.registry, place.mail)
            }
    finally:
        os.umask(before)

    assert modes == {
        "ams": 0o755,
        "log": 0o750,
        "ledger.csv": 0o640,
        "registry.db": 0o640,
        "mail": 0o700,
    }


def test_missing_packages_are_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, live: Live
) -> None:
    monkeypatch.setattr(site, "PACKAGES", {**site.PACKAGES, "no-such-program": "no-such-package"})
    with pytest.raises(MissingPackagesError, match="apt-get install no-such-package"):
        site.up(live.network, [])

    assert "no-such-package" in refused("generate", live.folder / "plan", "--live")
    assert not (live.folder / "plan/copy").exists()


def test_status_says_in_plain_words_who_could_read_the_mail(live: Live, still: Live) -> None:
    device, server = (shieldnet("status", one.folder) for one in (live, still))
    document = json.loads(shieldnet("status", live.folder, "--json").out)

    assert "a copy of these servers opens no message" in device.out
    assert "TEST MODE" in server.out
    assert (document["custody"], document["sites"]["ams"]["up"]) == ("device", True)


def test_doctor_finds_a_healthy_network_healthy_and_a_missing_one_missing(
    still: Live, tmp_path: Path
) -> None:
    well = shieldnet("doctor", still.folder)
    ill = shieldnet("doctor", tmp_path / "nothing")

    assert (well.code, "mend" in well.out) == (0, False), well.out
    assert ill.code == 1
    assert "shieldnet init" in ill.out


BOUND = 'mount --bind "$1" "$3/src" && mount --bind "$2" "$3/packages" && shift 3 && exec "$@"'
"""Wherever this project and its packages lie, an ordinary user finds them at a passable place."""


def as_somebody(base: Path) -> list[str]:
    """Return the beginning of a command that runs `shieldnet` as an ordinary user."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    asked = ["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    own = subprocess.run(asked, capture_output=True, text=True, check=False)
    if own.stdout.strip() != version:
        pytest.skip(f"live network without root: /usr/bin/python3 is not Python {version}")
    for name in ("src", "packages"):
        (base / name).mkdir()
    places = (Path(site.__file__).parents[1], Path(pytest.__file__).parents[1], base)
    return [
        *("unshare", "--mount", "sh", "-c", BOUND, "sh", *map(str, places)),
        *("runuser", "-u", USER, "--", "env", f"PYTHONPATH={base}/src:{base}/packages"),
        *("/usr/bin/python3", "-c", COMMAND),
    ]


@pytest.mark.xdist_group("rootless")
def test_without_root_both_sites_run_in_a_user_namespace_and_leave_nothing() -> None:
    try:
        account = pwd.getpwnam(USER)
    except KeyError:
        pytest.skip(f"live network without root: there is no user {USER}")
    with made("device") as live:
        program = as_somebody(live.folder.parent)
        text = (live.folder / "network.toml").read_text()
        folder = live.folder.parent / "u"
        folder.mkdir()
        (folder / "network.toml").write_text(text)
        for path in (folder, folder / "network.toml"):
            os.chown(path, account.pw_uid, account.pw_gid)

        def as_user(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*program, *words],
                cwd="/",
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

        started = [as_user(word, str(folder)) for word in ("init", "up")]
        inside = subprocess.run(
            ["ps", "-u", str(account.pw_uid), "-o", "comm="], capture_output=True, text=True
        ).stdout.split()
        stopped = as_user("down", str(folder))
        eventually(lambda: not below(folder))

    assert [one.returncode for one in started] == [0, 0], started
    assert started[1].stdout.count("│ up") == 2
    assert {"dovecot", "master"} <= set(inside)
    assert stopped.returncode == 0
