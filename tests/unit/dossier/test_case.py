"""CASE/UCO: judged by the field's own validator, and by what the ontology defines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dossier.materials import (
    FINGERPRINT,
    KEY,
    ONE,
    attachment,
    block,
    hexed,
    material,
    message,
)
from zegel.dossier.exchange.case import NAME, ONTOLOGY, case
from zegel.dossier.exchange.nodes import CONTEXT, Names
from zegel.dossier.exchange.nodes import ONTOLOGY as NAMESPACE
from zegel.dossier.material import Material, Message, Withheld

PREFIX = CONTEXT["zegel"]
VALIDATOR = Path(sys.prefix) / "case" / "bin" / "case_validate"
"""In an environment of its own, which `make` sets up (docs/decisions/0012)."""
RDF, OWL = rdflib.RDF, rdflib.OWL


def members(shown: Material) -> dict[str, bytes]:
    return {
        one.name: one.content if isinstance(one.content, bytes) else b"".join(one.content)
        for one in case(shown)
    }


def graph(shown: Material) -> list[dict[str, Any]]:
    nodes = json.loads(members(shown)[NAME])["@graph"]
    assert isinstance(nodes, list)
    return nodes


@pytest.fixture(scope="module")
def sample() -> Material:
    locked = block(3, state="key locked", reason="passphrase-unknown", session_key=None,
                   plaintext_sha256=None, plaintext=None, integrity=None, cipher=None)  # fmt: skip
    return material(
        [
            message(1, attachments=(attachment(0, "a \u202e.jpg", "image/jpeg", b"x"),)),
            message(2, "\x00\x1f \ud800 \U0010ffff", subject="@id", message_id="_:b"),
            replace(message(3), text=None, blocks=(locked,), state="key locked"),
            Message(number=4, message=hexed("message", 4), withheld=(
                Withheld(part="all", reason="privilege: lawyer and client"),
            )),
            message(5, withheld=(Withheld(part="text", reason="third party"),
                                 Withheld(part="people", reason="third party"))),
            message(6, clock_ns=10**30, state="not encrypted", admitted=(("unknown", "hit"),),
                    blocks=(block(6, kind="plain"),), signature=None),
        ],
        keys=(KEY, replace(KEY, fingerprint="ab" * 20, created=None, found=(), curve="Ed25519")),
    )  # fmt: skip


def validate(folder: Path, content: bytes, beside: str) -> tuple[int, str]:
    """Run the field's validator as anyone would, with our ontology beside that of the field."""
    if not VALIDATOR.exists():
        pytest.skip(f"case_validate is not at {VALIDATOR}: `make .venv/.ready` sets it up")
    (folder / NAME).write_bytes(content)
    (folder / ONTOLOGY).write_bytes(files("zegel.dossier.exchange").joinpath(ONTOLOGY).read_bytes())
    done = subprocess.run(
        [
            VALIDATOR, "--built-version", beside,
            "--ontology-graph", ONTOLOGY, NAME,
        ],
        cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": "/usr/bin:/bin", "http_proxy": "http://127.0.0.1:9", "HOME": str(folder)},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_case_validate_passes(sample: Material, tmp_path: Path) -> None:
    code, said = validate(tmp_path, members(sample)[NAME], "case-1.4.0")

    assert (code, "Conforms: True" in said) == (0, True), said


@pytest.mark.slow
def test_case_validate_sees_what_is_wrong_in_our_terms(sample: Material, tmp_path: Path) -> None:
    """Without CASE's own ontology beside it: reading that takes most of the time."""
    content = members(sample)[NAME]
    wrong = content.replace(b'"zegel:messageNumber":1,', b'"zegel:messageNumber":"one",')
    wrong = wrong.replace(b"zegel:sealedPath", b"zegel:unsealedPath")
    wrong = wrong.replace(b'"zegel:integrity":"mdc"', b'"zegel:integrity":"trust me"')
    code, said = validate(tmp_path, wrong, "none")

    assert code != 0
    for part in ("messageNumber", "sealedPath", "trust me"):
        assert part in said


def test_the_same_material_gives_the_same_bytes(sample: Material) -> None:
    assert members(sample) == members(sample)


def test_every_node_is_named_by_a_uuid_once_and_every_reference_leads_to_one(
    sample: Material,
) -> None:
    named: list[str] = []
    referred: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, list):
            for inner in value:
                walk(inner)
        elif isinstance(value, dict):
            if "@type" in value and "@id" in value:
                named.append(value["@id"])
            elif "@id" in value:
                referred.add(value["@id"])
            for inner in value.values():
                walk(inner)

    walk(graph(sample))

    assert sorted(named) == sorted(set(named))
    assert referred - set(named) == set()
    assert all(uuid.UUID(name.removeprefix("urn:uuid:")).version == 5 for name in named)


