"""Write the reference pages that the code alone can keep true.

`python docs/generate.py` writes `commands.md`, `errors.md`, `ontology.md` and `openapi.json`, the
column tables inside `case-format.md` and the calls inside `api.md`. A test makes them again and
compares, so a stale page fails the check.
Never writes anything outside `docs/reference`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import rdflib
import typer

from shieldnet.cli import app as shieldnet
from zegel.casefile.exhibits import ENTRY_SCHEMA
from zegel.cli import INTERNAL_ERROR, INTERRUPTED
from zegel.cli.program import app as zegel
from zegel.errors import ERRORS, ZegelError
from zegel.investigation.schemas import TABLES
from zegel.processing.schemas import KEYS, OPEN, SCAN
from zegel.web.api import CALLS, Call, openapi

REFERENCE = Path(__file__).parent / "reference"
ONTOLOGY = Path(str(files("zegel.dossier.exchange"))) / "ontology.ttl"
NOTE = "<!-- Written by docs/generate.py; change the code, then run it again. -->"


def commands() -> str:
    """Return the page of every command, argument and option of both programs."""
    lines = [
        "# Commands",
        "",
        NOTE,
        "",
        "`--json` prints one JSON document on standard output; progress and messages go to "
        "standard error. Every command that takes `--case` looks in `$ZEGEL_CASE`, then in the "
        "current folder, where it is not given. Exit codes: [errors.md](errors.md).",
        "",
        "What the JSON documents hold: [ledger-json.md](ledger-json.md).",
    ]
    for name, app in (("zegel", zegel), ("shieldnet", shieldnet)):
        for words, command in _walk(name, typer.main.get_command(app)):
            lines += _command(words, command)
    return "\n".join(lines) + "\n"


def _walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield words, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(f"{words} {name}", inner)


def _command(words: str, command: Any) -> list[str]:
    level = "#" * (1 + len(words.split()))
    lines = ["", f"{level} {words}", "", " ".join((command.help or "").split())]
    shown = [p for p in command.params if not getattr(p, "hidden", False)]
    if hasattr(command, "commands"):
        shown = [p for p in shown if "--version" in p.opts]
    if not shown:
        return lines
    lines += ["", "| argument or option | value | meaning |", "|---|---|---|"]
    return lines + [_parameter(parameter) for parameter in shown]


def _parameter(parameter: Any) -> str:
    option = parameter.opts[0].startswith("-")
    words = "`, `".join(parameter.opts)
    name = words if option else (parameter.metavar or parameter.name.upper())
    meaning = (parameter.help or "").replace("|", "\\|")
    if not option and not parameter.required:
        meaning += " Optional."
    return f"| `{name}` | {_value(parameter)} | {meaning} |"


def _value(parameter: Any) -> str:
    if getattr(parameter, "is_flag", False):
        return ""
    kind = getattr(parameter.type_descriptor.annotation, "__name__", "text")
    words = {"str": "text", "int": "number", "float": "number", "list": "text"}.get(
        kind, kind.lower()
    )
    low, high = parameter.min, parameter.max
    if low is not None:
        words += f", at least {low:g}" if high is None else f", {low:g} to {high:g}"
    if parameter.default not in (None, "", False, []):
        words += f"; default {parameter.default}"
    return words


def errors() -> str:
    """Return the page of every error: exit code, HTTP status, meaning, next step."""
    lines = [
        "# Errors",
        "",
        NOTE,
        "",
        "An error stops the command. It is said on standard error (where, what, what to do "
        "next) with one exit code; with `--json` standard output holds "
        '`{"error": {"kind": …, "what": …, "where": …, "next": …}}`. A defect in the evidence is '
        "never an error: see [problems.md](problems.md). What was finished before an error stays.",
        "",
        "| error | exit code | HTTP status | meaning | what to do, where nothing nearer is said |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{error.__name__}` | {error.exit_code} | {error.http_status} | {error.meaning} "
        f"| {_remedy(error)} |"
        for error in ERRORS
    ]
    return "\n".join([*lines, "", _OTHER_CODES, ""])


def _remedy(error: type[ZegelError]) -> str:
    page = _MORE.get(error.__name__)
    return error.remedy if page is None else f"{error.remedy} [{page}](../{page})"


_MORE = {
    "ExhibitError": "how-to/moved-copy.md",
    "VerificationError": "how-to/prove-the-log.md",
    "ConditionError": "reference/orders.md",
    "DisclosureError": "reference/dossier.md",
    "RefusedError": "how-to/people.md",
    "NamedError": "how-to/people.md",
    "LoginError": "how-to/people.md",
    "LockedOutError": "how-to/people.md",
    "SessionError": "how-to/people.md",
}
"""Where more is said about what to do."""

_OTHER_CODES = f"""Other exit codes:

| exit code | meaning |
|---|---|
| 0 | done; for `intake --recheck`: every seal holds |
| 6 | also from `intake --recheck` where a seal does not hold; the places are listed |
| 9 | `dossier verify` and `verify.py`: consistent in itself only, no root was given |
| {INTERNAL_ERROR} | a fault in Zegel itself: one line names the place in the code, never content |
| {INTERRUPTED} | stopped by Ctrl-C; the same command continues |

