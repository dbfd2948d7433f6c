"""Shifted shapes and mirrored positions: what networks of known behaviour get."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.evaluation.equivariance import cut_out, shift_test, symmetry_test
from gocnn.features.encode import encode_planes
from gocnn.features.encoding import FULL, PLAIN
from gocnn.go.board import BLACK
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.network.output import Output
from tests.support.networks import loaded
from tests.support.playing import random_corpus

LINES = 13


@pytest.fixture(scope="module")
def positions() -> Positions:
    corpus = random_corpus(12, size=LINES, moves=100)
    return Positions(corpus, np.arange(len(corpus)), passes=False)


class _AboveTheLast(nn.Module):
    """Plays one point above the last move: as local as can be, but not symmetric."""

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        last = planes_BCHW[:, 3]
        points = torch.roll(last, -1, dims=1).flatten(1) * 9
        return Output(torch.cat((points, points[:, :1] * 0), dim=1), globals_BG[:, 0] * 0)


class _Fixed(nn.Module):
    """Likes each point of the board as well as ever, whatever is there."""

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        likes = torch.rand(LINES**2 + 1, generator=torch.Generator().manual_seed(0))
        return Output(5 * likes.expand(len(planes_BCHW), -1), globals_BG[:, 0] * 0)


def test_cut_outs_are_the_stones_around_the_move(positions: Positions) -> None:
    shapes = cut_out(positions, 10, radius=2, reach=3)
    assert len(shapes) == 10
    for down, right in ((0, 0), (-3, 0), (1, 2), (0, 3)):
        query, moves = shapes.moved(down, right)
        planes = encode_planes(PLAIN, query, LINES)[:, 0]
        for number in range(10):
            game = positions.corpus.game(int(shapes.games[number]))
            ply = int(positions.locate(shapes.numbers[number : number + 1])[1][0])
            whole = _board(game.stones(ply))
            row, column = divmod(int(shapes.moves[number]), LINES)
            assert 5 <= row < LINES - 5 and 5 <= column < LINES - 5
            window = whole[row - 2 : row + 3, column - 2 : column + 3]
            expected = np.zeros((LINES, LINES), np.int8)
            top, left = row + down, column + right
            expected[top - 2 : top + 3, left - 2 : left + 3] = window
            assert (planes[number] == expected).all()
            assert moves[number] == top * LINES + left


def test_a_chain_whose_last_liberty_would_be_off_the_board_is_left_out() -> None:
    position = Position(LINES)
    above, move = 3 * LINES + 6, 5 * LINES + 6
    position.setup([above - 1, above + 1, above + LINES], [above])  # its liberty is on line 3
    position.play(move)
    entries, setup = position.entries()
    corpus = Corpus.from_games([Game(size=LINES, entries=entries, setup=setup)])
    positions = Positions(corpus, np.array([0]), passes=False)
    assert len(cut_out(positions, 1, radius=2, reach=2)) == 1
    assert len(cut_out(positions, 1, radius=2, reach=3)) == 0


def _board(stones: np.ndarray) -> np.ndarray:
    return stones.reshape(LINES, LINES)


def test_the_last_move_is_told_where_the_cut_out_holds_it(positions: Positions) -> None:
    shapes = cut_out(positions, 20, radius=2, reach=3)
    planes = encode_planes(FULL, shapes.moved(0, 1)[0], LINES)
    told = planes[:, 3].reshape(20, -1)
    assert (told.sum(1) == (shapes.lasts >= 0)).all()
    assert told.any(1).sum() > 10
    own, mine = planes[:, 0].reshape(20, -1), shapes.colours == BLACK
    assert mine.any() and not mine.all()
    assert not (told & own).any()


def test_a_local_rule_moves_along_and_a_fixed_point_does_not(positions: Positions) -> None:
    rows = shift_test(loaded(_AboveTheLast()), positions, 30, radius=2)
    told = rows[0].top1.mean
    assert 0 < told < 1  # random games often go on above the last move
    assert [row.points for row in rows] == [0, 1, 2, 3]
    # A shape whose last move was cut off gets a tie, and its first point does not move along.
    assert all(row.lost.mean == 0 and row.change.mean < 1e-6 for row in rows)
    fixed = shift_test(loaded(_Fixed()), positions, 30, radius=2)
    assert fixed[0].follows.mean == 1
    assert all(row.follows.mean < 0.1 for row in fixed[1:])


def test_no_shape_that_far_from_the_edge_is_no_answer(positions: Positions) -> None:
    assert shift_test(loaded(_Fixed()), positions, 30, radius=4) == []


def test_mirrored_positions(positions: Positions) -> None:
    local = symmetry_test(loaded(_AboveTheLast()), positions, 200)
    # Of the seven other views, one leaves "above" where it is: the board mirrored left to right.
    assert local.agrees.mean == pytest.approx(1 / 7, abs=0.05)
    assert local.top1.mean > local.top1_others.mean > 0
    assert symmetry_test(loaded(_Fixed()), positions, 50).agrees.mean < 0.3
