"""Ladders: which chains can be caught by atari after atari, and which get away.

The reader plays real moves (`rules.play`) on a stack of boards, so captures, breakers and ko need
no rules of their own. Two sides take turns: the *prey*, a chain with one or two liberties, and the
*chaser*. The prey is out with three liberties; it is caught when, in atari, no extension and no
capture of a chasing chain in atari helps. A search that runs out of depth or of moves calls the
prey free.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import (
    BLACK,
    EMPTY,
    STATE_LENGTH,
    Board,
    capture_size,
    copy_board,
    is_legal,
    play,
    union_liberties,
)
from gocnn.jit import jit, lowest_bit, wide

MAX_DEPTH = 160  # plies; a ladder across a 19x19 board takes some 70
MAX_MOVES = 600  # moves played in one reading
_OPTIONS = 10  # moves tried at one ply: the extension, and captures of chasers


class Stack(NamedTuple):
    """Room for one reading at a time: a board for each ply, and what is left to try there."""

    stones: NDArray[np.int8]  # the arrays of `Board`, [MAX_DEPTH, ...] each
    head: NDArray[np.int16]
    next: NDArray[np.int16]
    liberties: NDArray[np.uint64]
    counts: NDArray[np.int16]
    sizes: NDArray[np.int16]
    state: NDArray[np.int64]
    options: NDArray[np.int16]  # [MAX_DEPTH, _OPTIONS] moves of this ply
    tried: NDArray[np.int16]  # [MAX_DEPTH] how many of them were tried
    found: NDArray[np.int16]  # [MAX_DEPTH] how many there are
    union: NDArray[np.uint64]  # [words] scratch of `union_liberties`


@jit
def new_stack(points: int) -> Stack:
    """A stack for boards of that many points; some 3 MB for 19x19, touched as needed."""
    words = (points + 63) // 64
    return Stack(
        np.empty((MAX_DEPTH, points + 1), np.int8),
        np.empty((MAX_DEPTH, points + 1), np.int16),
        np.empty((MAX_DEPTH, points + 1), np.int16),
        np.empty((MAX_DEPTH, points + 1, words), np.uint64),
        np.empty((MAX_DEPTH, points + 1), np.int16),
        np.empty((MAX_DEPTH, points + 1), np.int16),
        np.empty((MAX_DEPTH, STATE_LENGTH), np.int64),
        np.empty((MAX_DEPTH, _OPTIONS), np.int16),
        np.empty(MAX_DEPTH, np.int16),
        np.empty(MAX_DEPTH, np.int16),
        np.empty(words, np.uint64),
    )


@jit
def _level(stack: Stack, board: Board, depth: int) -> Board:
    return Board(
        stack.stones[depth],
        stack.head[depth],
        stack.next[depth],
        stack.liberties[depth],
        stack.counts[depth],
        stack.sizes[depth],
        board.neighbours,
        board.diagonals,
        stack.state[depth],
    )


@jit
def liberty(board: Board, head: int, number: int) -> int:
    """The `number`-th liberty (from 0, in the order of the points) of the chain with this head."""
    for word in range(board.liberties.shape[1]):
        bits = board.liberties[head, word]
        while bits:
            if number == 0:
                return int(word * 64 + lowest_bit(bits))
            number -= 1
            bits &= bits - np.uint64(1)
    return board.stones.size - 1


@jit
def _add_option(stack: Stack, depth: int, point: int) -> None:
    count = stack.found[depth]
    for k in range(count):
        if stack.options[depth, k] == point:
            return
    if count < _OPTIONS:
        stack.options[depth, count] = point
        stack.found[depth] = count + 1


@jit
def _list_ways_out(stack: Stack, depth: int, board: Board, prey: int) -> None:
    """What the prey, in atari, may try: capture a chaser in atari, or extend."""
    stack.found[depth] = 0
    stack.tried[depth] = 0
    head = wide(board.head[prey])
    colour = wide(board.stones[prey])
    stone = head
    for _ in range(board.sizes[head]):
        for k in range(4):
            near = wide(board.neighbours[stone, k])
            if board.stones[near] == -colour and board.counts[board.head[near]] == 1:
                _add_option(stack, depth, liberty(board, wide(board.head[near]), wide(0)))
        stone = wide(board.next[stone])
    _add_option(stack, depth, liberty(board, head, wide(0)))


@jit
def _list_ataris(stack: Stack, depth: int, board: Board, prey: int) -> None:
    """What the chaser may try against a prey with two liberties: either of them.

    An atari is left out when the prey then simply extends to three liberties.
    """
    stack.found[depth] = 0
    stack.tried[depth] = 0
    head = wide(board.head[prey])
    colour = wide(board.stones[prey])
    first = liberty(board, head, wide(0))
    second = liberty(board, head, wide(1))
    for k in range(2):
        atari, way_out = (first, second) if k == 0 else (second, first)
        count = union_liberties(board, way_out, colour, stack.union)
        if stack.union[atari >> 6] >> np.uint64(atari & 63) & np.uint64(1):
            count -= 1
        if count < 3 or capture_size(board, atari, -colour) > 0:
            _add_option(stack, depth, atari)


@jit
def _is_caught(stack: Stack, board: Board, prey: int, depth: int) -> bool:
    """Read on from the board at `depth`, where the prey has one or two liberties.

    In atari it is the prey's turn, with two liberties the chaser's. An AND-OR search, depth
    first; the stack holds its open plies.
    """
    root = depth
    moves = 0
    here = _level(stack, board, depth)
    colour = wide(here.stones[prey])
    _list_moves(stack, depth, here, prey)
    while True:
        prey_to_move = stack.counts[depth, stack.head[depth, prey]] == 1
        decided = False
        caught = False
        if stack.tried[depth] == stack.found[depth]:
            decided, caught = True, prey_to_move  # who has nothing left to try has lost
        else:
            move = wide(stack.options[depth, stack.tried[depth]])
            stack.tried[depth] += 1
            moves += 1
            here = _level(stack, board, depth)
            mover = colour if prey_to_move else -colour
            foreseen = 2
            if prey_to_move and move == liberty(here, wide(here.head[prey]), wide(0)):
                foreseen = union_liberties(here, move, colour, stack.union)
            if foreseen >= 3:
                decided = True  # it gets out, and the move need not be played to see it
            elif foreseen == 2 and is_legal(here, move, mover):
                if depth + 1 == MAX_DEPTH or moves > MAX_MOVES:
                    return False
                below = _level(stack, board, depth + 1)
                copy_board(below, here)
                play(below, move, mover)
                count = below.counts[below.head[prey]]
                if prey_to_move and count >= 3:
                    decided = True
                elif count == (2 if prey_to_move else 1):
                    depth += 1
                    _list_moves(stack, depth, below, prey)
        while decided:
            if depth == root:
                return caught
            depth -= 1
            prey_chose = stack.counts[depth, stack.head[depth, prey]] == 1
            decided = caught != prey_chose  # a choice that failed leaves the others to try


@jit
def _list_moves(stack: Stack, depth: int, board: Board, prey: int) -> None:
    if board.counts[board.head[prey]] == 1:
        _list_ways_out(stack, depth, board, prey)
    else:
        _list_ataris(stack, depth, board, prey)


@jit
def move_catches(stack: Stack, board: Board, prey: int, move: int) -> bool:
    """Whether the chaser's legal move, on a liberty of a prey with two, catches it."""
    top = wide(0)
    below = _level(stack, board, top)
    copy_board(below, board)
    play(below, move, -wide(board.stones[prey]))
    if below.counts[below.head[prey]] != 1:
        return False
    return _is_caught(stack, board, prey, top)


