"""The rules of Go on flat arrays: stones, chains, liberties, captures, ko.

Everything here is compiled; a `Board` is a tuple of arrays and nothing else, so a move costs a
fraction of a microsecond and threads can replay games side by side.

Invariants, between calls:

- A point is ``row * size + column``; point ``size * size`` is off the board and means pass.
- The stones of a chain form a ring through `next`; `head` names one of them, and the rows of
  `liberties`, `counts` and `sizes` hold for heads only.
- `liberties[head]` is the exact set of the chain's liberties, one bit a point, and `counts[head]`
  its size, which is at least 1.
- ``state[KO]`` is the one point that ``state[KO_COLOUR]`` may not play now, else pass.

Suicide is illegal. Superko needs history and lives in `gocnn.go.position`.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.jit import jit, popcount, wide

EMPTY, BLACK, WHITE, OFF = 0, 1, -1, 2
MIN_SIZE, MAX_SIZE = 2, 25
KO, KO_COLOUR, TAKEN_BY_BLACK, TAKEN_BY_WHITE, HASH, STATE_LENGTH = 0, 1, 2, 3, 4, 5

# A stone or a move packed in 16 bits; a pass is point size * size.
WHITE_BIT, POINT_MASK = 0x8000, 0x03FF

# Zobrist keys, [colour is white, point]; fixed by the seed, so that hashes can be stored.
_KEYS = np.random.default_rng(1970).integers(
    -(2**63), 2**63 - 1, (2, MAX_SIZE * MAX_SIZE), np.int64, endpoint=True
)


class Board(NamedTuple):
    """A board of P = size * size points; `words` is P / 64 rounded up."""

    stones: NDArray[np.int8]  # [P + 1] EMPTY, BLACK, WHITE; OFF at P
    head: NDArray[np.int16]  # [P + 1] of a stone: the point that stands for its chain
    next: NDArray[np.int16]  # [P + 1] of a stone: the next one of its chain, round and round
    liberties: NDArray[np.uint64]  # [P + 1, words] of a head: the chain's liberties as bits
    counts: NDArray[np.int16]  # [P + 1] of a head: number of liberties
    sizes: NDArray[np.int16]  # [P + 1] of a head: number of stones
    neighbours: NDArray[np.int16]  # [P + 1, 4] P where the board ends; shared, never written
    diagonals: NDArray[np.int16]  # [P + 1, 4] likewise
    state: NDArray[np.int64]  # [STATE_LENGTH] indexed by KO, KO_COLOUR, TAKEN_BY_..., HASH


@cache
def _adjacency(size: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    points = size * size
    straight = np.full((points + 1, 4), points, np.int16)
    slanted = np.full((points + 1, 4), points, np.int16)
    for table, steps in (
        (straight, ((-1, 0), (0, -1), (0, 1), (1, 0))),
        (slanted, ((-1, -1), (-1, 1), (1, -1), (1, 1))),
    ):
        for point in range(points):
            row, column = divmod(point, size)
            for k, (down, right) in enumerate(steps):
                r, c = row + down, column + right
                if 0 <= r < size and 0 <= c < size:
                    table[point, k] = r * size + c
    return straight, slanted


def new_board(size: int) -> Board:
    """An empty board.

    Raises:
        GocnnError: when the size is not 2 to 25.
    """
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise GocnnError(f"a board has {MIN_SIZE} to {MAX_SIZE} lines, not {size}")
    points = size * size
    straight, slanted = _adjacency(size)
    board = Board(
        stones=np.zeros(points + 1, np.int8),
        head=np.zeros(points + 1, np.int16),
        next=np.zeros(points + 1, np.int16),
        liberties=np.zeros((points + 1, (points + 63) // 64), np.uint64),
        counts=np.zeros(points + 1, np.int16),
        sizes=np.zeros(points + 1, np.int16),
        neighbours=straight,
        diagonals=slanted,
        state=np.zeros(STATE_LENGTH, np.int64),
    )
    clear_board(board)
    return board


@jit
def clear_board(board: Board) -> None:
    """Take all stones off and forget ko, prisoners and hash."""
    points = board.stones.size - 1
    for point in range(points):  # no slices, see `_copy`
        board.stones[point] = EMPTY
    board.stones[points] = OFF
    for index in range(board.state.size):
        board.state[index] = 0
    board.state[KO] = points


@jit
def _copy(target: NDArray[Any], source: NDArray[Any]) -> None:
    for index in range(source.size):  # assigning a slice would have numba compile error messages
        target[index] = source[index]


@jit
def copy_board(target: Board, source: Board) -> None:
    """Make `target`, a board of the same size, equal to `source`."""
    _copy(target.stones, source.stones)
    _copy(target.head, source.head)
    _copy(target.next, source.next)
    _copy(target.liberties.reshape(-1), source.liberties.reshape(-1))
    _copy(target.counts, source.counts)
    _copy(target.sizes, source.sizes)
    _copy(target.state, source.state)


@jit
def _bit(point: int) -> np.uint64:
    return np.uint64(1) << np.uint64(point & 63)


@jit
def _add_liberty(board: Board, head: int, point: int) -> None:
    bit = _bit(point)
    if not board.liberties[head, point >> 6] & bit:
        board.liberties[head, point >> 6] |= bit
        board.counts[head] += 1


@jit
def _drop_liberty(board: Board, head: int, point: int) -> None:
    bit = _bit(point)
    if board.liberties[head, point >> 6] & bit:
        board.liberties[head, point >> 6] ^= bit
        board.counts[head] -= 1


@jit
def _merge(board: Board, a: int, b: int) -> None:
    """Join the chains with the heads a and b; the longer one's head stays."""
    if board.sizes[a] < board.sizes[b]:
        a, b = b, a
    stone = b
    for _ in range(board.sizes[b]):
        board.head[stone] = a
        stone = wide(board.next[stone])
    board.next[a], board.next[b] = board.next[b], board.next[a]
    board.sizes[a] += board.sizes[b]
    count = 0
    for word in range(board.liberties.shape[1]):
        board.liberties[a, word] |= board.liberties[b, word]
        count += popcount(board.liberties[a, word])
    board.counts[a] = count


