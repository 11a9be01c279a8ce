"""A head that others witnessed: who signed for what, and a log made anew is found by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.unit.custody.authority import Authority
from tests.unit.custody.proving import add, answer, changed, flipped, log_of
from tests.unit.custody.proving import quick as quick
from zegel.custody import check
from zegel.custody.continuity import ConsistencyProof, prove_consistency
from zegel.custody.countersigning import Countersigned, countersign, read_countersigned
from zegel.custody.heads import SignedHead, export_head, sign_head
from zegel.custody.keys import create_key, load_key
from zegel.custody.log import Log
from zegel.custody.stamps import read_roots, read_stamped, request, stamped
from zegel.custody.witnesses import TAKEN_IN, read_held, take_in, verify_witnessed
from zegel.errors import StorageError, UsageError, VerificationError


class Registry:
    """A witness with a key and a memory of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.memory = folder / "seen"
        self.key = create_key(folder / "key")
        self.public = self.key.public_key().public_bytes_raw()

    def signs(self, head: SignedHead, since: Path | None = None) -> Countersigned:
        """Countersign `head`; `since` is the log that proves it continues the one before."""
        proof = None
        if since is not None:
            proof = prove_consistency(since, read_held(self.memory.read_bytes().splitlines()[-1]))
        return countersign(self.key, head, "Griffie", self.memory, proof)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return log_of(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "custody"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("rfc3161") / "authority")


def keep(log: Log, folder: Path, text: bytes) -> None:
    """Take in a witnessed head as the service does."""
    _, facts = take_in(folder, text)
    log.append(TAKEN_IN, facts)


def rewritten(tmp_path: Path, folder: Path) -> None:
    """Make the log anew with its own key and as many entries, of which one is another."""
    shutil.rmtree(folder)
    log = Log.create(folder, tmp_path / "key", origin="zegel investigation 26-Example")
    add(log, 6)
    log.append("search", {"query": "something harmless"}, who="jansen", shown=[])
    add(log, 4)


def test_a_countersignature_says_who_saw_which_head_when(
    log: Log, folder: Path, registry: Registry
) -> None:
    head = log.head()
    text = registry.signs(head).text()
    one = read_countersigned(text)

    assert (one.head, one.witness, one.public_key) == (head, "Griffie", registry.public)
    assert answer(text) == check.CONSISTENT
    assert answer(text, key=registry.public.hex()) == check.HOLDS
    assert answer(text, head=export_head(head)) == check.HOLDS
    assert answer(text, key=head.public_key.hex()) == check.FALSE


@pytest.mark.usefixtures("quick")
def test_every_flipped_bit_of_a_countersignature_is_found_by_both_readers(
    log: Log, registry: Registry
) -> None:
    text = registry.signs(log.head()).text()
    assert answer(text) == check.CONSISTENT
    passed = []
    for place, bit, wrong in flipped(text):
        try:
            read_countersigned(wrong)
            passed.append((place, bit, "zegel"))
        except VerificationError:
            pass
        if answer(wrong) != check.FALSE:
            passed.append((place, bit, "alone"))

    assert passed == []


def test_verify_says_up_to_which_head_who_witnessed_when(
    log: Log, folder: Path, registry: Registry
) -> None:
    keep(log, folder, registry.signs(log.head()).text())
    add(log, 1)
    keep(log, folder, registry.signs(log.head(), folder).text())
    found = verify_witnessed(folder, keys=[registry.public])

    (one,) = found.witnesses
    assert (one.head.size, one.who, one.known) == (9, "Griffie", True)
    assert "entries up to 9 are neither changed nor removed; beyond 9" in found.sentence
    assert f"9 entries countersigned by 'Griffie' (key {registry.public.hex()[:16]})" in (
        found.sentence
    )


def test_a_witness_nobody_knows_proves_nothing(log: Log, folder: Path, registry: Registry) -> None:
    keep(log, folder, registry.signs(log.head()).text())
    sentence = verify_witnessed(folder).sentence

    assert "without a head held elsewhere, truncation cannot be excluded" in sentence
    assert "proves nothing to you until you know whose it is (--witness)" in sentence


def test_a_log_made_anew_is_found_by_the_head_a_witness_holds(
    log: Log, folder: Path, tmp_path: Path, registry: Registry
) -> None:
    held = registry.signs(log.head()).text()
    rewritten(tmp_path, folder)
    assert verify_witnessed(folder).log.head.size == 11

    with pytest.raises(VerificationError, match="an entry before entry 7 is not the one"):
        verify_witnessed(folder, read_held(held))


