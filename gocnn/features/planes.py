"""The planes, written straight from packed games; compiled.

Each position replays its game on a board, so nothing but moves is ever stored. What the planes mean
stands in `FULL_PLANES`; `gocnn.features.encoding` builds the encodings from it.
"""

from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import (
    BLACK,
    EMPTY,
    KO,
    KO_COLOUR,
    POINT_MASK,
    Board,
    capture_size,
    clear_board,
    is_legal,
    new_board,
    place,
    replay,
    union_liberties,
)
from gocnn.go.ladders import Stack, mark_ladders, new_stack
from gocnn.jit import jit, wide

RECENT = 8  # moves of history
FULL_PLANES: tuple[tuple[str, int], ...] = (
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
) = accumulate((count for _, count in FULL_PLANES), initial=0)


@jit
def write_plain(
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
def write_full(
    board: Board,
    entries: NDArray[np.uint16],
    starts: NDArray[np.int64],
    setups: NDArray[np.int64],
    plies: NDArray[np.int64],
    colours: NDArray[np.int8],
    planes: NDArray[np.int8],
) -> int:
    """Fill int8[B, _FULL_COUNT, P], zeroed before; returns as `write_plain` does."""
    points = board.stones.size - 1
    stack = new_stack(points)
    for b in range(plies.size):
        if not _reach(board, entries, starts[b], setups[b], plies[b]):
            return b
        out = planes[b]
        colour = wide(colours[b])
        first = starts[b] + setups[b]
        for back in range(min(RECENT, plies[b])):
            point = int(entries[first + plies[b] - 1 - back]) & POINT_MASK
            if point < points:
                out[_RECENT + back, point] = 1
        _write_stones(board, colour, out)
        _write_moves(board, colour, stack.union, out)
        _write_ladders(board, colour, stack, out)
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
        near = wide(board.neighbours[point, k])
        if board.stones[near] == colour:
            total += board.sizes[board.head[near]]
    return total


@jit
def _write_ladders(board: Board, colour: int, stack: Stack, out: NDArray[np.int8]) -> None:
    mark_ladders(board, colour, stack, out[_LADDER_CAPTURE], out[_LADDER_ESCAPE], out[_LADDER_LOST])


def compile_ladders() -> None:
    """Compile what reads ladders for `write_full`; see `gocnn.jit`."""
    size = 9
    points = size * size
    out = np.zeros((_FULL_COUNT, points), np.int8)
    _write_ladders(new_board(size), BLACK, new_stack(points), out)
