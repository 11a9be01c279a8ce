"""A dossier forged with all digests made anew: the anchor, a signature or the cipher tells.

Verified in process, with the anchor, without openssl unless a signature is what is attacked.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journeys.cases import done, say
from tests.journeys.dossier.exports import CONSISTENT, FALSE, Export, answer
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
