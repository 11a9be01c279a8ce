"""Read a site's files wherever they lie: in its folder, in a copy's tar, or in a folder of tars."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shieldnet.errors import ShieldnetError

LARGEST = 1 << 30
"""Octets of one file that are read; what is larger is told as unread."""


class NothingToAuditError(ShieldnetError):
    """The path names neither a network, nor a site, nor a copy of one."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a site."""

    path: str
    """Site's name and path in it."""
    content: bytes | None
    """None: larger than is read, or not to be read."""
    modified_ns: int


def files(path: Path) -> Iterator[File]:
    """Yield every regular file of every site found at `path`."""
    tars = sorted(path.glob("*.tar")) if path.is_dir() else [path]
    if path.is_dir() and (path / "network.toml").is_file():
        for site in sorted((path / "sites").iterdir()):
            yield from _in_folder(site)
    elif path.is_dir() and (path / "registry.db").is_file():
        yield from _in_folder(path)
    elif path.is_dir() and tars:
        for tar in tars:
            yield from _in_tar(tar)
    elif path.is_dir() and (found := sorted(path.glob("*/registry.db"))):
        for registry in found:
            yield from _in_folder(registry.parent)
    elif path.is_file() and tarfile.is_tarfile(path):
        yield from _in_tar(path)
    else:
        raise NothingToAuditError(
            f"{path} is neither a network, nor a site's folder, nor a copy that `shieldnet seize` "
            "made. Name one of these"
        )


def _in_folder(folder: Path) -> Iterator[File]:
    for path in sorted(folder.rglob("*")):
        name = f"{folder.name}/{path.relative_to(folder)}"
        try:
            if path.is_symlink() or not path.is_file():
                continue
            info = path.stat()
            content = path.read_bytes() if info.st_size <= LARGEST else None
        except OSError:
            yield File(path=name, content=None, modified_ns=0)
            continue
        yield File(path=name, content=content, modified_ns=info.st_mtime_ns)


def _in_tar(path: Path) -> Iterator[File]:
    with tarfile.open(path) as tar:
        for member in tar:
            if not member.isfile():
                continue
            held = tar.extractfile(member) if member.size <= LARGEST else None
            content = held.read() if held is not None else None
            modified = int(member.mtime * 1_000_000_000)
            yield File(path=member.name, content=content, modified_ns=modified)
