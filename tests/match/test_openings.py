"""Openings of a match: legal, different, the same for the same seed, and out of games."""

import random
from itertools import pairwise
from pathlib import Path

import pytest

from gocnn.errors import GocnnError
from gocnn.go.position import Position
from gocnn.match.openings import corners, openings
from tests.support.playing import random_corpus


def start(size: int, handicap: int = 0) -> Position:
    position = Position(size)
    if handicap:
        position.place_handicap(handicap)
    return position


@pytest.mark.parametrize(
    ("size", "handicap", "least"),
    [(5, 0, 40), (9, 0, 40), (13, 0, 40), (19, 0, 40), (19, 9, 30), (9, 2, 10), (25, 2, 40)],
)
def test_drawn_openings_are_legal_and_differ(size: int, handicap: int, least: int) -> None:
    drawn = openings("drawn", size, 40, seed=3, handicap=handicap)
    assert len(drawn) == 40
    assert len(set(drawn)) >= least
    for opening in drawn:
        position = start(size, handicap)
        for point in opening:
            position.play(point)
        assert 1 <= position.ply <= 4
    assert drawn[:7] == openings("drawn", size, 7, seed=3, handicap=handicap)
    assert drawn != openings("drawn", size, 40, seed=4, handicap=handicap)


def test_a_board_too_small_for_an_opening_beside_the_handicap_has_none() -> None:
    assert openings("drawn", 7, 2, handicap=4) == [(), ()]


def test_no_openings() -> None:
    assert openings("none", 19, 3) == [(), (), ()]


def test_corners_lie_on_the_third_to_fifth_line() -> None:
    for seed in range(200):
        points = corners(19, random.Random(seed))
        lines = [min(x, 18 - x) for point in points for x in divmod(point, 19)]
        assert set(lines) <= {2, 3, 4}
        quarters = {(row > 9, column > 9) for row, column in (divmod(p, 19) for p in points)}
        assert len(quarters) == len(points)


def test_openings_out_of_games(tmp_path: Path) -> None:
    path = tmp_path / "games.gocnn"
    corpus = random_corpus(30, size=9, moves=20)
    corpus.save(path)
    found = openings(str(path), 9, 12, seed=1, moves=6)
    played = {tuple((game.moves[:6] & 0x3FF).tolist()) for game in corpus}
    assert len(set(found)) == 12
    assert set(found) <= played
    assert not any(81 in opening for opening in found)
    assert found[:5] == openings(str(path), 9, 5, seed=1, moves=6)
    many = openings(str(path), 9, 100, seed=1, moves=6)  # more than there are: they come again
    assert len(many) == 100
    assert 12 < len(set(many)) <= 30
    assert many[: len(set(many))] == many[len(set(many)) : 2 * len(set(many))]


def test_openings_out_of_sgf_files(root: Path) -> None:
    found = openings(str(root / "data" / "gnugo-19x19-test.sgf"), 19, 4, seed=2, moves=8)
    assert len(set(found)) == 4
    assert all(len(opening) == 8 for opening in found)
    assert all(a != b for opening in found for a, b in pairwise(opening))


@pytest.mark.parametrize(
    ("way", "size", "handicap", "told"),
    [
        ("data/gnugo-9x9.sgf", 9, 2, "openings out of games are for even games"),
        ("data/gnugo-9x9.sgf", 19, 0, "no games left of 124 records"),
        ("no/such/folder", 19, 0, "no/such/folder"),
    ],
)
def test_openings_that_cannot_be(root: Path, way: str, size: int, handicap: int, told: str) -> None:
    with pytest.raises(GocnnError, match=told):
        openings(str(root / way), size, 2, handicap=handicap)


def test_a_corpus_of_another_size_has_no_opening(tmp_path: Path) -> None:
    path = tmp_path / "games.gocnn"
    random_corpus(3, size=9, moves=20).save(path)
    with pytest.raises(GocnnError, match="no even game on 13x13 has 6 moves"):
        openings(str(path), 13, 2, moves=6)
