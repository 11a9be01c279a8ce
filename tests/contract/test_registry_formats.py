"""One suite over every registry format: its corpus comes out, damage gives problems, never crashes.

A format is judged as soon as its module exists; it needs a folder in tests/corpus/registries.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zegel import registries
from zegel.records import File, FoundPassphrase, Holding, Problem
from zegel.registries import RegistryFormat, formats

CORPUS = Path(__file__).parents[1] / "corpus" / "registries"
SUFFIX = ".expected.json"

Said = dict[str, object]


def samples() -> Iterator[tuple[RegistryFormat, Path]]:
    for form in formats():
        for path in sorted((CORPUS / form.name).iterdir()):
            if not path.name.endswith((SUFFIX, ".sql")):
                yield form, path


def each_sample(*, without: str = "") -> pytest.MarkDecorator:
    pairs = [(form, path) for form, path in samples() if path.name != without]
    names = [f"{form.name}/{path.name}" for form, path in pairs]
    return pytest.mark.parametrize(("form", "path"), pairs, ids=names)


def each_format() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("form", formats(), ids=lambda form: form.name)


def as_file(path: Path) -> File:
    return File(path=path.name.encode(), data=path.read_bytes())


def said(form: RegistryFormat, file: File) -> list[Said]:
    """Return what the format found, without what is empty."""
    result = []
    for record in form.holdings(file):
        entry: Said = {"record": type(record).__name__}
        for field in fields(record):
            value = getattr(record, field.name)
            if value != (field.default if field.default is not MISSING else None):
                entry[field.name] = value.decode("latin-1") if isinstance(value, bytes) else value
        result.append(entry)
    return result


@each_format()
def test_a_format_says_its_name_specification_and_promise(form: RegistryFormat) -> None:
    module = __import__(type(form).__module__, fromlist=["FORMAT"])

    assert form.name
    assert form.specification
    assert (module.__doc__ or "").splitlines()[0].endswith((".", ","))
    assert all(method.__doc__ for method in (form.detect, form.holdings))


@each_format()
def test_a_format_has_a_corpus(form: RegistryFormat) -> None:
    assert [path for of, path in samples() if of is form]


def test_formats_do_not_import_each_other() -> None:
    names = {type(form).__module__ for form in formats()}
    for name in names:
        source = Path(registries.__path__[0], name.rpartition(".")[2] + ".py").read_text()
        imported = {
            node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
        }

        assert not imported & names


@each_sample()
def test_the_corpus_comes_out_as_expected(form: RegistryFormat, path: Path) -> None:
    expected = json.loads(Path(f"{path}{SUFFIX}").read_text())

    assert expected == said(form, as_file(path))


@each_sample(without="passwords-old")  # a bare list: nothing but its name tells what it is
def test_a_file_is_recognised_whatever_its_name(form: RegistryFormat, path: Path) -> None:
    assert form.detect(File(path=b"odd name.bin", data=path.read_bytes())) > 0


@each_sample()
def test_detect_looks_at_no_more_than_the_head(form: RegistryFormat, path: Path) -> None:
    file = as_file(path)
    longer = File(path=file.path, data=file.head + b"x" * 100)

    assert (form.detect(file) > 0) == (form.detect(longer) > 0)


@each_sample()
def test_a_file_cut_anywhere_gives_records_or_problems(form: RegistryFormat, path: Path) -> None:
    content = path.read_bytes()
    step = max(1, len(content) // 200)
    for length in range(0, len(content), step):
        cut = File(path=path.name.encode(), data=content[:length])
        if form.detect(cut):
            check(list(form.holdings(cut)))


@each_sample()
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_a_damaged_file_gives_records_or_problems(
    form: RegistryFormat, path: Path, chance: object, count: int
) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(count):
        content[chance.randrange(len(content))] = chance.randrange(256)  # type: ignore[attr-defined]
    file = File(path=path.name.encode(), data=bytes(content))
    if form.detect(file):
        check(list(form.holdings(file)))


@each_format()
@given(st.binary(max_size=2000))
def test_garbage_gives_records_or_problems(form: RegistryFormat, content: bytes) -> None:
    file = File(path=b"passwords.txt", data=content)
    if form.detect(file):
        check(list(form.holdings(file)))


def check(records: list[Holding | FoundPassphrase | Problem]) -> None:
    for record in records:
        assert isinstance(record, Holding | FoundPassphrase | Problem)
        if isinstance(record, Holding):
            for number in (record.start_ns, record.end_ns, record.price_cents):
                assert number is None or -(2**63) <= number < 2**63
            json.loads(record.raw)


def test_no_passphrase_stands_in_a_holding_or_a_repr() -> None:
    secrets = set()
    shown = ""
    for form, path in samples():
        for record in form.holdings(as_file(path)):
            shown += repr(record)
            if isinstance(record, FoundPassphrase):
                secrets.add(record.passphrase.decode("utf-8", "replace"))

    assert not [secret for secret in secrets if secret in shown.replace("004999010640000", "")]


if __name__ == "__main__":
    for of, sample in samples():
        text = json.dumps(said(of, as_file(sample)), indent=1, ensure_ascii=False)
        Path(f"{sample}{SUFFIX}").write_text(text + "\n")