@jit
def _toggle_hash(board: Board, point: int, colour: int) -> None:
    board.state[HASH] ^= _KEYS[1 if colour == WHITE else 0, point]


@jit
def _put(board: Board, point: int, colour: int) -> None:
    """Add a stone to an empty point; chains left without liberties stay for the caller."""
    board.stones[point] = colour
    _toggle_hash(board, point, colour)
    board.head[point] = point
    board.next[point] = point
    board.sizes[point] = 1
    board.counts[point] = 0
    for word in range(board.liberties.shape[1]):
        board.liberties[point, word] = np.uint64(0)
    for k in range(4):
        near = wide(board.neighbours[point, k])
        stone = board.stones[near]
        if stone == EMPTY:
            _add_liberty(board, point, near)
        elif stone != OFF:
            _drop_liberty(board, wide(board.head[near]), point)
    for k in range(4):
        near = wide(board.neighbours[point, k])
        if board.stones[near] == colour and board.head[near] != board.head[point]:
            _merge(board, wide(board.head[near]), wide(board.head[point]))


@jit
def _capture(board: Board, head: int) -> int:
    """Take a chain off the board; returns its number of stones."""
    colour = wide(board.stones[head])
    count = int(board.sizes[head])
    stone = head
    for _ in range(count):  # all stones go first, so that the chain is not its own neighbour
        board.stones[stone] = EMPTY
        _toggle_hash(board, stone, colour)
        stone = wide(board.next[stone])
    for _ in range(count):
        for k in range(4):
            near = wide(board.neighbours[stone, k])
            if board.stones[near] == -colour:
                _add_liberty(board, wide(board.head[near]), stone)
        stone = wide(board.next[stone])
    return count


