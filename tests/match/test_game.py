"""One game between two engines: every way in which it ends, and who has won then."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex
from gocnn.go.position import Position
from gocnn.go.rules import RULESETS
from gocnn.go.scoring import Score
from gocnn.match import game as duel
from gocnn.match.controller import EngineError
from gocnn.match.game import EnginePlayer, count, parse_score, play
from tests.support.puppets import puppet

CHINESE = RULESETS["chinese"]
# Black walls the left off on 5x5: 15 points against 10.
LEFT, RIGHT = "C3 C2 C1 C4 C5 pass", "D3 D2 D1 D4 D5 pass"


@contextmanager
def contenders(*commands: str) -> Iterator[list[EnginePlayer]]:
    players = [EnginePlayer(command, CHINESE) for command in commands]
    try:
        yield players
    finally:
        for player in players:
            player.engine.close()


@pytest.mark.parametrize(
    ("black", "white", "refused", "result", "reason", "moves"),
    [
        (LEFT, RIGHT, "", "B+1.5", "score", 12),
        ("C3 resign", "D3", "", "W+R", "resignation", 2),
        ("C3", "RESIGN", "", "B+R", "resignation", 1),
        ("C3", "C3", "", "B+F", "illegal move", 1),
        ("C3", "F1", "", "B+F", "illegal move", 1),
        ("C3", "certainly", "", "B+F", "illegal move", 1),
        ("C3 C4", "D3", "C4", "B+F", "refusal", 3),
        ("die", "D3", "", "W+F", "crash", 0),
        ("C3", "babble", "", "B+F", "no GTP", 1),
        ("C3", "fail", "", "B+F", "no move", 1),
        ("hang", "D3", "", "W+T", "too slow", 0),
    ],
)
def test_how_games_end(
    black: str, white: str, refused: str, result: str, reason: str, moves: int
) -> None:
    position = Position(5, komi=3.5)
    timeout = 0.5 if black == "hang" else 20
    with contenders(puppet(black), puppet(white, refused=refused)) as (first, second):
        ending = play({BLACK: first, WHITE: second}, position, CHINESE, timeout)
    assert (ending.result, ending.reason, position.ply) == (result, reason, moves)
    assert ending.winner == (BLACK if result[0] == "B" else WHITE)
    assert bool(ending.told) == (reason not in ("score", "resignation"))


def test_a_game_without_end_is_counted_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duel, "LONGEST", 0.2)
    position = Position(5, komi=0.5)
    with contenders(puppet("C3 C2 C1 C4"), puppet()) as (first, second):
        ending = play({BLACK: first, WHITE: second}, position, RULESETS["tromp-taylor"], 20)
    assert (ending.result, ending.reason, position.ply) == ("B+24.5", "too long", 5)


def test_an_engine_that_failed_plays_the_next_game() -> None:
    with contenders(puppet("C3 die"), puppet("D3 D2")) as (first, second):
        for _ in range(2):
            ending = play({BLACK: first, WHITE: second}, Position(5), CHINESE, 20)
            assert (ending.result, ending.reason) == ("W+F", "crash")
            assert "its last words: out of luck" in ending.told


def test_an_engine_stopped_from_outside_stays_so() -> None:
    with contenders(puppet()) as (player,):
        player.stop()
        with pytest.raises(EngineError, match="is gone"):
            player.ready(Position(5))
        assert not player.engine.running


def test_the_start_of_a_game_is_told() -> None:
    """Handicap, opening and rules: a referee that refuses one of them gives no score."""
    position = Position(9)
    position.place_handicap(2)
    position.play(point_of_vertex("E5", 9))
    with contenders(puppet(score="B+3.5"), puppet(refused="E5")) as (good, bad):
        assert count(good, position) == Score(3.5)
        assert count(bad, position) is None
        good.engine.kill()
        assert count(good, position) == Score(3.5)


def test_an_engine_that_does_not_know_the_rules_plays_all_the_same() -> None:
    with contenders(puppet("C3 resign", refused="chinese"), puppet("D3")) as (first, second):
        ending = play({BLACK: first, WHITE: second}, Position(5), CHINESE, 20)
    assert ending.result == "W+R"


def test_a_first_move_is_not_timed_since_a_network_may_have_to_load() -> None:
    position = Position(5)
    with contenders(puppet("C3 C2"), puppet("D3 D2")) as (first, second):
        play({BLACK: first, WHITE: second}, position, CHINESE, 20)
        assert (first.thinking.moves, second.thinking.moves) == (2, 2)
        assert 0 < first.thinking.slowest <= first.thinking.seconds
        play({BLACK: first, WHITE: second}, Position(5), CHINESE, 20)
        assert (first.thinking.moves, second.thinking.moves) == (3, 3)


@pytest.mark.parametrize(
    ("text", "margin"),
    [("B+3.5", 3.5), ("w+12", -12), ("0", 0), ("Draw", 0), ("W+0.5 (by counting)", -0.5)],
)
def test_scores_of_referees(text: str, margin: float) -> None:
    assert parse_score(text) == Score(margin)


@pytest.mark.parametrize("text", ["", "B+R", "W+", "cannot score", "?", "B + 3"])
def test_answers_that_are_no_scores(text: str) -> None:
    assert parse_score(text) is None
