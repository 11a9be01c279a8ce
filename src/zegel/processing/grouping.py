"""Group layers by content: every distinct ciphertext once, the key packets of its copies united.

A copy at the other site or in a backup may lack a key packet, or hold one more; only the union
says who could read it. Rows are ordered by the first key named, so that a worker meets the
messages of one key together. What an earlier round settled is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zegel.processing.merging import merge_sorted
from zegel.processing.parting import parted, runs_of
from zegel.processing.sql import PACKED, connect, parquet, quoted, slice_of, slices_of
from zegel.processing.unlock import Budget

if TYPE_CHECKING:
    import duckdb

ROWS_PER_GROUP = 2048
"""Rows of one Parquet row group: the unit of work of opening."""

PLACES = 3
"""Stored places kept for reading a content, should the first have lost its bytes; of each set of
key packets among its copies."""

_SETS = """
  SELECT l.content_id, l.esks,
         any_value(l.kind) AS kind,
         bool_or(l.encrypted) AS encrypted,
         min(l.first_key) FILTER (l.first_key <> ''::BLOB) AS first_key,
         min({{'exhibit': l.exhibit, 'number': l.entry, 'offset': l."offset", 'length': l.length,
               'format': l.format, 'quoting': l.quoting, 'layer_path': l.layer_path,
               'part': string_split(l.filename, '/')[-2], 'spooled': l.spooled,
               'spooled_keys': l.spooled_keys, 'spooled_size': l.spooled_size,
               'parent': m.parent, 'path': m.path, 'kind': m.kind, 'size': m.size,
               'mtime_ns': m.mtime_ns, 'mode': m.mode, 'sha256': m.sha256, 'target': m.target,
               'data_offset': m.data_offset, 'backing': m.backing}}, {places}) AS places,
         list_distinct(flatten(list(l.accounts))) AS accounts
  FROM {layers} l JOIN ({manifests}) m ON m.exhibit = l.exhibit AND m.number = l.entry
  GROUP BY l.content_id, l.esks
"""
"""Copies with the same key packets, and up to PLACES places of each."""

_GROUPED = """
  SELECT content_id, kind, encrypted, list_sort(list_distinct(esks)) AS esks,
         coalesce(first_key, ''::BLOB) AS first_key, places, list_sort(accounts) AS accounts
  FROM sets ANTI JOIN several USING (content_id)
  UNION ALL
  SELECT content_id,
         any_value(kind),
         bool_or(encrypted),
         list_sort(list_distinct(flatten(list(esks)))),
         coalesce(min(first_key), ''::BLOB),
         list_sort(flatten(list(places))),
         list_sort(list_distinct(flatten(list(accounts))))
  FROM sets SEMI JOIN several USING (content_id) GROUP BY content_id
"""
"""The copies of nearly every content have the same packets, and nothing has to be united."""

_MANIFEST = """
  SELECT {exhibit} AS exhibit, number, parent, path, kind, size, mtime_ns, mode, sha256, target,
         data_offset, backing FROM read_parquet({manifest})
"""

_FIRST = """
  SELECT *, NULL::INTEGER[] AS tried_keys, NULL::INTEGER AS tried_passphrases,
         NULL::INTEGER AS tried_esks, NULL::SMALLINT AS session_algorithm,
         NULL::BLOB AS session_key, NULL::BLOB AS key_fingerprint, NULL::VARCHAR AS passphrase
  FROM grouped
"""

_AGAIN = """
  SELECT grouped.*, earlier.tried_keys, earlier.tried_passphrases, earlier.esks AS tried_esks,
         earlier.session_algorithm, earlier.session_key, earlier.key_fingerprint,
         earlier.passphrase
  FROM grouped LEFT JOIN earlier USING (content_id)
  WHERE (earlier.content_id IS NULL AND content_id NOT IN (SELECT content_id FROM {contents}))
     OR earlier.state IN ('no key', 'key locked')
     OR content_id IN (SELECT s.root_id FROM {sessions} s JOIN earlier USING (content_id)
                       WHERE earlier.state IN ('no key', 'key locked')
                       AND s.root_id <> s.content_id)
