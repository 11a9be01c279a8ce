"""What JSON-LD for CASE/UCO is made of: nodes with names, literals with types.

UCO wants every node named, its name ending in a UUID, and no blank nodes (UCO 1.4, UcoThing). Names
are UUIDs of version 5 over the investigation's root and what the node stands for, so that the same
dossier gives the same names, and two dossiers of one investigation agree.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha1
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from zegel.dossier.exchange.instants import utc
from zegel.dossier.material import Bytes

ONTOLOGY = UUID("19215855-e3a7-48a9-a22e-170a4597ea09")
CONTEXT = {
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "zegel": f"urn:uuid:{ONTOLOGY}#",
}

Node: TypeAlias = dict[str, Any]
Reference: TypeAlias = dict[str, str]


class Names:
    """Names the nodes of one investigation."""

    def __init__(self, root: str) -> None:
        self._namespace = uuid5(ONTOLOGY, root).bytes

    def of(self, *what: object) -> Reference:
        """Return the name of what the words stand for (RFC 9562 section 5.5)."""
        name = "\0".join(map(str, what)).encode("utf-8", "replace")
        h = sha1(self._namespace + name, usedforsecurity=False).hexdigest()
        # What uuid.uuid5 gives, at a third of its cost: a message has forty names.
        variant = "89ab"[int(h[16], 16) & 3]
        return {"@id": f"urn:uuid:{h[:8]}-{h[8:12]}-5{h[13:16]}-{variant}{h[17:20]}-{h[20:32]}"}


def node(name: Reference, *types: str, **properties: Any) -> Node:
    """Return a node; properties are `prefix_name`, and those without a value are left out."""
    kinds: str | list[str] = types[0] if len(types) == 1 else list(types)
    made: Node = {"@id": name["@id"], "@type": kinds}
    for key, value in properties.items():
        if value is not None and value != []:
            made[key.replace("_", ":", 1)] = sound(value) if type(value) is str else value
    return made


def sound(text: str) -> str:
    """Return text that RDF can hold: lone surrogates are replaced."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def sounds(texts: Any) -> list[str]:
    """Return texts that RDF can hold."""
    return [sound(str(text)) for text in texts]


def binary(value: str | None) -> dict[str, str] | None:
    """Return hexadecimal as xsd:hexBinary, whose canonical form is in capitals."""
    if not value or len(value) % 2 or set(value.upper()) - set("0123456789ABCDEF"):
        return None
    return {"@type": "xsd:hexBinary", "@value": value.upper()}


def instant(ns: int | None) -> dict[str, str] | None:
    """Return an instant as xsd:dateTime in microseconds, which readers keep."""
    written = utc(ns)
    if written is None:
        return None
    whole, _, fraction = written.rstrip("Z").partition(".")
    micro = fraction[:6].rstrip("0")
    return {"@type": "xsd:dateTime", "@value": f"{whole}.{micro}Z" if micro else f"{whole}Z"}


def second(created: int | None) -> dict[str, str] | None:
    """Return seconds since 1970 as xsd:dateTime."""
    return None if created is None else instant(created * 10**9)


def moment(written: Any) -> dict[str, str] | None:
    """Return a date with time and zone, as TOML gives it, as xsd:dateTime."""
    if not isinstance(written, datetime) or written.tzinfo is None:
        return None
    at = written.astimezone(UTC)
    return instant(int(at.replace(microsecond=0).timestamp()) * 10**9 + at.microsecond * 1000)


def held(names: Names, of: Reference, content: Bytes | None) -> list[Node]:
    """Return the reference to the dossier's member that holds the bytes of something."""
    if content is None:
        return []
    return [
        node(
            names.of("member", of["@id"]),
            "core:ExternalReference",
            core_definingContext="member of the dossier",
            core_externalIdentifier=content.member,
        )
    ]


def hashed(names: Names, of: Reference, sha256: str | None) -> list[Node]:
    """Return a SHA-256 as UCO writes digests."""
    value = binary(sha256)
    if value is None:
        return []
    name = names.of("hash", of["@id"], sha256)
    return [node(name, "types:Hash", types_hashMethod="SHA256", types_hashValue=value)]
