"""No representation shows a key, a passphrase, a session key or content: it may end in a log.

Every dataclass of the package is looked at: a field of bytes, or one called like a secret or like
content, is left out of `repr` unless what it holds is public and named here.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import zegel

PUBLIC = {
    # where something lies, or what it is called
    "path", "prefix", "store", "name", "type", "target",
    # digests, identities, Merkle roots
    "sha256", "root", "seal", "frontier", "hidden", "ciphertext_id", "content_id", "identity",
    "message", "thread", "tail",
    # public keys and what names them
    "public_key", "fingerprint", "fingerprints", "key_id", "key_ids", "primary", "vouched",
    # parts of packets that nobody keeps secret
    "algorithm", "parameters", "signatures", "specifier", "iv", "left", "salt", "problems",
}  # fmt: skip
ALSO_PUBLIC = {
    ("zegel.custody.entries", "Shown", "fields"),  # what an entry shows of itself
    ("zegel.processing.unlock", "Outcome", "passphrase"),  # where it came from, never itself
    ("zegel.dossier.material", "Block", "passphrase"),  # likewise
    ("zegel.dossier.material", "Attachment", "content"),  # where its bytes lie
    ("zegel.text.query", "_Piece", "text"),  # of what was asked, not of an answer
}
CALLED_LIKE_CONTENT = re.compile(r"text|subject|texts|session_key|session|passphrase|content")
RUNS_WHEN_IMPORTED = {"zegel.openpgp.pqc_worker"}


def shown() -> Iterator[tuple[str, str, str]]:
    """Yield module, class and field of every dataclass field that its representation shows."""
    for module in pkgutil.walk_packages(zegel.__path__, "zegel."):
        if module.name in RUNS_WHEN_IMPORTED:
            continue
        for name, kind in vars(importlib.import_module(module.name)).items():
            if dataclasses.is_dataclass(kind) and kind.__module__ == module.name:
                for field in dataclasses.fields(kind):
                    telling = re.search(r"bytes|Buffer|memoryview", str(field.type))
                    if field.repr and (telling or CALLED_LIKE_CONTENT.fullmatch(field.name)):
                        yield module.name, name, field.name


def test_no_representation_shows_secrets_or_content() -> None:
    telling = [place for place in shown() if place[2] not in PUBLIC and place not in ALSO_PUBLIC]

    assert telling == []


def test_what_is_named_as_public_is_still_there() -> None:
    """So that the list above does not outlive what it excuses."""
    assert {field for _, _, field in shown()} >= PUBLIC
    assert set(shown()) >= ALSO_PUBLIC


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("zegel.openpgp.model", "SessionKey"),
        ("zegel.openpgp.model", "UnlockedKey"),
        ("zegel.openpgp.model", "Opened"),
        ("zegel.processing.unlock", "Passphrase"),
        ("zegel.service.process", "ProcessOptions"),
        ("zegel.records", "File"),
    ],
)
def test_what_holds_a_secret_is_a_dataclass_that_this_test_sees(module: str, name: str) -> None:
    assert dataclasses.is_dataclass(getattr(importlib.import_module(module), name))
