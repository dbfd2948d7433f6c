"""The commands that GNU Go adds to GTP 2, in the way Kigo uses them."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from gocnn.go.position import Position
from gocnn.prediction import Conditions, Prediction
from tests.support.gtp_talk import new_session, small_session, talk

SET_UP = ["boardsize 5", "play b C3", "play w C4", "play b A1", "play w A2", "play b pass"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("query_boardsize", "= 5"),
        ("get_handicap", "= 0"),
        ("color c3", "= black"),
        ("color C4", "= white"),
        ("color E1", "= empty"),
        ("color pass", "? invalid coordinates"),
        ("color F1", "? invalid coordinates"),
        ("list_stones black", "= C3 A1"),
        ("list_stones w", "= C4 A2"),
        ("list_stones", "? syntax error"),
        ("captures white", "= 0"),
        ("last_move", "= black pass"),
        ("move_history", "= black pass\nwhite A2\nblack A1\nwhite C4\nblack C3"),
        ("findlib C3", "= B3 D3 C2"),
        ("findlib A1", "= B1"),
        ("countlib A2", "= 2"),
        ("findlib E1", "? vertex must not be empty"),
        ("is_legal b E1", "= 1"),
        ("is_legal b C3", "= 0"),
        ("is_legal w pass", "= 1"),
    ],
)
def test_questions_about_the_board(line: str, answer: str) -> None:
    assert talk(new_session(), *SET_UP, line)[-1] == answer


def test_liberties_at_the_first_point() -> None:
    """Every empty point's entry in the table of chains names the first point, too."""
    answers = talk(new_session(), "boardsize 5", "play b A5", "findlib A5", "countlib A5")
    assert answers[-2:] == ["= B5 A4", "= 2"]


def test_captures_and_an_empty_board() -> None:
    answers = talk(new_session(), *SET_UP, "play w B1", "captures w", "captures b", "list_stones b")
    assert answers[-3:] == ["= 1", "= 0", "= C3"]
    assert talk(new_session(), "last_move", "move_history", "list_stones b") == [
        "? no previous move known",
        "=",
        "=",
    ]


def test_a_chain_has_the_liberties_of_all_its_stones() -> None:
    stones = ["boardsize 5", "play b A1", "play b B1", "play b B2", "play w C1"]
    assert talk(new_session(), *stones, "findlib B1", "countlib A1")[-2:] == ["= B3 A2 C2", "= 3"]


def test_legal_moves_leave_out_suicide() -> None:
    around = ["boardsize 5", "play w A2", "play w B1"]
    black, white = talk(new_session(), *around, "all_legal b", "all_legal w")[-2:]
    assert "A1" not in black.split()
    assert "A1" in white.split()
    assert len(black.split()) == 1 + 25 - 3


def test_handicap_however_it_was_given() -> None:
    fixed = talk(new_session(), "fixed_handicap 4", "get_handicap")[-1]
    played = talk(new_session(), "play b D4", "play b Q16", "play w K10", "get_handicap")[-1]
    assert (fixed, played) == ("= 4", "= 2")


def test_top_moves_leave_the_game_as_it_is() -> None:
    session = new_session()
    answers = talk(session, "boardsize 5", "play b A5", "top_moves_white", "top_moves_black")
    for answer in answers[2:]:
        words = answer.split()[1:]
        assert words[::2] == ["B5", "C5", "D5", "E5", "A4", "B4", "C4", "D4", "E4", "A3"]
        shares = [float(word) for word in words[1::2]]
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) < 100
    assert talk(session, "move_history") == ["= black A5"]


def test_the_end_of_a_game() -> None:
    """Black's wall stands on column C, white's on D."""
    walls = [f"play {side}{row}" for row in range(1, 6) for side in ("b C", "w D")]
    eyes = ["play b B2", "play w E2", "play b B4", "play w E4"]
    questions = ["final_status C1", "final_status D1", "final_status A1", "final_status E5"]
    said = talk(new_session(), "boardsize 5", "komi 0", *walls, *eyes, *questions, "estimate_score")
    ends = ["= alive", "= alive", "= black_territory", "= white_territory", "= B+5.0"]
    assert [answer.partition(" (")[0] for answer in said[-5:]] == ends


def test_an_open_game_is_estimated_by_who_is_ahead() -> None:
    """White's one stone touches all there is, so that nothing is anybody's yet."""
    stones = [f"play b {vertex}" for vertex in ("D4", "D6", "F4", "F6", "E5", "C5", "G5")]
    played = [line for stone in stones for line in (stone, "play w pass")]
    said = talk(new_session(), "boardsize 9", "komi 0", *played, "play w A1", "estimate_score")
    assert said[-1].startswith("= B+")
    assert float(said[-1].split()[1][2:]) > 20


@pytest.mark.parametrize("name", ["estimate_score", "new_score"])
def test_an_estimate_has_bounds_as_gnu_gos_has(name: str) -> None:
    said = talk(new_session(), "boardsize 9", "komi 6.5", name)[-1]
    form = re.fullmatch(r"= ([BW])\+(\d+\.\d) \(upper bound: (\S+), lower: (\S+)\)", said)
    assert form
    white = float(form[2]) * (1 if form[1] == "W" else -1)
    assert float(form[4]) < white < float(form[3])


def test_a_move_is_chosen_among_those_named() -> None:
    session = small_session()
    assert talk(session, "restricted_genmove b A1 G7 E5", "restricted_genmove w E5 pass") == [
        "= G7",
        "= E5",
    ]
    assert talk(session, "play b G7", "restricted_genmove b G7")[-1] == "= PASS"
    assert session.position.ply == 1, "the board stays"
    failures = ["restricted_genmove b", "restricted_genmove x A1", "restricted_genmove b A1 Z9"]
    assert talk(session, *failures) == [
        "? syntax error",
        "? syntax error",
        "? invalid coordinates",
    ]


def test_gg_genmove_draws_by_its_seed() -> None:
    session = new_session(temperature=5.0)
    talk(session, "boardsize 9")
    first = talk(session, *[f"gg_genmove b {seed}" for seed in (0, 1, 2, 3, 1)])
    assert first[1] == first[4] and len(set(first)) > 2
    assert talk(session, "gg_genmove b") == first[:1], "0 where none is given"
    assert session.position.ply == 0, "the board stays"
    assert talk(session, "gg_genmove b -1", "gg_genmove") == ["? syntax error"] * 2


@pytest.mark.parametrize("name", ["genmove b", "reg_genmove b", "gg_genmove b"])
def test_a_pass_has_one_spelling(name: str) -> None:
    """Kigo and GNU Go's suites know no other."""

    def passing(positions: Sequence[Position], _: Sequence[Conditions]) -> list[Prediction]:
        policy = np.zeros(positions[0].size ** 2 + 1, np.float32)
        policy[-1] = 1
        return [Prediction(policy, 0.5) for _ in positions]

    columns = " ".join(f"b C{row} w D{row}" for row in range(1, 6))
    session = new_session(passing)
    talk(session, "boardsize 5", f"gogui-setup {columns} b B2 b B4 w E2 w E4")
    assert talk(session, name) == ["= PASS"]