@jit
def play(board: Board, point: int, colour: int) -> int:
    """Play a legal move or a pass; the caller has asked `is_legal`.

    Returns:
        The number of stones captured.
    """
    points = board.stones.size - 1
    board.state[KO] = points
    if point == points:
        return 0
    _put(board, point, colour)
    captured = 0
    last = points
    for k in range(4):
        near = wide(board.neighbours[point, k])
        if board.stones[near] == -colour and board.counts[board.head[near]] == 0:
            captured += _capture(board, wide(board.head[near]))
            last = near
    if captured:
        head = board.head[point]
        board.state[TAKEN_BY_BLACK if colour == BLACK else TAKEN_BY_WHITE] += captured
        if captured == 1 and board.sizes[head] == 1 and board.counts[head] == 1:
            board.state[KO] = last
            board.state[KO_COLOUR] = -colour
    return captured


@jit
def is_legal(board: Board, point: int, colour: int) -> bool:
    """Whether the move is legal under simple ko without suicide; a pass always is."""
    if point == board.stones.size - 1:
        return True
    if board.stones[point] != EMPTY:
        return False
    if board.state[KO] == point and board.state[KO_COLOUR] == colour:
        return False
    for k in range(4):
        near = wide(board.neighbours[point, k])
        stone = board.stones[near]
        if stone == EMPTY:
            return True
        if stone == colour and board.counts[board.head[near]] > 1:
            return True
        if stone == -colour and board.counts[board.head[near]] == 1:
            return True
    return False


@jit
def legal_moves(board: Board, colour: int) -> NDArray[np.bool_]:
    """bool[P]: where `is_legal` says yes."""
    legal = np.zeros(board.stones.size - 1, np.bool_)
    for point in range(legal.size):
        legal[point] = is_legal(board, point, colour)
    return legal


@jit
def hashes_after(
    board: Board, scratch: Board, points: NDArray[np.int64], colour: int
) -> NDArray[np.int64]:
    """The hash of the stones after each of some legal moves; `scratch` is overwritten."""
    hashes = np.empty(points.size, np.int64)
    for index in range(points.size):
        copy_board(scratch, board)
        play(scratch, points[index], colour)
        hashes[index] = scratch.state[HASH]
    return hashes


@jit
def chain_liberties(board: Board, point: int) -> int:
    """The number of liberties of the chain at a stone."""
    return int(board.counts[board.head[point]])


@jit
def union_liberties(board: Board, point: int, colour: int, union: NDArray[np.uint64]) -> int:
    """The liberties that the chain of a move would have, without playing it.

    Args:
        board: the position; left as it is.
        point: an empty point.
        colour: who would play there.
        union: uint64[words], overwritten with the liberties as bits. Points that a capture would
            free count, as far as the new chain would touch them.

    Returns:
        The number of liberties; 0 means suicide.
    """
    words = union.size
    for word in range(words):
        union[word] = np.uint64(0)
    for k in range(4):
        near = wide(board.neighbours[point, k])
        stone = board.stones[near]
        if stone == EMPTY:
            union[near >> 6] |= _bit(near)
        elif stone == colour:
            head = board.head[near]
            for word in range(words):
                union[word] |= board.liberties[head, word]
    for k in range(4):
        near = wide(board.neighbours[point, k])
        if board.stones[near] == -colour and board.counts[board.head[near]] == 1:
            _add_freed(board, point, colour, wide(board.head[near]), union)
    union[point >> 6] &= ~_bit(point)
    count = 0
    for word in range(words):
        count += popcount(union[word])
    return count


@jit
def _add_freed(
    board: Board, point: int, colour: int, captive: int, union: NDArray[np.uint64]
) -> None:
    """Add the points of a captured chain that the chain of a move at `point` would touch."""
    stone = captive
    for _ in range(board.sizes[captive]):
        for k in range(4):
            near = wide(board.neighbours[stone, k])
            if near == point or (
                board.stones[near] == colour
                and _joins(board, point, colour, wide(board.head[near]))
            ):
                union[stone >> 6] |= _bit(stone)
        stone = wide(board.next[stone])


