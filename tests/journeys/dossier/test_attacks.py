"""A dossier under attack: every byte flipped, members moved about, digests made anew, absurd sizes.

Verified in process, with the anchor, without openssl unless a signature is what is attacked.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zegel.dossier.make
from tests.journeys.cases import done, say
from tests.journeys.dossier.exports import Export
from tests.journeys.dossier.forging import (
    KEY,
    Log,
    canonical,
    entry,
    forge,
    listed,
    public,
    read,
    write,
)
from zegel.dossier import verify

pytestmark = pytest.mark.xdist_group("dossier")
VERIFIED, CONSISTENT, FALSE = 0, 9, 6


@pytest.fixture(scope="module")
def small(export: Export) -> Path:
    """Give a dossier of two messages, an encrypted and a plain one, without what is to read."""
    encrypted = done("search", "-i", export.inv, "state:readable", "--json").json["hits"][0]
    ids = export.list(export.folder / "ids", encrypted["number"], export.letters[1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zegel.dossier.make, "rendered_from", lambda *_: ())
        export.make(export.folder / "small.zip", "--ids", ids)
    return export.folder / "small.zip"


def answer(content: bytes, place: Path, root: str | None) -> tuple[int, str]:
    place.write_bytes(content)
    code, wrong, dossier = verify.verify(str(place), root, None)
    assert (code == FALSE) == (dossier is None) == bool(wrong)
    return code, wrong


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


def free_of_the_anchor(name: str, line: bytes, at: int) -> bool:
    """Say whether a byte is one that the root does not cover: the maker's own statements."""
    if name == "certificates.jsonl":
        statements = (line.find(b'"opinions":'), line.find(b'"proof":'), line.find(b'"repeat":'))
        opinions, proof, repeat = statements
        return opinions <= at < proof or repeat <= at
    # The packets before the last hold encrypted session keys: `zegel dossier verify` compares them.
    return name.startswith("ciphertext/")


