"""Ladders: real shapes, and a slow reader without short cuts beside the fast one."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from gocnn.go import ladders
from gocnn.go.board import BLACK, EMPTY, WHITE
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from tests.support.boards import LADDER, board, point


def _with(vertices: str) -> str:
    """The ladder with more black stones."""
    rows = [row.split() for row in LADDER.split("\n") if row]
    for name in vertices.split():
        row, column = divmod(point(name, 9), 9)
        rows[row][column] = "X"
    return "\n".join(" ".join(row) for row in rows)


# name, diagram, stone of the prey, to move, caught
SHAPES = [
    ("the ladder runs to the far edge", LADDER, "D5", WHITE, True),
    ("the prey may move first and gets three liberties", LADDER, "D5", BLACK, False),
    ("a breaker far away", _with("G2"), "D5", WHITE, False),
    ("a breaker at the edge", _with("F1"), "D5", WHITE, False),
    ("a stone beside the way breaks nothing", _with("J5 A1"), "D5", WHITE, True),
    (
        "one stone in atari in the open",
        """
        . . . . . . .
        . . . . . . .
        . . . O . . .
        . . O X . . .
        . . . O . . .
        . . . . . . .
        . . . . . . .
        """,
        "D4",
        BLACK,
        False,
    ),
    (
        "on the first line there is no way out",
        """
        . . . . . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
        . . . . . . .
        . O O O . . .
        O X . . . . .
        """,
        "B1",
        BLACK,
        True,
    ),
    (
        "capturing a chaser in atari helps",
        """
        . . . . .
        . . . . .
        X O X . .
        O X O . .
        . . O . .
        """,
        "B2",
        BLACK,
        False,
    ),
    (
        "without that capture the same stone is lost",
        """
        . . . . .
        . O . . .
        X O X . .
        O X O . .
        O . O . .
        """,
        "B2",
        BLACK,
        True,
    ),
    (
        "three liberties are no ladder",
        """
        . . . . .
        . . . . .
        . O X . .
        . . . . .
        . . . . .
        """,
        "C3",
        WHITE,
        False,
    ),
    ("a chain in atari whose owner waits is caught", "X O . / . . . / . . .", "A3", WHITE, True),
]


@pytest.mark.parametrize(("name", "diagram", "prey", "to_move", "caught"), SHAPES)
def test_shapes(name: str, diagram: str, prey: str, to_move: int, caught: bool) -> None:
    position = board(diagram, to_move=to_move)
    stone = point(prey, position.size)
    assert ladders.can_be_caught(position.board, stone, to_move) is caught
    assert _slow(position, stone) is caught


def _slow(position: Position, prey: int) -> bool:
    """`can_be_caught` by the definition alone: every atari and every way out is played."""
    head = position.board.head[prey]
    colour = int(position.board.stones[prey])
    liberties = _liberties(position, prey)
    if len(liberties) >= 3:
        return False
    if position.to_move == colour:
        if len(liberties) == 2:
            return False
        tries = set(liberties)
        for stone in np.flatnonzero(position.board.head[:-1] == head).tolist():
            if position.board.stones[stone] != colour:
                continue
            for near in position.board.neighbours[stone].tolist():
                if position.board.stones[near] == -colour:
                    theirs = _liberties(position, near)
                    tries |= set(theirs) if len(theirs) == 1 else set()

        def is_out(after: Position) -> bool:
            return len(_liberties(after, prey)) >= 2 and not _slow(after, prey)

        return not any(_after(position, move, is_out) for move in tries)
    if len(liberties) == 1:
        return True

    def is_lost(after: Position) -> bool:
        return len(_liberties(after, prey)) == 1 and _slow(after, prey)

    return any(_after(position, move, is_lost) for move in liberties)


def _after(position: Position, move: int, judge: Callable[[Position], bool]) -> bool:
    if not position.is_legal(move):
        return False
    position.play(move)
    verdict = judge(position)
    position.undo()
    return verdict


def _liberties(position: Position, stone: int) -> list[int]:
    head = int(position.board.head[stone])
    count = int(position.board.counts[head])
    return [ladders.liberty(position.board, head, k) for k in range(count)]


def test_agrees_with_the_slow_reader_on_random_positions() -> None:
    rng = random.Random(5)
    compared = caught = 0
    for _ in range(60):
        position = Position(5)
        for _ in range(rng.randrange(6, 22)):
            legal = position.legal_points().tolist()
            position.play(rng.choice(legal) if legal else 25)
        for stone in np.flatnonzero(position.board.stones[:-1] != EMPTY).tolist():
            if position.board.head[stone] != stone:
                continue
            fast = ladders.can_be_caught(position.board, stone, position.to_move)
            assert fast is _slow(position, stone), f"{vertex(stone, 5)} in\n{position}"
            compared += 1
            caught += fast
    assert compared > 200
    assert 20 < caught < compared - 20


def test_marks_say_which_moves_catch() -> None:
    position = board(LADDER, to_move=WHITE)
    capture, escape, lost = _marks(position)
    assert capture == ["E6"]  # E5 would drive the prey up, to F9
    assert not escape
    assert not lost


# name, diagram with black to move, moves that escape, stones that are lost
IN_ATARI = [
    ("in the open", ". . . . . / . . O . . / . O X . . / . . O . . / . . . . .", ["D3"], []),
    (
        "on the first line",
        ". . . . . / . . . . . / . . . . . / . O O . . / O X . . .",
        [],
        ["B1"],
    ),
    (
        "by capture",
        ". . . . . / . . . . . / X O X . . / O X O . . / . . O . .",
        ["A4", "B4", "A1"],
        [],
    ),
]


@pytest.mark.parametrize(("name", "diagram", "escapes", "lost"), IN_ATARI)
def test_marks_say_what_a_chain_in_atari_can_do(
    name: str, diagram: str, escapes: list[str], lost: list[str]
) -> None:
    _, found, gone = _marks(board(diagram, to_move=BLACK))
    assert found == escapes
    assert gone == lost


def _marks(position: Position) -> list[list[str]]:
    points = position.size**2
    marks = [np.zeros(points, np.uint8) for _ in range(3)]
    stack = ladders.new_stack(points)
    ladders.mark_ladders(position.board, position.to_move, stack, *marks)
    return [[vertex(p, position.size) for p in np.flatnonzero(m).tolist()] for m in marks]
