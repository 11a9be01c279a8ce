"""After a power cut a name is absent or complete; what `commit` has said is done stays done.

Every state that a file system may leave (see `tests.powercut`) is made and looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tests.powercut import Disk, Tree
from zegel.tables import commit, make_folder, replace_file

# Not `zegel.tables.commit`: by that name the package has the function.
COMMITTING = import_module("zegel.tables.commit")
PART = {"deep/two": b"2" * 100, "one": b"1" * 100}


def commit_part(folder: Path) -> None:
    """Write a part, of which nothing is synced, and commit it."""
    written = make_folder(folder / "tables" / "stage") / ".unfinished-part"
    for name, content in PART.items():
        (written / name).parent.mkdir(parents=True, exist_ok=True)
        (written / name).write_bytes(content)
    commit(written, folder / "tables" / "stage" / "part")


def inside(tree: Tree, folder: str) -> dict[str, bytes]:
    """Return the files of a state below `folder`."""
    here = f"disk/{folder}/"
    return {
        path.removeprefix(here): content
        for path, (_, content) in sorted(tree.items())
        if path.startswith(here) and content is not None
    }


def cut(folder: Path, act: Callable[[], object]) -> tuple[list[Tree], list[Tree]]:
    """Return what a cut at any moment of `act` may leave, and what one after it may."""
    folder.mkdir(exist_ok=True)
    disk, during = Disk(folder), list[Tree]()
    with disk.watched(lambda: during.extend(disk.all())):
        act()
    after = list(disk.all())
    disk.close()
    return during, after


def parts_found(folder: Path) -> tuple[set[str], set[str]]:
    during, after = cut(folder, lambda: commit_part(folder))
    assert len(during) > 100
    return (
        {str(inside(tree, "tables/stage/part")) for tree in during},
        {str(inside(tree, "tables/stage/part")) for tree in after},
    )


def test_a_cut_leaves_a_part_absent_or_complete_and_one_after_the_commit_complete(
    tmp_path: Path,
) -> None:
    assert parts_found(tmp_path / "disk") == ({"{}", str(PART)}, {str(PART)})


@pytest.mark.parametrize("kind", ["files", "folders of files", "names"])
def test_a_commit_that_syncs_less_is_found_out(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = COMMITTING.sync

    def skipping(path: Path) -> None:
        skipped = {
            "files": path.is_file(),
            "folders of files": ".unfinished-" in str(path) and path.is_dir(),
            "names": path.is_dir() and ".unfinished-" not in str(path),
        }
        if not skipped[kind]:
            real(path)

    monkeypatch.setattr(COMMITTING, "sync", skipping)

    assert parts_found(tmp_path / "disk") != ({"{}", str(PART)}, {str(PART)})


def test_a_part_another_run_put_there_survives_a_cut_once_committed(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    real = COMMITTING.sync

    def killed_before_the_last_sync_and_again() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(COMMITTING, "sync", lambda p: None if p.name == "stage" else real(p))
            commit_part(folder)
        commit_part(folder)

    _, after = cut(folder, killed_before_the_last_sync_and_again)

    assert {str(inside(tree, "tables/stage/part")) for tree in after} == {str(PART)}


def test_a_file_replaced_is_the_old_or_the_new_and_after_it_the_new(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    (folder / "file").write_bytes(b"old " * 20)
    during, after = cut(folder, lambda: replace_file(folder / "file", b"new " * 20))

    assert {tree["disk/file"][1] for tree in during} == {b"old " * 20, b"new " * 20}
    assert {tree["disk/file"][1] for tree in after} == {b"new " * 20}
