"""The investigation in CASE: its order and scope, the sealed copies, the tools, the keys."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from zegel.canonical import percent_decoded
from zegel.dossier.exchange.nodes import (
    Names,
    Node,
    Reference,
    binary,
    hashed,
    moment,
    node,
    second,
    sounds,
)
from zegel.dossier.material import Exhibit, FoundAt, Key, Material
from zegel.openpgp.names import public_key_name

_SCOPE = {
    "accounts": "zegel_scopeAccount",
    "devices": "zegel_scopeDevice",
    "holders": "zegel_scopeHolder",
    "terms": "zegel_scopeTerm",
    "languages": "zegel_scopeLanguage",
}


def authorisation(material: Material, names: Names) -> Iterator[Node]:
    """Yield the order, a scope for each clause, and what it never admits."""
    order = material.order
    text = _order(order.text)
    clauses = _clauses(text)
    scopes = [_scope(clause, names.of("clause", clause.get("name"))) for clause in clauses]
    excluded = text.get("except")
    exclusions = [excluded] if isinstance(excluded, Mapping) else []
    exclusions += [c["except"] for c in clauses if isinstance(c.get("except"), Mapping)]
    never = [_scope(one, names.of("exclusion", n)) for n, one in enumerate(exclusions)]
    yield from scopes
    yield from never
    yield node(
        names.of("authorisation"),
        "investigation:Authorization",
        "zegel:ScopedAuthorisation",
        core_name=order.number,
        investigation_authorizationIdentifier=order.number,
        investigation_authorizationType="order",
        core_startTime=moment(text.get("issued")),
        core_endTime=moment(text.get("expires")),
        zegel_magistrate=order.magistrate,
        zegel_isSigned=order.signature is not None,
        zegel_signerFingerprint=binary(order.signature.fingerprint) if order.signature else None,
        zegel_orderDigest=binary(order.sha256),
        zegel_matchingVersion=str(material.matching),
        zegel_scope=[{"@id": scope["@id"]} for scope in scopes],
        zegel_excludes=[{"@id": scope["@id"]} for scope in never],
    )


def clause_names(material: Material) -> list[str]:
    """Return the names of the order's clauses."""
    return [str(clause.get("name")) for clause in _clauses(_order(material.order.text))]


def _clauses(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in _list(order.get("clause")) if isinstance(one, Mapping)]


