"""One set of rules for every key-store format, run over all of them."""

from __future__ import annotations

import ast
import inspect
import json
import mmap
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.keystores import make
from zegel.keystores import KeyStoreFormat, formats
from zegel.openpgp.agentkeys import AgentKey, match_agent_key, read_agent_key
from zegel.openpgp.keys import read_certificates
from zegel.openpgp.model import PublicKey
from zegel.records import File, FoundKey, Problem

CORPUS = make.HERE
NAMES = sorted(form.name for form in formats())
FOREIGN = [
    b"",
    b"\x00" * 5000,
    b"From a@b.example Tue Apr 19 09:00:00 2016\nSubject: x\n\nKey: (none)\n",
    b"SQLite format 3\x00" + bytes(100),
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    b"(11:public-key(3:rsa(1:n1:a)(1:e1:b)))",
    b"-----BEGIN PGP MESSAGE-----\n\nhQEMA8o=\n-----END PGP MESSAGE-----\n",
    b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "Sleutel: privé\r\n".encode() * 50,
    bytes(range(255, -1, -1)) * 20,
]


def samples(name: str) -> list[File]:
    folder = CORPUS / name / "samples"
    return [
        File(path=os.fsencode(path.relative_to(folder)), data=path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


ALL = [(name, file) for name in NAMES for file in samples(name)]


def form_of(name: str) -> KeyStoreFormat:
    return next(form for form in formats() if form.name == name)


def ids(value: object) -> str | None:
    return value.path.decode() if isinstance(value, File) else None


def found(form: KeyStoreFormat, file: File) -> list[FoundKey]:
    return [one for one in form.keys(file) if isinstance(one, FoundKey)]


def known_keys() -> list[PublicKey]:
    """Return the public keys of the samples, by way of the keybox."""
    boxed = [one for file in samples("keybox") for one in found(form_of("keybox"), file)]
    certificates = [part for one in boxed for part in read_certificates(one.material)[0]]
    return [key for one in certificates for key in one.keys]


def fingerprints(one: FoundKey) -> list[str]:
    if one.form == "openpgp":
        certificates, problems = read_certificates(one.material)
        assert len(certificates) == 1
        assert {problem.kind for problem in problems} <= {"truncated packet"}
        return [key.fingerprint.hex().upper() for key in certificates[0].keys]
    agent = read_agent_key(one.material)
    assert isinstance(agent, AgentKey)
    owners = [key for key in known_keys() if match_agent_key(agent, key)]
    return [key.fingerprint.hex().upper() for key in owners]


@pytest.mark.parametrize("name", NAMES)
def test_a_format_says_what_it_reads_and_where_that_is_described(name: str) -> None:
    form = form_of(name)
    tree = ast.parse(Path(inspect.getfile(type(form))).read_text(encoding="utf-8"))

    assert "https://" in (ast.get_docstring(tree) or "")
    assert form.specification.startswith("https://")
    assert ast.unparse(tree.body[-1]).startswith("FORMAT = ")


@pytest.mark.parametrize("name", NAMES)
def test_a_format_has_samples_that_say_how_they_were_made(name: str) -> None:
    assert "make.py" in (CORPUS / name / "README.md").read_text(encoding="utf-8")
    assert samples(name)


@pytest.mark.parametrize("name", NAMES)
def test_foreign_files_are_left_alone(name: str) -> None:
    scores = [form_of(name).detect(File(path=b"secring.gpg", data=text)) for text in FOREIGN]

    assert scores == [0] * len(FOREIGN)


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_a_sample_is_recognised_by_its_own_format_alone_whatever_its_name(
    name: str, file: File
) -> None:
    nameless = File(path=b"x", data=file.data)
    fits = {form.name for form in formats() if form.detect(nameless)}

    assert fits == {name}
    assert form_of(name).detect(file) <= form_of(name).surest


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_a_sample_holds_the_keys_gnupg_lists(name: str, file: File) -> None:
    expected = json.loads((CORPUS / name / "expected.json").read_bytes())[file.path.decode()]
    actual = [text for one in found(form_of(name), file) for text in fingerprints(one)]

    assert actual == expected


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_keys_lie_inside_the_file(name: str, file: File) -> None:
    places = [(one.offset, one.offset + one.length) for one in found(form_of(name), file)]

    assert all(0 <= start < end <= len(file.data) for start, end in places)


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_a_mapped_file_is_read_like_bytes(name: str, file: File, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(bytes(file.data[:]))
    with (tmp_path / "copy").open("rb") as handle:
        mapped = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        other = File(path=file.path, data=mapped)
        form = form_of(name)
        actual = (form.detect(other), list(form.keys(other)))
        mapped.close()

    assert actual == (form.detect(file), list(form.keys(file)))


@settings(max_examples=300, deadline=None)
@given(
    chosen=st.sampled_from(ALL),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=4),
    cut=st.integers(0, 400),
)
def test_changed_or_cut_input_never_raises(
    chosen: tuple[str, File], edits: list[tuple[int, bytes]], cut: int
) -> None:
    content = bytes(chosen[1].data[:])
    for place, text in edits:
        place %= len(content) + 1
        content = content[:place] + text + content[place + 1 :]
    file = File(path=chosen[1].path, data=content[: max(0, len(content) - cut)])
    for form in formats():
        form.detect(file)
        for one in form.keys(file):
            if isinstance(one, Problem):
                assert 0 <= one.offset <= len(file.data)
            elif one.form == "openpgp":
                read_certificates(one.material)
            else:
                read_agent_key(one.material)