@jit
def _joins(board: Board, point: int, colour: int, head: int) -> bool:
    for k in range(4):
        near = wide(board.neighbours[point, k])
        if board.stones[near] == colour and board.head[near] == head:
            return True
    return False


@jit
def capture_size(board: Board, point: int, colour: int) -> int:
    """The number of stones that a move at an empty point would capture."""
    total = 0
    for k in range(4):
        near = wide(board.neighbours[point, k])
        if board.stones[near] == -colour and board.counts[board.head[near]] == 1:
            head = board.head[near]
            seen = False
            for earlier in range(k):
                other = board.neighbours[point, earlier]
                if board.stones[other] == -colour and board.head[other] == head:
                    seen = True
            if not seen:
                total += board.sizes[head]
    return total


@jit
def is_eye_like(board: Board, point: int, colour: int) -> bool:
    """Whether an empty point is surrounded by one colour with its corners safe.

    The usual test of playouts: all neighbours are own stones, and the other side holds no
    diagonal at the edge, or at most one in the middle. It may err on false eyes of long chains.
    """
    hostile = 0
    edge = False
    for k in range(4):
        stone = board.stones[board.neighbours[point, k]]
        if stone == OFF:
            edge = True
        elif stone != colour:
            return False
    for k in range(4):
        if board.stones[board.diagonals[point, k]] == -colour:
            hostile += 1
    return hostile == 0 if edge else hostile <= 1


def pack(point: int, colour: int) -> int:
    """A stone or a move as a 16-bit entry: bits 0-9 the point, bit 15 set for white."""
    return point | WHITE_BIT if colour == WHITE else point


@jit
def replay(board: Board, entries: NDArray[np.uint16], start: int, stop: int) -> int:
    """Play packed moves (see `pack`) ``entries[start:stop]`` on a board.

    Returns:
        `stop`, or the index of the first entry that is illegal (the board then stands before it).
    """
    points = board.stones.size - 1
    for index in range(start, stop):
        entry = int(entries[index])
        point = entry & POINT_MASK
        colour = WHITE if entry & WHITE_BIT else BLACK
        if point > points or not is_legal(board, point, colour):
            return index
        play(board, point, colour)
    return stop


@jit
def replay_hashes(board: Board, entries: NDArray[np.uint16], hashes: NDArray[np.int64]) -> int:
    """Play all of some packed moves on a board; `hashes[i]` becomes the hash after ``entries[i]``.

    Returns:
        The number of entries, or the index of the first one that is illegal, as `replay` does.
    """
    for index in range(entries.size):
        if replay(board, entries, index, index + 1) == index:
            return index
        hashes[index] = board.state[HASH]
    return int(entries.size)


@jit
def place(board: Board, entries: NDArray[np.uint16], start: int, stop: int) -> int:
    """Set up packed stones on an empty board, in any order; no move is counted.

    Returns:
        `stop`, or the index of an entry that is a pass, off the board, or on a taken point;
        or -1 - point where the chain of that point is left without liberties.
    """
    points = board.stones.size - 1
    for index in range(start, stop):
        entry = int(entries[index])
        point = entry & POINT_MASK
        if point >= points or board.stones[point] != EMPTY:
            return index
        _put(board, point, WHITE if entry & WHITE_BIT else BLACK)
    for index in range(start, stop):
        point = int(entries[index]) & POINT_MASK
        if board.counts[board.head[point]] == 0:
            return -1 - point
    return stop


@jit
def candidate_moves(board: Board, colour: int) -> NDArray[np.bool_]:
    """bool[P]: the moves that are legal, superko aside, and fill no own eye."""
    moves = np.zeros(board.stones.size - 1, np.bool_)
    for point in range(moves.size):
        moves[point] = is_legal(board, point, colour) and not is_eye_like(board, point, colour)
    return moves