@settings(max_examples=40)
@given(st.lists(st.text(max_size=20), max_size=3))
def test_names_are_uuids_of_version_5_as_the_standard_library_makes_them(words: list[str]) -> None:
    space = uuid.uuid5(NAMESPACE, "root")
    expected = f"urn:uuid:{uuid.uuid5(space, chr(0).join(words))}"

    assert Names("root").of(*words) == {"@id": expected}


def test_the_keys_stand_with_the_places_they_were_found_at(sample: Material) -> None:
    nodes = graph(sample)
    keys = [one for one in nodes if "zegel:OpenPGPKey" in one["@type"]]
    found = [one for one in nodes if one.get("core:source") == {"@id": keys[0]["@id"]}]
    (place,) = [one for one in nodes if {"@id": one["@id"]} == found[0]["core:target"]]
    facets = {tuple(facet["@type"])[-1]: facet for facet in place["core:hasFacet"]}

    assert keys[0]["core:hasFacet"][0]["zegel:fingerprint"]["@value"] == FINGERPRINT.upper()
    assert facets["zegel:ExhibitPlaceFacet"]["zegel:sealedPath"] == "srv/keys/d00108.asc"


def test_session_keys_the_order_and_what_admits_are_there(sample: Material) -> None:
    text = members(sample)[NAME].decode()

    for said in (
        hexed("session", 1).upper(),
        '"zegel:scopeAccount":["d00042@ams.shieldnet.example","d00108@yyz.shieldnet.example"]',
        '"zegel:scopeTerm":["advocaat OR geheimhouder"]',
        '"@value":"2016-03-31T22:00:00Z"',
        '"zegel:withheldReason":"privilege: lawyer and client"',
        hexed("root").upper(),
    ):
        assert said in text


def test_nothing_withheld_is_there() -> None:
    secret = "Grünewald-7719"
    holding = message(
        1, f"text {secret}", subject=secret, sender=(f"{secret}@x.example",), recipients=(secret,),
        attachments=(attachment(0, secret, "text/plain", b"x"),), message_id=secret,
    )  # fmt: skip
    whole = replace(holding, number=2, withheld=(Withheld(part="all", reason="privilege"),))
    parts = ("text", "subject", "people", "attachment/0")
    partly = replace(
        holding, withheld=tuple(Withheld(part=part, reason="third party") for part in parts)
    )
    content = members(material([whole, partly]))[NAME]

    for said in (secret, hexed("session", 1).upper(), hexed("ciphertext", 1).upper()):
        assert said.encode() not in content


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_hostile_text_is_only_ever_a_value(text: str) -> None:
    hostile = message(
        1, text, subject=text, sender=(text or "-",), recipients=(ONE, text), message_id=text,
        references=(text,), attachments=(attachment(0, text, text, b"x"),),
    )  # fmt: skip
    plain = message(
        1, "a", subject="a", sender=("a",), recipients=(ONE, "a"), message_id="a",
        references=("a",), attachments=(attachment(0, "a", "a", b"x"),),
    )  # fmt: skip

    def shapes(shown: Material) -> set[str]:
        found: set[str] = set()

        def walk(value: Any) -> Iterator[str]:
            if isinstance(value, dict):
                yield from value
                for inner in value.values():
                    yield from walk(inner)
            elif isinstance(value, list):
                for inner in value:
                    yield from walk(inner)

        for one in graph(shown):
            found |= set(walk(one))
        return found

    assert shapes(material([hostile])) <= shapes(material([plain]))


def terms(ontology: rdflib.Graph) -> set[str]:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty)
    subjects = {str(subject) for kind in kinds for subject in ontology.subjects(RDF.type, kind)}
    return {one.removeprefix(PREFIX) for one in subjects}


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    text = files("zegel.dossier.exchange").joinpath(ONTOLOGY).read_text(encoding="utf-8")
    return rdflib.Graph().parse(data=text, format="turtle")


def test_every_term_the_ontology_or_the_code_uses_is_defined_with_label_and_comment(
    ontology: rdflib.Graph,
) -> None:
    used = {
        str(term).removeprefix(PREFIX)
        for triple in ontology
        for term in triple
        if isinstance(term, rdflib.URIRef) and str(term).startswith(PREFIX)
    }
    defined = terms(ontology)
    said = {
        str(subject).removeprefix(PREFIX)
        for subject in ontology.subjects(rdflib.RDFS.comment)
        if (subject, rdflib.RDFS.label, None) in ontology
    }

    assert used == defined
    assert defined - said == set()


def test_the_code_writes_the_terms_of_the_ontology_and_no_others(ontology: rdflib.Graph) -> None:
    package = Path(str(files("zegel.dossier.exchange")))
    code = "".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))

    assert set(re.findall(r"zegel[_:]([A-Za-z]+)", code)) == terms(ontology)


def test_the_ontology_is_apache(ontology: rdflib.Graph) -> None:
    licence = rdflib.URIRef("http://purl.org/dc/terms/license")

    assert [str(one) for one in ontology.objects(None, licence)] == [
        "http://www.apache.org/licenses/LICENSE-2.0"
    ]
