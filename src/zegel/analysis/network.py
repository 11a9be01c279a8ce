"""The network of who wrote with whom: what of it is drawn, who belongs together, who stands where.

The layout is igraph's (Fruchterman and Reingold, Software: Practice and Experience 21 (1991)
1129-1164), communities are those of Blondel et al., J. Stat. Mech. (2008) P10008. Both draw lots;
the generator is seeded anew each time, so the same contacts give the same picture. An edge is what
two accounts wrote each other, both ways.
"""

from __future__ import annotations

import math
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from zegel.analysis.contacts import counted
from zegel.analysis.traffic import Traffic

if TYPE_CHECKING:
    import igraph

MOST_ACCOUNTS = 2000
"""Accounts in one picture; those with fewer messages are left out, and counted."""
_SEED = 20160419
_ROUNDS, _ROUNDS_OF_MANY, _MANY = 120, 35, 1000
"""Rounds of the layout: fewer for many accounts, which begin among their community anyhow."""
_BONES = 3
"""Edges of each account that decide where it stands, where there are many."""
_EVEN = 0.5
"""How far a crowd of accounts is spread over the picture: 1 would be evenly."""
_TOGETHER = 4.0
"""How much more strongly accounts of one community attract each other."""
_ONE_AT_A_TIME = threading.Lock()
"""igraph has one generator of random numbers for all threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What two accounts, `one` before `other` by name, wrote each other."""

    one: int
    other: int
    forth: int
    """Messages from `one` to `other`."""
    back: int
    first_ns: int | None
    last_ns: int | None

    @property
    def messages(self) -> int:
        """Both ways together."""
        return self.forth + self.back


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What of all contacts is wanted."""

    account: int | None = None
    """Grow from this account; None for all."""
    steps: int = 1
    """How many steps away from it."""
    least: int = 1
    """Messages that two accounts wrote each other, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An account in a network; sent and received count messages to and from accounts in it."""

    account: int
    sent: int
    received: int
    contacts: int
    community: int
    """0 for the largest."""
    x: float
    y: float

    @property
    def messages(self) -> int:
        """Sent and received together."""
        return self.sent + self.received


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What is drawn, busiest first, and what was left out of it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    """All between them, the busiest first."""
    accounts_left_out: int
    to_self: int
    """Messages that an account sent to itself: no line shows them."""
    nameless: int
    """Messages without a sender or without a recipient that is known."""


def edges_of(found: Traffic) -> list[Edge]:
    """Return every two accounts that wrote to each other, the busiest first."""
    rows = counted(_named(found.pairs))
    one = pc.min_element_wise(rows["sender"], rows["recipient"])
    other = pc.max_element_wise(rows["sender"], rows["recipient"])
    forth = pc.if_else(pc.equal(rows["sender"], one), rows["messages"], 0)
    ways = pa.table(
        {
            "one": one,
            "other": other,
            "forth": forth,
            "back": pc.subtract(rows["messages"], forth),
            "first_ns": rows["first_ns"],
            "last_ns": rows["last_ns"],
        }
    ).filter(pc.not_equal(one, other))
    sums = [("forth", "sum"), ("back", "sum"), ("first_ns", "min"), ("last_ns", "max")]
    both = ways.group_by(["one", "other"], use_threads=False).aggregate(sums)
    columns = [both[name].to_pylist() for name in ("one", "other", *("_".join(s) for s in sums))]
    made = [
        Edge(one=a, other=b, forth=forth, back=back, first_ns=first, last_ns=last)
        for a, b, forth, back, first, last in zip(*columns, strict=True)
    ]
    return sorted(made, key=lambda edge: (-edge.messages, edge.one, edge.other))


def _named(pairs: pa.Table) -> pa.Table:
    return pairs.filter(pc.and_(pc.is_valid(pairs["sender"]), pc.is_valid(pairs["recipient"])))


def network(found: Traffic, limits: Limits = Limits()) -> Network:  # frozen
    """Return what is drawn of the contacts in `found`, and where."""
    edges = wanted(edges_of(found), limits)
    kept = _busiest(edges, limits.account)
    drawn = set(kept[:MOST_ACCOUNTS])
    inside = [edge for edge in edges if edge.one in drawn and edge.other in drawn]
    named = _named(found.pairs)
    nameless = pc.or_(pc.is_null(found.pairs["sender"]), pc.is_null(found.pairs["recipient"]))
    return Network(
        nodes=_nodes(kept[:MOST_ACCOUNTS], inside),
        edges=tuple(inside),
        accounts_left_out=len(kept) - len(drawn),
        to_self=pc.sum(pc.equal(named["sender"], named["recipient"])).as_py() or 0,
        nameless=pc.count_distinct(found.pairs.filter(nameless)["number"]).as_py(),
    )


def wanted(edges: Iterable[Edge], limits: Limits) -> list[Edge]:
    """Return the edges within limits."""
    kept = [edge for edge in edges if edge.messages >= limits.least]
    if limits.account is None:
        return kept
    near = reached(kept, limits.account, limits.steps)
    return [edge for edge in kept if edge.one in near and edge.other in near]


def _busiest(edges: Iterable[Edge], first: int | None) -> list[int]:
    """Return the accounts, the busiest first; the one that it grows from is there in any case."""
    weight: dict[int, int] = defaultdict(int)
    for edge in edges:
        messages = edge.messages
        weight[edge.one] += messages
        weight[edge.other] += messages
    return sorted(weight, key=lambda account: (account != first, -weight[account], account))


def reached(edges: Iterable[Edge], account: int, steps: int) -> set[int]:
    """Return an account and those that are no more than `steps` contacts away from it."""
    beside: dict[int, list[int]] = defaultdict(list)
    for edge in edges:
        beside[edge.one].append(edge.other)
        beside[edge.other].append(edge.one)
    found = {account}
    rim = [account]
    for _ in range(steps):
        rim = sorted({near for here in rim for near in beside[here]} - found)
        found.update(rim)
    return found


def _nodes(accounts: Sequence[int], edges: Sequence[Edge]) -> tuple[Node, ...]:
    sent: dict[int, int] = defaultdict(int)
    received: dict[int, int] = defaultdict(int)
    contacts: dict[int, int] = defaultdict(int)
    for edge in edges:
        sent[edge.one] += edge.forth
        sent[edge.other] += edge.back
        received[edge.one] += edge.back
        received[edge.other] += edge.forth
        contacts[edge.one] += 1
        contacts[edge.other] += 1
    place = {account: at for at, account in enumerate(accounts)}
    shape = tuple((place[edge.one], place[edge.other], edge.messages) for edge in edges)
    laid = layout(len(accounts), shape)
    made = [
        Node(
            account=account,
            sent=sent[account],
            received=received[account],
            contacts=contacts[account],
            community=community,
            x=x,
            y=y,
        )
        for account, (x, y, community) in zip(accounts, laid, strict=True)
    ]
    return tuple(sorted(made, key=lambda node: (-node.messages, node.account)))


Placed = tuple[float, float, int]
"""Where an account stands, and in which community."""


@lru_cache(maxsize=32)
def layout(accounts: int, edges: tuple[tuple[int, int, int], ...]) -> tuple[Placed, ...]:
    """Return where each of `accounts` stands, between 0 and 1 each way, and its community.

    `edges` are two accounts and how many messages they wrote each other.
    """
    import igraph  # a fifth of a second, which everything but a network can do without

    graph = igraph.Graph(n=accounts, edges=[(one, other) for one, other, _ in edges])
    graph.es["messages"] = [messages for _, _, messages in edges]
    with _ONE_AT_A_TIME:
        lots = random.Random(_SEED)
        igraph.set_random_number_generator(lots)
        communities = _communities(graph)
        bones = _backbone(graph, edges)
        bones.es["pull"] = [
            (1 + math.log(edge["messages"]))
            * (_TOGETHER if communities[edge.source] == communities[edge.target] else 1.0)
            for edge in bones.es
        ]
        points = _packed([_component(bones, part, communities, lots) for part in _parts(bones)])
    points = _evened(points)
    return tuple((*points[at], communities[at]) for at in range(accounts))


def _backbone(graph: igraph.Graph, edges: Sequence[tuple[int, int, int]]) -> igraph.Graph:
    """Return what holds accounts in their places: each one's strongest edges, and a strongest tree.

    Places of thousands of thin edges more would look the same, and take as long again.
    """
    if len(edges) <= _BONES * graph.vcount():
        return graph
    tree = graph.spanning_tree(weights=[-m for m in graph.es["messages"]], return_tree=False)
    kept, held = set(tree), [0] * graph.vcount()
    for at in sorted(range(len(edges)), key=lambda at: (-edges[at][2], at)):
        one, other, _ = edges[at]
        if held[one] < _BONES or held[other] < _BONES:
            kept.add(at)
            held[one] += 1
            held[other] += 1
    return graph.subgraph_edges(sorted(kept), delete_vertices=False)


def _communities(graph: igraph.Graph) -> list[int]:
    """Return each vertex's community, numbered by size from 0."""
    found = graph.community_multilevel(weights="messages").membership
    sizes = Counter(found)
    order = sorted(sizes, key=lambda one: (-sizes[one], found.index(one)))
    number = {community: place for place, community in enumerate(order)}
    return [number[one] for one in found]


