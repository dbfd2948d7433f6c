"""The likely moves of a position: from files, lists and standard input, as a board and as JSON."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gocnn.cli.main import main
from gocnn.cli.position_input import play_moves, read_position
from gocnn.cli.suggestions import as_dict, as_text, likely_moves
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from gocnn.go.ranks import parse_rank
from gocnn.prediction import Conditions, Prediction
from tests.support.boards import point

SGF = "(;GM[1]FF[4]SZ[9]KM[5.5]BR[3k]WR[1d]RE[W+3.5];B[ee];W[gc];B[cg];W[pp])"
GAME = SGF.replace(";W[pp]", "")


def predicts(position: Position, *names: str, win: float = 0.625) -> Prediction:
    policy = np.zeros(position.size**2 + 1, np.float32)
    for rank, name in enumerate(names):
        policy[point(name, position.size)] = 0.5 / 2**rank
    return Prediction(policy, win)


@pytest.fixture
def game(tmp_path: Path) -> str:
    path = tmp_path / "game.sgf"
    path.write_text(GAME)
    return str(path)


@pytest.mark.parametrize(
    ("move", "ply", "to_move", "actual", "rank"),
    [
        (None, 3, WHITE, None, "1d"),
        (1, 0, BLACK, "E5", "3k"),
        (3, 2, BLACK, "C3", "3k"),
        (4, 3, WHITE, None, "1d"),
    ],
)
def test_a_move_of_a_game(
    game: str, move: int | None, ply: int, to_move: int, actual: str | None, rank: str
) -> None:
    asked = read_position(game=game, move=move)
    assert (asked.position.ply, asked.position.to_move) == (ply, to_move)
    assert asked.played == (None if actual is None else point(actual, 9))
    other = {"1d": "3k", "3k": "1d"}[rank]
    assert asked.conditions.rank == parse_rank(rank)
    assert asked.conditions.opponent_rank == parse_rank(other)
    assert asked.conditions.komi == 5.5


def test_what_one_says_goes_before_what_the_game_says(game: str) -> None:
    asked = read_position(game=game, rank=29, opponent_rank=30, komi=0.5)
    assert asked.conditions == Conditions(rank=29, opponent_rank=30, komi=0.5)
    assert asked.position.komi == 0.5


@pytest.mark.parametrize(
    ("moves", "played"),
    [
        ("D4 Q16 d16", "D4 Q16 D16"),
        ("b D4, w Q16;B D16", "D4 Q16 D16"),
        ("D4\nQ16\n\n", "D4 Q16"),
        ("B D4 B Q16 W C3", "D4 Q16 C3"),
        ("pass D4", "pass D4"),
        ("B2 W4", "B2 W4"),
        ("", ""),
    ],
)
def test_lists_of_moves(moves: str, played: str) -> None:
    size = 25 if "W4" in moves else 19
    position = play_moves(moves, size, 7.5)
    assert " ".join(vertex(p, size) for _, p in position.moves) == played


def test_colours_in_a_list_decide_who_plays() -> None:
    position = play_moves("B D4 B Q16 W C3", 19, 7.5)
    assert [colour for colour, _ in position.moves] == [BLACK, BLACK, WHITE]
    asked = read_position(moves="B D4 B Q16 W C3", rank=parse_rank("5k"))
    assert (asked.conditions.handicap, asked.position.to_move) == (2, BLACK)


@pytest.mark.parametrize("text", [GAME, f"\n {GAME}\n", "E5 G7 C3"])
def test_standard_input_holds_a_game_or_moves(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    asked = read_position(game="-", board_size=None if "(" in text else 9)
    assert [vertex(p, 9) for _, p in asked.position.moves] == ["E5", "G7", "C3"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "give a game file"),
        ({"game": "x.sgf", "moves": "D4"}, "give a game file"),
        ({"game": "no/such.sgf"}, "no/such.sgf"),
        ({"moves": "D4 Q99"}, "move 2 of the list: 'Q99' is not a vertex"),
        ({"moves": "D4 Q16 D4"}, "move 3 of the list: black may not play D4"),
        ({"moves": "D4", "move": 3}, "the list has 1 moves: --move is 1 to 2, not 3"),
        ({"moves": "D4", "move": 0}, "--move is 1 to 2, not 0"),
        ({"moves": "D4", "board_size": 40}, "a board has 2 to 25 lines"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(options: dict[str, Any], told: str) -> None:
    with pytest.raises(GocnnError) as caught:
        read_position(**options)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_game_has_a_board_size_of_its_own(game: str) -> None:
    with pytest.raises(GocnnError, match=r"game\.sgf is on 9x9: --board-size is for --moves only"):
        read_position(game=game, board_size=9)


def test_ranks_are_parsed_with_the_command_line() -> None:
    result = CliRunner().invoke(main, ["suggest", "--moves", "D4", "--rank", "strong"])
    assert result.exit_code == 2
    assert "Invalid value for '--rank': 'strong' is not a rank" in result.stderr


def test_a_broken_game_names_file_and_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "broken.sgf"
    path.write_text(SGF)
    with pytest.raises(GocnnError, match=r"broken\.sgf.*move 4"):
        read_position(game=str(path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SGF.encode())))
    with pytest.raises(GocnnError, match=r"standard input: .*move 4"):
        read_position(game="-")


def test_the_board_and_the_table() -> None:
    asked = read_position(moves="E5", board_size=9, move=1, rank=parse_rank("3k"))
    text = as_text(asked, predicts(asked.position, "C3", "pass", "D4"), 3)
    lines = text.splitlines()
    assert lines[0] == lines[10] == "    A B C D E F G H J"
    assert lines[7] == " 3  . . a . . . + . .   3"
    assert lines[6] == " 4  . . . b . . . . .   4"
    assert lines[12:] == [
        "Move 1, black (3k) to play, komi 7.5: wins 62% of such games.",
        "",
        "  a  C3     50.0%  ####################",
        "     pass   25.0%  ##########",
        "  b  D4     12.5%  #####",
        "     E5      0.0%  <- played",
    ]


def test_the_move_played_is_marked_in_the_table() -> None:
    asked = read_position(moves="E5 C3", board_size=9, move=2)
    text = as_text(asked, predicts(asked.position, "D4", "C3"), 5)
    assert [line for line in text.splitlines() if "<- played" in line] == [
        "  b  C3     25.0%  ########## <- played"
    ]


def test_moves_without_a_chance_are_not_listed() -> None:
    prediction = predicts(Position(9), "C3", "D4")
    assert [move.vertex for move in likely_moves(prediction, 9, 5)] == ["C3", "D4"]
    assert [move.vertex for move in likely_moves(prediction, 9, 1)] == ["C3"]


def test_json(game: str) -> None:
    asked = read_position(game=game, move=2)
    said = json.loads(json.dumps(as_dict(asked, predicts(asked.position, "G7", "pass"), 5)))
    assert said == {
        "size": 9, "move": 2, "to_move": "white", "komi": 5.5, "handicap": 0, "rank": "1d",
        "opponent_rank": "3k", "win_rate": 0.625, "played": "G7",
        "moves": [{"vertex": "G7", "probability": 0.5}, {"vertex": "pass", "probability": 0.25}],
    }  # fmt: skip


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_one_or_the_other(
    monkeypatch: pytest.MonkeyPatch, game: str, as_json: bool
) -> None:
    class Fake:
        def __init__(self, weights: object, *, device: str, symmetries: int) -> None:
            assert (weights, device, symmetries) == ("w.safetensors", "cpu", 8)

        def __call__(self, position: Position, _conditions: Conditions) -> Prediction:
            return predicts(position, "C7")

    monkeypatch.setattr("gocnn.inference.predictor.Predictor", Fake)
    options = ["--weights", "w.safetensors", "--device", "cpu", "--symmetries", "8", "--top", "2"]
    result = CliRunner().invoke(
        main, ["suggest", game, "--move", "2", *options, *(["--json"] if as_json else [])]
    )
    assert result.exit_code == 0, result.output
    printed = result.stdout
    if as_json:
        assert json.loads(printed)["moves"] == [{"vertex": "C7", "probability": 0.5}]
    else:
        assert "  a  C7     50.0%" in printed
        assert "\x1b" not in printed
