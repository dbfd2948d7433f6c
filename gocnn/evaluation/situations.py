"""What is going on in a position, found by the rules: atari, ko, ladders, races, where a move lies.

`find_situations` names what holds for each position of a set; `gocnn.evaluation.weaknesses`
measures networks by it. Situations that begin with "played:" are of the move that was played, which
a network does not know.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.go.board import (
    BLACK,
    KO,
    KO_COLOUR,
    POINT_MASK,
    WHITE,
    WHITE_BIT,
    Board,
    capture_size,
    copy_board,
    is_legal,
    new_board,
    play,
    replay,
)
from gocnn.go.game import check_moves
from gocnn.go.ladders import Stack, liberty, mark_ladders, move_catches, new_stack

CATCH = "can catch in a long ladder"
LOST = "own chain is lost in a long ladder"
KO_BAN = "may not retake a ko"
KO_ANSWER = "a ko threat to answer"
RACE = "capturing race"
LONG = 5  # times that the prey extends
_LARGE, _SHORT = 3, 3  # a race: chains of so many stones or more, of so many liberties or fewer
_LATE = 200  # moves
_NEAR, _FAR = 2, 6  # from the last move, in lines, the larger of rows and columns


@dataclass(frozen=True)
class Setting:
    """One position with what was played, and room to work in."""

    board: Board
    colour: int  # who is to move
    move: int  # that was played
    last: int  # the move before; size * size for none
    opponent_banned: bool  # a ko was closed to the opponent when that was played
    ply: int
    handicap: int
    stack: Stack
    spare: Board


def find_situations(
    positions: Positions, numbers: NDArray[np.int64]
) -> dict[str, NDArray[np.bool_]]:
    """Which positions each situation holds for; a position may be in several, or in none.

    Returns:
        bool[N] by name, in a fixed order; situations that hold for none are left out.

    Raises:
        GocnnError: when a packed game holds an illegal move.
    """
    judged = [_judge(setting) for setting in _settings(positions, numbers)]
    situations = {name: np.array([holds[name] for holds in judged]) for name in judged[0]}
    return {name: holds for name, holds in situations.items() if holds.any()}


def _settings(positions: Positions, numbers: NDArray[np.int64]) -> Iterator[Setting]:
    corpus, points = positions.corpus, positions.size**2
    board, spare, stack = new_board(positions.size), new_board(positions.size), new_stack(points)
    for game, ply in zip(*positions.locate(numbers), strict=True):
        record = corpus.games[game]
        setup = int(record["setup"])
        first = int(record["offset"])
        entries = corpus.entries[first : first + setup + int(ply) + 1]
        before = max(len(entries) - 2, setup)  # the last move is played by itself
        if check_moves(board, entries[:before], setup) != before:
            raise GocnnError("a packed game holds an illegal move: prepare the corpus anew")
        banned, last = False, points
        if ply:
            last_colour = _colour(entries[-2])
            banned = _banned(board, last_colour)
            replay(board, entries, before, len(entries) - 1)
            last = int(entries[-2]) & POINT_MASK
        move, colour = int(entries[-1]) & POINT_MASK, _colour(entries[-1])
        handicap = int(record["handicap"])
        yield Setting(board, colour, move, last, banned, int(ply), handicap, stack, spare)


def _colour(entry: np.uint16) -> int:
    return WHITE if entry & WHITE_BIT else BLACK


def _banned(board: Board, colour: int) -> bool:
    """Whether a ko is closed to this colour."""
    return bool(board.state[KO] < board.stones.size - 1 and board.state[KO_COLOUR] == colour)


def _judge(setting: Setting) -> dict[str, bool]:
    """Whether each situation holds."""
    board, colour, move = setting.board, setting.colour, setting.move
    points = board.stones.size - 1
    size = round(points**0.5)
    stones = board.stones[:-1]
    liberties = np.where(stones != 0, board.counts[board.head[:-1]], points)
    catch, lost = _long_ladders(setting)
    placed = move != points
    taken = int(capture_size(board, move, colour)) if placed else 0
    row, column = divmod(move, size)
    line = min(row, column, size - 1 - row, size - 1 - column) + 1 if placed else 0
    away = _distance(move, setting.last, size)
    return {
        "own stones in atari": bool(((stones == colour) & (liberties == 1)).any()),
        "opponent's stones in atari": bool(((stones == -colour) & (liberties == 1)).any()),
        CATCH: catch,
        LOST: lost,
        RACE: _race(board, liberties, colour),
        KO_BAN: _banned(board, colour),
        KO_ANSWER: setting.opponent_banned and setting.last != points,
        f"after move {_LATE}": setting.ply >= _LATE,
        "handicap game": setting.handicap > 0,
        "played: a capture": taken > 0,
        "played: takes a ko": taken == 1 and _takes_ko(setting),
        "played: on the first line": line == 1,
        "played: on the second line": line == 2,
        f"played: at most {_NEAR} lines from the last move": 0 < away <= _NEAR,
        f"played: {_NEAR + 1} to {_FAR - 1} lines from it": _NEAR < away < _FAR,
        f"played: {_FAR} lines from it or more": away >= _FAR,
    }


def _distance(a: int, b: int, size: int) -> int:
    """In lines, the larger of rows and columns; 0 when one of them is a pass."""
    if max(a, b) >= size * size:
        return 0
    return max(abs(a // size - b // size), abs(a % size - b % size))


def _takes_ko(setting: Setting) -> bool:
    copy_board(setting.spare, setting.board)
    play(setting.spare, setting.move, setting.colour)
    return _banned(setting.spare, -setting.colour)


def _race(board: Board, liberties: NDArray[np.int16], colour: int) -> bool:
    """Whether two large chains, short of liberties, one of each side, touch."""
    stones = board.stones[:-1]
    weak = (stones != 0) & (liberties <= _SHORT) & (board.sizes[board.head[:-1]] >= _LARGE)
    own, other = np.append(weak & (stones == colour), False), weak & (stones == -colour)
    return bool((own[board.neighbours[:-1]] & other[:, None]).any())


def _long_ladders(setting: Setting) -> tuple[bool, bool]:
    """Whether the mover can catch a chain in a long ladder, and has one that is lost in one."""
    board, colour = setting.board, setting.colour
    marks = [np.zeros(board.stones.size - 1, np.uint8) for _ in range(3)]
    mark_ladders(board, colour, setting.stack, *marks)
    capture, _, lost = marks
    caught = any(_catches_long(setting, int(move)) for move in np.flatnonzero(capture))
    heads = np.unique(board.head[:-1][lost > 0]).tolist()
    return caught, any(_extensions(setting, head, None) >= LONG for head in heads)


def _catches_long(setting: Setting, move: int) -> bool:
    board = setting.board
    for near in set(board.neighbours[move].tolist()):
        if board.stones[near] != -setting.colour or board.counts[board.head[near]] != 2:
            continue
        if (
            move_catches(setting.stack, board, near, move)
            and _extensions(setting, near, move) >= LONG
        ):
            return True
    return False


def _extensions(setting: Setting, prey: int, chase: int | None) -> int:
    """How often a chain extends until it is caught, where the chaser always plays on.

    Args:
        setting: where.
        prey: a stone of the chain.
        chase: the move of the chaser's to begin with; None when the prey is in atari already.
    """
    board = setting.spare
    copy_board(board, setting.board)
    colour = int(board.stones[prey])
    count = 0
    while True:
        if chase is not None:
            play(board, chase, -colour)
        if board.counts[board.head[prey]] != 1:
            return 0
        way_out = int(liberty(board, board.head[prey], 0))
        if not is_legal(board, way_out, colour):
            return count
        play(board, way_out, colour)
        count += 1
        if board.counts[board.head[prey]] != 2:
            return count if board.counts[board.head[prey]] == 1 else 0
        ataris = (int(liberty(board, board.head[prey], k)) for k in range(2))
        chase = next(
            (
                atari
                for atari in ataris
                if is_legal(board, atari, -colour)
                and move_catches(setting.stack, board, prey, atari)
            ),
            None,
        )
        if chase is None:
            return 0
