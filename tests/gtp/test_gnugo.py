"""The commands that GNU Go adds to GTP 2, in the way Kigo uses them."""

import pytest

from tests.support.gtp_talk import new_session, talk

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
    ends = ["= alive", "= alive", "= black_territory", "= white_territory", "= B+5"]
    assert said[-5:] == ends


def test_an_open_game_is_estimated_by_who_is_ahead() -> None:
    """White's one stone touches all there is, so that nothing is anybody's yet."""
    stones = [f"play b {vertex}" for vertex in ("D4", "D6", "F4", "F6", "E5", "C5", "G5")]
    played = [line for stone in stones for line in (stone, "play w pass")]
    said = talk(new_session(), "boardsize 9", "komi 0", *played, "play w A1", "estimate_score")
    assert said[-1].startswith("= B+")
    assert float(said[-1][4:]) > 20