The web application answers with the HTTP status; the [API](api.md) adds a problem document."""


def columns(schema: pa.Schema) -> str:
    """Return a schema as a table of columns and types."""
    rows = [f"| `{field.name}` | {_type(field.type)} |" for field in schema]
    return "\n".join(["| column | type |", "|---|---|", *rows])


def _type(kind: pa.DataType) -> str:
    # The name of a list's item carries no meaning, and Parquet changes it.
    return str(kind).replace("item: ", "").replace("fixed_size_binary", "binary")


def schemas() -> Mapping[str, pa.Schema]:
    """Return every table of a case and of an investigation under the name its page uses."""
    tables = {"exhibit entries": ENTRY_SCHEMA, "keys": KEYS}
    tables |= {f"scan {name}": schema for name, schema in SCAN.items()}
    tables |= {f"open {name}": schema for name, schema in OPEN.items()}
    return tables | {f"investigation {name}": schema for name, schema in TABLES.items()}


_MARKED = re.compile(r"<!-- columns of ([a-z ]+) -->\n.*?<!-- end -->", re.DOTALL)


def case_format(page: str) -> str:
    """Return `page` with the tables between its marks made anew."""
    known = schemas()

    def made(mark: re.Match[str]) -> str:
        name = mark[1]
        return f"<!-- columns of {name} -->\n\n{columns(known[name])}\n\n<!-- end -->"

    return _MARKED.sub(made, page)


def ontology() -> str:
    """Return the page of every term that our extension of CASE/UCO defines."""
    graph = rdflib.Graph().parse(ONTOLOGY, format="turtle")
    (about,) = graph.subjects(rdflib.RDF.type, rdflib.OWL.Ontology)
    lines = [
        "# Extension of CASE/UCO",
        "",
        NOTE,
        "",
        f"{graph.value(about, rdflib.RDFS.comment)} Used in a dossier's "
        "[case.jsonld](dossier-exchange.md#caseuco), to which `ontology.ttl` is the definition "
        "itself, with shapes (SHACL) that `case_validate` checks. Licence: Apache-2.0. Namespace: "
        f"`{about}#`, a UUID, since the project has no domain to promise.",
        "",
        "## Classes",
        "",
        "| class | of | meaning | properties |",
        "|---|---|---|---|",
    ]
    lines += [_class(graph, term) for term in _terms(graph, rdflib.OWL.Class)]
    lines += ["", "## Properties", "", "| property | value | meaning |", "|---|---|---|"]
    kinds = (rdflib.OWL.DatatypeProperty, rdflib.OWL.ObjectProperty)
    for term in sorted(term for kind in kinds for term in _terms(graph, kind)):
        value = _short(graph, graph.value(term, rdflib.RDFS.range))
        meaning = graph.value(term, rdflib.RDFS.comment)
        lines.append(f"| `{_short(graph, term)}` | `{value}` | {meaning} |")
    return "\n".join(lines) + "\n"


def _terms(graph: rdflib.Graph, kind: rdflib.URIRef) -> list[Any]:
    return sorted(graph.subjects(rdflib.RDF.type, kind))


def _class(graph: rdflib.Graph, term: Any) -> str:
    above = ", ".join(
        f"`{_short(graph, one)}`" for one in sorted(graph.objects(term, rdflib.RDFS.subClassOf))
    )
    shapes = graph.objects(term, rdflib.SH.property)
    names = sorted(_short(graph, graph.value(shape, rdflib.SH.path)) for shape in shapes)
    listed = ", ".join(f"`{name}`" for name in names) or "none of its own"
    meaning = graph.value(term, rdflib.RDFS.comment)
    return f"| `{_short(graph, term)}` | {above} | {meaning} | {listed} |"


def _short(graph: rdflib.Graph, term: Any) -> str:
    return str(graph.namespace_manager.normalizeUri(term))


def api(page: str) -> str:
    """Return `page` with the tables of calls between its marks made anew."""

    def made(mark: re.Match[str]) -> str:
        rows = [_call(call) for call in CALLS if call.at == mark[1]]
        table = ["| call | name | what it does | asked with |", "|---|---|---|---|", *rows]
        return "\n".join([f"<!-- calls of {mark[1]} -->", "", *table, "", "<!-- end -->"])

    return _CALLS.sub(made, page)


_CALLS = re.compile(r"<!-- calls of ([a-z]+) -->\n.*?<!-- end -->", re.DOTALL)


def _call(call: Call) -> str:
    path = call.path or "/"
    words = [*call.query, *(call.body["properties"] if call.body else ())]
    asked = ", ".join(f"`{word}`" for word in words)
    return f"| `{call.method} {path}` | `{call.name}` | {call.says} | {asked} |"


def api_document() -> str:
    """Return the OpenAPI document, a line each."""
    return json.dumps(openapi(), ensure_ascii=False, indent=1) + "\n"


def pages() -> dict[Path, str]:
    """Return every generated page and what it must hold."""
    form, folder = REFERENCE / "case-format.md", REFERENCE / "investigation-format.md"
    calls = REFERENCE / "api.md"
    return {
        REFERENCE / "commands.md": commands(),
        REFERENCE / "errors.md": errors(),
        REFERENCE / "ontology.md": ontology(),
        calls: api(calls.read_text(encoding="utf-8")),
        REFERENCE / "openapi.json": api_document(),
        form: case_format(form.read_text(encoding="utf-8")),
        folder: case_format(folder.read_text(encoding="utf-8")),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
