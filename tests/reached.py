"""What of the program a page can come to, read from the sources.

It is found by name: from every function of the pages, and from what a page starts in a process of
its own, to every function that is named there, and so on. A method that is called counts as every
method of that name, so more is found than is really reached, hardly ever less.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import zegel

Place = tuple[str, str]
"""A module and the name of what is defined there, as `Class.method`."""
_FOLDER = Path(zegel.__file__).parent
_NO_PAGES = ("zegel.web.api", "zegel.web.server")
"""The interface for programs speaks English; the server speaks to who starts it."""
_STARTED = ("process", "build_case_index", "take_in", "recheck")
"""What a page begins in another process, and of which it tells how it ended."""


class Module:
    """One module: what it defines, and what its names mean."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.tree = ast.parse(path.read_text("utf-8"))
        self.defined: dict[str, ast.stmt] = {}
        self.names: dict[str, tuple[str, str]] = {}
        self._define(self.tree.body, "")
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for one in node.names:
                    self.names[one.asname or one.name] = (node.module, one.name)
            elif isinstance(node, ast.Import):
                for one in node.names:
                    self.names[one.asname or one.name.split(".")[0]] = (one.name, "")

    def _define(self, body: Iterable[ast.stmt], within: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.defined[within + node.name] = node
            elif isinstance(node, ast.ClassDef):
                self.defined[within + node.name] = node
                self._define(node.body, f"{within}{node.name}.")
            elif isinstance(node, ast.Assign | ast.AnnAssign) and not within:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for one in (name for target in targets for name in ast.walk(target)):
                    if isinstance(one, ast.Name):
                        self.defined[one.id] = node
            elif isinstance(node, ast.If | ast.Try | ast.With):
                self._define(node.body, within)


@cache
def modules() -> dict[str, Module]:
    """Return every module of the program by its name."""
    found = {}
    for path in sorted(_FOLDER.rglob("*.py")):
        parts = ("zegel", *path.relative_to(_FOLDER).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Module(name, path)
    return found


@cache
def _methods() -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for module in modules().values():
        for name in module.defined:
            if "." in name and not module.name.startswith("zegel.cli"):
                found.setdefault(name.rpartition(".")[2], []).append((module.name, name))
    return found


def _meant(module: str, name: str, depth: int = 0) -> Place | None:
    """Return where what `name` means in a module is defined."""
    if module not in modules() or depth > 9:
        return None
    here = modules()[module]
    if name in here.defined:
        return module, name
    leads = here.names.get(name)
    return _meant(*leads, depth + 1) if leads and leads[1] else None


def _module_of(module: str, name: str) -> str | None:
    leads = modules()[module].names.get(name)
    whole = ".".join(filter(None, leads)) if leads else ""
    return whole if whole in modules() else None


def own(node: ast.stmt) -> Iterator[ast.AST]:
    """Yield what runs when something is defined or called; methods are called by name."""
    if not isinstance(node, ast.ClassDef):
        yield from ast.walk(node)
        return
    for one in (*node.bases, *node.decorator_list, *node.body):
        if not isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from ast.walk(one)


def _named(place: Place) -> Iterator[Place]:
    """Yield everything that is named in one definition."""
    module, name = place
    node = modules()[module].defined[name]
    if isinstance(node, ast.ClassDef):
        specials = (f"{name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef))
        yield from ((module, one) for one in specials if one.rpartition(".")[2].startswith("__"))
    for one in own(node):
        if isinstance(one, ast.Attribute):
            of = _module_of(module, one.value.id) if isinstance(one.value, ast.Name) else None
            there = _meant(of, one.attr) if of else None
            yield from [there] if there else [] if of else _methods().get(one.attr, ())
        elif isinstance(one, ast.Name):
            there = _meant(module, one.id)
            if there:
                yield there


@cache
def reached() -> frozenset[Place]:
    """Return every definition that a page can come to."""
    todo = [
        (module.name, name)
        for module in modules().values()
        if module.name.startswith("zegel.web") and not module.name.startswith(_NO_PAGES)
        for name in module.defined
    ]
    started = [_meant("zegel.service", name) for name in _STARTED]
    assert None not in started
    todo += [place for place in started if place]
    todo.append(("zegel.service.dossierjob", "make"))
    found: set[Place] = set()
    while todo:
        place = todo.pop()
        if place not in found and not place[0].startswith(_NO_PAGES):
            found.add(place)
            todo += _named(place)
    return frozenset(found)
