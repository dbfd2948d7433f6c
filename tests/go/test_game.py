"""One game: positions, stones, and the fingerprint that knows it in all eight views."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gocnn.errors import GocnnError, IllegalMove
from gocnn.go.board import BLACK, WHITE, WHITE_BIT, new_board, pack
from gocnn.go.coords import point_of_vertex
from gocnn.go.fingerprint import FINGERPRINT_MOVES, fingerprint, hash_fraction
from gocnn.go.game import Game, check_moves
from gocnn.go.symmetry import point_maps

Entries = NDArray[np.uint16]


def entries(text: str, size: int) -> Entries:
    """Entries from "B D4", "W pass", ... without spaces inside: "BD4 Wpass"."""
    colours = {"B": BLACK, "W": WHITE}
    packed = [pack(point_of_vertex(m[1:], size), colours[m[0]]) for m in text.split()]
    return np.array(packed, np.uint16)


def random_entries(count: int, seed: int, size: int = 19) -> Entries:
    """Moves on different points, so that all differ under every symmetry."""
    points = np.random.default_rng(seed).permutation(size * size)[:count]
    packed: Entries = (points + WHITE_BIT * (np.arange(count) % 2)).astype(np.uint16)
    return packed


def view(moves: Entries, number: int, size: int = 19) -> Entries:
    points = point_maps(size)[number][moves & 0x3FF].astype(np.uint16)
    seen: Entries = points | (moves & np.uint16(WHITE_BIT))
    return seen


def test_stones_are_a_board_of_int8_with_the_top_line_first() -> None:
    game = Game(size=3, entries=entries("BA3 WC1 BB2", 3))
    assert game.stones(0).tolist() == [[0, 0, 0]] * 3
    stones = game.stones()
    assert stones.dtype == np.int8
    assert stones.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, -1]]


def test_captured_stones_are_gone() -> None:
    game = Game(size=3, entries=entries("BA1 WA2 Bpass WB1", 3))
    assert game.stones(3)[2].tolist() == [1, 0, 0]
    assert game.stones(4)[2].tolist() == [0, -1, 0]


def test_a_position_has_the_setup_the_moves_and_the_one_to_move() -> None:
    game = Game(
        size=9,
        entries=entries("BC3 BG7 WE5 BD4", 9),
        setup=2,
        first=WHITE,
        komi=0.5,
        handicap=2,
    )
    assert len(game) == 2
    start, end = game.position(0), game.position()
    assert (start.to_move, start.ply, start.handicap, start.komi) == (WHITE, 0, 2, 0.5)
    assert (end.to_move, end.ply) == (WHITE, 2)
    for ply in range(3):
        assert np.array_equal(game.position(ply).stones, game.stones(ply))


def test_the_recorded_colour_moves_even_twice_in_a_row() -> None:
    game = Game(size=9, entries=entries("BC3 BG7 WE5", 9))
    assert [game.to_move(ply) for ply in range(4)] == [BLACK, BLACK, WHITE, BLACK]
    assert game.position(1).to_move == BLACK


def test_without_moves_the_record_tells_who_begins() -> None:
    game = Game(size=9, entries=np.empty(0, np.uint16), first=WHITE)
    assert game.to_move(0) == WHITE
    assert game.position().to_move == WHITE


def test_a_ply_outside_the_game_is_named() -> None:
    game = Game(size=9, entries=entries("BC3", 9), source="x.sgf")
    for ply in (-1, 2):
        with pytest.raises(GocnnError, match=rf"x\.sgf: .*0 to 1, not {ply}"):
            game.stones(ply)
        with pytest.raises(GocnnError):
            game.position(ply)


def test_an_unchecked_illegal_move_is_no_board() -> None:
    game = Game(size=9, entries=entries("BC3 WC3", 9))
    assert game.stones(1).sum() == 1
    with pytest.raises(IllegalMove):
        game.stones()


CHECKS = [
    ("legal, with passes and a colour twice", "BA1 BA3 Wpass WB2 Bpass", 0, 5),
    ("taken point", "BA1 WA1", 0, 1),
    ("suicide", "BA2 BB1 WA1", 0, 2),
    ("ko at once", "BB1 BA2 BB3 WC1 WD2 WC3 BC2 WB2 BC2", 0, 8),
    ("ko after a move elsewhere", "BB1 BA2 BB3 WC1 WD2 WC3 BC2 WB2 BE5 WE4 BC2", 0, 11),
    ("set-up stone without a liberty", "BA1 WA2 WB1", 3, -1 - 20),
    ("set-up stones on one point", "BA1 WA1", 2, 1),
    ("a pass is no set-up stone", "BA1 Wpass", 2, 1),
]


@pytest.mark.parametrize(("name", "moves", "setup", "expected"), CHECKS)
def test_check_moves_finds_the_first_illegal_entry(
    name: str, moves: str, setup: int, expected: int
) -> None:
    assert check_moves(new_board(5), entries(moves, 5), setup) == expected, name


def test_a_fingerprint_is_the_same_in_all_views() -> None:
    moves = random_entries(120, seed=1)
    for setup in (0, 5):
        known = {fingerprint(view(moves, number), setup, 19) for number in range(8)}
        assert len(known) == 1


def test_a_fingerprint_covers_the_first_moves_and_only_those() -> None:
    moves = random_entries(FINGERPRINT_MOVES + 30, seed=2)
    known = fingerprint(moves, 0, 19)
    assert fingerprint(moves[: FINGERPRINT_MOVES + 1], 0, 19) == known
    for changed in (0, 17, FINGERPRINT_MOVES - 1):
        other = moves.copy()
        other[changed] = 361
        assert fingerprint(other, 0, 19) != known
    late = moves.copy()
    late[FINGERPRINT_MOVES] = 361
    assert fingerprint(late, 0, 19) == known


def test_short_games_that_begin_alike_differ() -> None:
    moves = random_entries(FINGERPRINT_MOVES, seed=3)
    known = {fingerprint(moves[:count], 0, 19) for count in range(FINGERPRINT_MOVES + 1)}
    assert len(known) == FINGERPRINT_MOVES + 1


def test_the_order_of_setup_stones_means_nothing_but_that_of_moves_does() -> None:
    moves = random_entries(10, seed=4)
    swapped = moves.copy()
    swapped[[0, 2]] = swapped[[2, 0]]
    assert fingerprint(moves, 4, 19) == fingerprint(swapped, 4, 19)
    assert fingerprint(moves, 0, 19) != fingerprint(swapped, 0, 19)
    assert len({fingerprint(moves, setup, 19) for setup in range(5)}) == 5


def test_colours_and_sizes_tell_games_apart() -> None:
    moves = random_entries(10, seed=5, size=9)
    assert fingerprint(moves, 0, 9) != fingerprint(moves ^ np.uint16(WHITE_BIT), 0, 9)
    assert fingerprint(moves, 0, 9) != fingerprint(moves, 0, 13)


def test_many_games_have_many_fingerprints() -> None:
    known = {fingerprint(random_entries(8, seed), 0, 19) for seed in range(3000)}
    assert len(known) == 3000


def test_shares_are_even_and_independent() -> None:
    numbers = np.array(
        [fingerprint(random_entries(8, seed), 0, 19) for seed in range(4000)], np.uint64
    )
    one, two = hash_fraction(numbers, 1), hash_fraction(numbers, 2)
    assert one.min() >= 0 and one.max() < 1
    assert np.histogram(one, 4, (0, 1))[0] == pytest.approx(1000, abs=120)
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.06
    assert np.array_equal(hash_fraction(numbers[5:9], 1), one[5:9])
