"""The documentation is true: links lead somewhere, generated pages are fresh, nothing is left out.

What the pages must name is read from the source by its syntax tree, not from the pages' maker.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from shieldnet.cli import app as shieldnet
from zegel.cli.program import app as zegel
from zegel.records import State

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
SOURCE = ROOT / "src" / "zegel"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
FORBIDDEN = re.compile(r"(?<![\w.…])/(?:work|root|tmp|home/[a-z]+)/")

COMPUTED_KINDS = {
    "exhibits/compression.py": {
        "compression cut short", "damaged compression", "bytes after the compression's end",
    },
    "exhibits/zipped.py": {"damaged zip", "too many names in a zip"},
    "exhibits/folder.py": {"unreadable file", "unreadable folder"},
    "exhibits/listing.py": {"container too deep", "container ratio", "containers too large"},
    "exhibits/tar.py": {
        "archive cut short", "damaged archive", "bytes after the archive's end",
    },
    "openpgp/keys.py": {"unreadable key", "empty key packet"},
    "openpgp/packets.py": {"truncated message", "unknown body version"},
    "processing/slices.py": {"too many header fields", "malformed header line"},
    "processing/charsets.py": {"unknown charset", "wrong charset"},
}  # fmt: skip
"""Kinds that reach `Problem` through a variable, by the file that spells them."""

COUNTED_KINDS = {f"unreadable {what} in registry" for what in ("date", "price")}
"""Spelt by an f-string in registries/tables.py, which counts `date` and `price`."""

COMPUTED_IN = {
    "casefile/manifest.py",  # reads back what a manifest says
    "exhibits/archive.py", "exhibits/folder.py", "exhibits/listing.py", "exhibits/tar.py",
    "openpgp/keys.py", "openpgp/packets.py",
    "processing/onepart.py",  # as textbody.py
    "processing/layers.py",  # hands on another problem's kind
    "processing/slices.py",
    "processing/textbody.py",  # kinds of charsets.py
    "registries/tables.py",
}  # fmt: skip
"""Files that make a `Problem` whose kind is no literal: a new one must say what it can be."""


@cache
def trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    }


def called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def strings(node: ast.AST) -> set[str]:
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant) and isinstance(found.value, str)
    }


def calls() -> Iterator[tuple[str, ast.Call]]:
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, node


def kind_of(call: ast.Call) -> ast.expr:
    return next(word.value for word in call.keywords if word.arg == "kind")


def problem_kinds() -> set[str]:
    """Return every kind the source can make."""
    literal = {
        kind
        for _, call in calls()
        if called(call) == "Problem" and isinstance(kind_of(call), ast.Constant)
        for kind in strings(kind_of(call))
    }
    return literal.union(COUNTED_KINDS, *COMPUTED_KINDS.values())


def first_cells(page: str) -> set[str]:
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))


def reason_codes() -> set[str]:
    """Return every reason code, families as their beginning with `…` behind it."""
    codes: set[str] = set()
    for name, call in calls():
        function = called(call)
        if function == "Failure":
            codes |= {c for w in call.keywords if w.arg == "code" for c in begun(w.value)}
        elif function == "_unsupported" and name.endswith("sessionkeys.py"):
            codes |= begun(call.args[0])
        elif function in ("reason", "_unsupported"):
            codes |= {f"{kind}-…" for kind in begun(call.args[0])}
        elif function == "worse" and len(call.args) > 1:
            codes |= begun(call.args[1])
        elif function in RAISED and call.args:
            codes |= begun(call.args[0])
    return codes | {code for tree in trees().values() for code in paired(tree)}


RAISED = (
    "UnsupportedS2K",
    "UnsupportedAgreement",
    "UnsupportedProtectionError",
    "UnreadableKeyError",
)


def begun(node: ast.expr) -> set[str]:
    """Return the code a literal is, or the beginning of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        return {f"{first}…" for first in strings(node.values[0])}
    return set()