def _order(text: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _scope(clause: Mapping[str, Any], name: Reference) -> Node:
    periods = [clause, *(one for one in _list(clause.get("periods")) if isinstance(one, Mapping))]
    starts = [at for one in periods if (at := moment(one.get("from"))) is not None]
    ends = [at for one in periods if (at := moment(one.get("until"))) is not None]
    listed = {key: sounds(_list(clause.get(part))) for part, key in _SCOPE.items()}
    records = clause.get("subject") == "records"
    return node(
        name,
        "core:UcoObject",
        "zegel:AuthorisationScope",
        core_name=str(clause["name"]) if clause.get("name") else None,
        zegel_scopeStart=starts,
        zegel_scopeEnd=ends,
        zegel_scopeContext=str(clause["context"]) if clause.get("context") else None,
        zegel_scopeSubject="records" if records else "messages",
        **listed,
    )


def exhibits(material: Material, names: Names) -> Iterator[Node]:
    """Yield each sealed copy and its record of provenance."""
    for exhibit in material.exhibits:
        yield from _exhibit(exhibit, names)


def _exhibit(exhibit: Exhibit, names: Names) -> Iterator[Node]:
    copy = names.of("copy", exhibit.identity)
    number = exhibit.acquisition.get("exhibit_number")
    yield node(
        copy,
        "observable:ObservableObject",
        core_name=str(exhibit.acquisition.get("label") or exhibit.identity),
        core_hasFacet=[seal(names, copy, exhibit.seal, exhibit.entries)],
    )
    yield node(
        names.of("exhibit", exhibit.identity),
        "investigation:ProvenanceRecord",
        core_name=exhibit.identity,
        core_description=sounds(
            f"{name.replace('_', ' ')}: {value}"
            for name, value in sorted(exhibit.acquisition.items())
            if isinstance(value, str) and value
        ),
        investigation_exhibitNumber=exhibit.identity,
        investigation_rootExhibitNumber=str(number) if number else None,
        core_object=[copy],
    )


def seal(names: Names, of: Reference, root: str, entries: int | None = None) -> Node:
    """Return the facet of a Merkle root."""
    return node(
        names.of("seal", of["@id"]),
        "core:Facet",
        "zegel:SealFacet",
        zegel_merkleRoot=binary(root),
        zegel_entryCount=entries,
    )


def tools(material: Material, names: Names) -> Iterator[Node]:
    """Yield each program that had a part in the dossier."""
    for name, version in sorted(material.tools.items()):
        yield node(names.of("tool", name), "tool:Tool", core_name=name, tool_version=str(version))


def keys(material: Material, names: Names) -> Iterator[Node]:
    """Yield each key, the files it was found in, and that it lay there."""
    for key in material.keys:
        yield from _key(key, names)


def _key(key: Key, names: Names) -> Iterator[Node]:
    name = names.of("key", key.fingerprint.lower())
    facet = node(
        names.of("key facet", key.fingerprint.lower()),
        "core:Facet",
        "zegel:OpenPGPKeyFacet",
        zegel_fingerprint=binary(key.fingerprint),
        zegel_keyID=binary(key.key_id),
        zegel_publicKeyAlgorithm=public_key_name(key.algorithm),
        zegel_keyBits=key.bits,
        zegel_curve=key.curve or None,
        zegel_keyCreatedTime=second(key.created),
        zegel_userID=sounds(key.user_ids),
        zegel_isRevoked=key.revoked,
        zegel_wasLocked=key.locked,
        zegel_protection=key.protection or None,
        zegel_passphraseSource=key.unlocked_by or None,
    )
    kinds = ("observable:ObservableObject", "zegel:OpenPGPKey")
    yield node(name, *kinds, core_name=key.fingerprint.upper(), core_hasFacet=[facet])
    for place in key.found:
        yield from _found(place, name, names)


def _found(place: FoundAt, key: Reference, names: Names) -> Iterator[Node]:
    where = (place.exhibit, place.path, place.offset, place.length)
    file = names.of("key place", *where)
    yield node(
        file,
        "observable:File",
        core_hasFacet=[
            file_facet(names, file, place.path),
            place_facet(names, file, place.exhibit, place.path, place.format),
            range_facet(names, file, place.offset, place.length),
            node(
                names.of("content", file["@id"]),
                "observable:ContentDataFacet",
                observable_hash=hashed(names, file, place.file_sha256),
            ),
        ],
    )
    yield relation(names, key, file, "Contained_Within")


def file_facet(names: Names, of: Reference, path: str, size: int | None = None) -> Node:
    """Return what a file is called where it lies."""
    legible = percent_decoded(path).decode("utf-8", "backslashreplace")
    return node(
        names.of("file", of["@id"]),
        "observable:FileFacet",
        observable_filePath=legible,
        observable_fileName=legible.rpartition("/")[2],
        observable_sizeInBytes=size,
    )


def place_facet(names: Names, of: Reference, exhibit: str, path: str, form: str) -> Node:
    """Return in which sealed copy, and where, something was found."""
    return node(
        names.of("place", of["@id"]),
        "core:Facet",
        "zegel:ExhibitPlaceFacet",
        zegel_exhibit=names.of("exhibit", exhibit),
        zegel_sealedPath=path,
        zegel_storeFormat=form or None,
    )


def range_facet(names: Names, of: Reference, offset: int, length: int) -> Node:
    """Return which octets of a file are meant."""
    return node(
        names.of("range", of["@id"]),
        "observable:DataRangeFacet",
        observable_rangeOffset=offset,
        observable_rangeSize=length,
        observable_rangeOffsetType="file",
    )


def relation(names: Names, source: Reference, target: Reference, kind: str) -> Node:
    """Return that one thing stands to another as `kind` says."""
    return node(
        names.of("relation", source["@id"], target["@id"], kind),
        "observable:ObservableRelationship",
        core_source=source,
        core_target=target,
        core_kindOfRelationship=kind,
        core_isDirectional=True,
    )
