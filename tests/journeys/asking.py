"""Asks an investigation everything it can be asked, and looks for traces of what was refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow.parquet as pq

from tests.journeys.worlds import World, expected, order_of, strangers, write_copy
from zegel import service
from zegel.casefile import Case
from zegel.errors import UsageError
from zegel.exhibits.acquisition import Acquisition, Conditions
from zegel.investigation import Investigation
from zegel.investigation.casework import Line, add_lines
from zegel.search import Page, TextIndex
from zegel.service.cases import shelf

ALL = Page(limit=1000)
EVERYTHING = """
number = "W-0"
magistrate = "J"
investigation = "World"
offences = ["x"]
issued = 2016-05-01T00:00:00Z
expires = 2099-01-01T00:00:00Z
purpose = "an earlier version, which admitted all"
[[clause]]
name = "all"
from = 2015-01-01T00:00:00Z
until = 2017-01-01T00:00:00Z
terms = ["zq*"]
"""


@contextmanager
def case_of(world: World) -> Iterator[Case]:
    """Give an indexed case of a world, in which an earlier version has a note on every letter."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        write_copy(world, folder / "copy")
        case = service.init_case(folder / "case", training=True)
        service.take_in(case, folder / "copy", (Acquisition(), Conditions()))
        service.process(case, service.ProcessOptions(workers=1))
        service.build_case_index(case)
        first = Investigation.open(service.grant(case, EVERYTHING.encode()).folder)
        add_lines(first.folder, [line for row in first.rows("messages") for line in said_of(row)])
        yield case


def said_of(row: dict[str, Any]) -> list[Line]:
    """Return a note and a tag that bear the mark of a letter."""
    said = (("note", f"note on {row['subject']}"), ("tag", row["subject"]))
    return [
        Line(message=row["message"], kind=kind, value=value, who="ann", at_ns=1)
        for kind, value in said
    ]


@contextmanager
def granted(world: World, case: Case) -> Iterator[Investigation]:
    """Give the investigation that the order of a world makes of a case."""
    with TemporaryDirectory() as place:
        yield Investigation.open(
            service.grant(case, order_of(world).encode(), Path(place) / "inv").folder
        )


def documents(case: Case) -> list[dict[str, Any]]:
    """Return what the case knows of every message."""
    return list(pq.read_table(next(case.folder.glob("index/*/documents.parquet"))).to_pylist())


def identities(case: Case) -> dict[bytes, set[bytes]]:
    """Return by message its own identity, those of its places, and those of all it holds."""
    tables = case.folder / "tables"
    seals = {one.identity: one.seal for one in shelf(case).all()}
    rows = duckdb.execute(f"""
        WITH m AS (SELECT number, message, unnest(content_ids) AS content_id
                   FROM '{tables}/settled/*/messages.parquet')
        SELECT message, message FROM m UNION SELECT message, content_id FROM m UNION
        SELECT message, s.content_id FROM m
        JOIN '{tables}/open/*/sessions.parquet' s ON s.root_id = m.content_id UNION
        SELECT message, unhex(sha256(
            MAP {seals}[s.exhibit] || ':' || s.entry || ':' || s."offset" || ':' || s.length))
        FROM m JOIN '{tables}/settled/*/states.parquet' t
        ON t.message_number = m.number
        JOIN '{tables}/scan/*/stored.parquet' s USING (exhibit, entry, "offset", length)
    """).fetchall()
    found: dict[bytes, set[bytes]] = defaultdict(set)
    for message, identity in rows:
        found[message].add(identity)
    return found


def letter_of(row: dict[str, Any]) -> int:
    return int(row["subject"][5:-1])


def found(inv: Investigation) -> set[int]:
    rows = pq.read_table(inv.table("messages"), columns=["subject"]).to_pylist()
    return {letter_of(row) for row in rows}


def everything(folder: Path) -> str:
    """Return all that can be read in a folder: rows of every table, words of the index, bytes."""
    said = [repr(pq.read_table(path).to_pylist()) for path in sorted(folder.rglob("*.parquet"))]
    said += [" ".join(TextIndex(folder / "index").words(""))]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".parquet":
            said.append(path.read_bytes().decode("latin-1"))
    return "\n".join(said)


