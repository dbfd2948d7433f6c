"""What the network sees: named planes, global inputs, and one version id for both.

An `Encoding` names its planes and its globals with their counts; totals are sums. Planes are
written straight from packed games: each position replays its game on a board of its own, so
nothing but moves is ever stored. Weights name the encoding they were trained on; change what a
plane means and the id must change too.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.jit import jit
from gocnn.ladders import Stack, mark_ladders, new_stack
from gocnn.position import Position
from gocnn.ranks import RANKS
from gocnn.rules import (
    BLACK,
    EMPTY,
    KO,
    KO_COLOUR,
    POINT_MASK,
    WHITE,
    Board,
    capture_size,
    clear_board,
    is_legal,
    new_board,
    place,
    replay,
    union_liberties,
)

Group = tuple[str, int]

RECENT = 8  # moves of history
_FULL_PLANES: tuple[Group, ...] = (
    ("own stones", 1),
    ("opponent's stones", 1),
    ("empty points", 1),
    ("the last 8 moves, latest first", RECENT),
    ("stones with 1, 2, 3, 4+ liberties", 4),
    ("moves that would have 1, ..., 5, 6+ liberties", 6),
    ("moves that would capture 1, 2, 3, 4+ stones", 4),
    ("moves that put 1, 2, 3+ own stones in atari", 3),
    ("ko", 1),
    ("moves that catch in a ladder", 1),
    ("moves that escape from a ladder", 1),
    ("own stones lost in a ladder", 1),
    ("legal moves", 1),
    ("ones (the board)", 1),
)
(
    _OWN,
    _OPPONENT,
    _EMPTY,
    _RECENT,
    _LIBERTIES,
    _AFTER,
    _CAPTURE,
    _SELF_ATARI,
    _KO,
    _LADDER_CAPTURE,
    _LADDER_ESCAPE,
    _LADDER_LOST,
    _LEGAL,
    _ONES,
    _FULL_COUNT,
) = accumulate((count for _, count in _FULL_PLANES), initial=0)

ERAS = (19400101, 19850101, 20050101, 20170101)  # where one style of play gives way to the next
KINDS = 5
_FULL_GLOBALS: tuple[Group, ...] = (
    ("rank of the player to move", RANKS),
    ("rank of the opponent", RANKS),
    ("black is to move", 1),
    ("komi is known", 1),
    ("komi / 10, from the mover's side", 1),
    ("handicap / 9", 1),
    ("kind of source", KINDS),
    ("era: unknown, then by the years 1940, 1985, 2005, 2017", len(ERAS) + 2),
)
_PLAIN_PLANES: tuple[Group, ...] = (("black 1, white -1, empty 0", 1),)
_PLAIN_GLOBALS: tuple[Group, ...] = (("black is to move", 1),)


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What is known of a game beyond its moves; every field may stay unknown."""

    rank: int = 0  # of the player to move, a code of gocnn.ranks
    opponent_rank: int = 0
    komi: float | None = None  # points that white gets
    handicap: int = 0  # stones; 0 is an even game
    kind: int = 0  # a game.SourceKind
    date: int = 0  # yyyymmdd


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """One way to show a position to a network."""

    name: str  # the version id that weights carry
    planes: tuple[Group, ...]  # (meaning, number of planes)
    globals: tuple[Group, ...]  # (meaning, number of values)

    @property
    def plane_count(self) -> int:
        """Number of planes."""
        return sum(count for _, count in self.planes)

    @property
    def global_count(self) -> int:
        """Number of global inputs."""
        return sum(count for _, count in self.globals)


FULL = Encoding(name="full-1", planes=_FULL_PLANES, globals=_FULL_GLOBALS)
PLAIN = Encoding(name="plain-1", planes=_PLAIN_PLANES, globals=_PLAIN_GLOBALS)
ENCODINGS = {encoding.name: encoding for encoding in (FULL, PLAIN)}


def encoding_named(name: str) -> Encoding:
    """The registered encoding of that name.

    Raises:
        GocnnError: when there is none.
    """
    if name not in ENCODINGS:
        raise GocnnError(f"unknown encoding {name!r}; there are {', '.join(sorted(ENCODINGS))}")
    return ENCODINGS[name]