def test_a_log_made_anew_beside_its_countersignature_is_found(
    log: Log, folder: Path, tmp_path: Path, registry: Registry
) -> None:
    kept = registry.signs(log.head()).text()
    rewritten(tmp_path, folder)
    (folder / "witnessed.jsonl").write_bytes(kept)

    with pytest.raises(VerificationError, match="head that 'Griffie' witnessed"):
        verify_witnessed(folder)


def test_a_log_made_anew_without_its_countersignature_is_found_by_the_witness_known(
    log: Log, folder: Path, tmp_path: Path, registry: Registry
) -> None:
    keep(log, folder, registry.signs(log.head()).text())
    rewritten(tmp_path, folder)

    with pytest.raises(VerificationError, match="no head witnessed by the witness with key"):
        verify_witnessed(folder, keys=[registry.public])


def test_a_witness_does_not_countersign_a_log_made_anew(
    log: Log, folder: Path, tmp_path: Path, registry: Registry
) -> None:
    seen = registry.signs(log.head()).head
    rewritten(tmp_path, folder)
    head = Log.open(folder, None).head()
    with pytest.raises(UsageError, match="without proof"):
        registry.signs(head)
    with pytest.raises(VerificationError, match="does not continue"):
        prove_consistency(folder, seen)


def test_a_witness_takes_no_proof_that_begins_elsewhere(
    log: Log, folder: Path, registry: Registry
) -> None:
    other = log.head()
    add(log, 1)
    registry.signs(log.head())
    add(log, 1)
    proof = prove_consistency(folder, other)
    with pytest.raises(VerificationError, match="does not lead from the head of 8"):
        countersign(registry.key, log.head(), "Griffie", registry.memory, proof)


def test_a_witness_signs_no_shorter_log(log: Log, registry: Registry) -> None:
    old = log.head()
    add(log, 1)
    registry.signs(log.head())
    with pytest.raises(VerificationError, match="contradicts the head of 8"):
        registry.signs(old)


def test_a_witness_signs_no_other_log_of_the_same_length(
    log: Log, folder: Path, tmp_path: Path, registry: Registry
) -> None:
    add(log, 4)
    registry.signs(log.head())
    rewritten(tmp_path, folder)
    with pytest.raises(VerificationError, match="head of 11 entries contradicts the head of 11"):
        registry.signs(Log.open(folder, None).head())


def test_a_witness_takes_no_proof_that_ends_elsewhere_or_does_not_hold(
    log: Log, folder: Path, registry: Registry
) -> None:
    seen = registry.signs(log.head()).head
    add(log, 1)
    proof = prove_consistency(folder, seen)
    add(log, 1)
    made_up = ConsistencyProof(old=seen, new=log.head(), path=())
    for wrong in (proof, made_up):
        with pytest.raises(VerificationError):
            countersign(registry.key, log.head(), "Griffie", registry.memory, wrong)


def test_a_witness_signs_the_same_head_twice_and_other_logs_beside(
    log: Log, registry: Registry, tmp_path: Path
) -> None:
    other = Log.create(tmp_path / "other", tmp_path / "other.key", origin="zegel case x")
    other.append("case made", {})
    heads = [registry.signs(head).head for head in (log.head(), other.head(), log.head())]

    assert [head.origin for head in heads] == [log.head().origin, "zegel case x", heads[0].origin]


def test_nothing_is_signed_that_cannot_be_remembered(log: Log, tmp_path: Path) -> None:
    memory = tmp_path / "nowhere" / "seen"
    with pytest.raises(StorageError, match="what was countersigned cannot be read or kept"):
        countersign(Ed25519PrivateKey.generate(), log.head(), "Griffie", memory)


def test_what_a_kill_left_of_a_remembered_head_is_passed_over(log: Log, registry: Registry) -> None:
    registry.signs(log.head())
    whole = registry.memory.read_bytes()
    for length in (1, 200, len(whole) - 1):
        registry.memory.write_bytes(whole + whole[:length])
        registry.signs(log.head())

        assert registry.memory.read_bytes() == whole * 2


def test_a_witness_who_is_made_to_forget_signs_nothing(log: Log, registry: Registry) -> None:
    registry.signs(log.head())
    registry.memory.write_bytes(registry.memory.read_bytes().replace(b"7", b"8"))
    with pytest.raises(VerificationError):
        registry.signs(log.head())


@pytest.mark.parametrize("ns", [-1, 2**63, 10**30])
def test_a_head_of_no_possible_time_is_none(log: Log, tmp_path: Path, ns: int) -> None:
    head = log.head()
    signed = sign_head(
        load_key(tmp_path / "key"), origin=head.origin, size=7, root=head.root, time_ns=ns
    )
    with pytest.raises(VerificationError, match="not a signed head"):
        read_held(export_head(signed))