@settings(
    max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(data=st.data())
def test_a_byte_of_the_evidence_flipped_with_all_digests_made_anew_is_found_out(
    export: Export, small: Path, tmp_path: Path, data: st.DataObject
) -> None:
    members = read(small.read_bytes())
    evidence = [n for n in members if n.startswith(verify.EVIDENCE) and not n.startswith("sealed/")]
    name = data.draw(st.sampled_from([*evidence, *["certificates.jsonl"] * 5, "header.json",
                                      "order.toml", "keys.jsonl"]))  # fmt: skip
    content = bytearray(members[name])
    at = data.draw(st.integers(0, len(content) - 1))
    begin = bytes(content).rfind(b"\n", 0, at) + 1
    end = bytes(content).find(b"\n", at)
    line = bytes(content[begin : end if end >= 0 else len(content)])
    if free_of_the_anchor(name, line, at - begin):
        return
    content[at] ^= data.draw(st.integers(1, 255))
    forged = write(listed({**members, name: bytes(content)}))

    assert answer(forged, tmp_path / "z", export.root)[0] == FALSE


def test_an_encrypted_session_key_changed_with_all_digests_made_anew_is_found_by_the_command(
    export: Export, small: Path, tmp_path: Path
) -> None:
    members = read(small.read_bytes())
    name = next(n for n in members if n.startswith("ciphertext/"))
    changed = bytearray(members[name])
    changed[40] ^= 1
    (tmp_path / "z").write_bytes(write(listed({**members, name: bytes(changed)})))
    said = say("dossier", "verify", tmp_path / "z", "--root", export.root, "--json")

    assert (said.code, "packets" in said.json["wrong"]) == (FALSE, True)


def test_a_session_key_that_opens_nothing_is_found_by_the_command(
    small: Path, tmp_path: Path
) -> None:
    """With the digests made anew under a root of the forger's own: the cipher alone can tell."""
    members = read(small.read_bytes())
    certificate = next(
        one for one in map(json.loads, members["certificates.jsonl"].splitlines()) if one["repeat"]
    )
    block = next(iter(certificate["repeat"]))
    certificate["fields"][f"session-key/{block}"][1] = "00" * 32
    mine = set(certificate["members"].values())
    kept = {n: c for n, c in members.items() if n in mine or not n.startswith(verify.EVIDENCE)}
    (tmp_path / "z").write_bytes(write(forge(kept, certificate)))

    assert verify.verify(str(tmp_path / "z"), None, None)[0] == CONSISTENT
    said = say("dossier", "verify", tmp_path / "z", "--json")
    assert (said.code, "session key" in said.json["wrong"]) == (FALSE, True)


def test_a_forged_clause_with_all_digests_made_anew_is_caught_by_the_anchor_alone(
    export: Export, small: Path, tmp_path: Path
) -> None:
    members = read(small.read_bytes())
    certificate = json.loads(members["certificates.jsonl"].splitlines()[0])
    certificate["fields"]["admitted"][1] = [{"clause": "everything", "why": "hit"}]
    mine = set(certificate["members"].values())
    kept = {n: c for n, c in members.items() if n in mine or not n.startswith(verify.EVIDENCE)}
    forged = write(forge(kept, certificate))

    assert answer(forged, tmp_path / "z", None)[0] == CONSISTENT
    assert answer(forged, tmp_path / "z", export.root) == (
        FALSE,
        "manifest.json: its root is not the anchor",
    )


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


def test_an_old_head_with_the_entries_of_a_newer_one_is_refused(
    export: Export, small: Path, tmp_path: Path
) -> None:
    done("search", "-i", export.inv, "later")
    ids = export.list(tmp_path / "ids", export.letters[4])
    export.make(tmp_path / "new.zip", "--ids", ids)
    members = read((tmp_path / "new.zip").read_bytes())
    old = read(small.read_bytes())["custody.jsonl"].splitlines(keepends=True)
    new = members["custody.jsonl"].splitlines(keepends=True)
    for lines in ([old[0], *new[1:]], [new[0], *old[1:]], [new[0], *new[1:-1]], [new[0], *new[2:]]):
        content = write(listed({**members, "custody.jsonl": b"".join(lines)}))
        code, wrong = answer(content, tmp_path / "z", export.root)
        assert (code, "custody.jsonl" in wrong) == (FALSE, True)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("what", ["head", "voucher"])
def test_a_signature_that_is_wrong_is_found_by_openssl(
    export: Export, small: Path, tmp_path: Path, what: str
) -> None:
    members = read(small.read_bytes())
    first, *rest = members["custody.jsonl"].splitlines()
    top = json.loads(first)
    head = top["head"] if what == "head" else top["voucher"]["head"]
    head["signature"] = hashlib.sha512(b"another").hexdigest()
    members["custody.jsonl"] = b"".join(line + b"\n" for line in [canonical(top), *rest])
    (tmp_path / "z").write_bytes(write(listed(members)))
    code, wrong, _ = verify.verify(str(tmp_path / "z"), export.root, shutil.which("openssl"))

    assert (code, "signature" in wrong) == (FALSE, True)


def test_a_part_hidden_that_nobody_owns_up_to_is_refused(
    export: Export, small: Path, tmp_path: Path
) -> None:
    members = read(small.read_bytes())
    lines = [json.loads(line) for line in members["certificates.jsonl"].splitlines()]
    salt, value = lines[0]["fields"].pop("text")
    hidden = hashlib.sha256(bytes.fromhex(salt) + canonical(["text", value])).hexdigest()
    lines[0]["hidden"] = [hidden]
    members["certificates.jsonl"] = b"".join(canonical(one) + b"\n" for one in lines)
    code, wrong = answer(write(listed(members)), tmp_path / "z", export.root)

    assert (code, "withheld" in wrong) == (FALSE, True)


def alone(small: Path) -> tuple[dict[str, bytes], dict[str, Any], str]:
    """Return the encrypted message of the dossier, the members it has, and its ciphertext."""
    members = read(small.read_bytes())
    certificate = next(
        one for one in map(json.loads, members["certificates.jsonl"].splitlines()) if one["repeat"]
    )
    mine = set(certificate["members"].values())
    kept = {n: c for n, c in members.items() if n in mine or not n.startswith(verify.EVIDENCE)}
    return kept, certificate, next(iter(certificate["repeat"]))


def place_of(one: dict[str, Any]) -> dict[str, Any]:
    name = next(name for name in one["fields"] if name.startswith("place/"))
    return dict(one["fields"])[name][1]  # type: ignore[no-any-return]


def same_key_twice(one: dict[str, Any], block: str) -> None:
    one["fields"][f"session-key/{'0' * 64}"] = list(one["fields"][f"session-key/{block}"])


def another_ciphertext(one: dict[str, Any], block: str) -> None:
    for kind in ("ciphertext", "session-key"):
        one["fields"][f"{kind}/{'0' * 64}"] = one["fields"].pop(f"{kind}/{block}")
    for kind in ("ciphertext", "plaintext"):
        one["members"][f"{kind}/{'0' * 64}"] = one["members"].pop(f"{kind}/{block}")


def withheld_and_shown(one: dict[str, Any], block: str) -> None:
    one["fields"].pop("text")
    one.update(hidden=["00" * 32], withheld=[{"part": "text", "reason": "x"}], sealed="sealed/1")


FORGERIES: list[tuple[str, Callable[[dict[str, Any], str], object]]] = [
    ("leaf or number", lambda one, _: one.update(number=one["number"] + 1)),
    ("leaf or number", lambda one, _: one.update(message="00")),
    ("no ciphertext and no key", withheld_and_shown),
    ("opens", same_key_twice),
    ("not the ciphertext named", another_ciphertext),
    ("not sealed in the exhibit", lambda one, _: place_of(one)["proof"].__setitem__(0, "00" * 32)),
    ("another, or shorter", lambda one, _: place_of(one).update(path="elsewhere")),
    ("another, or shorter", lambda one, _: place_of(one).update(offset=1 << 40)),
    ("what is withheld differ", lambda one, _: one.update(hidden=["00" * 32])),
]


@pytest.mark.parametrize(("says", "change"), FORGERIES, ids=range(len(FORGERIES)))
def test_a_dossier_sealed_anew_by_a_forger_is_false_where_it_contradicts_itself(
    small: Path, tmp_path: Path, says: str, change: Callable[[dict[str, Any], str], object]
) -> None:
    members, certificate, block = alone(small)
    change(certificate, block)
    code, wrong = answer(write(forge(members, certificate)), tmp_path / "z", None)

    assert (code, says in wrong) == (FALSE, True), wrong


def handed_back_in_silence(log: Log) -> None:
    log.hand_on()
    log.key = KEY


def handed_on_endlessly(log: Log) -> None:
    for _ in range(verify.MOST_HOLDERS):
        log.hand_on()


def vouched_for_and_handed_on(log: Log) -> None:
    log.vouch("forged", public(log.key))
    log.hand_on()
    log.hand_on()


LOGS: list[tuple[str, Callable[[Log], object]]] = [
    ("seals another", lambda log: log.entries.__setitem__(0, entry(0, "x", root="00" * 32))),
    ("does not continue", lambda log: log.hand_on(size=7)),
    ("does not continue", lambda log: log.hand_on(root="00" * 32)),
    ("no signature", lambda log: log.hand_on(signature="00")),
    ("not for this log", lambda log: log.vouch("forged", "00" * 32)),
    ("not for this log", lambda log: log.vouch("another", public(log.key))),
    ("not those of its head", handed_back_in_silence),
    ("does not continue", handed_on_endlessly),
]


@pytest.mark.parametrize(("says", "change"), LOGS, ids=range(len(LOGS)))
def test_a_log_that_does_not_hang_together_is_false(
    small: Path, tmp_path: Path, says: str, change: Callable[[Log], object]
) -> None:
    members, certificate, _ = alone(small)
    forged = forge(members, certificate, change)
    code, wrong = answer(write(forged), tmp_path / "z", None)

    assert (code, says in wrong) == (FALSE, True), wrong


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda log: log.hand_on(),
        vouched_for_and_handed_on,
    ],
    ids=range(3),
)
def test_a_forger_s_own_log_that_hangs_together_is_consistent_in_itself(
    small: Path, tmp_path: Path, change: Callable[[Log], object]
) -> None:
    """So that the tests above fail for what they change and for nothing else."""
    members, certificate, _ = alone(small)
    (tmp_path / "z").write_bytes(write(forge(members, certificate, change)))

    for openssl in {None, shutil.which("openssl")}:
        assert verify.verify(str(tmp_path / "z"), None, openssl)[:2] == (CONSISTENT, "")


def test_a_member_larger_than_any_of_its_kind_is_not_read(
    export: Export, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "LARGEST_JSON", 100)
    code, wrong = answer(small.read_bytes(), tmp_path / "z", export.root)

    assert (code, wrong) == (FALSE, "manifest.json: it is larger than any of its kind")