@dataclass(frozen=True, slots=True)
class Query:
    """Positions to encode, as places in packed games; all arrays have B elements.

    The game of position b has its set-up stones in ``entries[starts[b] : starts[b] + setups[b]]``
    and the moves up to the position in the `plies[b]` entries behind them.
    """

    entries: NDArray[np.uint16]
    starts: NDArray[np.int64]
    setups: NDArray[np.int64]
    plies: NDArray[np.int64]
    colours: NDArray[np.int8]  # who is to move

    def part(self, start: int, stop: int) -> "Query":
        """The positions from `start` up to `stop`."""
        span = slice(start, stop)
        return Query(
            self.entries, self.starts[span], self.setups[span], self.plies[span], self.colours[span]
        )


def query_of(positions: Sequence[Position]) -> Query:
    """A query for positions that are played on."""
    histories = [position.entries() for position in positions]
    lengths = np.array([len(entries) for entries, _ in histories], np.int64)
    setups = np.array([setup for _, setup in histories], np.int64)
    return Query(
        entries=np.concatenate([entries for entries, _ in histories]),
        starts=np.cumsum(lengths) - lengths,
        setups=setups,
        plies=lengths - setups,
        colours=np.array([position.to_move for position in positions], np.int8),
    )


def encode_planes(
    encoding: Encoding, query: Query, size: int, pool: ThreadPoolExecutor | None = None
) -> NDArray[np.int8]:
    """The planes of every position of a query.

    Args:
        encoding: one of `ENCODINGS`.
        query: B positions on boards of one size.
        size: lines of the board.
        pool: threads that share the work.

    Returns:
        int8[B, plane_count, size, size]; row 0 is the top line.

    Raises:
        GocnnError: when a game cannot be replayed up to its position.
    """
    batch = len(query.plies)
    planes = np.zeros((batch, encoding.plane_count, size * size), np.int8)
    write = _write_full if encoding is FULL else _write_plain

    def run(part: slice) -> int:
        q = query.part(part.start, part.stop)
        board = new_board(size)
        return int(write(board, q.entries, q.starts, q.setups, q.plies, q.colours, planes[part]))

    if pool is None:
        failed = [run(slice(0, batch))]
    else:
        workers = pool._max_workers
        cuts = np.linspace(0, batch, min(batch, workers * 4) + 1).astype(int)
        failed = list(pool.map(run, [slice(a, b) for a, b in pairwise(cuts.tolist())]))
    if any(number >= 0 for number in failed):
        raise GocnnError("a packed game holds an illegal move: prepare the corpus anew")
    return planes.reshape(batch, -1, size, size)


@jit
def _write_plain(
    board: Board,
    entries: NDArray[np.uint16],
    starts: NDArray[np.int64],
    setups: NDArray[np.int64],
    plies: NDArray[np.int64],
    colours: NDArray[np.int8],
    planes: NDArray[np.int8],
) -> int:
    """Fill int8[B, 1, P]; returns the number of a position that cannot be reached, or -1."""
    points = board.stones.size - 1
    for b in range(plies.size):
        if not _reach(board, entries, starts[b], setups[b], plies[b]):
            return b
        for point in range(points):
            planes[b, 0, point] = board.stones[point]
    return -1


@jit
def _write_full(
    board: Board,
    entries: NDArray[np.uint16],
    starts: NDArray[np.int64],
    setups: NDArray[np.int64],
    plies: NDArray[np.int64],
    colours: NDArray[np.int8],
    planes: NDArray[np.int8],
) -> int:
    """Fill int8[B, _FULL_COUNT, P], zeroed before; returns as `_write_plain` does."""
    points = board.stones.size - 1
    stack = new_stack(points)
    for b in range(plies.size):
        if not _reach(board, entries, starts[b], setups[b], plies[b]):
            return b
        out = planes[b]
        first = starts[b] + setups[b]
        for back in range(min(RECENT, plies[b])):
            point = int(entries[first + plies[b] - 1 - back]) & POINT_MASK
            if point < points:
                out[_RECENT + back, point] = 1
        _write_stones(board, colours[b], out)
        _write_moves(board, colours[b], stack.union, out)
        _write_ladders(board, colours[b], stack, out)
    return -1


@jit
def _reach(board: Board, entries: NDArray[np.uint16], start: int, setup: int, ply: int) -> bool:
    clear_board(board)
    first = start + setup
    if place(board, entries, start, first) != first:
        return False
    return bool(replay(board, entries, first, first + ply) == first + ply)


