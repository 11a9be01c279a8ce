"""Take the forensic copy of a network's sites, and take them off the air.

`seize` makes a new folder: for each site a tar, the digests of its files, what a disk cannot hold,
and how the copy came to be, in the form `zegel intake --describe` reads; over all, the story of the
take-down and `SHA256SUMS`. A site that is up is stopped first, so that the copy is of a disk at
rest, and stays down; with `leave_running` it is copied as it runs, and files that changed meanwhile
are named. The site itself is only read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from shieldnet import files
from shieldnet import site as sites
from shieldnet.devices.books import now
from shieldnet.errors import NotEmptyError, SettingsError
from shieldnet.network import LiveSite, Network
from shieldnet.seize import archive, story
from shieldnet.seize.archive import Copied
from shieldnet.seize.volatile import State, state

SUMS = "SHA256SUMS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seized:
    """One site's copy."""

    site: str
    tar: Path
    sha256: str
    copied: Copied
    before: State
    after: State
    was_up: bool
    left_running: bool
    began: str
    ended: str


def seize(
    network: Network,
    out: Path,
    names: list[str],
    *,
    leave_running: bool = False,
    say: Callable[[str], None] = lambda _text: None,
) -> list[Seized]:
    """Copy sites, all if none is named, into the new folder `out`."""
    chosen = [network.site(name) for name in names] or list(network.sites.values())
    out = out.absolute()
    if out.is_relative_to(network.folder):
        raise SettingsError(f"{out} lies inside the network. A copy belongs on another disk")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise NotEmptyError(f"{out} holds something already. Name a new folder")
    files.make(out, 0o700)
    befores = {}
    for site in chosen:
        say(f"{site.name}: listing what a copy cannot hold")
        befores[site.name] = state(network, site)
    if not leave_running:
        _take_down(network, chosen, say)
    done = [_copy(network, site, out, befores[site.name], leave_running, say) for site in chosen]
    _put(out, "takedown.md", story.told(network, done).encode())
    _sums(out)
    return done


def _take_down(network: Network, chosen: list[LiveSite], say: Callable[[str], None]) -> None:
    up = [site.name for site in chosen if not sites.health(network, site).down]
    if up:
        say(f"{', '.join(up)}: taking off the air")
        sites.down(network, up)


def _copy(
    network: Network,
    site: LiveSite,
    out: Path,
    before: State,
    leave_running: bool,
    say: Callable[[str], None],
) -> Seized:
    say(f"{site.name}: copying")
    began = now()
    tar = out / f"{site.name}.tar"
    handle = os.open(tar, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        copied = archive.write(site.folder, target, site.name)
        target.flush()
        os.fsync(target.fileno())
    was_up = any(before.servers.values())
    done = Seized(
        site=site.name,
        tar=tar,
        sha256=_digest(tar),
        copied=copied,
        before=before,
        after=state(network, site),
        was_up=was_up,
        left_running=leave_running and was_up,
        began=began,
        ended=now(),
    )
    _put(out, f"{site.name}.sha256", archive.check_list(copied.digests))
    _put(out, f"{site.name}.volatile.json", _volatile(done))
    _put(out, f"{site.name}.toml", story.acquisition(site, done).encode())
    return done


def _volatile(done: Seized) -> bytes:
    document = {
        "version": 1,
        "site": done.site,
        "before": asdict(done.before),
        "after": asdict(done.after),
        "not_copied": [{"path": path, "reason": why} for path, why in done.copied.not_copied],
        "changed_while_copied": done.copied.changed,
    }
    return (json.dumps(document, indent=1, sort_keys=True, default=str) + "\n").encode()


def _put(out: Path, name: str, content: bytes) -> None:
    files.put(out / name, content, 0o600)


def _digest(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _sums(out: Path) -> None:
    """Write the digest of every file of the copy; its own digest is for paper."""
    paths = sorted(path for path in out.iterdir() if path.name != SUMS)
    _put(out, SUMS, archive.check_list([(path.name, _digest(path)) for path in paths]))
