"""Games written as SGF read back as they were."""

import pytest
from sgfmill import sgf as sgfmill

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.sgf.reader import parse_game
from gocnn.sgf.writer import sgf
from tests.support.playing import random_game


def read(text: str) -> Game:
    game = parse_game(text.encode())
    assert isinstance(game, Game)
    return game


@pytest.mark.parametrize(("size", "seed"), [(9, 1), (13, 2), (19, 3), (25, 4)])
def test_a_game_reads_back(size: int, seed: int) -> None:
    position = random_game(size, 80, seed).position()
    game = read(sgf(position))
    assert (game.entries == position.entries()[0]).all()
    assert (game.size, game.setup, game.handicap) == (size, 0, 0)


def test_handicap_result_and_players_read_back() -> None:
    position = Position(19, komi=0.5)
    position.place_handicap(3)
    for vertex in ("C17", "D10", "pass", "T19"):
        position.play(point_of_vertex(vertex, 19))
    text = sgf(position, {"PB": r"back\slash [9d]", "PW": "白", "RE": "B+12.5", "GN": ""})
    game = read(text)
    assert (game.handicap, game.komi, game.winner, game.margin) == (3, 0.5, BLACK, 12.5)
    assert (game.stones() == position.stones).all()
    assert (len(game), game.to_move(0), game.to_move(1)) == (4, WHITE, BLACK)
    assert "GN[" not in text
    root = sgfmill.Sgf_game.from_string(text).get_root()
    assert (root.get("PB"), root.get("PW")) == (r"back\slash [9d]", "白")


def test_set_up_stones_of_both_colours_and_the_player_to_move() -> None:
    position = Position(9)
    position.setup(black=[0, 40], white=[1], to_move=WHITE)
    game = read(sgf(position))
    assert (game.stones() == position.stones).all()
    assert game.to_move(0) == WHITE
    position.play(80, BLACK)  # whoever plays first in fact
    assert read(sgf(position)).to_move(0) == BLACK


def test_comments_stand_at_their_moves() -> None:
    position = Position(9)
    position.play(0)
    position.play(1)
    game = sgfmill.Sgf_game.from_string(sgf(position, comments={0: "start", 2: "a ] here"}))
    assert [
        node.get("C") if node.has_property("C") else "" for node in game.main_sequence_iter()
    ] == ["start", "", "a ] here"]