@jit
def move_saves(stack: Stack, board: Board, prey: int, move: int) -> bool:
    """Whether a legal move of the prey, in atari, gets it out of the ladder."""
    top, colour = wide(0), wide(board.stones[prey])
    if move == liberty(board, wide(board.head[prey]), top):
        count = union_liberties(board, move, colour, stack.union)
        if count != 2:
            return count >= 3
    below = _level(stack, board, top)
    copy_board(below, board)
    play(below, move, colour)
    count = below.counts[below.head[prey]]
    return count >= 3 or (count == 2 and not _is_caught(stack, board, prey, top))


@jit
def mark_ladders(
    board: Board,
    colour: int,
    stack: Stack,
    capture: NDArray[np.uint8],
    escape: NDArray[np.uint8],
    lost: NDArray[np.uint8],
) -> None:
    """Read every ladder on the board for the player to move.

    Args:
        board: the position.
        colour: the player to move.
        stack: room to read in.
        capture: uint8[P], set to 1 where a move catches a chain of two liberties.
        escape: uint8[P], set to 1 where a move saves an own chain in atari.
        lost: uint8[P], set to 1 on the stones of own chains in atari that nothing saves.
    """
    points = board.stones.size - 1
    top = wide(0)
    for head in range(points):
        if board.stones[head] == EMPTY or board.head[head] != head:
            continue
        if board.stones[head] == -colour and board.counts[head] == 2:
            _list_ataris(stack, top, board, head)
            ways = stack.options[0, : stack.found[0]].copy()  # reading on overwrites them
            for k in range(ways.size):
                way = wide(ways[k])
                if is_legal(board, way, colour) and move_catches(stack, board, head, way):
                    capture[way] = 1
        elif board.stones[head] == colour and board.counts[head] == 1:
            _list_ways_out(stack, top, board, head)
            ways = stack.options[0, : stack.found[0]].copy()
            saved = False
            for k in range(ways.size):
                way = wide(ways[k])
                if is_legal(board, way, colour) and move_saves(stack, board, head, way):
                    escape[way] = 1
                    saved = True
            if not saved:
                stone = head
                for _ in range(board.sizes[head]):
                    lost[stone] = 1
                    stone = board.next[stone]


@jit
def can_be_caught(board: Board, point: int, to_move: int = BLACK) -> bool:
    """Whether the chain at a stone can be caught in a ladder with `to_move` to play.

    A chain of three or more liberties cannot; one in atari whose owner is not to move is caught.
    """
    stack = new_stack(board.stones.size - 1)
    top, head = wide(0), wide(board.head[point])
    colour = wide(board.stones[point])
    if board.counts[head] >= 3:
        return False
    if colour == to_move and board.counts[head] == 2:
        return False
    if colour != to_move and board.counts[head] == 1:
        return True
    copy_board(_level(stack, board, top), board)
    return _is_caught(stack, board, point, top)


def find_ladders(board: Board, colour: int) -> tuple[NDArray[np.int64], ...]:
    """The points where a colour catches in a ladder, where it escapes, and its lost stones."""
    points = board.stones.size - 1
    marks = [np.zeros(points, np.uint8) for _ in range(3)]
    mark_ladders(board, colour, new_stack(points), *marks)
    return tuple(np.flatnonzero(mark) for mark in marks)