def answers(inv: Investigation, words: str) -> Iterator[str]:
    """Yield the folder, and every answer of every function that is asked inside it."""
    yield everything(inv.folder)
    for query in ("", words, "boot OR haven OR geld OR feest", "zq*", "subzq*", "from:a0 OR to:a1"):
        yield repr(service.search(inv, query, ALL))
    yield repr(service.search(inv, "zq*", Page(limit=1000, by_date=False)))
    yield repr(service.search(inv, "has:note OR has:tag OR relevance:relevant", ALL))
    yield repr(service.list_contacts(inv)) + repr(service.list_timeline(inv, "day"))
    yield service.draw_contacts(inv) + service.draw_timeline(inv, "day")
    for picture in service.PICTURES:
        look = service.Look(picture=picture)
        drawn = service.draw_picture(inv, look)
        yield drawn.svg + repr(drawn.sheets) + repr(service.follow_picture(inv, look).query)
    yield repr(service.describe(inv)) + repr(service.list_records(inv))
    yield repr(service.all_casework(inv)) + repr(service.check_investigation(inv))
    yield from (repr(service.show_message(inv, str(n))) for n in range(1, inv.messages + 1))


def traces(world: World, case: Case) -> dict[str, str]:
    """Return what must stand nowhere, and what it would give away."""
    refused = {one.number: one for one in world.letters if one.number not in expected(world)}
    marks = {one.mark: f"letter {number}" for number, one in refused.items()}
    known = identities(case)
    for row in documents(case):
        number = letter_of(row)
        if number in refused:
            for identity in known[row["message"]]:
                marks[identity.hex()] = f"identity of letter {number}"
                marks[repr(identity)[2:-1]] = f"identity of letter {number}"
    return {**marks, **{name: f"holder {name}" for name in strangers(world)}}


def leaks(world: World, case: Case, inv: Investigation, words: str = "boot") -> list[str]:
    """Return what of the refused letters anything in or about the folder gives away."""
    # A log of reads holds the queries themselves: what was asked, never what was found.
    wanted = traces(world, case)
    said = list(answers(inv, words))
    shown = {what for mark, what in wanted.items() if any(mark in answer for answer in said)}
    return sorted(shown) + wrong_counts(world, inv)


def wrong_counts(world: World, inv: Investigation) -> list[str]:
    """Return the counts that are not those of the admitted letters."""
    inside = [one for one in world.letters if one.number in expected(world)]
    pairs: dict[tuple[str, str], int] = {}
    for one in inside:
        for to in one.recipients:
            pairs[one.sender, to] = pairs.get((one.sender, to), 0) + 1
    contacts = service.list_contacts(inv)["contacts"]
    steps = service.list_timeline(inv, "day")["timeline"]
    drawn = service.draw_picture(inv, service.Look(picture="network")).sheets[1]
    ways: dict[tuple[Any, Any], Any] = {}
    for row in drawn.rows:
        first, second, forth, back = row.cells[:4]
        ways |= {pair: n for pair, n in (((first, second), forth), ((second, first), back)) if n}
    boots = [one for one in inside if "boot" in one.words]
    counts = {
        "contacts": {(c["sender"], c["recipient"]): c["messages"] for c in contacts} == pairs,
        "timeline": sum(step["messages"] for step in steps) == len(inside),
        "hits of all": service.search(inv, "")["count"] == len(inside),
        "hits of boot": service.search(inv, "boot")["count"] == len(boots),
        "a picture's contacts": ways
        == {pair: n for pair, n in pairs.items() if pair[0] != pair[1]},
        "casework": service.search(inv, "has:note")["count"] == len(inside),
        "messages": service.describe(inv)["messages"] == len(inside),
    }
    return [f"count of {name}" for name, right in counts.items() if not right]


def refusals(inv: Investigation, case: Case) -> set[str]:
    """Return the different answers to ids of refused messages and to ids that never were."""
    inside = {row["message"] for row in inv.rows("messages")}
    ids = [row["message"].hex() for row in documents(case) if row["message"] not in inside]
    said = set()
    for wanted in [*ids, *(one[:16] for one in ids[:1]), "0" * 64, "f" * 16, "99999"]:
        try:
            service.show_message(inv, wanted)
        except UsageError as error:
            said.add(str(error))
        else:
            said.add("shown")
    return said
