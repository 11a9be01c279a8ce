"""Use case: every key found, where, locked or not, and what it opened. Never a secret number."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from zegel.casefile import Case
from zegel.openpgp.names import public_key_name
from zegel.processing.settled import blocks_of
from zegel.processing.sql import connect
from zegel.service.door import Who, enter_case
from zegel.service.processed import require_processed
from zegel.tables import read_rows

_COLUMNS = [
    "fingerprint", "key_id", "version", "algorithm", "bits", "curve", "created", "revoked",
    "primary", "user_ids", "has_secret", "locked", "protection", "unlocked_by", "refusal",
    "material_ids", "secret_ids", "form",
]  # fmt: skip


def list_keys(case: Case, *, who: Who = None) -> list[dict[str, Any]]:
    """Return one description per key of the case, secret keys first."""
    with enter_case(case, "keys read", who) as visit:
        require_processed(case, stage="keys")
        parts = case.stage("keys").files("keys")
        places = _places(case)
        opened = _opened(case)
        found = [_describe(row, places, opened) for row in read_rows(parts[-1:], _COLUMNS)]
        keys = sorted(found, key=lambda key: (key["secret"] == "no", key["fingerprint"]))
        visit.write(shown=[str(key["fingerprint"]) for key in keys])
    return keys


def _places(case: Case) -> dict[bytes, list[dict[str, Any]]]:
    columns = ["material_id", "exhibit", "path", "offset", "file_sha256", "format"]
    places: dict[bytes, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(case.stage("scan").files("keys"), columns):
        places[row["material_id"]].append(
            {
                "exhibit": row["exhibit"],
                "path": row["path"].decode("utf-8", "backslashreplace"),
                "offset": row["offset"],
                "sha256": row["file_sha256"].hex(),
                "format": row["format"],
            }
        )
    return places


def _opened(case: Case) -> dict[bytes, int]:
    merged = case.stage("settled").files("blocks")[-1:]
    if not merged:
        return {}
    blocks = blocks_of(case.stage("open").files("sessions"), merged[0])
    query = (
        f"SELECT key_fingerprint, count(*) FROM {blocks} "
        "WHERE state = 'readable' AND key_fingerprint IS NOT NULL GROUP BY ALL"
    )
    with connect(case.folder / "spill") as connection:
        return dict(connection.execute(query).fetchall())


def _secret(row: dict[str, Any]) -> str:
    if not row["has_secret"]:
        return "no"
    if row["refusal"] == "passphrase-unknown":
        return "locked"
    if row["refusal"]:
        return str(row["refusal"])
    return "unlocked" if row["locked"] else "open"


def _describe(
    row: dict[str, Any], places: dict[bytes, list[dict[str, Any]]], opened: dict[bytes, int]
) -> dict[str, Any]:
    return {
        "fingerprint": row["fingerprint"].hex().upper(),
        "key_id": row["key_id"].hex().upper(),
        "primary": row["primary"].hex().upper(),
        "user_ids": row["user_ids"],
        "algorithm": public_key_name(row["algorithm"]),
        "bits": row["bits"],
        "curve": row["curve"],
        "created": datetime.fromtimestamp(row["created"] or 0, UTC).isoformat(),
        "revoked": row["revoked"],
        "secret": _secret(row),
        "protection": row["protection"],
        "passphrase": row["unlocked_by"] or None,
        "opened": opened.get(row["fingerprint"], 0),
        "places": [
            {**place, "secret": identity in row["secret_ids"]}
            for identity in sorted(row["material_ids"], key=lambda i: i not in row["secret_ids"])
            for place in places[identity]
        ],
    }
