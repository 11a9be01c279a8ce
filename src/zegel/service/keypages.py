"""Use cases: the keys of a case a page at a time, and one key whole. Never a secret number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zegel.canonical import JSON
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.openpgp.names import public_key_name
from zegel.processing.settled import BY_PLACE, blocks_of
from zegel.processing.sql import connect, parquet
from zegel.service.door import Who, enter_case
from zegel.service.paging import Part
from zegel.service.processed import require_processed

if TYPE_CHECKING:
    import duckdb

_SECRET = """
CASE WHEN NOT has_secret THEN 'no'
     WHEN refusal = 'passphrase-unknown' THEN 'locked'
     WHEN refusal IS NOT NULL AND refusal <> '' THEN 'unusable'
     WHEN locked THEN 'unlocked' ELSE 'open' END
"""
ONLY: Mapping[str, str] = {
    "all": "true",
    "secret": "has_secret",
    "open": "secret IN ('open', 'unlocked')",
    "locked": "secret = 'locked'",
    "unusable": "secret = 'unusable'",
    "public": "NOT has_secret",
    "used": "opened > 0",
}
"""Which keys a list is of."""
FEW = 3
"""Places shown of each key in the list of all."""
MOST_ACCOUNTS = 100
"""Accounts named of those whose messages a key opened: those with most of them."""


def page_of_keys(
    case: Case, *, only: str = "all", part: Part | None = None, who: Who = None
) -> dict[str, Any]:
    """Return a page of the keys, those with a secret first, and how many there are of each kind.

    `only` is one of `ONLY`. Of each key up to `FEW` places are shown, and how many there are.
    """
    part = part or Part()
    if only not in ONLY:
        raise UsageError(f"there is no list of keys {only!r}", next_step=f"Use {', '.join(ONLY)}.")
    asked: dict[str, JSON] = {"only": only, "page": part.page}
    with enter_case(case, "keys read", who, asked) as visit:
        with _tables(case) as connection:
            counts = _counts(connection)
            told = part.of(counts[only])
            rows = _rows(connection, f"WHERE {ONLY[only]}", part)
            places = _places(connection, [row["number"] for row in rows], FEW)
        keys = [_shown(row, places.get(row["number"], [])) for row in rows]
        visit.write(shown=[key["fingerprint"] for key in keys])
    return {"training": case.training, "only": only, "counts": counts, **told, "keys": keys}


def read_key(
    case: Case, number: int, *, part: Part | None = None, who: Who = None
) -> dict[str, Any]:
    """Return one key by its number: a page of the places where it lies, and what it opened."""
    part = part or Part()
    with enter_case(case, "keys read", who, {"key": number}) as visit:
        with _tables(case) as connection:
            rows = _rows(connection, f"WHERE number = {int(number)}", Part(size=1))
            if not rows:
                raise UsageError(f"no key here has the number {number}")
            count = _count(connection, f"SELECT count(*) FROM places WHERE number = {int(number)}")
            told = part.of(count)
            places = _places(connection, [number], part.size, part.offset)
            opened = _opened(connection, rows[0]["fingerprint"])
        key = _shown(rows[0], places.get(number, []))
        visit.write(shown=[key["fingerprint"]])
    return {"training": case.training, **told, "key": key, "messages": opened}


@contextmanager
def _tables(case: Case) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a connection on which `keys`, `places`, `blocks`, `layers` and `states` are the case's.

    Of `keys` nothing secret can be asked.
    """
    keys = case.stage("keys").files("keys")[-1:]
    states, merged = (case.stage("settled").files(name)[-1:] for name in ("states", "blocks"))
    require_processed(case)
    scanned = case.stage("scan")
    with connect(case.folder / "spill") as connection:
        tables = {
            "blocks": blocks_of(case.stage("open").files("sessions"), merged[0]),
            "states": parquet(states),
            "layers": parquet(scanned.files("layers")),
        }
        for table, rows in tables.items():
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {rows}")
        connection.execute(_KEYS.format(keys=parquet(keys), secret=_SECRET))
        found = parquet(scanned.files("keys"))
        connection.execute(_PLACES.format(keys=parquet(keys), found=found))
        yield connection


