"""Dead stones and scores: small boards with known answers, then a counted game's own score."""

from dataclasses import replace

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from gocnn.go.rules import RULESETS, compensation, count_handicap_stones, ruleset
from gocnn.go.scoring import Score, final_score, judge, score
from gocnn.go.territory import chain_means, owners
from tests.support.boards import ALIVE, SEKI, board, point

AREA, TERRITORY = RULESETS["tromp-taylor"], RULESETS["japanese"]

SPLIT = """
    . . X O .
    . . X O .
    . . X O .
    . X X O O
    X . X O .
"""
DEAD_INSIDE = """
    . . . X O . O
    . O . X O O .
    . . . X O . O
    X . X X O O O
    X X X O O . .
    O X O O . X .
    . O . O . . .
"""
DAME = """
    . . X . O . .
    . . X . O . .
    . . X . O . .
    . . X X O . .
    . X . X O O .
    X . X X O . O
    . X . X O O .
"""

TABLE = [
    # name, diagram, komi, area, territory
    ("nothing", ". . / . .", 0.5, "W+0.5", "W+0.5"),
    ("one stone", "X . / . .", 0.0, "B+4", "B+3"),
    ("a wall", SPLIT, 0.0, "B+5", "B+4"),
    ("a wall and komi", SPLIT, 7.5, "W+2.5", "W+3.5"),
    ("dame between", DAME, 0.0, "B+4", "B+2"),
    ("a seki", SEKI, 0.0, "B+7", "W+3"),
    ("a draw", "X . O / X . O / X . O", 0.0, "0", "0"),
]


@pytest.mark.parametrize(("name", "diagram", "komi", "area", "territory"), TABLE)
def test_scores(name: str, diagram: str, komi: float, area: str, territory: str) -> None:
    position = board(diagram, komi=komi)
    for rules, expected in ((AREA, area), (TERRITORY, territory)):
        nobody = np.zeros(position.size**2, np.bool_)
        counted = score(position, owners(position.board, nobody), nobody, rules)
        assert str(counted) == expected, f"{name}, {rules.name}"


def test_dead_stones_are_found_and_counted() -> None:
    position = board(DEAD_INSIDE, komi=0.5)
    verdict = judge(position, playouts=300)
    dead = {vertex for vertex in ("B6", "F2", "A2") if verdict.dead[point(vertex, 7)]}
    assert dead == {"B6", "F2"}
    assert verdict.dead.sum() == 2
    assert verdict.owner[point("A7", 7)] == BLACK
    assert verdict.owner[point("F3", 7)] == WHITE
    assert verdict.owner[point("F2", 7)] == WHITE


def test_prisoners_count_in_territory_only() -> None:
    position = Position(5, komi=0)
    for name in ("A2", "A1", "B1"):
        position.play(point(name, 5))
    assert position.prisoners == (1, 0)
    nobody = np.zeros(25, np.bool_)
    owner = owners(position.board, nobody)
    assert score(position, owner, nobody, AREA).margin == 25
    assert score(position, owner, nobody, TERRITORY).margin == 23 + 1


def test_dead_stones_count_twice_in_territory() -> None:
    position = board("X X X / X O . / X . .")
    dead = np.zeros(9, np.bool_)
    dead[4] = True
    assert score(position, owners(position.board, dead), dead, TERRITORY).margin == 4 + 1
    assert score(position, owners(position.board, dead), dead, AREA).margin == 9


@pytest.mark.parametrize(
    ("margin", "text", "winner"),
    [(3.5, "B+3.5", BLACK), (-7.0, "W+7", WHITE), (0.0, "0", 0), (-0.5, "W+0.5", WHITE)],
)
def test_how_a_score_is_written(margin: float, text: str, winner: int) -> None:
    assert str(Score(margin)) == text
    assert Score(margin).winner == winner


