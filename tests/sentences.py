"""The sentences of errors that pages can meet, as the sources write them.

A text of the source that is put together (an f-string) has a name in braces for whatever is put in:
the last name of the expression, with a number from the second of the same name on.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache

from starlette import formparsers

from tests.reached import Place, modules, own, reached
from zegel import errors

_SAYS: dict[str, tuple[int | None, tuple[str, ...]]] = {
    "HTTPException": (1, ("detail",)),
    "_refused": (0, ()),
    "_stopped": (0, ()),
    "_turned_away": (2, ()),
    "refusals": (None, ("unusable", "damaged", "remedy")),
}
"""What else makes an error of sentences: which argument, and which names of arguments."""
NOT_MET = {
    "zegel.authorisation.": "an order is judged by the command that grants it",
    "zegel.service.preview": "orders are previewed by a command",
    "zegel.service.officers": "an index of what is set apart is made by a command",
    "zegel.service.notices": "notices are answered by a command",
    "zegel.service.takeover": "casework is taken over by a command",
    "zegel.custody.stamps": "time stamps are asked for by a command",
    "zegel.custody.proved": "proofs and vouchers from elsewhere are read by commands",
    "zegel.custody.vouch": "keys are vouched for by a command",
    "zegel.custody.countersigning": "heads are countersigned by a command",
}
"""Modules whose sentences no page meets, though a name of theirs is used there."""
ELSEWHERE: tuple[Place, ...] = (
    ("zegel.text.query", "_FOREIGN"),
    ("zegel.text.query", "_Reader._refuse_small"),
    ("zegel.text.query", "_piece"),
    ("zegel.service.fields", "Fields._fault"),
    ("zegel.service.fieldhours", "fits"),
    ("zegel.service.life", "Life.sentence"),
    ("zegel.service.life", "Life.clock_sentence"),
    ("zegel.service.life", "_ended"),
    ("zegel.service.life", "_NEXT"),
    ("zegel.service.life", "_SAID"),
    ("zegel.service.life", "_next"),
    ("zegel.service.life", "check_open"),
    ("zegel.service.identity", "require_right"),
    ("zegel.service.investigations", "_became"),
    ("zegel.service.drawn", "account_of"),
    ("zegel.service.dossierjob", "make"),
    ("zegel.dossier.leaks", "_found"),
)
"""Where a sentence, or a part of one, is written before an error is made of it."""
PASSED_ON = frozenset(
    {"ZegelError.__init__", "ArchiveCopy._refused", "refusals",
     "Disclosing._members", "account_of", "check_open", "_Reader._marked", "_Reader._refuse_small"}
)  # fmt: skip
"""Where an error is made of what was written elsewhere: all of it is in `ELSEWHERE` or `_SAYS`."""
WITHOUT_WORDS = frozenset(
    {"FolderCopy._open_file", "_carrier", "check", "dossier_terms", "_check_one"}
)
"""Where the argument is a path, a list of words of options, or tells of a signature."""


def sentences() -> dict[str, set[str]]:
    """Return every sentence that a page can meet, and where it is written."""
    found: dict[str, set[str]] = {}
    for place, _, said in _arguments():
        for one in _texts(said):
            found.setdefault(one, set()).add(".".join(place))
    for place in ELSEWHERE:
        for one in _within(place):
            found.setdefault(one, set()).add(".".join(place))
    for one in (*_remedies(), *_of_starlette()):
        found.setdefault(one, set()).add("an error of its kind")
    return found


def unread() -> set[str]:
    """Return where an error is made of something that is no text of the source."""
    return {place[1] for place, _, said in _arguments() if not list(_texts(said))}


def _arguments() -> Iterator[tuple[Place, ast.Call, ast.expr]]:
    for place in sorted(reached()):
        if not place[0].startswith(tuple(NOT_MET)):
            for call in _calls(place):
                yield from ((place, call, said) for said in _said_in(call))


@cache
def _errors() -> frozenset[str]:
    """Return the name of every class of errors."""
    classes = [
        node
        for module in modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    ]
    found, before = {"ZegelError"}, 0
    while len(found) > before:
        before = len(found)
        found |= {one.name for one in classes if found & {_last(base) for base in one.bases}}
    return frozenset(found)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _calls(place: Place) -> Iterator[ast.Call]:
    """Yield where a definition makes an error."""
    node = modules()[place[0]].defined[place[1]]
    in_error = place[1].endswith(".__init__") and place[1].split(".")[0] in _errors()
    for one in own(node):
        if isinstance(one, ast.Call):
            made = _last(one.func)
            if made in _errors() or made in _SAYS or (in_error and made == "__init__"):
                yield one


def _said_in(call: ast.Call) -> Iterator[ast.expr]:
    at, words = _SAYS.get(_last(call.func), (0, ("what", "next_step")))
    yield from () if at is None else call.args[at : at + 1]
    yield from (one.value for one in call.keywords if one.arg in words)


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the texts that an argument can be, of either branch."""
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.expr) and (found := template(node)):
        yield found


def template(node: ast.expr) -> str | None:
    """Return a text of the source with names for what is put in; None where it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("{", "{{").replace("}", "}}")
    if not isinstance(node, ast.JoinedStr):
        return None
    parts: list[str] = []
    taken: list[str] = []
    for one in node.values:
        if isinstance(one, ast.FormattedValue):
            taken.append(_name(one.value))
            again = taken.count(taken[-1])
            parts.append(f"{{{taken[-1]}{again if again > 1 else ''}}}")
        else:
            parts.append(template(one) or "")
    return "".join(parts)


def _name(node: ast.AST) -> str:
    """Return a word for an expression: the last name in it that tells something."""
    if isinstance(node, ast.Attribute) and node.attr != "__name__":
        return node.attr.strip("_").lower()
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower()
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        key = str(node.slice.value)
        return key if key.isidentifier() else _name(node.value)
    if isinstance(node, ast.Call):
        return _name(node.args[-1] if node.args else node.func)
    first = next(iter(ast.iter_child_nodes(node)), None)
    return "it" if first is None or isinstance(node, ast.Constant) else _name(first)


def _within(place: Place) -> Iterator[str]:
    """Yield the texts in a definition that have words: a blank and letters."""
    node = modules()[place[0]].defined[place[1]]
    joined = [one for one in own(node) if isinstance(one, ast.JoinedStr)]
    inner = {id(part) for one in joined for part in ast.walk(one) if part is not one}
    if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
        inner |= set(map(id, ast.walk(node.body[0])))
    for one in own(node):
        if isinstance(one, ast.Constant | ast.JoinedStr) and id(one) not in inner:
            found = template(one) or ""
            if " " in found and any(map(str.isalpha, found)):
                yield found


def _remedies() -> Iterator[str]:
    for kind in errors.ERRORS:
        yield kind.remedy.replace("{", "{{").replace("}", "}}")


def _of_starlette() -> Iterator[str]:
    """Yield what the library says of a form or a method that does not fit."""
    yield "Method Not Allowed"
    for node in ast.walk(ast.parse(inspect.getsource(formparsers))):
        if isinstance(node, ast.Call) and _last(node.func) == "MultiPartException":
            yield from _texts(node.args[0])