_KEYS = """
CREATE VIEW keys AS
WITH used AS (
  SELECT key_fingerprint AS fingerprint, count(*) AS opened FROM blocks
  WHERE state = 'readable' AND key_fingerprint IS NOT NULL GROUP BY ALL
)
SELECT number, k.fingerprint, key_id, version, algorithm, bits, curve, created, expires, revoked,
       "primary", user_ids, has_secret, refusal, protection, unlocked_by, {secret} AS secret,
       coalesce(opened, 0) AS opened
FROM {keys} k LEFT JOIN used USING (fingerprint)
"""

_PLACES = """
CREATE VIEW places AS
SELECT k.number, list_contains(k.secret_ids, f.material_id) AS secret, f.exhibit, f.entry, f.path,
       f."offset", f.file_sha256, f.format
FROM (SELECT number, secret_ids, unnest(material_ids) AS material_id FROM {keys}) k
JOIN {found} f USING (material_id)
"""


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    sums = ", ".join(f"count(*) FILTER (WHERE {which})" for which in ONLY.values())
    (row,) = connection.execute(f"SELECT {sums} FROM keys").fetchall()
    return dict(zip(ONLY, map(int, row), strict=True))


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _rows(connection: duckdb.DuckDBPyConnection, where: str, part: Part) -> list[dict[str, Any]]:
    query = (
        f"SELECT * FROM keys {where} ORDER BY NOT has_secret, fingerprint, number "
        f"LIMIT {part.size} OFFSET {part.offset}"
    )
    return _named(connection, query)


def _named(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    answer = connection.execute(query)
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _places(
    connection: duckdb.DuckDBPyConnection, numbers: Sequence[int], most: int, after: int = 0
) -> dict[int, list[dict[str, Any]]]:
    """Return by key the places that come `after` so many, secrets first; each says how many are."""
    if not numbers:
        return {}
    wanted = ", ".join(str(int(number)) for number in numbers)
    query = f"""
        SELECT * FROM (
          SELECT *, count(*) OVER (PARTITION BY number) AS of, row_number() OVER (
            PARTITION BY number ORDER BY NOT secret, exhibit, entry, "offset") AS place
          FROM places WHERE number IN ({wanted}))
        WHERE place > {int(after)} AND place <= {int(after) + int(most)} ORDER BY number, place
    """
    found: dict[int, list[dict[str, Any]]] = {}
    for row in _named(connection, query):
        found.setdefault(row["number"], []).append(row)
    return found


def _opened(connection: duckdb.DuckDBPyConnection, fingerprint: bytes) -> dict[str, Any]:
    """Return how many stored messages a key opened something of, by exhibit and account."""
    rows = connection.execute(_OPENED, [fingerprint]).fetchall()
    return {
        "count": sum(count for *_, count in rows),
        "accounts": len(rows),
        "by": [
            {"exhibit": exhibit, "account": account, "messages": count}
            for exhibit, account, count in rows[:MOST_ACCOUNTS]
        ],
    }


_OPENED = f"""
SELECT exhibit, account, count(*) AS messages FROM states SEMI JOIN (
  SELECT {BY_PLACE} FROM layers WHERE content_id IN (
    SELECT root_id FROM blocks WHERE state = 'readable' AND key_fingerprint = ?)) USING ({BY_PLACE})
GROUP BY ALL ORDER BY messages DESC, exhibit, account
"""


def _shown(row: Mapping[str, Any], places: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "number": row["number"],
        "fingerprint": row["fingerprint"].hex().upper(),
        "key_id": row["key_id"].hex().upper(),
        "primary": row["primary"].hex().upper(),
        "user_ids": row["user_ids"],
        "algorithm": public_key_name(row["algorithm"]),
        "bits": row["bits"],
        "curve": row["curve"],
        "created": _day(row["created"]),
        "expires": _day(row["expires"]),
        "revoked": row["revoked"],
        "secret": row["secret"],
        "refusal": row["refusal"] or None,
        "protection": row["protection"],
        "passphrase": row["unlocked_by"] or None,
        "opened": row["opened"],
        "found_at": places[0]["of"] if places else 0,
        "places": [
            {
                "exhibit": place["exhibit"],
                "path": place["path"].decode("utf-8", "backslashreplace"),
                "offset": place["offset"],
                "sha256": place["file_sha256"].hex(),
                "format": place["format"],
                "secret": place["secret"],
            }
            for place in places
        ],
    }


def _day(seconds: int | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