def test_the_final_score_is_the_same_each_time() -> None:
    position = board(DEAD_INSIDE, komi=0.5)
    assert len({str(final_score(position)) for _ in range(3)}) == 1


def test_unsure_chains_are_neither_dead_nor_safe() -> None:
    """Three points in a row: whoever moves first decides whether the corner lives."""
    open_corner = board(
        """
        . . . X O . O
        X X X X O O .
        O O O O O . O
        O . O O . O .
        O O O O O O O
        . O . O O O .
        O O O O O O O
        """
    )
    unsure = judge(open_corner, playouts=300).unsure
    assert unsure[point("A6", 7)]
    assert not unsure[point("A5", 7)]
    assert not judge(board(SEKI), playouts=300).unsure.any()


def test_chain_means_see_each_chain_with_its_own_eyes() -> None:
    position = board("X X . / . . . / . O O")
    means = chain_means(position.board, np.linspace(-1, 1, 9, dtype=np.float32))
    assert means == pytest.approx([-0.875, -0.875, 0, 0, 0, 0, 0, -0.875, -0.875])


@pytest.mark.parametrize(
    ("setup", "moves", "stones"),
    [
        (0, "", 0),
        (0, "b w b", 0),
        (0, "b b b w", 3),
        (0, "b wp b w", 2),  # white passes between the handicap stones
        (0, "b b", 2),  # white to move next
        (4, "w b", 4),
    ],
)
def test_handicap_however_it_was_given(setup: int, moves: str, stones: int) -> None:
    position = Position(9)
    if setup:
        position.place_handicap(setup)
    for spot, move in enumerate(moves.split()):
        colour = BLACK if move[0] == "b" else WHITE
        position.play(81 if move.endswith("p") else spot, colour)
    assert count_handicap_stones(position) == stones
    paid = [compensation(position, rules) for rules in RULESETS.values()]
    assert paid == [stones, 0, max(stones - 1, 0), 0]


def test_rules_by_name() -> None:
    assert ruleset(" Chinese") is RULESETS["chinese"]
    with pytest.raises(GocnnError, match="chinese, japanese, aga, tromp-taylor"):
        ruleset("ing")


def test_a_wrong_rule_would_show() -> None:
    """The table tells area from territory: with the two exchanged, most rows fail."""
    swapped = replace(AREA, territory=True)
    position = board(SPLIT)
    nobody = np.zeros(25, np.bool_)
    assert score(position, owners(position.board, nobody), nobody, swapped).margin != 5


EYE_AGAINST_EYE = """
    . X . O . O X
    X X O O O O X
    O O X X X X X
    O O X . X . X
    O O X X X X X
    . O O O O O O
    O . O . O . O
"""


@pytest.mark.parametrize(
    ("diagram", "stones"),
    [
        (SEKI, "A5 A6 B5 B7 C5 C6 C7"),
        (EYE_AGAINST_EYE, "A6 B6 B7 C6 D6 D7 E6 F6 F7"),
        (ALIVE, ""),
        (DEAD_INSIDE, ""),
        (DAME, ""),
    ],
)
def test_sekis_are_found_where_nobody_can_fill(diagram: str, stones: str) -> None:
    position = board(diagram)
    found = np.flatnonzero(judge(position, playouts=200).seki)
    assert sorted(vertex(p, position.size) for p in found.tolist()) == stones.split()


def test_eyes_in_a_seki_are_no_territory() -> None:
    """A7 and E7 count by area; by territory they do not, and nor does the point between."""
    position = board(EYE_AGAINST_EYE)
    verdict = judge(position, playouts=200)
    eyes = [point(v, 7) for v in ("A7", "E7", "C7")]
    assert verdict.owner[eyes].tolist() == [BLACK, WHITE, 0]
    assert score(position, verdict.owner, verdict.dead, TERRITORY, verdict.seki).margin == 2 - 4
    assert str(final_score(position, TERRITORY)) == "W+2"
