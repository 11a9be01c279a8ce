"""What a power cut may leave of a folder, told from what had been synced when it came.

POSIX promises a file's bytes once the file was synced, and a folder's names once the folder was;
of everything since, any part may be there or not, in any order. A `Disk` watches `os.fsync` in
this process, and gives the states that a cut may leave: for each folder its names as synced or as
they are now, for each file its bytes as synced, as they are now, or torn. Only bytes written and
synced through Python are seen; what SQLite writes is taken for safe, as its own tests have it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

SAFE = "casework.sqlite"
"""SQLite's files begin so: it syncs them itself."""

Tree = dict[str, tuple[int, bytes | None]]
"""Mode and bytes by path; None for a folder."""


class Disk:
    """Knows what of `root`, its own name included, would survive a power cut."""

    def __init__(self, root: Path) -> None:
        # What was there at the beginning is on the disk. The folder above holds the root's name.
        self._held: dict[int, int] = {}
        self._kinds: dict[int, bool] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._bytes: dict[int, bytes] = {}
        self._read: dict[int, tuple[tuple[int, int, int] | None, bytes]] = {}
        self._looked: dict[int, dict[str, int]] = {}
        """The names of folders as found in this look: nothing changes while it lasts."""
        self._root = root
        self._top = self._hold(root.parent)
        self._names[self._top] = {}
        if root.exists():
            self._names[self._top][root.name] = self._hold(root)
            self._keep(self._hold(root))

    def close(self) -> None:
        """Let go of what was held."""
        while self._held:
            os.close(self._held.popitem()[1])

    def _hold(self, path: Path | str) -> int:
        """Return the inode at `path`, held so that its number is given to no other file."""
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        inode = os.fstat(descriptor).st_ino
        if self._held.setdefault(inode, descriptor) != descriptor:
            os.close(descriptor)
        return inode

    def _keep(self, inode: int) -> None:
        if not self._is_folder(inode):
            self._bytes[inode] = self._bytes_now(inode)
            return
        self._names[inode] = self._names_now(inode)
        for child in self._names[inode].values():
            self._keep(child)

    def _where(self, inode: int) -> str:
        return f"/proc/self/fd/{self._held[inode]}"

    def _mode(self, inode: int) -> int:
        return os.fstat(self._held[inode]).st_mode

    def _is_folder(self, inode: int) -> bool:
        # What an inode is never changes, and its number is given to no other while it is held.
        if inode not in self._kinds:
            self._kinds[inode] = stat.S_ISDIR(self._mode(inode))
        return self._kinds[inode]

    def _names_now(self, inode: int) -> dict[str, int]:
        if inode not in self._looked:
            self._looked[inode] = self._names_found(inode)
        return self._looked[inode]

    def _names_found(self, inode: int) -> dict[str, int]:
        names = [child.name for child in Path(self._where(inode)).iterdir()]
        if inode == self._top:
            names = [name for name in names if name == self._root.name]
        return {name: self._hold(f"{self._where(inode)}/{name}") for name in sorted(names)}

    def _bytes_now(self, inode: int) -> bytes:
        found = os.fstat(self._held[inode])
        stamp = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if self._read.get(inode, (None, b""))[0] != stamp:
            self._read[inode] = (stamp, Path(self._where(inode)).read_bytes())
        return self._read[inode][1]

    def synced(self, descriptor: int) -> None:
        """Note that a file or a folder was synced."""
        self._looked.clear()
        inode = self._hold(f"/proc/self/fd/{descriptor}/.") if _is_folder(descriptor) else None
        if inode is not None:
            self._names[inode] = self._names_now(inode)
        else:
            inode = self._hold(Path(f"/proc/self/fd/{descriptor}").readlink())
            self._read.pop(inode, None)
            self._bytes[inode] = self._bytes_now(inode)

    @contextmanager
    def watched(self, seen: Callable[[], None]) -> Iterator[None]:
        """Call `seen` before and after whatever this process syncs or renames."""
        real = {name: getattr(os, name) for name in ("fsync", "rename", "replace")}

        def told(name: str) -> Callable[..., Any]:
            def act(*given: Any, **words: Any) -> Any:
                seen()
                result = real[name](*given, **words)
                if name == "fsync":
                    self.synced(given[0])
                seen()
                return result

            return act

        for name in real:
            setattr(os, name, told(name))
        try:
            yield
        finally:
            for name, act in real.items():
                setattr(os, name, act)

    def tree(
        self, new_names: Callable[[int], bool], new_bytes: Callable[[int], bytes | None]
    ) -> Tree:
        """Return one state: names of folders as synced or as now, bytes of files by `new_bytes`.

        None for bytes stands for those that were synced, which are none where none were.
        """
        found: Tree = {}

        def walk(inode: int, path: str) -> None:
            now = new_names(inode)
            names = self._names_now(inode) if now else self._names.get(inode, {})
            for name, child in names.items():
                place = f"{path}/{name}" if path else name
                if self._is_folder(child):
                    found[place] = (self._mode(child), None)
                    walk(child, place)
                else:
                    bytes_ = self._bytes_now(child) if name.startswith(SAFE) else new_bytes(child)
                    kept = self._bytes.get(child, b"") if bytes_ is None else bytes_
                    found[place] = (self._mode(child), kept)

        walk(self._top, "")
        return found

    def likely(self) -> Iterator[Tree]:
        """Yield the extremes: nothing that was not synced; every name, but no byte unsynced; and
        between them one folder's names that are new."""
        self._looked.clear()
        yield self.tree(lambda _: False, lambda _: None)
        yield self.tree(lambda _: True, lambda _: None)
        yield self.tree(lambda _: True, lambda inode: self._torn(inode))
        for folder in self._unsynced_folders():
            yield self.tree(lambda inode, folder=folder: inode == folder, lambda _: None)  # type: ignore[misc]

    def all(self) -> Iterator[Tree]:
        """Yield every state there can be; for a folder of few files only."""
        self._looked.clear()
        folders = self._unsynced_folders()
        files = [
            inode
            for inode in self._held
            if not self._is_folder(inode) and self._bytes_now(inode) != self._bytes.get(inode)
        ]
        ways = (lambda _: None, self._torn, self._bytes_now)
        for names in product((False, True), repeat=len(folders)):
            chosen = dict(zip(folders, names, strict=True))
            for how in product(ways, repeat=len(files)):
                said = dict(zip(files, how, strict=True))
                yield self.tree(
                    lambda inode, c=chosen: c.get(inode, False),  # type: ignore[misc]
                    lambda inode, s=said: s[inode](inode) if inode in s else None,  # type: ignore[misc]
                )

    def _unsynced_folders(self) -> list[int]:
        self.tree(lambda _: True, lambda _: b"")  # holds whatever is new
        return [
            inode
            for inode in list(self._held)
            if self._is_folder(inode) and self._names_now(inode) != self._names.get(inode, {})
        ]

    def _torn(self, inode: int) -> bytes:
        """Return bytes of which the later half was lost, or all of it as far as it was synced."""
        safe, now = self._bytes.get(inode, b""), self._bytes_now(inode)
        if now is safe or not now.startswith(safe):
            return safe
        return now[: (len(safe) + len(now)) // 2]


def _is_folder(descriptor: int) -> bool:
    return stat.S_ISDIR(os.fstat(descriptor).st_mode)


def put(tree: Tree, folder: Path) -> None:
    """Write a state into the new `folder`."""
    folder.mkdir()
    for path, (mode, content) in tree.items():
        if content is None:
            (folder / path).mkdir(mode=stat.S_IMODE(mode))
        else:
            (folder / path).write_bytes(content)
            (folder / path).chmod(stat.S_IMODE(mode))
