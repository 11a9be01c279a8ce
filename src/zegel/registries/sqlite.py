"""Reads registries, ledgers and passphrases from SQLite databases, recognised by their columns.

The database is opened from a copy of its bytes in memory, never from the exhibit. It is hostile:
nothing but reading plain tables is authorised (no views, functions, virtual tables or triggers),
and work and sizes are bounded. A cell too large costs its row, damage the rest of its table. A
write-ahead log beside the file is not applied, and a `Problem` says so. File format:
https://www.sqlite.org/fileformat2.html; defence: https://www.sqlite.org/security.html.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

from zegel.records import File, Problem
from zegel.registries.tables import Found, Row, Table
from zegel.registries.values import Cell

_MAGIC = b"SQLite format 3\0"
LARGEST_DATABASE = 256 * 1024 * 1024
MOST_TABLES = 1000
_LARGEST_CELL = 1024 * 1024
_STEPS_AT_ONCE, _MOST_CALLS = 100_000, 10_000
_WAL = b"\2\2"
_READS = frozenset({sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT})
_MOST_DAMAGED = 20
"""Rows too large in one table; after these the rest of it is given up."""
# Python decodes SQLite's own messages strictly, and they may quote a damaged schema.
_DEFECTS = (sqlite3.Error, UnicodeDecodeError)
_LIMITS = (
    (sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_CELL),
    (sqlite3.SQLITE_LIMIT_COLUMN, 500),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 20),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)


class Sqlite:
    """An SQLite database: one table of devices, holdings, sales or events after another."""

    name = "sqlite"
    specification = "https://www.sqlite.org/fileformat2.html"

    def detect(self, file: File) -> int:
        """Recognise the header string (file format, section 1.3)."""
        return 10 if file.head.startswith(_MAGIC) else 0

    def holdings(self, file: File) -> Iterator[Found]:
        """Yield what each recognised table says, in the order in which they were made."""
        if len(file.data) > LARGEST_DATABASE:
            yield Problem(kind="registry too large", note=f"{len(file.data)} bytes")
            return
        content = file.data[:]
        if content[18:20] == _WAL:  # versions of reading and writing: an in-memory copy has no log
            yield Problem(kind="write-ahead log not applied", offset=18)
            content = content[:18] + b"\1\1" + content[20:]
        with closing(sqlite3.connect(":memory:")) as database:
            try:
                _defend(database, content)
                tables = _tables(database)
            except _DEFECTS as error:
                yield _damaged(error, "schema")
                return
            for number, name in enumerate(tables, start=1):
                yield from _read(database, number, name)


def _defend(database: sqlite3.Connection, content: bytes) -> None:
    database.deserialize(content)
    database.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
    for limit, value in _LIMITS:
        database.setlimit(limit, value)
    for setting in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {setting}")
    database.set_authorizer(_authorised)


def _authorised(action: int, what: str | None, *_: str | None) -> int:
    """Allow reading tables and asking for their columns; deny everything else."""
    asks = action == sqlite3.SQLITE_PRAGMA and what == "table_info"
    return sqlite3.SQLITE_OK if action in _READS or asks else sqlite3.SQLITE_DENY


def _tables(database: sqlite3.Connection) -> list[str]:
    found = database.execute("SELECT name, type, rootpage FROM sqlite_master")
    # Virtual tables have no pages of their own: reading one would run a module's code.
    names = [
        name
        for name, kind, page in found
        if kind == "table" and isinstance(page, int) and page > 0 and isinstance(name, str)
    ]
    return [name for name in names if not name.startswith("sqlite_")][:MOST_TABLES]


def _read(database: sqlite3.Connection, number: int, name: str) -> Iterator[Found]:
    database.set_progress_handler(_budget(), _STEPS_AT_ONCE)
    try:
        # Generated columns could call functions: `table_info` leaves them out.
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({_quoted(name)})")]
    except _DEFECTS as error:
        yield _damaged(error, f"table {number}")
        return
    table = Table.of(columns)
    if table.recognised:
        problems: list[Problem] = []
        wanted = ", ".join(_quoted(column) for column in columns)
        query = f"SELECT {wanted} FROM {_quoted(name)} LIMIT ? OFFSET ?"
        source = f"table {' '.join(name[:100].split())}"
        rows = _rows(database, query, number, problems)
        yield from table.read(
            Row(offset=0, source=f"{source}, row {count}", cells=cells) for count, cells in rows
        )
        yield from problems


def _rows(
    database: sqlite3.Connection, query: str, number: int, problems: list[Problem]
) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    """Yield numbered rows; one too large becomes a problem, and so does all from damage on."""
    count = 0
    while len(problems) < _MOST_DAMAGED:
        try:
            for cells in database.execute(query, (-1, count)):
                count += 1
                yield count, cells
            return
        except _DEFECTS as error:
            defect = error
        # The cursor reads one row ahead: the row at hand may be whole, and the next one damaged.
        try:
            alone = database.execute(query, (1, count)).fetchall()
        except _DEFECTS:
            alone = []
        count += 1
        yield from ((count, cells) for cells in alone)
        if not alone:
            problems.append(_damaged(defect, f"table {number}, row {count}"))
            if getattr(defect, "sqlite_errorcode", None) != sqlite3.SQLITE_TOOBIG:
                return


def _damaged(error: Exception, where: str) -> Problem:
    """Return the defect by SQLite's own code; its message could quote the schema."""
    code = getattr(error, "sqlite_errorname", type(error).__name__)
    return Problem(kind="damaged database", note=f"{where}: {code}")


def _budget() -> Callable[[], int]:
    left = [_MOST_CALLS]

    def stop() -> int:
        left[0] -= 1
        return int(left[0] < 0)

    return stop


def _quoted(name: str) -> str:
    # In double quotes an unknown name would be taken for a text (sqlite.org/quirks.html, 8).
    return "`" + name.replace("`", "``") + "`"


FORMAT = Sqlite()