def _parts(graph: igraph.Graph) -> list[list[int]]:
    """Return the vertices of each connected part, the largest first."""
    return sorted(graph.connected_components(), key=lambda part: (-len(part), part[0]))


def _component(
    graph: igraph.Graph, part: Sequence[int], communities: Sequence[int], lots: random.Random
) -> dict[int, tuple[float, float]]:
    """Lay one connected part out; its first places are by community, so that few rounds do."""
    if len(part) == 1:
        return {part[0]: (0.0, 0.0)}
    inner = graph.induced_subgraph(part)
    homes = {one: place for place, one in enumerate(dict.fromkeys(communities[v] for v in part))}
    wide = math.sqrt(len(part))
    start = []
    for vertex in part:
        home = homes[communities[vertex]]
        angle, far = 2.399963 * home, wide * math.sqrt(home / max(1, len(homes)))
        start.append(
            [
                far * math.cos(angle) + lots.uniform(-1, 1) * wide / 8,
                far * math.sin(angle) + lots.uniform(-1, 1) * wide / 8,
            ]
        )
    rounds = _ROUNDS if len(part) < _MANY else _ROUNDS_OF_MANY
    laid = inner.layout_fruchterman_reingold(
        weights="pull", seed=start, niter=rounds, start_temp=wide / 10, grid="auto"
    )
    return {vertex: (x, y) for vertex, (x, y) in zip(part, laid.coords, strict=True)}


