"""The likely moves of a position: from files, lists and standard input, as a board and as JSON."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from gocnn.cli import options
from gocnn.cli.main import main
from gocnn.cli.position_input import read_position
from gocnn.cli.suggestions import as_diagram, as_dict, as_text, likely_moves
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from gocnn.go.ranks import PRO, parse_rank
from gocnn.go.rules import RULESETS
from gocnn.prediction import Conditions, Prediction
from gocnn.render.theme import THEMES
from gocnn.sgf.reader import load_sound_part
from tests.support.boards import point

SGF = "(;GM[1]FF[4]SZ[9]PB[B]KM[5.5]BR[3k]WR[1d]RE[W+3.5];B[ee];W[gc];B[cg];W[pp])"
GAME = SGF.replace(";W[pp]", "")


def predicts(
    position: Position, *names: str, win: float = 0.625, lead: float | None = None
) -> Prediction:
    policy = np.zeros(position.size**2 + 1, np.float32)
    for rank, name in enumerate(names):
        policy[point(name, position.size)] = 0.5 / 2**rank
    return Prediction(policy, win, lead)


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
    asked = read_position(game=game, rank=parse_rank("9d"), opponent_rank=PRO, komi=0.5)
    assert asked.conditions == Conditions(rank=parse_rank("9d"), opponent_rank=PRO, komi=0.5)
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
    position = Position.from_moves(moves, size)
    assert " ".join(vertex(p, size) for _, p in position.moves) == played


def test_colours_in_a_list_decide_who_plays() -> None:
    position = Position.from_moves("B D4 B Q16 W C3")
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
        ({"moves": "D4", "move": 3}, "the list has 1 move: --move is 1 to 2, not 3"),
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


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (";W[pp])", "move 4"),
        (";W[gc])", "move 4"),
        (";AE[ee];W[ff];B[gg])", "setup in mid-game"),
        (";W[ff", "never closes"),
    ],
)
def test_a_game_counts_up_to_its_first_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, fault: str
) -> None:
    text = SGF.replace(";W[pp])", end)
    path = tmp_path / "broken.sgf"
    path.write_text(text)
    asked = read_position(game=str(path))
    assert asked.game is not None and len(asked.game) == 3
    assert asked.position.ply == 3
    assert "broken.sgf" in asked.fault and fault in asked.fault
    assert read_position(game=str(path), move=2).position.ply == 1
    with pytest.raises(GocnnError, match="has 3 moves: --move is 1 to 4, not 5"):
        read_position(game=str(path), move=5)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert read_position(game="-").fault.startswith("standard input: ")
    result = CliRunner().invoke(main, ["suggest", str(path), "--weights", "small"])
    assert result.exit_code == 0
    assert "only the 3 moves before it are read" in result.stderr


@pytest.mark.parametrize("text", ["(;SZ[9];B[pp];W[aa])", "no game", ""])
def test_a_game_without_a_sound_move_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.sgf"
    path.write_text(text)
    with pytest.raises(GocnnError, match=r"broken\.sgf"):
        read_position(game=str(path))


def test_the_longest_sound_beginning_is_found_whatever_its_length(tmp_path: Path) -> None:
    path = tmp_path / "broken.sgf"
    points = [f"{'abcdefghi'[k % 9]}{'acegi'[k // 9]}" for k in range(40)]
    for count in range(1, 40):
        moves = "".join(f";{'BW'[k % 2]}[{point}]" for k, point in enumerate(points[:count]))
        path.write_text(f"(;SZ[9]{moves};{'BW'[count % 2]}[{points[0]}];B[ii])")
        game, fault = load_sound_part(path)
        assert (len(game), "illegal move" in fault) == (count, True)


def test_the_board_and_the_table() -> None:
    asked = read_position(moves="E5", board_size=9, move=1, rank=parse_rank("3k"))
    text = as_text(asked, predicts(asked.position, "C3", "pass", "D4"), 3)
    lines = text.splitlines()
    assert lines[0] == lines[10] == "    A B C D E F G H J"
    assert lines[7] == " 3  . . a . . . + . .   3"
    assert lines[6] == " 4  . . . b . . . . .   4"
    assert lines[12:] == [
        "Move 1, black (3k) to play, komi 7.5.",
        "Black wins 62% of such games.",
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


def test_a_move_without_a_bar_is_marked_in_line_with_the_others() -> None:
    asked = read_position(moves="E5 C3", board_size=9, move=2)
    text = as_text(asked, predicts(asked.position, *(f"{c}9" for c in "ABDFGHJ"), "C3"), 8)
    assert text.splitlines()[-1] == "  h  C3      0.4%  <- played"


def test_moves_without_a_chance_are_not_listed() -> None:
    prediction = predicts(Position(9), "C3", "D4")
    assert [move.vertex for move in likely_moves(prediction, 9, 5)] == ["C3", "D4"]
    assert [move.vertex for move in likely_moves(prediction, 9, 1)] == ["C3"]


def test_json(game: str) -> None:
    asked = read_position(game=game, move=2)
    prediction = predicts(asked.position, "G7", "pass", lead=3.2)  # white's, who moves
    said = json.loads(json.dumps(as_dict(asked, prediction, 5)))
    assert said == {
        "size": 9, "move": 2, "to_move": "white", "komi": 5.5, "handicap": 0, "rank": "1d",
        "opponent_rank": "3k", "win_rate": 0.625, "played": "G7", "black_lead": -3.2,
        "file": "game.sgf", "game": 1, "black": "B", "white": None,
        "moves": [{"vertex": "G7", "probability": 0.5}, {"vertex": "pass", "probability": 0.25}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lead", "sentence"),
    [
        (None, "White wins 62% of such games."),
        (4.26, "White wins 62% of such games, and white leads by 4.3 points on average."),
        (-3.0, "White wins 62% of such games, and black leads by 3.0 points on average."),
    ],
)
def test_the_game_and_who_is_ahead(game: str, lead: float | None, sentence: str) -> None:
    asked = read_position(game=game, move=2, rank=parse_rank("9d"))
    lines = as_text(asked, predicts(asked.position, "C3", lead=lead), 3).splitlines()
    assert lines[:2] == ["game.sgf, game 1.", "Black: B (3k). White: 1d."]
    assert lines[15:17] == ["Move 2, white (9d) to play, komi 5.5.", sentence]


def test_standard_input_holds_several_games(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(number: int) -> str:
        data = f"{GAME}\n(;SZ[9];B[aa])".encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        return as_text(asked := read_position(game="-", number=number), predicts(asked.position), 1)

    assert read(1).startswith("standard input, game 1.\nBlack: B (3k). White: 1d.\n")
    assert read(2).startswith("standard input, game 2.\n\n")
    with pytest.raises(GocnnError, match="standard input: there is no game 3 in it"):
        read(3)


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("heat", [False, True])
@pytest.mark.parametrize("colour", [False, True])
def test_boards_are_legible_in_narrow_terminals(width: int, heat: bool, colour: bool) -> None:
    asked = read_position(moves="D4 Q16 C3", move=3, rank=parse_rank("10k"))
    prediction = predicts(asked.position, "C3", "pass", "E17", lead=123.4)
    text = as_text(asked, prediction, 3, heat=heat, colour=colour, width=width)
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()
    assert max(map(len, lines)) <= width
    letters = "ABCDEFGHJKLMNOPQRST"
    assert (" ".join(letters) if width == 80 else letters) in lines[0]
    assert next(line for line in lines if "<- played" in line).startswith("  a  C3     50.0%  ##")
    assert ("\x1b" in text) is colour


def test_the_heat_map_shows_every_move_not_only_the_listed(game: str) -> None:
    asked = read_position(game=game, move=1)
    prediction = predicts(asked.position, "C3", "D4", "F6")
    plain, heat = (as_text(asked, prediction, 1, heat=heat) for heat in (False, True))
    rows = [text.splitlines()[9] for text in (plain, heat)]
    assert rows == [" 4  . . . . . . . . .   4", " 4  . . . 5 . . . . .   4"]
    assert "The digits are ninths of the highest probability, 50.0%." in heat
    coloured = as_text(asked, prediction, 1, heat=True, colour=True).splitlines()
    assert "\x1b[48;5;" in coloured[9].replace("\x1b[48;5;179m", "")  # more than the wood
    assert "\x1b[48;5;" not in coloured[8].replace("\x1b[48;5;179m", "")


def test_the_picture(game: str) -> None:
    asked = read_position(game=game, move=2)
    prediction = predicts(asked.position, "C7", "pass", "J9", lead=2.0)
    diagram = as_diagram(asked, prediction, 3)
    assert diagram.labels == {point("C7", 9): "a", point("J9", 9): "b"}
    assert diagram.notes == {point("C7", 9): "50%", point("J9", 9): "12%"}
    assert (diagram.last_move, diagram.heat) == (point("E5", 9), None)
    assert diagram.caption.startswith("game.sgf, game 1. Black: B (3k). White: 1d. Move 2, white")
    heat = as_diagram(asked, prediction, 3, heat=True).heat
    assert heat is not None and heat.shape == (9, 9)
    assert (int(heat.argmax()), float(heat.max())) == (point("C7", 9), 0.5)


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_one_or_the_other(
    monkeypatch: pytest.MonkeyPatch, game: str, as_json: bool, tmp_path: Path
) -> None:
    class Fake:
        def __init__(self, weights: object, *, device: str, symmetries: int) -> None:
            assert (weights, device, symmetries) == ("w.safetensors", "cpu", 8)

        def __call__(self, position: Position, _conditions: Conditions) -> Prediction:
            return predicts(position, "C7")

    monkeypatch.setattr("gocnn.inference.predictor.Predictor", Fake)
    picture = tmp_path / "board.svg"
    options = ["--weights", "w.safetensors", "--device", "cpu", "--symmetries", "8", "--top", "2"]
    options += ["--image", str(picture), "--heat", "--theme", "dark"]
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
    svg = picture.read_text()
    assert svg.startswith("<svg") and "gocnn-dark" in svg and ">50%<" in svg


def test_colours_on_request(monkeypatch: pytest.MonkeyPatch, game: str) -> None:
    class Fake:
        def __init__(self, *_: object, **__: object) -> None: ...

        def __call__(self, position: Position, _conditions: Conditions) -> Prediction:
            return predicts(position, "C7")

    monkeypatch.setattr("gocnn.inference.predictor.Predictor", Fake)
    for option, coloured in (("--colour", True), ("--color", True), ("--theme", False)):
        value = "always" if coloured else "light"
        result = CliRunner().invoke(main, ["suggest", game, "--move", "2", option, value])
        assert ("\x1b[48;5;179m" in result.stdout) is coloured


@pytest.mark.parametrize("name", ["board.jpg", "board"])
def test_other_pictures_are_refused_before_any_work(game: str, name: str) -> None:
    result = CliRunner().invoke(main, ["suggest", game, "--image", name, "--weights", "no/such"])
    assert result.exit_code == 2
    assert result.stderr == f"gocnn: {name}: the name of a picture ends in .svg or .png\n"


def test_the_options_name_all_themes_and_rules() -> None:
    assert tuple(THEMES) == options.THEMES
    assert tuple(RULESETS) == options.RULES
