"""Read in the code itself: no page, picture or script has a place where an exhibit could run."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from zegel import web

HERE = Path(web.__file__).parent
SOURCES = HERE.parents[1]
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
SCRIPTS = sorted((HERE / "static").glob("*.js"))
STYLES = sorted((HERE / "static").glob("*.css"))
PICTURES = sorted((HERE / "static").glob("*.svg"))
MADE_HERE = {"drawn", "hostile", "marked"}
"""Filters whose result is HTML; each escapes what it is given, and `pages` alone makes them."""
PAGES = HERE / "pages.py"
LEADS_AWAY = re.compile(r"\b(?:https?:)?//(?!www\.w3\.org/)", re.IGNORECASE)
RUNS = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write\w*|eval|Function|"
    r"setHTMLUnsafe|parseHTMLUnsafe|createContextualFragment|srcdoc|importScripts|"
    r"import)\b|set(?:Timeout|Interval)\(\s*['\"`]|javascript:|\.style\.cssText"
)


class Tags(HTMLParser):
    """Collects what a template writes by hand that could run, load or be styled in place."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not given.get("src")):
            self._inside = tag
            self.wrong.append(f"<{tag}> in place")
        if tag in ("iframe", "object", "embed", "base", "frame", "applet"):
            self.wrong.append(f"<{tag}>")
        if "http-equiv" in given and not re.fullmatch("[0-9]+", given.get("content") or ""):
            self.wrong.append(f"<{tag} http-equiv=>")  # a page may load itself anew
        for name, value in attrs:
            if name == "style" or name.startswith("on") or name == "srcdoc":
                self.wrong.append(f"<{tag} {name}=>")
            if name in ("href", "src", "action", "formaction", "xlink:href", "data"):
                self._address(tag, name, value or "")

    def _address(self, tag: str, name: str, value: str) -> None:
        ours = value.startswith(("/", "#", "{{", "?")) and not value.startswith("//")
        if not ours and value:
            self.wrong.append(f"<{tag} {name}={value!r}>")


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.name)
def test_a_template_runs_nothing_in_place_and_loads_nothing_from_elsewhere(place: Path) -> None:
    tags = Tags()
    text = re.sub(r"{%.*?%}|{#.*?#}", "", place.read_text("utf-8"), flags=re.DOTALL)
    tags.feed(re.sub(r"{{.*?}}", "{{}}", text, flags=re.DOTALL))

    assert tags.wrong == []


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.name)
def test_a_template_escapes_everything_and_trusts_no_text(place: Path) -> None:
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(
        place.read_text("utf-8")
    )
    filters = {one.name for one in tree.find_all(nodes.Filter)}
    called = {
        one.node.name for one in tree.find_all(nodes.Call) if isinstance(one.node, nodes.Name)
    }

    assert filters.isdisjoint({"safe", "forceescape", "xmlattr", "urlize", "tojson"}), filters
    assert called.isdisjoint({"Markup"})
    assert not list(tree.find_all(nodes.ScopedEvalContextModifier)), "autoescape is not turned off"
    assert not list(tree.find_all(nodes.MarkSafe))


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.name)
def test_a_value_in_an_attribute_stands_in_quotes(place: Path) -> None:
    """Escaping guards a quoted attribute only: `<a href={{ x }}>` would take a blank for an end."""
    text = re.sub(r"{#.*?#}", "", place.read_text("utf-8"), flags=re.DOTALL)

    assert re.findall(r"""<[^<>]*=\s*{{[^<>]*>""", text) == []


def test_only_one_module_makes_html_of_text() -> None:
    making = set()
    for place in (SOURCES / "zegel").rglob("*.py"):
        if "Markup" not in (text := place.read_text("utf-8")):
            continue
        named = list(ast.walk(ast.parse(text)))
        names = {one.id for one in named if isinstance(one, ast.Name)}
        if "Markup" in names | {one.attr for one in named if isinstance(one, ast.Attribute)}:
            making.add(place)

    assert making == {PAGES}


@pytest.mark.parametrize("place", SCRIPTS, ids=lambda place: place.name)
def test_a_script_makes_no_code_and_no_html_of_text(place: Path) -> None:
    text = re.sub(r"^\s*//.*$", "", place.read_text("utf-8"), flags=re.MULTILINE)

    assert RUNS.findall(text) == []
    assert LEADS_AWAY.findall(text) == []


@pytest.mark.parametrize("place", [*STYLES, *PICTURES], ids=lambda place: place.name)
def test_a_style_or_picture_loads_nothing(place: Path) -> None:
    text = place.read_text("utf-8")

    assert not re.search(r"@import|url\(|expression\(|<script|\son\w+=", text)
    assert LEADS_AWAY.findall(text) == []


def test_every_script_is_strict() -> None:
    for place in SCRIPTS:
        assert '"use strict";' in place.read_text("utf-8"), place.name


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.name)
def test_every_form_that_is_posted_carries_the_token(place: Path) -> None:
    """Three do not, for they begin a session or belong to none."""
    text = place.read_text("utf-8")
    for name, body in re.findall(r"{% macro (\w+)\([^)]*\) %}(.*?){% endmacro %}", text, re.DOTALL):
        text = text.replace(f"{{{{ {name}(", body + "{{ (")
    forms = re.findall(r"<form\b[^>]*method=\"post\"[^>]*>.*?</form>", text, re.DOTALL)
    without = [
        form
        for form in forms
        if "csrf" not in form and not re.search(r'action="/(?:login|reader)"', form)
    ]

    assert without == []
