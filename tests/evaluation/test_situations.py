"""Situations on boards where they can be seen."""

import numpy as np

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.evaluation.situations import CATCH, KO_ANSWER, KO_BAN, LOST, RACE, find_situations
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from tests.support.boards import LADDER, board, point

KO = ". X O . . / X . X O . / . X O . . / . . . . . / . . . . ."


def found(diagram: str, to_move: int, moves: str) -> list[set[str]]:
    """The situations of each move played from a diagram."""
    position = board(diagram, to_move=to_move)
    for name in moves.split():
        size = position.size
        position.play(size * size if name == "pass" else point(name, size))
    entries, setup = position.entries()
    game = Game(size=position.size, entries=entries, setup=setup, first=to_move)
    positions = Positions(Corpus.from_games([game]), np.array([0]))
    by_name = find_situations(positions, np.arange(positions.count))
    return [{n for n, holds in by_name.items() if holds[k]} for k in range(positions.count)]


def test_a_ko() -> None:
    taken, threat, answer = found(KO, WHITE, "B4 E1 D1")
    assert {"played: takes a ko", "played: a capture"} <= taken
    assert KO_BAN in threat
    assert KO_ANSWER in answer
    assert not {KO_BAN, KO_ANSWER} & taken
    assert "played: takes a ko" not in threat | answer
    assert "played: on the first line" in threat & answer


def test_nothing_is_a_threat_when_the_ko_is_filled_or_passed() -> None:
    _, _, filled = found(KO, WHITE, "B4 pass C4")
    assert KO_ANSWER not in filled
    assert not found(KO, WHITE, "pass")[0] & {"played: a capture", KO_BAN}


def test_long_ladders() -> None:
    catch, lost = found(LADDER, WHITE, "E6 A1")
    assert CATCH in catch
    assert "own stones in atari" not in catch
    assert {"own stones in atari", LOST} <= lost
    _, free = found(LADDER, WHITE, "E5 A1")  # from the wrong side
    assert "own stones in atari" in free
    assert LOST not in free


def test_a_short_capture_is_no_long_ladder() -> None:
    edge = ". . . . . / . . . . . / . . . . . / . O O O . / O X . . ."
    assert LOST not in found(edge, BLACK, "E5")[0]


def test_a_race_needs_two_large_chains_that_touch() -> None:
    race = ". X X X O / X O O O . / X X X X . / . . . . . / . . . . ."
    assert RACE in found(race, BLACK, "E1")[0]
    apart = "X X X . . / . . . . . / . . . . . / . . . . . / O O O . ."
    assert RACE not in found(apart, BLACK, "E3")[0]


def test_how_far_from_the_last_move() -> None:
    moves = found("/".join([". . . . . . . . ."] * 9), BLACK, "A1 B2 F2 F9 pass A5")
    near, middle, far = (
        f"played: {text}"
        for text in (
            "at most 2 lines from the last move",
            "3 to 5 lines from it",
            "6 lines from it or more",
        )
    )
    places = [{near, middle, far} & names for names in moves]
    assert places == [set(), {near}, {middle}, {far}, set(), set()]