def paired(tree: ast.Module) -> set[str]:
    """Return codes that stand in a pair behind a state: `(State.DAMAGED, "…")`."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            first = node.elts[0]
            if isinstance(first, ast.Attribute) and getattr(first.value, "id", "") == "State":
                found |= begun(node.elts[1])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))
    links = [first or second for first, second in LINK.findall(text)]
    missing = [
        link
        for link in links
        if not re.match(r"https?:|mailto:|#", link)
        and not (page.parent / link.partition("#")[0]).exists()
    ]

    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_names_a_folder_of_the_machine_it_was_written_on(page: Path) -> None:
    found = [match[0] for match in FORBIDDEN.finditer(page.read_text(encoding="utf-8"))]

    assert found == []


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "commands.md",
        "errors.md",
        "ontology.md",
        "api.md",
        "openapi.json",
        "case-format.md",
        "investigation-format.md",
    ],
)
def test_a_generated_page_is_fresh(name: str) -> None:
    pages: dict[Path, str] = maker().pages()
    path = REFERENCE / name

    assert pages[path] == path.read_text(encoding="utf-8"), "run: python docs/generate.py"


def options(words: str, command: Any) -> Iterator[tuple[str, str]]:
    for parameter in command.params:
        for option in parameter.opts:
            yield words, option if option.startswith("--") else parameter.name.upper()
    for name, inner in getattr(command, "commands", {}).items():
        yield from options(f"{words} {name}", inner)


@pytest.mark.parametrize(("name", "app"), [("zegel", zegel), ("shieldnet", shieldnet)])
def test_every_command_and_option_is_documented(name: str, app: typer.Typer) -> None:
    text = (REFERENCE / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^#+ (\w[\w ]*)\n(.*?)(?=^#|\Z)", text, re.M | re.S))
    left_out = [
        (words, option)
        for words, option in options(name, typer.main.get_command(app))
        if option.startswith("--") and option != "--help" and f"`{option}`" not in sections[words]
    ]

    assert left_out == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_a_page_shows_exists(page: Path) -> None:
    known = {
        (name, *path)
        for name, app in (("zegel", zegel), ("shieldnet", shieldnet))
        for path in command_paths(typer.main.get_command(app))
    }
    shown = re.findall(
        r"(?:^\$ |`)(zegel|shieldnet) ([a-z]+)(?: ([a-z]+)\b)?",
        page.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    unknown = [words for words in shown if words not in known and words[:2] not in known]

    assert unknown == []


def command_paths(command: Any) -> Iterator[tuple[str, ...]]:
    for name, inner in getattr(command, "commands", {}).items():
        deeper = list(command_paths(inner))
        yield from ((name, *path) for path in deeper)
        if not deeper:
            yield (name,)


def test_every_kind_of_problem_has_a_line_and_no_line_is_left_over() -> None:
    assert first_cells("problems.md") == problem_kinds()


def test_kinds_that_are_computed_are_spelt_where_this_test_says() -> None:
    missing = {
        (name, kind)
        for name, kinds in COMPUTED_KINDS.items()
        for kind in kinds
        if kind not in strings(trees()[name])
    }

    assert missing == set()


def test_no_further_file_computes_a_kind() -> None:
    computing = {
        name
        for name, call in calls()
        if called(call) == "Problem" and not isinstance(kind_of(call), ast.Constant)
    }

    assert computing <= COMPUTED_IN


def test_every_reason_code_is_documented() -> None:
    text = (REFERENCE / "reasons.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([^`]+)`", text))

    assert reason_codes() - named == set()


def test_every_reason_the_settling_writes_is_documented() -> None:
    text = (REFERENCE / "reasons.md").read_text(encoding="utf-8")
    settling = (SOURCE / "processing" / "settling.py").read_text(encoding="utf-8")
    clause = re.search(r"CASE WHEN NOT s\.is_message AND.*?END AS reason", settling, re.DOTALL)
    assert clause is not None
    codes = set(re.findall(r"THEN '([a-z-]+)'", clause[0]))

    assert {code for code in codes if f"| `{code}` |" not in text} == set()


def test_every_state_has_its_section_and_its_line() -> None:
    reasons = (REFERENCE / "reasons.md").read_text(encoding="utf-8")
    states = (DOCS / "explanation" / "states.md").read_text(encoding="utf-8")
    derived = State.PARTLY_READABLE
    missing = [
        state
        for state in State
        if (f"\n## {state}\n" not in reasons and state is not derived)
        or f"| `{state}` |" not in states
    ]

    assert missing == []


def test_every_decision_says_context_options_choice_and_cost() -> None:
    wanting = [
        (page.name, word)
        for page in sorted((DOCS / "decisions").glob("*.md"))
        for word in ("Context", "Choice", "Cost")
        if f"**{word}.**" not in page.read_text(encoding="utf-8")
    ]

    assert wanting == []


def test_every_test_the_story_names_exists() -> None:
    story = (DOCS / "explanation" / "story.md").read_text(encoding="utf-8")
    missing = [
        (name, path)
        for line in story.splitlines()
        for path in re.findall(r"\]\((\.\./\.\./tests/[^)]+)\)", line)[:1]
        for name in re.findall(r"`(test_\w+)`", line.partition(path)[0])
        if f"def {name}(" not in (DOCS / "explanation" / path).read_text(encoding="utf-8")
    ]

    assert missing == []


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = (DOCS / "images" / "ledger.svg").read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", picture))

    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "<script" not in picture
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", picture)


def test_the_dependencies_page_names_every_run_time_dependency() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert block is not None
    names = re.findall(r"^\s*\"([a-z0-9-]+)", block[1], re.MULTILINE)
    page = (DOCS / "decisions" / "0007-dependencies.md").read_text(encoding="utf-8")

    assert [name for name in names if f"| `{name}` " not in page] == []
