"""A whole game tree: variations, set-ups in mid-game, comments, and what else a record has.

`gocnn.sgf.reader` reads main lines, for training. This is for whoever shows a record and writes it
again, and keeps whatever is in it.

Invariants:

- Every node comes after its parent; the first child of a node goes on with the main line.
- Every move is legal, under simple ko, and no set-up leaves a chain without liberties. What is not
  legal is left out with all that follows it, and counted.
- A node has a move or a set-up, not both: a node of a record that has more becomes several.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gocnn.errors import GocnnError, IllegalMove
from gocnn.go.board import BLACK, WHITE
from gocnn.go.handicap import handicap_points
from gocnn.go.position import Position
from gocnn.sgf.details import TEXTS
from gocnn.sgf.parser import (
    BadRecord,
    RecordNode,
    board_size,
    point_of_value,
    points_of_value,
    readable_texts,
    record_nodes,
    root_properties,
    text_value,
)
from gocnn.sgf.properties import parse_handicap, parse_komi

MAX_NODES = 20_000
_MAX_SETUP = 200_000  # points that set-ups may name, all together; a rectangle names hundreds
_WRITTEN_ANEW = {"GM", "FF", "CA", "AP", "SZ", "KM", "HA"}  # of a root, from other fields
_PLAYED = {"B", "W", "AB", "AW", "AE", "PL", "C"}  # have fields of their own


class _TooLarge(BadRecord):
    """More than anybody looks at; nothing of it is read."""


class Setup(NamedTuple):
    """Stones that are put on the board, or taken off."""

    black: tuple[int, ...] = ()
    white: tuple[int, ...] = ()
    empty: tuple[int, ...] = ()
    to_move: int | None = None  # who moves next; None leaves that as it is


@dataclass(slots=True, kw_only=True)
class TreeNode:
    """One node of a tree."""

    parent: int  # its index among the nodes; -1 for the root
    move: tuple[int, int] | None = None  # colour and point; a pass is size * size
    setup: Setup | None = None
    comment: str = ""
    properties: dict[str, list[str]] = field(default_factory=dict)  # others, raw: with escapes


@dataclass(slots=True, kw_only=True)
class GameTree:
    """A game with its variations."""

    size: int
    komi: float | None = None
    handicap: int = 0
    info: dict[str, str] = field(default_factory=dict)  # by a name of `TEXTS`, as plain text
    nodes: list[TreeNode]
    left_out: int = 0  # nodes that are illegal, or follow one that is
    objection: str = ""  # why the first of these is


def read_tree(tree: bytes) -> GameTree:
    """A game tree from its bytes, in whatever encoding they are.

    Raises:
        BadRecord: when they are broken, not a game of Go, or too many nodes.
    """
    first: BadRecord | None = None
    for text in readable_texts(tree):
        try:
            return _read(record_nodes(text))
        except BadRecord as error:
            first = first or error
    raise first or BadRecord("broken tree")


def read_info(tree: bytes) -> dict[str, str]:
    """What the root of a tree says, by a name of `TEXTS`; nothing where it is broken."""
    for text in readable_texts(tree):
        try:
            root = root_properties(text)
        except BadRecord:
            continue
        return _info(root)
    return {}


def _info(root: dict[str, list[bytes]]) -> dict[str, str]:
    return {name: _text(root, name, one_line=name != "GC") for name in TEXTS if name in root}


def _read(records: list[RecordNode]) -> GameTree:
    if len(records) > MAX_NODES:
        raise BadRecord("broken tree", f"{len(records)} nodes; the most is {MAX_NODES}")
    root = _root(records)
    tree = GameTree(size=board_size(root), info=_info(root), nodes=[])
    tree.komi = parse_komi(_text(root, "KM"))
    declared = parse_handicap(_text(root, "HA")) or 0
    tree.handicap = declared if 2 <= declared <= 25 else 0
    _add_nodes(tree, records)
    return tree


def _root(records: list[RecordNode]) -> dict[str, list[bytes]]:
    """The properties of the root, and those of nodes before the first move: some leave it empty."""
    merged: dict[str, list[bytes]] = {}
    parent = -1
    for index, (above, properties) in enumerate(records):
        if above != parent or (index and {"B", "W"} & properties.keys()):
            break
        merged = properties | merged
        parent = index
    return merged


def _text(properties: dict[str, list[bytes]], name: str, *, one_line: bool = False) -> str:
    raw = properties[name][0] if name in properties else b""
    return text_value(raw, one_line=one_line).decode("utf-8", "replace")


# -- nodes ------------------------------------------------------------------------------------


def _add_nodes(tree: GameTree, records: list[RecordNode]) -> None:
    """Add the legal nodes of a record."""
    children = Counter(record.parent for record in records)
    named = 0
    indices: list[int] = []  # by record: of its last node in the tree; -2 where it was left out
    positions: dict[int, Position] = {}  # by index of a record with children still to come
    for number, record in enumerate(records):
        parent = record.parent
        if parent >= 0 and indices[parent] == -2:
            indices.append(-2)
            tree.left_out += 1
            continue
        position = _position_before(tree, positions, children, parent)
        before = len(tree.nodes)
        above = indices[parent] if parent >= 0 else -1
        try:
            for node in _split(record.properties, tree, above, records):
                named += sum(map(len, node.setup[:3])) if node.setup else 0
                if named > _MAX_SETUP:
                    raise _TooLarge("too large", f"it sets up over {_MAX_SETUP:,} stones")
                _play(position, node)
                tree.nodes.append(node)
        except (BadRecord, IllegalMove) as error:
            if not number or isinstance(error, _TooLarge):
                raise BadRecord("bad setup", str(error)) from None
            del tree.nodes[before:]
            tree.left_out += 1
            tree.objection = tree.objection or str(error)
            indices.append(-2)
            continue
        indices.append(len(tree.nodes) - 1)
        if children[number]:
            positions[number] = position


def _position_before(
    tree: GameTree, positions: dict[int, Position], children: Counter[int], parent: int
) -> Position:
    """The position of a parent, which is copied unless this is its last child."""
    if parent < 0:
        return Position(tree.size)
    children[parent] -= 1
    return positions[parent].copy() if children[parent] else positions.pop(parent)


def _play(position: Position, node: TreeNode) -> None:
    if node.setup is not None:
        position.setup(*node.setup)
    if node.move is not None:
        position.play(node.move[1], node.move[0])


def _split(
    properties: dict[str, list[bytes]], tree: GameTree, parent: int, records: list[RecordNode]
) -> Iterator[TreeNode]:
    """The nodes that a node of a record becomes: its set-up, then each of its moves."""
    size = tree.size
    parts: list[TreeNode] = []
    setup = _setup(properties, size)
    if parent < 0 and setup is None:
        setup = _told_handicap(tree, records)
    elif parent < 0 and setup is not None and setup.to_move is None and tree.handicap:
        setup = setup._replace(to_move=WHITE)
    if setup is not None:
        parts.append(TreeNode(parent=-1, setup=setup))
    for name in properties:
        if name in ("B", "W"):
            colour = BLACK if name == "B" else WHITE
            move = colour, point_of_value(properties[name][0], size)
            parts.append(TreeNode(parent=-1, move=move))
    if parent < 0 and parts and parts[0].move is not None:
        parts.insert(0, TreeNode(parent=-1))  # a root has no move here
    parts = parts or [TreeNode(parent=-1)]
    parts[-1].comment = _text(properties, "C")
    skipped = _PLAYED | (_WRITTEN_ANEW | set(TEXTS) if parent < 0 else set())
    parts[-1].properties = {
        name: [value.decode("utf-8", "replace") for value in values]
        for name, values in properties.items()
        if name not in skipped
    }
    for offset, part in enumerate(parts):
        part.parent = len(tree.nodes) - 1 if offset else parent
        yield part


def _setup(properties: dict[str, list[bytes]], size: int) -> Setup | None:
    lists = []
    for name in ("AB", "AW", "AE"):
        points: dict[int, None] = {}  # in order, each once
        for number, value in enumerate(properties.get(name, [])):
            if number > size * size:
                raise _TooLarge("too large", f"one {name} has over {size * size} values")
            points.update(dict.fromkeys(points_of_value(value, size)))
        lists.append(tuple(points))
    mover = _text(properties, "PL").strip()[:1].lower()
    to_move = {"b": BLACK, "1": BLACK, "w": WHITE, "2": WHITE}.get(mover)
    if not any(lists) and to_move is None:
        return None
    return Setup(lists[0], lists[1], lists[2], to_move)


def _told_handicap(tree: GameTree, records: list[RecordNode]) -> Setup | None:
    """The stones of a handicap that is told as a number only, where white moves first."""
    if not tree.handicap or tree.handicap == 3:  # HA[3] leaves open which corner stays empty
        return None
    first = next((r.properties for r in records if {"B", "W", "AB"} & r.properties.keys()), {})
    if "W" not in first or "B" in first or "AB" in first:
        return None
    try:
        return Setup(black=tuple(handicap_points(tree.size, tree.handicap)), to_move=WHITE)
    except GocnnError:
        return None
