"""The main line of one SGF game tree, or all its nodes; the only user of sgfmill.

Invariants:

- To `MainLine` only the main line counts: the first variation at every branch. It is cut out by the
  brackets alone, and sgfmill's grammar reads it. Of a tree that is a root and plain moves, as most
  are, sgfmill reads the root alone, and one regular expression takes the moves.
- Time is linear in the bytes, whatever they are, and memory a small multiple of them.
- Whatever is wrong with a tree is a `BadRecord` with a reason of `gocnn.sgf.reader.REASONS`.
"""

import codecs
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, MAX_SIZE, MIN_SIZE, WHITE, WHITE_BIT
from gocnn.go.coords import BadVertex, point_of_sgf, vertex
from gocnn.sgf.splitter import LARGEST_TREE

# The encodings of Go servers and editors, the likeliest first.
ENCODINGS = ("utf-8", "gb18030", "euc_kr", "shift_jis", "big5")


class BadRecord(GocnnError):
    """What is wrong with one record."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


_TOKENS = 1 << 16  # nodes and values of a main line; games with analysis have a few thousand
_NAMED = 10_000  # points that set-up may name
_LONGEST = 1 << 10  # bytes of a number that are read

_VALUE = rb"\[[^\]\\]*+(?:\\.[^\]\\]*+)*+\]"
# A root, then moves and nothing else: most records. sgfmill reads the root, the rest is plain.
_PLAIN = re.compile(
    rb"(\(\s*;\s*(?:[A-Za-z]++\s*(?:" + _VALUE + rb"\s*)++)*+)"
    rb"((?:;\s*[BW]\[[a-z]{0,2}\]\s*)*+)(?:\)|\Z)",
    re.DOTALL,
)
_MOVE = re.compile(rb"([BW])\[([a-z]*)\]")
_VARIATION = re.compile(rb"\((\s*;[^()\[]*+(?:" + _VALUE + rb"[^()\[]*+)*+)", re.DOTALL)
_VALUES = re.compile(_VALUE, re.DOTALL)

_Properties = dict[str, list[bytes]]
_Moves = list[tuple[bytes, bytes]]


def _check_tokens(nodes: bytes) -> None:
    if nodes.count(b"[") + nodes.count(b";") > _TOKENS:
        tokens = _VALUES.sub(b"[", nodes)
        if tokens.count(b"[") + tokens.count(b";") > _TOKENS:
            raise BadRecord("too large", f"over {_TOKENS:,} nodes and values in one game")


def _grammar(nodes: bytes) -> list[_Properties]:
    from sgfmill import sgf_grammar  # here: whoever only opens a corpus needs no sgfmill

    _check_tokens(nodes)
    try:
        parsed: list[_Properties] = sgf_grammar.parse_sgf_game(nodes).sequence
    except ValueError as error:
        raise BadRecord("broken tree", str(error)) from None
    return parsed


def _nodes(tree: bytes, *, cut_short: bool = False) -> tuple[list[_Properties], _Moves]:
    """The nodes of the main line, and the plain moves after them."""
    if len(tree) > LARGEST_TREE:
        raise BadRecord("too large", f"over {LARGEST_TREE >> 20} MB, the most for one record")
    plain = _PLAIN.match(tree)
    if not plain:
        return _grammar(_main_line(tree, cut_short=cut_short)), []
    if plain[2].count(b";") > _TOKENS:
        raise BadRecord("too large", f"over {_TOKENS:,} moves in one game")
    return _grammar(plain[1] + b")"), _MOVE.findall(plain[2])


def _main_line(tree: bytes, *, cut_short: bool = False) -> bytes:
    """The nodes of a tree and of its first variations, as a tree without variations.

    The last parentheses may be missing where nothing else is. Where the tree may be cut short, its
    end counts as far as it is whole.
    """
    parts, at = [b"("], max(tree.find(b"("), 0)
    while match := _VARIATION.match(tree, at):
        parts.append(match[1])
        at = match.end()
    depth, sign = len(parts) - 1, tree[at : at + 1]
    if sign == b"(":
        if cut_short and depth:
            return b"".join((*parts, b")"))
        raise BadRecord("broken tree", "a variation does not begin with a node")
    if cut_short and depth and sign in (b"[", b""):
        last = parts.pop()
        last = last[: last.rfind(b"]") + 1]  # without the name of a value that is not there
        return b"".join((*parts, last or b";", b")"))
    if sign == b"[":
        raise BadRecord("broken tree", "a bracket never closes")
    rest = _VALUES.sub(b"", tree[at:]) if depth > 1 else b""
    missing = depth + rest.count(b"(") - rest.count(b")")
    if rest and missing > 0:
        raise BadRecord("broken tree", "a parenthesis never closes")
    return b"".join((*parts, b")"))


class MainLine:
    """The set-up, the moves and the information of a main line.

    Attributes:
        size: lines of the board.
        stones: colour by point, as set up before the first move.
        moves: (``b"B"`` or ``b"W"``, raw value) in order.
        info: the properties of the root, raw, and those of later nodes before the first move:
            some editors leave the root empty.
        turn: who plays after the moves taken, BLACK or WHITE: of the next move, else of a PL that
            stands beside the last move or behind it; None where there is neither.
        comments: the first comment at each number of moves played before, raw; 0 is the set-up.

    Args:
        tree: one game tree.
        plies: take so many moves and nothing after them, whatever it is; None takes all.
        cut_short: whether the end of the tree may be missing.

    Raises:
        BadRecord: when the tree is broken, no game of Go, or sets up stones in mid-game.
    """

    def __init__(self, tree: bytes, *, plies: int | None = None, cut_short: bool = False) -> None:
        nodes, plain = _nodes(tree, cut_short=cut_short)
        self.info = _information(nodes)
        self.size = board_size(self.info)
        self._named = 0  # points that the set-up names
        self.stones: dict[int, int] = {}
        self.moves: _Moves = []
        after = 0  # the move that a set-up followed; after the last one, dead stones are taken off
        placed: list[int] = []  # moves that are written as stones put on the board
        self.comments: dict[int, bytes] = {}
        self.turn: int | None = None
        for node in nodes:
            sets_up = "AB" in node or "AW" in node or "AE" in node
            if sets_up and not self.moves:
                self._set_up(node)
                sets_up = False
            if len(self.moves) == plies and (sets_up or "B" in node or "W" in node):
                plain = [(name.encode(), b"") for name in ("B", "W") if name in node]
                break
            stone = _lone_stone(node) if sets_up else None
            if stone is not None:
                placed.append(len(self.moves))
                self._move(*stone)
                sets_up = False
            for name in node:
                if name in ("B", "W"):
                    self._move(name.encode(), node[name])
            if sets_up:
                after = after or len(self.moves)
            if (turn := player_of_value(node.get("PL", [b""])[0])) is not None:
                self.turn = turn
            if "C" in node:
                self.comments.setdefault(len(self.moves), node["C"][0])
        self.moves += plain
        self.turn = None if plain else self.turn
        self._check_placed(placed)
        if plies is not None and plies < len(self.moves):
            self.turn = BLACK if self.moves[plies][0] == b"B" else WHITE
            del self.moves[plies:]
        if after:
            self._end_before_set_up(after)

    def _check_placed(self, placed: list[int]) -> None:
        """Leave out stones put on the board after the last move; others must take their turn."""
        while placed and placed[-1] == len(self.moves) - 1:
            del self.moves[placed.pop()]
        for index in placed:
            colour = self.moves[index][0]
            if colour in (self.moves[index - 1][0], self.moves[index + 1][0]):
                raise BadRecord("setup in mid-game", f"after move {index}")

    def _end_before_set_up(self, after: int) -> None:
        """Leave out passes behind a set-up: dead stones were taken off between passes."""
        if not all(_is_pass(value, self.size) for _, value in self.moves[after:]):
            raise BadRecord("setup in mid-game", f"after move {after}")
        del self.moves[after:]

    def _move(self, colour: bytes, values: list[bytes]) -> None:
        if len(values) > 1:
            raise BadRecord("broken tree", f"move {len(self.moves) + 1} names several points")
        self.moves.append((colour, values[0]))
        self.turn = None

    def _set_up(self, node: _Properties) -> None:
        seen: dict[int, str] = {}
        for name, colour in (("AE", 0), ("AB", BLACK), ("AW", WHITE)):
            for value in node.get(name, ()):
                points = points_of_value(value, self.size)
                self._named += len(points)
                if self._named > _NAMED:
                    raise BadRecord("too large", f"the set-up names over {_NAMED:,} points")
                for point in points:
                    if seen.get(point, name) not in (name, "AE"):  # AE first takes off, AB puts
                        place = vertex(point, self.size)
                        raise BadRecord("bad setup", f"{place} is in {seen[point]} and in {name}")
                    seen[point] = name
                    self.stones[point] = colour
        self.stones = {point: c for point, c in self.stones.items() if c}

    def text(self, name: str) -> bytes:
        """The first value of a property of the root, raw; empty where there is none."""
        return self.info[name][0] if name in self.info else b""

    def entries(self) -> list[int]:
        """The moves, packed as `gocnn.go.board.pack` does.

        Raises:
            BadRecord: when one names no point of the board.
        """
        table = _table(self.size)
        try:
            return [table[move] for move in self.moves]
        except KeyError:
            pass
        entries = []
        for number, (colour, value) in enumerate(self.moves, 1):
            try:
                entries.append(
                    point_of_value(value, self.size) | (WHITE_BIT if colour == b"W" else 0)
                )
            except BadRecord as error:
                raise BadRecord(error.reason, f"move {number} {error.detail}") from None
        return entries


def _lone_stone(node: _Properties) -> tuple[bytes, list[bytes]] | None:
    """The stone of a node that puts one on the board and does nothing else, as a move."""
    names = [name for name in ("AB", "AW", "AE", "B", "W") if name in node]
    if names not in (["AB"], ["AW"]):
        return None
    values = node[names[0]]
    is_point = len(values) == 1 and len(values[0].strip()) == 2 and values[0].lower() != b"tt"
    return (names[0][1:].encode(), values) if is_point else None


def _is_pass(value: bytes, size: int) -> bool:
    value = value.strip().lower()
    return not value or (value == b"tt" and size <= 19)


def _information(nodes: list[_Properties]) -> _Properties:
    info = dict(nodes[0])
    for node in nodes[1:]:
        if "B" in info or "W" in info or "B" in node or "W" in node:
            break
        for name, values in node.items():
            info.setdefault(name, values)
    return info


def player_of_value(value: bytes) -> int | None:
    """BLACK or WHITE as a PL names them, also by words and numbers; else None."""
    player = value.strip()[:1].lower()
    if player in (b"b", b"1"):
        return BLACK
    return WHITE if player in (b"w", b"2") else None


def text_value(raw: bytes, *, one_line: bool) -> bytes:
    """A raw value without its escapes (FF[4], SimpleText and Text).

    Args:
        raw: as `MainLine` has it.
        one_line: whether line feeds become spaces, as in names.
    """
    from sgfmill import sgf_grammar

    read = sgf_grammar.simpletext_value if one_line else sgf_grammar.text_value
    return bytes(read(raw))


def board_size(info: _Properties) -> int:
    """The lines of the board, by the properties of the root.

    Raises:
        BadRecord: when the game is not Go, or the board not one that gocnn can hold.
    """
    game = info.get("GM", [b"1"])[0].strip()[:_LONGEST]
    if game.isdigit() and int(game) != 1:
        raise BadRecord("another game", f"GM[{game.decode()}] is not Go")
    value = info.get("SZ", [b""])[0].strip()[:_LONGEST]
    if not value:
        return 19
    sides = value.split(b":")
    if not all(s.strip().isdigit() for s in sides) or len({int(s) for s in sides}) != 1:
        raise BadRecord("other size", f"SZ[{_ascii(value)}]")
    size = int(sides[0])
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise BadRecord("other size", f"{size}x{size}; boards have {MIN_SIZE} to {MAX_SIZE} lines")
    return size


def _ascii(value: bytes) -> str:
    text = value.decode("ascii", "backslashreplace")
    return text if len(text) <= 24 else text[:24] + "..."


@cache
def _table(size: int) -> dict[tuple[bytes, bytes], int]:
    """Entries of all moves as records usually write them."""
    table = {}
    for colour, bit in ((b"B", 0), (b"W", WHITE_BIT)):
        for point in range(size * size):
            row, column = divmod(point, size)
            table[colour, bytes((97 + column, 97 + row))] = point | bit
        table[colour, b""] = size * size | bit
        if size <= 19:
            table[colour, b"tt"] = size * size | bit
    return table


def point_of_value(value: bytes, size: int) -> int:
    """The point of a move's value; a pass is size * size.

    Raises:
        BadRecord: when it is none.
    """
    letters = value.strip().lower().decode("ascii", "replace")
    try:
        return point_of_sgf(letters, size)
    except BadVertex:
        raise BadRecord("bad point", f"[{_ascii(value)}]") from None


def points_of_value(value: bytes, size: int) -> list[int]:
    """The points of a set-up value; a rectangle is written by two corners.

    Raises:
        BadRecord: when it names none.
    """
    if not value.strip():
        return []
    ends = [point_of_value(part, size) for part in value.split(b":")]
    if len(ends) > 2 or size * size in ends:
        raise BadRecord("bad point", f"[{_ascii(value)}] in the set-up")
    (top, left), (bottom, right) = divmod(ends[0], size), divmod(ends[-1], size)
    rows = range(min(top, bottom), max(top, bottom) + 1)
    columns = range(min(left, right), max(left, right) + 1)
    return [row * size + column for row in rows for column in columns]


# -- all nodes --------------------------------------------------------------------------------


class RecordNode(NamedTuple):
    """A node of a tree with its raw properties."""

    parent: int  # its index among the nodes; -1 for the root
    properties: _Properties


def record_nodes(tree: bytes) -> list[RecordNode]:
    """All nodes, every node before its children, and the first variation before the others.

    Raises:
        BadRecord: when the tree is broken, or too large.
    """
    from sgfmill import sgf_grammar

    _check_tokens(tree)
    try:
        root = sgf_grammar.parse_sgf_game(tree)
    except ValueError as error:
        raise BadRecord("broken tree", str(error)) from None
    nodes: list[RecordNode] = []
    waiting = [(-1, root)]
    while waiting:
        parent, branch = waiting.pop()
        for properties in branch.sequence:
            nodes.append(RecordNode(parent, properties))
            parent = len(nodes) - 1
        waiting += [(parent, child) for child in reversed(branch.children)]
    return nodes


_FIRST_NODE = re.compile(rb"\(\s*;\s*(?:[A-Za-z]++\s*(?:" + _VALUE + rb"\s*)++)*+", re.DOTALL)


def root_properties(tree: bytes) -> _Properties:
    """The properties of the first node, raw; the rest of the tree is not read.

    Raises:
        BadRecord: when it is broken.
    """
    first = _FIRST_NODE.match(tree)
    if not first:
        raise BadRecord("broken tree", "it does not begin with (;")
    return _grammar(first[0] + b")")[0]


# -- broken bytes -----------------------------------------------------------------------------

_STRAY = re.compile(rb"(" + _VALUE + rb")(?:\s*\]++)?+", re.DOTALL)
_CLOSED = re.compile(rb"[^\[]*+(?:" + _VALUE + rb"[^\[]*+)*+", re.DOTALL)
_HALF_A_LETTER = re.compile(rb"[\x81-\xfe]\\")


def possible_texts(tree: bytes) -> Iterator[bytes]:
    """The tree in the ways in which it may be meant, the likeliest first.

    As it is; without the brackets that close what is closed already, as in
    ``RD[2008 [08:53]]``; and, unless it is UTF-8, turned into UTF-8 from each encoding in which it
    is text: in Shift-JIS, GBK and Big5 a letter's second byte may look like a bracket, or like a
    backslash. Where it may be a backslash that comes first, since it would hide properties.
    """
    doubtful = _HALF_A_LETTER.search(tree) is not None
    if doubtful:
        yield from _recoded(tree)
    yield tree
    if _CLOSED.fullmatch(tree):
        balanced = _STRAY.sub(rb"\1", tree)
        if balanced != tree:
            yield balanced
    if not doubtful:
        yield from _recoded(tree)


def readable_texts(tree: bytes) -> Iterator[bytes]:
    """As `possible_texts`, but first the ways in which names and comments are text in UTF-8."""
    yield from _recoded(tree)
    yield from possible_texts(tree)


def _recoded(tree: bytes) -> Iterator[bytes]:
    try:
        tree.decode()
    except UnicodeDecodeError:
        declared = re.search(rb"CA\s*\[\s*([\w.:-]+)\s*\]", tree)
        names = [text_codec(declared[1].decode("ascii", "replace"))] if declared else []
        for encoding in (*filter(None, names), *ENCODINGS[1:]):
            try:
                yield tree.decode(encoding).encode()
            except UnicodeError:
                continue


_TEXT_CODECS = re.compile(r"(?:gb|big5|shift|cp|euc|iso|koi|johab|latin|hz|mac)")


def text_codec(name: str) -> str:
    """The codec of a declared encoding, if it is one of texts: punycode takes quadratic time."""
    try:
        codec_name = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return codec_name if _TEXT_CODECS.match(codec_name) else ""
