"""A dossier under attack: every byte flipped, members moved about, absurd names, sizes and JSON.

Verified in process, with the anchor, without openssl.
"""

from __future__ import annotations

import json
import os
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.cases import say
from tests.journeys.dossier.exports import CONSISTENT, FALSE, VERIFIED, Export, answer
from tests.journeys.dossier.forging import canonical, listed, read, write
from zegel.dossier import verify

pytestmark = pytest.mark.xdist_group("dossier")


def test_what_is_attacked_holds_before(export: Export, small: Path, tmp_path: Path) -> None:
    content = small.read_bytes()

    assert answer(content, tmp_path / "z", export.root)[0] == VERIFIED
    assert answer(content, tmp_path / "z", None)[0] == CONSISTENT
    assert write(read(content)) == content
    assert write(listed(read(content))) == content


def test_every_byte_flipped_in_turn_is_found_out(export: Export, small: Path) -> None:
    content = small.read_bytes()
    place = small.with_name("flipped.zip")
    place.write_bytes(content)
    unseen = []
    with place.open("r+b", buffering=0) as file:
        for at, byte in enumerate(content):
            os.pwrite(file.fileno(), bytes([byte ^ (1 << at % 8)]), at)
            if verify.verify(str(place), export.root, None)[0] != FALSE:
                unseen.append(at)
            os.pwrite(file.fileno(), bytes([byte]), at)

    assert unseen == []
    assert len(content) > 15_000


@pytest.mark.parametrize("anew", [False, True])
def test_members_dropped_added_swapped_doubled_or_renamed_are_named(
    export: Export, small: Path, tmp_path: Path, anew: bool
) -> None:
    members = read(small.read_bytes())
    evidence = sorted(n for n in members if n.startswith(verify.EVIDENCE))
    first, second = evidence[0], evidence[-1]
    dropped = [{n: c for n, c in members.items() if n != gone} for gone in members]
    attacks = [one for one in dropped if "manifest.json" in one or not anew]
    attacks.append({**members, "stored/9999999-1.eml": b"added"})
    attacks.append({**members, first: members[second], second: members[first]})
    renamed = {n: c for n, c in members.items() if n != first}
    attacks.append({**renamed, first.replace("-", "-9"): members[first]})
    for attack in attacks:
        content = write(listed(attack) if anew and "manifest.json" in attack else attack)
        missing = set(members) - set(attack)
        if anew and missing and missing <= {"README.txt", "verify.py"}:
            continue  # conveniences, and a manifest that does not list them
        assert answer(content, tmp_path / "z", export.root)[0] == FALSE, missing


def test_an_order_of_members_or_a_second_of_a_name_is_refused(
    export: Export, small: Path, tmp_path: Path
) -> None:
    members = read(small.read_bytes())
    names = sorted(members)
    for order in (names[::-1], [*names[:3], *names[2:]], [names[1], names[0], *names[2:]]):
        content = write(members, order=order)
        code, wrong = answer(content, tmp_path / "z", export.root)
        assert (code, "sorted" in wrong) == (FALSE, True)


def test_a_dossier_zipped_again_by_another_tool_is_refused(
    export: Export, small: Path, tmp_path: Path
) -> None:
    members = read(small.read_bytes())
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(tmp_path / "z.zip", "w", method) as archive:
            for name in sorted(members):
                archive.writestr(name, members[name])
        assert verify.verify(str(tmp_path / "z.zip"), export.root, None)[0] == FALSE


@pytest.mark.parametrize("extra", [b"", b"\0", b"PK\5\6" + bytes(18)])
def test_bytes_before_after_or_missing_are_refused(
    export: Export, small: Path, tmp_path: Path, extra: bytes
) -> None:
    content = small.read_bytes()
    attacks = [content[:-1], content[: len(content) // 2], b""]
    attacks += [extra + content, content + extra] if extra else []
    for attack in attacks:
        assert answer(attack, tmp_path / "z", export.root)[0] == FALSE


@pytest.mark.parametrize(
    "name",
    ["../escaped", "/etc/escaped", "a/../../escaped", "a//b", "C:\\escaped", "a\0b", ".hidden",
     "stored/", "a\nb", "\u202egnp.exe", "x" * 300],
)  # fmt: skip
def test_names_that_would_leave_a_folder_are_refused_and_nothing_is_written(
    export: Export, small: Path, tmp_path: Path, name: str
) -> None:
    members = {**read(small.read_bytes()), name: b"harm"}
    content = bytes(write({n.encode().decode("latin-1"): c for n, c in members.items()}))
    code, _ = answer(content, tmp_path / "z", export.root)
    said = say("dossier", "verify", tmp_path / "z", "--json")

    assert (code, said.code) == (FALSE, FALSE)
    assert [path.name for path in tmp_path.iterdir()] == ["z"]


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 1 << 20])
def test_absurd_sizes_do_no_harm(export: Export, small: Path, tmp_path: Path, size: int) -> None:
    content = bytearray(small.read_bytes())
    content[18:26] = struct.pack("<2I", size, size)

    assert answer(bytes(content), tmp_path / "z", export.root)[0] == FALSE


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000, b'{"fields":' * 5000, b"1" * 100_000, b'{"number":NaN}', b"null", b"[]", b"{}",
     b'{"fields":{},"hidden":[],"members":{},"message":"00","number":1e400}', b"\xff\xfe"],
)  # fmt: skip
@pytest.mark.parametrize(
    "name", ["certificates.jsonl", "manifest.json", "custody.jsonl", "keys.jsonl"]
)
def test_json_of_any_kind_ends_in_a_sentence(
    export: Export, small: Path, tmp_path: Path, name: str, line: bytes
) -> None:
    members = {**read(small.read_bytes()), name: line + b"\n"}
    content = write(members if name == "manifest.json" else listed(members))

    assert answer(content, tmp_path / "z", export.root)[0] == FALSE
    assert say("dossier", "verify", tmp_path / "z").code == FALSE


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_any_value_of_any_type_in_the_maker_s_statements_ends_in_an_answer(
    export: Export, small: Path, tmp_path: Path, data: st.DataObject
) -> None:
    members = read(small.read_bytes())
    manifest = json.loads(members["manifest.json"])
    name = data.draw(st.sampled_from(sorted(manifest)))
    odd: st.SearchStrategy[object] = st.one_of(
        st.none(), st.integers(-5, 1 << 70), st.text(max_size=3), st.just([[]]), st.just({})
    )
    manifest[name] = data.draw(odd)
    members["manifest.json"] = canonical(manifest) + b"\n"
    code, _ = answer(write(members), tmp_path / "z", export.root)
    said = say("dossier", "verify", tmp_path / "z", "--open", "none")

    assert code in (VERIFIED, FALSE)
    assert said.code in (CONSISTENT, FALSE)


def test_a_member_larger_than_any_of_its_kind_is_not_read(
    export: Export, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "LARGEST_JSON", 100)
    code, wrong = answer(small.read_bytes(), tmp_path / "z", export.root)

    assert (code, wrong) == (FALSE, "manifest.json: it is larger than any of its kind")