"""

_LATEST = """
  SELECT content_id, arg_max(state, round) AS state,
         arg_max(tried_keys, round) AS tried_keys,
         arg_max(tried_passphrases, round) AS tried_passphrases,
         arg_max(candidates, round) AS candidates, arg_max(esks, round) AS esks,
         arg_max(session_algorithm, round) AS session_algorithm,
         arg_max(session_key, round) AS session_key,
         arg_max(key_fingerprint, round) AS key_fingerprint,
         arg_max(passphrase, round) AS passphrase
  FROM {sessions} GROUP BY content_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundInput:
    """The Parquet files that planning reads."""

    layers: Sequence[Path]
    manifests: Mapping[str, Path]
    """Manifest of each exhibit, by its identity."""
    sessions: Sequence[Path] = ()
    """Outcomes of the rounds before; none in the first."""
    contents: Sequence[Path] = ()


_LEFT = """
  SELECT count(*) FROM ({latest})
  WHERE state IN ('no key', 'key locked')
    AND (({hidden} AND len(tried_keys) < candidates)
         OR ({passphrases} AND tried_passphrases BETWEEN 1 AND {known} - 1))
"""


def guesses_left(
    sessions: Sequence[Path], *, passphrases: int, budget: Budget, spill: Path
) -> bool:
    """Say whether a budget, and nothing else, kept an earlier round from trying all it has."""
    if not sessions:
        return False
    query = _LEFT.format(
        latest=_LATEST.format(sessions=parquet(sessions)),
        hidden=budget.hidden > 0,
        passphrases=budget.passphrases > 0,
        known=passphrases,
    )
    with connect(spill) as connection:
        return bool(connection.execute(query).fetchall()[0][0])


def plan_round(files: RoundInput, out: Path, spill: Path) -> None:
    """Write to `out` one row per content that this round must look at.

    Places and packets of a content are gathered into lists, which cannot spill: so many contents
    at a time that they fit, each slice a file; these are then merged.
    """
    slices = slices_of(files.layers)
    layers = [parquet(run.files, filename=True) for run in runs_of(files.layers)]
    of = slice_of("content_id", slices)
    with connect(spill) as connection, parted(connection, layers, of, slices, out) as tables:
        if slices == 1:
            _write(connection, _query(files, tables[0]), out)
            return
        parts = [out.with_name(f"{out.name}.{number}") for number in range(slices)]
        for part, table in zip(parts, tables, strict=True):
            _write(connection, _query(files, table), part)
    merge_sorted(parts, out, ("first_key", "content_id"), group=ROWS_PER_GROUP)


def _query(files: RoundInput, layers: str) -> str:
    steps = ""
    pending = _FIRST
    if files.sessions:
        steps = f"earlier AS ({_LATEST.format(sessions=parquet(files.sessions))}),"
        pending = _AGAIN.format(contents=parquet(files.contents), sessions=parquet(files.sessions))
    manifests = " UNION ALL ".join(
        _MANIFEST.format(exhibit=f"'{name}'", manifest=quoted(path))
        for name, path in files.manifests.items()
    )
    sets = _SETS.format(layers=layers, manifests=manifests, places=PLACES)
    several = "SELECT content_id FROM sets GROUP BY content_id HAVING count(*) > 1"
    return (
        f"WITH {steps} sets AS MATERIALIZED ({sets}), several AS ({several}), "
        f"grouped AS ({_GROUPED}), chosen AS ({pending}) SELECT * FROM chosen"
    )


def _write(connection: duckdb.DuckDBPyConnection, query: str, out: Path) -> None:
    connection.execute(
        f"COPY ({query} ORDER BY first_key, content_id) "
        f"TO {quoted(out)} ({PACKED}, ROW_GROUP_SIZE {ROWS_PER_GROUP})"
    )