def test_a_countersignature_taken_away_is_missed(
    log: Log, folder: Path, registry: Registry
) -> None:
    keep(log, folder, registry.signs(log.head()).text())
    (folder / "witnessed.jsonl").unlink()

    with pytest.raises(VerificationError, match="entry 7 says that a witnessed head was taken in"):
        verify_witnessed(folder)


def test_a_countersignature_that_a_kill_tore_is_taken_in_again(
    log: Log, folder: Path, registry: Registry
) -> None:
    text = registry.signs(log.head()).text()
    for length in (1, 100, len(text) - 1):
        (folder / "witnessed.jsonl").write_bytes(text[:length])
        verify_witnessed(folder)
        take_in(folder, text)

        assert (folder / "witnessed.jsonl").read_bytes() == text
    take_in(folder, text)

    assert (folder / "witnessed.jsonl").read_bytes() == text


def test_a_countersignature_of_another_log_is_not_kept(
    log: Log, folder: Path, tmp_path: Path, registry: Registry
) -> None:
    other = Log.create(tmp_path / "other", tmp_path / "other.key", origin="zegel case x")
    with pytest.raises(VerificationError, match="another log"):
        take_in(folder, registry.signs(other.head()).text())

    assert not (folder / "witnessed.jsonl").exists()


def test_a_time_stamp_of_an_authority_is_kept_and_verified(
    log: Log, folder: Path, authority: Authority
) -> None:
    head = log.head()
    one = stamped(head, authority.answer(request(head)))
    keep(log, folder, one.text())
    roots = read_roots(authority.root)
    found = verify_witnessed(folder, roots=roots)

    assert authority.agrees(export_head(head), one.answer)
    assert "entries up to 7 are neither changed nor removed" in found.sentence
    assert "7 entries time-stamped by 'CN=Stempelaar' at 20" in found.sentence
    unchecked = verify_witnessed(folder).sentence
    assert "until you know whose it is (--authority)" in unchecked
    assert "without a head held elsewhere" in unchecked


def test_a_time_stamp_of_another_authority_does_not_hold(
    log: Log, folder: Path, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", "Een ander")
    one = stamped(log.head(), other.answer(request(log.head())))
    keep(log, folder, one.text())
    with pytest.raises(VerificationError, match="time stamp on the head of 7 does not hold"):
        verify_witnessed(folder, roots=read_roots(authority.root))


def test_a_time_stamp_of_another_head_is_none(log: Log, authority: Authority) -> None:
    given = authority.answer(request(log.head()))
    add(log, 1)
    with pytest.raises(VerificationError, match="not on this head of 8"):
        stamped(log.head(), given)


def test_a_log_made_anew_is_found_by_a_time_stamp(
    log: Log, folder: Path, tmp_path: Path, authority: Authority
) -> None:
    held = stamped(log.head(), authority.answer(request(log.head()))).text()
    rewritten(tmp_path, folder)
    with pytest.raises(VerificationError, match="an entry before entry 7 is not the one"):
        verify_witnessed(folder, read_held(held))


def test_no_flipped_bit_of_a_time_stamp_makes_it_say_something_else(
    log: Log, authority: Authority
) -> None:
    """Parts of an answer are unsigned (RFC 5652): what they say is not what anybody is told."""
    roots = read_roots(authority.root)
    one = stamped(log.head(), authority.answer(request(log.head())))
    said = (one.head, one.at, one.authority)
    found = set()
    for _, _, wrong in flipped(one.text(), 19):
        try:
            other = read_stamped(wrong)
            other.check(roots)
            found.add((other.head, other.at, other.authority))
        except VerificationError:
            pass

    assert found <= {said}


@pytest.mark.parametrize("kind", ["stamp", "countersignature"])
def test_every_flipped_bit_of_what_is_kept_beside_a_log_is_found(
    log: Log, folder: Path, authority: Authority, registry: Registry, kind: str
) -> None:
    head = log.head()
    stamp = stamped(head, authority.answer(request(head))).text()
    text = stamp if kind == "stamp" else registry.signs(head).text()
    keep(log, folder, text)
    verify_witnessed(folder)
    passed = []
    for place, bit, wrong in flipped(text, 43):
        (folder / "witnessed.jsonl").write_bytes(wrong)
        try:
            verify_witnessed(folder)
            passed.append((place, bit))
        except VerificationError:
            pass

    assert passed == []


@pytest.mark.parametrize(
    ("path", "to"), [(("witness",), "Een ander"), (("time",), "1"), (("more",), 1), (("head",), 1)]
)
@pytest.mark.usefixtures("quick")
def test_a_countersignature_with_something_else_in_it_is_none(
    log: Log, registry: Registry, path: tuple[str], to: object
) -> None:
    wrong = changed(registry.signs(log.head()).text(), *path, to=to)
    with pytest.raises(VerificationError):
        read_countersigned(wrong)

    assert answer(wrong) == check.FALSE
