"""One set of rules for every mail-store format, run over all of them."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.mailstores import make
from zegel.mailstores import MailStoreFormat, formats
from zegel.records import File, Problem, Span

CORPUS = make.HERE
NAMES = sorted(form.name for form in formats())


def samples(name: str) -> list[File]:
    folder = CORPUS / name / "samples"
    return [
        File(path=os.fsencode(path.relative_to(folder)), data=path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


ALL = [(name, file) for name in NAMES for file in samples(name)]


def form_of(name: str) -> MailStoreFormat:
    return next(form for form in formats() if form.name == name)


def found(form: MailStoreFormat, file: File) -> list[Span]:
    return [span for span in form.spans(file) if isinstance(span, Span)]


def ids(value: object) -> str | None:
    return value.path.decode() if isinstance(value, File) else None


@pytest.mark.parametrize("name", NAMES)
def test_a_format_says_what_it_reads_and_where_that_is_described(name: str) -> None:
    form = form_of(name)
    source = Path(inspect.getfile(type(form)))
    tree = ast.parse(source.read_text(encoding="utf-8"))

    assert ast.get_docstring(tree)
    assert form.specification.startswith("https://")
    assert ast.unparse(tree.body[-1]).startswith("FORMAT = ")


@pytest.mark.parametrize("name", NAMES)
def test_a_format_has_samples_that_say_how_they_were_made(name: str) -> None:
    assert "make.py" in (CORPUS / name / "README.md").read_text(encoding="utf-8")
    assert samples(name)


def test_the_samples_are_those_their_maker_writes(tmp_path: Path) -> None:
    make.write(tmp_path)

    written = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert {path: (CORPUS / path).read_bytes() for path in written} == {
        path: (tmp_path / path).read_bytes() for path in written
    }


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_a_sample_is_recognised_by_its_own_format_best(name: str, file: File) -> None:
    fits = {form.name: form.detect(file) for form in formats()}

    assert fits[name] == form_of(name).surest
    assert max(fits, key=lambda other: fits[other]) == name
    assert list(fits.values()).count(fits[name]) == 1


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_a_sample_holds_the_messages_that_were_put_into_it(name: str, file: File) -> None:
    form = form_of(name)
    expected: list[dict[str, Any]] = json.loads((CORPUS / name / "expected.json").read_bytes())[
        file.path.decode()
    ]

    actual = [
        {key: _said(form, file, span, key) for key in wanted}
        for span, wanted in zip(found(form, file), expected, strict=True)
    ]
    assert actual == expected


def _said(form: MailStoreFormat, file: File, span: Span, key: str) -> object:
    if key == "sha256":
        return hashlib.sha256(form.message(file, span)).hexdigest()
    value = getattr(span, key)
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_an_empty_store_place_is_counted_as_unread(name: str, file: File) -> None:
    unread = [p for p in form_of(name).spans(file) if isinstance(p, Problem) and p.unread]

    assert len(unread) == (not file.data)


def in_order(form: MailStoreFormat, file: File) -> None:
    """Fail unless the spans lie in the file, in order, without overlap, and can be read."""
    end = 0
    for span in found(form, file):
        assert end <= span.offset
        assert span.length >= 0
        end = span.offset + span.length
        assert end <= len(file.data)
        assert len(form.message(file, span)) <= span.length


@pytest.mark.parametrize(("name", "file"), ALL, ids=ids)
def test_spans_lie_in_the_file_in_order_without_overlap(name: str, file: File) -> None:
    in_order(form_of(name), file)


@settings(max_examples=200, deadline=None)
@given(
    chosen=st.sampled_from(ALL),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=4),
    cut=st.integers(0, 2000),
)
def test_changed_or_cut_input_never_raises(
    chosen: tuple[str, File], edits: list[tuple[int, bytes]], cut: int
) -> None:
    content = bytes(chosen[1].data)
    for place, text in edits:
        place %= len(content) + 1
        content = content[:place] + text + content[place + 1 :]
    file = File(path=chosen[1].path, data=content[: max(0, len(content) - cut % 400)])

    for form in formats():
        assert 0 <= form.detect(file) <= form.surest
        in_order(form, file)


@settings(deadline=None)
@given(content=st.binary(max_size=400), path=st.binary(min_size=1, max_size=60))
def test_any_bytes_at_any_path_never_raise(content: bytes, path: bytes) -> None:
    file = File(path=path, data=content)

    for form in formats():
        form.detect(file)
        in_order(form, file)