@jit
def _write_stones(board: Board, colour: int, out: NDArray[np.int8]) -> None:
    points = board.stones.size - 1
    for point in range(points):
        stone = board.stones[point]
        out[_ONES, point] = 1
        if stone == EMPTY:
            out[_EMPTY, point] = 1
        else:
            out[_OWN if stone == colour else _OPPONENT, point] = 1
            out[_LIBERTIES + min(board.counts[board.head[point]], 4) - 1, point] = 1
    if board.state[KO] < points and board.state[KO_COLOUR] == colour:
        out[_KO, board.state[KO]] = 1


@jit
def _write_moves(
    board: Board, colour: int, union: NDArray[np.uint64], out: NDArray[np.int8]
) -> None:
    points = board.stones.size - 1
    for point in range(points):
        if board.stones[point] != EMPTY or not is_legal(board, point, colour):
            continue
        out[_LEGAL, point] = 1
        count = union_liberties(board, point, colour, union)
        out[_AFTER + min(count, 6) - 1, point] = 1
        captured = capture_size(board, point, colour)
        if captured > 0:
            out[_CAPTURE + min(captured, 4) - 1, point] = 1
        if count == 1:
            out[_SELF_ATARI + min(_joined_size(board, point, colour), 3) - 1, point] = 1


@jit
def _joined_size(board: Board, point: int, colour: int) -> int:
    """Stones of the chain that a move would make, counted up to double where chains touch twice."""
    total = 1
    for k in range(4):
        near = board.neighbours[point, k]
        if board.stones[near] == colour:
            total += board.sizes[board.head[near]]
    return total


@jit
def _write_ladders(board: Board, colour: int, stack: Stack, out: NDArray[np.int8]) -> None:
    mark_ladders(board, colour, stack, out[_LADDER_CAPTURE], out[_LADDER_ESCAPE], out[_LADDER_LOST])


def encode_globals(
    encoding: Encoding,
    *,
    colours: NDArray[np.int8],
    ranks: NDArray[np.integer],
    opponent_ranks: NDArray[np.integer],
    komis: NDArray[np.floating],
    handicaps: NDArray[np.integer],
    kinds: NDArray[np.integer],
    dates: NDArray[np.integer],
) -> NDArray[np.float32]:
    """The global inputs of B positions.

    Args:
        encoding: one of `ENCODINGS`.
        colours: who is to move, BLACK or WHITE.
        ranks: rank codes of the player to move; 0 unknown.
        opponent_ranks: rank codes of the opponent.
        komis: points that white gets; NaN unknown.
        handicaps: stones, 0 for even games.
        kinds: source kinds; 0 unknown.
        dates: yyyymmdd; 0 unknown.

    Returns:
        float32[B, global_count].
    """
    black: NDArray[np.float32] = (colours == BLACK).astype(np.float32)[:, None]
    if encoding is PLAIN:
        return black
    known = ~np.isnan(komis)
    eras = np.where(dates > 0, np.searchsorted(ERAS, dates, side="right") + 1, 0)
    komi = np.where(known, komis, 0.0) * np.where(colours == WHITE, 0.1, -0.1)
    columns = (
        _one_hot(ranks, RANKS),
        _one_hot(opponent_ranks, RANKS),
        black,
        known[:, None],
        komi[:, None],
        handicaps[:, None] / 9.0,
        _one_hot(kinds, KINDS),
        _one_hot(eras, len(ERAS) + 2),
    )
    joined: NDArray[np.float32] = np.concatenate(columns, axis=1, dtype=np.float32)
    return joined


def _one_hot(codes: NDArray[np.integer], count: int) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = np.eye(count, dtype=np.float32)[codes]
    return rows


def encode_positions(
    encoding: Encoding, positions: Sequence[Position], conditions: Sequence[Conditions]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Planes and globals of positions of one size that are played on.

    Returns:
        int8[B, plane_count, size, size] and float32[B, global_count].
    """
    query = query_of(positions)
    globals_BG = encode_globals(
        encoding,
        colours=query.colours,
        ranks=np.array([c.rank for c in conditions]),
        opponent_ranks=np.array([c.opponent_rank for c in conditions]),
        komis=np.array([np.nan if c.komi is None else c.komi for c in conditions]),
        handicaps=np.array([c.handicap for c in conditions]),
        kinds=np.array([c.kind for c in conditions]),
        dates=np.array([c.date for c in conditions]),
    )
    return encode_planes(encoding, query, positions[0].size), globals_BG
