"""Random games to the end: the same seed gives the same, sekis hold, live groups live."""

import numpy as np
import pytest

from gocnn.go.board import BLACK, WHITE
from gocnn.go.playouts import sample, throws_away
from gocnn.go.position import Position
from tests.support.boards import ALIVE, SEKI, board, point


@pytest.mark.parametrize("size", [5, 9, 19])
def test_the_seed_decides(size: int) -> None:
    empty = Position(size).board
    once, again = (sample(empty, BLACK, playouts=20, seed=3) for _ in range(2))
    assert np.array_equal(once.ownership, again.ownership)
    assert np.array_equal(once.margins, again.margins)
    assert not np.array_equal(once.margins, sample(empty, BLACK, playouts=20, seed=4).margins)


def test_the_board_stays_as_it_was() -> None:
    position = board(ALIVE)
    before = [np.array(array) for array in position.board]
    sample(position.board, WHITE, playouts=20)
    for old, new in zip(before, map(np.asarray, position.board), strict=True):
        assert np.array_equal(old, new)


def test_two_eyes_live_in_every_playout() -> None:
    found = sample(board(ALIVE).board, WHITE, playouts=200)
    assert found.ownership.tolist() == [1.0] * 10 + [-1.0] * 15
    assert found.margins.tolist() == [-5] * 200


def test_ownership_and_margins_tell_of_the_same_games() -> None:
    found = sample(Position(7).board, BLACK, playouts=150, seed=1)
    assert found.ownership.sum() == pytest.approx(found.margins.mean(), abs=1e-3)
    assert np.abs(found.ownership).max() < 1
    assert found.margins.min() < 0 < found.margins.max()


def test_both_sides_are_alike_on_the_empty_board() -> None:
    """Whoever begins gains as much: a slip that favours one colour shows here."""
    black = sample(Position(9).board, BLACK, playouts=3000, seed=5).margins.mean()
    white = sample(Position(9).board, WHITE, playouts=3000, seed=6).margins.mean()
    assert 0 < black < 6
    assert 0 < -white < 6


@pytest.mark.parametrize(
    ("diagram", "colour", "vertex", "thrown_away"),
    [
        ("X X . O / X . O O / O O O . / . . . .", BLACK, "B3", True),  # three stones, one liberty
        ("X X . O / X . O O / O O . . / . . . .", WHITE, "B3", False),  # white has more
        (". . . . / . . . . / . . . . / . . . .", BLACK, "A1", False),  # in the open
        (". O . . / O . . . / . . . . / . . . .", BLACK, "A4", False),  # one stone: no loss
        ("X X . . / O O . . / . . . . / . . . .", BLACK, "C4", False),  # two liberties
        ("X X O . / . O X . / X X X . / . . . .", BLACK, "A3", False),  # connects
    ],
)
def test_large_self_atari_is_refused(
    diagram: str, colour: int, vertex: str, thrown_away: bool
) -> None:
    position = board(diagram)
    assert throws_away(position.board, point(vertex, position.size), colour) is thrown_away


def test_a_seki_holds() -> None:
    """Neither side fills the shared liberties, so both chains stay in every playout."""
    position = board(SEKI)
    for vertex in ("A7", "B6"):
        for colour in (BLACK, WHITE):
            assert throws_away(position.board, point(vertex, 7), colour), (vertex, colour)
    ownership = sample(position.board, BLACK, playouts=200).ownership
    assert [ownership[point(v, 7)] for v in ("B7", "C5", "A6", "B5", "A7", "B6")] == [
        1, 1, -1, -1, 0, 0,
    ]  # fmt: skip
