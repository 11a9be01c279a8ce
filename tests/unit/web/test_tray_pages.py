"""Trays and dossiers in the browser: from a list of hits to a file that anybody checks."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pysequoia
import pytest

from tests.unit.web.test_casework_pages import Desk, case, desk, state_of  # noqa: F401
from zegel import service
from zegel.web.asked import INERT

PLAIN = {"language": "en", "zone": "UTC", "opinions": "none", "printed": "0"}


def test_hits_go_into_the_tray_are_ordered_noted_and_shared(desk: Desk) -> None:  # noqa: F811
    state = state_of(desk, "haven")
    put = {"scope": "all", "state": state, "do": "tray", "back": f"{desk.at}/s/{state}"}
    desk.ann.post(f"{desk.at}/casework/many", put)
    desk.ann.post(f"{desk.at}/tray/collect", {"m": "2"})
    change = f"{desk.at}/tray/own/change"
    desk.ann.post(change, {"m": "2", "do": "up"})
    desk.ann.post(change, {"m": "1", "do": "out"})
    desk.ann.post(change, {"m": "3", "do": "note", "note": "see <i>"})
    shared = desk.ann.post(f"{desk.at}/tray/own/share", {"name": "For court"})
    mine = desk.ann.get(f"{desk.at}/tray/own").text
    theirs = desk.bob.get(shared.headers["location"]).text
    empty = desk.bob.get(f"{desk.at}/tray/own").text

    assert re.findall(r'name="m" value="([0-9]+)"', mine) == ["2", "3"]
    assert re.findall(r'name="m" value="([0-9]+)"', theirs) == ["2", "3"]
    assert 'value="see &lt;i&gt;"' in mine
    assert "For court" in theirs
    assert "court" not in shared.headers["location"].lower()
    assert "Nothing lies in it" in empty
    assert desk.ann.post(f"{desk.at}/tray/own/empty").status_code == 303
    assert "Nothing lies in it" in desk.ann.get(f"{desk.at}/tray/own").text
    assert desk.ann.post(change, {"m": "2", "do": "burn"}).status_code == 400


@pytest.mark.slow
def test_a_tray_becomes_a_dossier_that_is_followed_taken_away_and_removed(
    desk: Desk,  # noqa: F811
    tmp_path: Path,
) -> None:
    desk.ann.post(f"{desk.at}/tray/collect", {"m": ["1", "3"]})
    form = desk.ann.get(f"{desk.at}/tray/own/dossier").text
    ordered = desk.ann.post(f"{desk.at}/tray/own/dossier", PLAIN)
    page = ordered.headers["location"]
    until = time.monotonic() + 60
    while desk.ann.get(f"{page}/progress").json()["state"] == "making":
        assert time.monotonic() < until
        time.sleep(0.05)
    made = desk.ann.get(page).text
    file = desk.bob.get(f"{page}/file")
    program = desk.ann.get(f"{desk.at}/dossiers/verify.py")
    place = tmp_path / "d.zip"
    place.write_bytes(file.content)
    root = desk.inv.root.hex()

    assert "Of 2 messages in" in form
    assert f"--root {root}" in made
    assert service.verify_dossier(place, root, mode="none", sample=0).answer == 0
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["content-security-policy"] == INERT
    assert program.headers["content-disposition"] == 'attachment; filename="verify.py"'
    assert page in desk.bob.get(f"{desk.at}/dossiers").text
    assert desk.bob.post(f"{page}/remove").status_code == 303
    assert desk.ann.get(page).status_code == 400
    assert desk.ann.get(f"{page}/file").status_code == 400


def test_what_is_withheld_is_said_in_rows_or_in_a_file(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[service.DossierOptions] = []

    def kept(of: object, options: service.DossierOptions, **_: object) -> dict[str, str]:
        given.append(options)
        return {"id": "0" * 16}

    monkeypatch.setattr(service, "order_dossier", kept)
    certificate = bytes(pysequoia.Tsk.generate("judge").extract_certificate())
    rows = {"ids0": "1, 3", "parts0": ["text", "subject"], "reason0": "a child"}
    files = {"certificate": ("judge.pgp", certificate), "withhold": ("", b"")}
    at = f"{desk.at}/tray/own/dossier"
    desk.ann.post(at, {**PLAIN, **rows}, files=files)
    desk.ann.post(at, {**PLAIN}, files={"withhold": ("list.toml", b"# none")})
    both = desk.ann.post(at, {**PLAIN, **rows}, files={"withhold": ("list.toml", b"# none")})
    wrong = desk.ann.post(at, {**PLAIN, "sample": "many"})

    assert json.loads(given[0].withhold or b"") == {
        "ids": ["1", "3"], "parts": ["text", "subject"], "reason": "a child",
    }  # fmt: skip
    assert given[0].certificate == certificate
    assert (given[0].printed, given[0].opinions) == (0, "none")
    assert (given[1].withhold, given[1].certificate) == (b"# none", None)
    assert (both.status_code, wrong.status_code, len(given)) == (400, 400, 2)
