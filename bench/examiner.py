"""The case's pages at full size: 3.6 million stored messages, 100,000 keys, a million problems.

`python -m bench.examiner [SHARE]` fabricates the tables of such a case in a temporary folder (of a
share of that size), asks for each page three times and prints the quickest. What is fabricated has
the form of the tables and none of their sense; nothing can be opened with it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from zegel import service
from zegel.casefile import Case
from zegel.service.ledgercuts import PLACES

MESSAGES, KEYS, PROBLEMS, ACCOUNTS = 3_600_000, 100_000, 1_000_000, 40_000
_STATES = """
SELECT 'E' || (1 + i % 2) AS exhibit,
  i::INT AS entry, ('mail/d' || (i % {accounts}) || '/Maildir/cur/' || i)::BLOB AS path,
  0::BIGINT AS "offset", 2000::BIGINT AS length,
  'maildir' AS format,
  ('mail/d' || (i % {accounts}))::BLOB AS store,
  'd' || lpad((i % {accounts})::VARCHAR, 5, '0') || '@ams.example' AS account,
  (1440000000 + (i * 13) % 20000000) * 1000000000 AS clock_ns,
  CASE WHEN i % 100 < 80 THEN 'readable' WHEN i % 100 < 90 THEN 'no key'
       WHEN i % 100 < 95 THEN 'not encrypted' ELSE 'damaged' END AS state,
  CASE WHEN i % 100 < 80 THEN 'opened' WHEN i % 100 < 90 THEN 'key-not-found'
       WHEN i % 100 < 95 THEN 'plain' ELSE 'mdc-mismatch' END AS reason, '' AS detail,
  CASE WHEN i % 100 < 80 THEN '1.2048..9' ELSE 'none' END AS algorithm
FROM range({messages}) r(i)
"""
_STORED = """
SELECT exhibit, entry, "offset", length,
  unhex(md5(entry::VARCHAR) || md5(entry::VARCHAR)) AS sha256
FROM ({states})
"""
_LAYERS = """
SELECT exhibit, entry, "offset", length,
  unhex(md5(entry::VARCHAR) || md5((entry + 9)::VARCHAR)) AS content_id
FROM ({states})
"""
_SESSIONS = """
SELECT unhex(md5(entry::VARCHAR) || md5((entry + 9)::VARCHAR)) AS content_id,
  NULL::BLOB AS root_id, state, reason, detail,
  'openpgp' AS kind, NULL::BLOB[] AS key_ids,
  CASE WHEN state = 'readable' THEN unhex(md5((entry % {keys})::VARCHAR) || '00000000') END
    AS key_fingerprint, CASE WHEN state = 'readable' THEN 9 END::SMALLINT AS session_algorithm
FROM ({states})
"""
_KEYS = """
SELECT i::INT AS number, unhex(md5(i::VARCHAR) || '00000000') AS fingerprint,
  unhex(md5(i::VARCHAR)) AS key_id, 4::SMALLINT AS version, 1::SMALLINT AS algorithm, 2048 AS bits,
  NULL::VARCHAR AS curve, 1440000000::BIGINT AS created, NULL::BIGINT AS expires, false AS revoked,
  unhex(md5(i::VARCHAR) || '00000000') AS "primary", ['d' || i || '@ams.example'] AS user_ids,
  i % 2 = 0 AS has_secret, i % 4 = 0 AS locked, '' AS protection,
  CASE WHEN i % 8 = 0 THEN 'passphrase-unknown' END AS refusal,
  CASE WHEN i % 8 = 4 THEN 'given' END AS unlocked_by,
  [unhex(md5(i::VARCHAR)), unhex(md5((i + 500000)::VARCHAR))] AS material_ids,
  CASE WHEN i % 2 = 0 THEN [unhex(md5(i::VARCHAR))] ELSE [] END AS secret_ids