def _packed(parts: Sequence[Mapping[int, tuple[float, float]]]) -> dict[int, tuple[float, float]]:
    """Set the parts beside each other in rows, and scale the whole to a square of 1."""
    boxes = [_box(part) for part in parts]
    widest = max([box[2] for box in boxes], default=1.0)
    row = max(widest, math.sqrt(sum(box[2] * box[3] for box in boxes)) * 1.3)
    placed: dict[int, tuple[float, float]] = {}
    x = y = tall = 0.0
    for part, (left, top, width, height) in zip(parts, boxes, strict=True):
        if x and x + width > row:
            x, y, tall = 0.0, y + tall, 0.0
        placed |= {v: (x + at - left, y + down - top) for v, (at, down) in part.items()}
        x, tall = x + width, max(tall, height)
    wide, high = max(row, 1e-9), max(y + tall, 1e-9)
    return {v: (at / wide, down / high) for v, (at, down) in placed.items()}


def _evened(points: Mapping[int, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """Give crowded places room from empty ones: half way from each coordinate to its rank.

    The order along each axis stays, so what lay apart does not come to lie together.
    """
    size = len(points)
    if size < 2:
        return dict(points)
    ranks = []
    for axis in (0, 1):
        order = sorted(points, key=lambda vertex: (points[vertex][axis], vertex))
        ranks.append({vertex: place / (size - 1) for place, vertex in enumerate(order)})
    return {
        vertex: (x + (ranks[0][vertex] - x) * _EVEN, y + (ranks[1][vertex] - y) * _EVEN)
        for vertex, (x, y) in points.items()
    }


def _box(part: Mapping[int, tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return left, top, width and height of a part with room around it."""
    xs, ys = zip(*part.values(), strict=True)
    room = 1.0
    return (
        min(xs) - room / 2,
        min(ys) - room / 2,
        max(xs) - min(xs) + room,
        max(ys) - min(ys) + room,
    )
