"""The renderings `case.jsonld` and `ontology.ttl`: the dossier in CASE/UCO 1.4, as JSON-LD.

https://caseontology.org; JSON-LD 1.1. Every node is on a line of its own, so that the file can be
written and read in pieces. What CASE has no words for is in our extension (ontology.ttl), beside
types of CASE itself: a program that knows CASE alone reads the rest. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from itertools import chain

from zegel.dossier.exchange import authority
from zegel.dossier.exchange.lines import encoded
from zegel.dossier.exchange.mail import Mail
from zegel.dossier.exchange.nodes import CONTEXT, Names, Node, Reference, node
from zegel.dossier.material import Material
from zegel.dossier.rendered import Rendered
from zegel.dossier.withheld import without_withheld

NAME = "case.jsonld"
ONTOLOGY = "ontology.ttl"


def case(material: Material) -> Iterator[Rendered]:
    """Yield the dossier in CASE, and the extension it uses."""
    yield Rendered(name=NAME, content=_document(material))
    yield Rendered(name=ONTOLOGY, content=files(__package__).joinpath(ONTOLOGY).read_bytes())


def _document(material: Material) -> Iterator[bytes]:
    yield b'{"@context":' + encoded(CONTEXT) + b',"@graph":['
    before = b"\n"
    for one in _nodes(material):
        yield before + encoded(one)
        before = b",\n"
    yield b"\n]}\n"


def _nodes(material: Material) -> Iterator[Node]:
    names = Names(material.root)
    yield from chain(
        authority.authorisation(material, names),
        authority.exhibits(material, names),
        authority.tools(material, names),
        authority.keys(material, names),
    )
    mail = Mail(
        names,
        tools=material.tools,
        keys=[key.fingerprint for key in material.keys],
        clauses=authority.clause_names(material),
    )
    shown: list[Reference] = []
    for message in map(without_withheld, material.messages()):
        shown.append(names.of("message", message.message))
        yield from mail.nodes(message)
    yield _sealed(material, names)
    yield _investigation(material, names, shown)


def _investigation(material: Material, names: Names, shown: list[Reference]) -> Node:
    name = names.of("investigation")
    training = ["training case: for practice only, never evidence"] if material.training else []
    records = [names.of("exhibit", one.identity) for one in material.exhibits]
    return node(
        name,
        "investigation:Investigation",
        core_name=material.order.investigation,
        core_tag=training,
        investigation_relevantAuthorization=[names.of("authorisation")],
        core_object=[names.of("sealed set"), *records, *shown],
    )


def _sealed(material: Material, names: Names) -> Node:
    """Return the investigation's sealed set: the root everything here is verified against."""
    name = names.of("sealed set")
    return node(
        name,
        "observable:ObservableObject",
        core_name="sealed set of the investigation",
        core_hasFacet=[authority.seal(names, name, material.root)],
    )
