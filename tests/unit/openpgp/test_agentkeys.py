"""The agent's files: every form GnuPG writes is read, matched by numbers and unlocked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gnupg import Home, gnupg_home
from tests.real_data import archive
from zegel.keystores import formats
from zegel.openpgp.agentkeys import AgentKey, match_agent_key, read_agent_key
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import Failure, PublicKey, SecretKey, UnlockedKey
from zegel.openpgp.secretkeys import unlock
from zegel.openpgp.sexpressions import SExpressionError, canonical, read_expression
from zegel.records import File, FoundKey, Problem


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with gnupg_home() as made:
        made.make("ed@example.org", "ed25519", "cert,sign", passphrase="secret")
        made.make("rsa@example.org", "rsa2048", "cert,sign", passphrase="secret")
        made.make("open@example.org", "nistp256", "cert,sign")
        ed = next(row[9] for row in made.listed("--list-keys", "ed@") if row[0] == "fpr")
        made.gpg("--quick-add-key", ed, "cv25519", "encr", passphrase="secret")
        yield made


def agent_files(home: Home) -> list[bytes]:
    folder = home.folder / "private-keys-v1.d"
    return [path.read_bytes() for path in sorted(folder.glob("*.key"))]


def public_keys(packets: bytes) -> list[PublicKey]:
    return [key for one in read_certificates(packets)[0] for key in one.keys]


def matched(files: list[bytes], keys: list[PublicKey]) -> list[SecretKey]:
    agents = [agent for text in files if isinstance(agent := read_agent_key(text), AgentKey)]
    pairs = [match_agent_key(agent, key) for agent in agents for key in keys]
    return [secret for secret in pairs if secret is not None]


def test_every_file_of_a_home_belongs_to_one_key_and_unlocks(home: Home) -> None:
    secrets = matched(agent_files(home), public_keys(home.gpg("--export")))
    keys = [unlock(secret, b"secret" if secret.locked else None) for secret in secrets]

    assert [type(key) for key in keys] == [UnlockedKey] * 4
    assert sorted(secret.locked for secret in secrets) == [False, True, True, True]


def test_the_agents_numbers_are_those_of_the_exported_packet(home: Home) -> None:
    from_agent = {
        key.public.fingerprint: key.numbers
        for secret in matched(agent_files(home), public_keys(home.gpg("--export")))
        if isinstance(key := unlock(secret, b"secret"), UnlockedKey)
    }
    exported, _ = read_certificates(home.gpg("--export-secret-keys", passphrase="secret"))
    from_packets = {
        key.public.fingerprint: key.numbers
        for one in exported
        for secret in one.secrets
        if isinstance(key := unlock(secret, b"secret"), UnlockedKey)
    }

    assert from_agent == from_packets


def test_a_wrong_passphrase_opens_no_file(home: Home) -> None:
    secrets = matched(agent_files(home), public_keys(home.gpg("--export")))
    results = [unlock(secret, b"Secret") for secret in secrets if secret.locked]

    assert [one.code for one in results if isinstance(one, Failure)] == ["wrong-passphrase"] * 3


def test_a_key_imported_with_its_lock_on_unlocks(home: Home) -> None:
    exported = home.gpg("--export-secret-keys", passphrase="secret")
    with gnupg_home() as other:
        other.gpg("--import", given=exported, passphrase="secret")
        files = agent_files(other)
    secrets = matched(files, public_keys(exported))
    keys = [unlock(secret, b"secret" if secret.locked else None) for secret in secrets]

    assert [type(key) for key in keys] == [UnlockedKey] * 4
    assert {type(unlock(secret, b"no")) for secret in secrets if secret.locked} == {Failure}


def test_a_file_does_not_match_another_key(home: Home) -> None:
    keys = public_keys(home.gpg("--export"))
    agents = [read_agent_key(text) for text in agent_files(home)]
    counts = [
        sum(match_agent_key(agent, key) is not None for key in keys)
        for agent in agents
        if isinstance(agent, AgentKey)
    ]

    assert counts == [1] * 4


def test_a_shadowed_key_is_a_stub() -> None:
    text = b"(20:shadowed-private-key(3:rsa(1:n3:\x00\xff\x01)(1:e1:\x03)(8:shadowed5:t1-v1)))"
    agent = read_agent_key(text)
    assert isinstance(agent, AgentKey)

    assert agent.protection == "stub"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (b'(a "b c" #00Ff# |YWJj|)', b"(1:a3:b c2:\x00\xff3:abc)"),
        (rb'(x "\r\v\x41\101\"")', b'(1:x5:\r\x0bAA")'),
        (b"(2:))(1:())", b"(2:))(1:())"),
        (b"(q #0\n 1#)", b"(1:q1:\x01)"),
    ],
)
def test_text_and_canonical_expressions_say_the_same(text: bytes, form: bytes) -> None:
    assert canonical(read_expression(text)) == form


@pytest.mark.parametrize(
    "text", [b"", b"(", b"()(", b"(9:short)", b"(" * 100 + b")" * 100, b"(" + b"a " * 9999 + b")"]
)
def test_what_is_no_expression_or_too_large_is_refused(text: bytes) -> None:
    if text == b"()(":
        assert read_expression(text) == []
        return
    with pytest.raises(SExpressionError):
        read_expression(text)


def test_words_folded_by_gnupg_are_joined_again() -> None:
    key = b"Key: (private-ke\n y (rsa (n #00F\n F01#)(e \n  #03#)))\n"
    text = b"Created: 20200101T000000\n" + key + b"Use: x\n"
    agent = read_agent_key(text)
    assert isinstance(agent, AgentKey)

    assert agent.parameters == (b"\x00\xff\x01", b"\x03")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_mutation_of_an_agent_key_raises(data: st.DataObject) -> None:
    text = bytearray(
        b"(21:protected-private-key(3:rsa(1:n3:\x00\xff\x01)(1:e1:\x03)(9:protected"
        b"25:openpgp-s2k3-sha1-aes-cbc((4:sha18:saltsalt2:96)16:" + bytes(16) + b")16:"
        b"0123456789abcdef)(12:protected-at15:20200101T000000)))"
    )
    for _ in range(data.draw(st.integers(0, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    agent = read_agent_key(bytes(text))
    if isinstance(agent, AgentKey):
        public = PublicKey(
            fingerprint=b"f", key_id=b"k", version=4, algorithm=1, created=0, primary=b"f",
            public=b"\x04\0\0\0\0\x01\x00\x10\xff\x01\x00\x02\x03",
        )  # fmt: skip
        secret = SecretKey(public=public, locked=True, form="gnupg-agent", material=agent.material)
        assert isinstance(unlock(replace(secret), b"x"), Failure)


def found(folder: Path) -> tuple[list[bytes], list[PublicKey], list[Problem]]:
    """Return agent keys, public keys and problems with agent keys of a folder."""
    agents: list[bytes] = []
    keys: dict[bytes, PublicKey] = {}
    problems: list[Problem] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        file = File(path=bytes(path), data=path.read_bytes())
        best = max(formats(), key=lambda form: form.detect(file))
        for one in best.keys(file) if best.detect(file) else ():
            if isinstance(one, FoundKey) and one.form == "openpgp":
                keys |= {key.fingerprint: key for key in public_keys(one.material)}
            elif isinstance(one, FoundKey):
                agents.append(one.material)
            elif best.name == "agent":
                problems.append(one)
    return agents, list(keys.values()), problems


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words", "unlocked", "unreadable"),
    [
        # 48 files, two of them twice; two files of test_invalid_g10 were spoilt on purpose.
        ("openpgp_rnp", ("password",), 46, 2),
        # Five hold Kyber keys, which only GnuPG 2.5 knows; five have no public key here.
        ("openpgp_gnupg", ("abc", "def", "ecc"), 37, 5),
        # The ElGamal key's public part is not in the archive.
        ("openpgp_gpgme", ("abc",), 4, 0),
    ],
)
def test_real_agent_files_unlock(
    name: str, words: tuple[str, ...], unlocked: int, unreadable: int
) -> None:
    agents, keys, problems = found(archive(name))
    opened = {
        secret.material
        for secret in matched(agents, keys)
        for word in words
        if isinstance(unlock(secret, word.encode()), UnlockedKey)
    }

    assert (len(opened), len(problems)) == (unlocked, unreadable)