FROM range({keys}) r(i)
"""
_KEY_PLACES = """
SELECT unhex(md5((CASE WHEN i < {keys} THEN i ELSE i + 500000 - {keys} END)::VARCHAR))
    AS material_id, 'E1' AS exhibit, i::INT AS entry, ('keys/' || i || '.asc')::BLOB AS path,
  0::BIGINT AS "offset", unhex(md5(i::VARCHAR) || md5(i::VARCHAR)) AS file_sha256,
  'armored' AS format
FROM range(2 * {keys}) r(i)
"""
_PROBLEMS = """
SELECT ['truncated armour', 'text cut', 'empty message file'][1 + i % 3] AS kind,
  'E' || (1 + i % 2) AS exhibit, i::INT AS entry, ('mail/x/' || i)::BLOB AS path,
  (i % 1000)::BIGINT AS "offset", 'n ' || i AS note, i % 3 = 2 AS unread
FROM range({problems}) r(i)
"""


def fabricate(folder: Path, share: float) -> Case:
    """Return a case of such tables; none is listed in its log, for nobody processed it."""
    case = service.init_case(folder / "case", training=True)
    sizes = {
        "messages": int(MESSAGES * share),
        "keys": int(KEYS * share),
        "problems": int(PROBLEMS * share),
        "accounts": int(ACCOUNTS * share),
    }
    states = _STATES.format(**sizes)
    tables = {
        "settled/s0001-x/states": states,
        "settled/s0001-x/messages": "SELECT 1 AS message",
        "settled/s0001-x/blocks": "SELECT ''::BLOB AS content_id WHERE false",
        "scan/E1-000000-v5/stored": _STORED.format(states=states),
        "scan/E1-000000-v5/layers": _LAYERS.format(states=states),
        "scan/E1-000000-v5/keys": _KEY_PLACES.format(**sizes),
        "scan/E1-000000-v5/problems": _PROBLEMS.format(**sizes),
        "keys/k0001-x/keys": _KEYS.format(**sizes),
        "keys/k0001-x/problems": _PROBLEMS.format(problems=1),
        "open/r0001-x-000000/sessions": _SESSIONS.format(states=states, **sizes),
        "open/r0001-x-000000/problems": _PROBLEMS.format(problems=1),
    }
    with duckdb.connect() as connection:
        for name, query in tables.items():
            place = case.folder / "tables" / f"{name}.parquet"
            place.parent.mkdir(parents=True, exist_ok=True)
            connection.execute(f"COPY ({query}) TO '{place}' (FORMAT parquet, COMPRESSION zstd)")
    return case


def pages(case: Case, far: int) -> dict[str, Callable[[], object]]:
    """Return what is asked for, by what it is called; `far` is a page in the midst of a list."""

    def cut(by: str, page: int = 1, **fixed: str) -> object:
        part = service.Part(page=page)
        return service.cut_ledger(case, service.Cut(by=by, fixed=fixed), part=part)

    deep = service.Part(page=far)
    return {
        "ledger by exhibit": lambda: cut("exhibit"),
        "ledger by account": lambda: cut("account"),
        "ledger by day": lambda: cut("day"),
        "ledger of what has no key, by reason": lambda: cut("reason", state="no key"),
        "ledger of what is readable, by algorithm": lambda: cut("algorithm", state="readable"),
        f"places of what has no key, page {far}": lambda: cut(PLACES, far, state="no key"),
        "keys": lambda: service.page_of_keys(case),
        f"keys, page {far}": lambda: service.page_of_keys(case, part=deep),
        "one key": lambda: service.read_key(case, 40),
        "problems by kind": lambda: service.count_problems(case),
        f"problems, page {far}": lambda: service.page_of_problems(case, part=deep),
        "custody log": lambda: service.page_of_log(case),
    }


def quickest(ask: Callable[[], object]) -> float:
    """Return the seconds of the quickest of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Fabricate, ask, and print."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory() as name:
        case = fabricate(Path(name), share)
        for page, ask in pages(case, max(1, int(100 * share))).items():
            print(f"{page:45} {quickest(ask) * 1000:8,.0f} ms")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,} MB")


if __name__ == "__main__":
    main()
