"""What the network sees, against slow definitions and against the symmetries."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.features.encode import Query, build_query, encode_planes, encode_positions
from gocnn.features.encoding import ENCODINGS, ERAS, FULL, PARTS, PLAIN, encoding_named
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from gocnn.go.ranks import PRO, Rank
from gocnn.go.symmetry import point_maps, source_maps
from gocnn.prediction import Conditions
from tests.support.boards import board, point
from tests.support.playing import random_game

FIRST = {}
_at = 0
for _name, _count in FULL.planes:
    FIRST[_name] = _at
    _at += _count


def _planes(position: Position) -> NDArray[np.int8]:
    planes, _ = encode_positions(FULL, [position], [Conditions()])
    shown: NDArray[np.int8] = planes[0]
    return shown


def _named(position: Position, name: str, number: int = 0) -> list[str]:
    plane = _planes(position)[FIRST[name] + number].ravel()
    return [vertex(p, position.size) for p in np.flatnonzero(plane).tolist()]


def test_totals_are_sums() -> None:
    assert FULL.plane_count == 34
    assert FULL.global_count == 77
    assert (PLAIN.plane_count, PLAIN.global_count) == (1, 1)
    with pytest.raises(GocnnError, match="unknown encoding 'x'; there are full-1, full-1-no-"):
        encoding_named("x")


@pytest.mark.parametrize(
    ("name", "planes", "global_inputs"),
    [
        ("no-history", 26, 77),
        ("no-ladders", 31, 77),
        ("no-liberties-no-ladders", 14, 77),
        ("stones", 4, 77),
        ("stones-history", 12, 77),
        ("no-ranks", 34, 15),
        ("no-globals", 34, 1),
    ],
)
def test_a_part_shows_what_the_whole_shows_less_what_it_leaves_out(
    name: str, planes: int, global_inputs: int
) -> None:
    part = encoding_named(f"full-1-{name}")
    assert (part.plane_count, part.global_count) == (planes, global_inputs)
    positions = [random_game(9, 5 + n, n).position() for n in range(4)]
    told = [
        Conditions(rank=Rank(20 + n), opponent_rank=Rank(9), komi=6.5, kind=2) for n in range(4)
    ]
    whole, shown = (encode_positions(encoding, positions, told) for encoding in (FULL, part))
    for groups, some, those, all_of_it in (
        (part.planes, shown[0], FULL.planes, whole[0]),
        (part.globals, shown[1], FULL.globals, whole[1]),
    ):
        assert some.dtype == all_of_it.dtype
        starts = dict(zip(those, np.cumsum([0, *(count for _, count in those)]), strict=False))
        at = 0
        for group in groups:
            assert (
                some[:, at : at + group[1]] == all_of_it[:, starts[group] :][:, : group[1]]
            ).all()
            at += group[1]
        assert at == some.shape[1]


def test_only_what_is_there_can_be_left_out() -> None:
    assert set(ENCODINGS.values()) == {FULL, PLAIN, *PARTS}
    with pytest.raises(ValueError, match="plain-1 has no ko"):
        PLAIN.without("ko", name="x")


def test_plain_is_the_board() -> None:
    position = board("X O . / . X . / . . O", to_move=WHITE)
    planes, context = encode_positions(PLAIN, [position], [Conditions()])
    assert (planes[0, 0] == position.stones).all()
    assert context.tolist() == [[0.0]]


def test_stones_are_the_movers_and_the_opponents() -> None:
    position = board("X O . / . X . / . . O", to_move=WHITE)
    assert _named(position, "own stones") == ["B3", "C1"]
    assert _named(position, "opponent's stones") == ["A3", "B2"]
    assert len(_named(position, "empty points")) == 5
    assert len(_named(position, "ones (the board)")) == 9


def test_recent_moves_latest_first_and_no_passes() -> None:
    position = Position(9)
    for name in ("C3", "pass", "D4", "E5"):
        position.play(point(name, 9))
    recent = "the last 8 moves, latest first"
    assert [_named(position, recent, k) for k in range(5)] == [["E5"], ["D4"], [], ["C3"], []]


def test_liberties_captures_and_self_atari() -> None:
    position = board("O O . . / X X . . / . . . . / . . . .", to_move=BLACK)
    liberties = "stones with 1, 2, 3, 4+ liberties"
    assert _named(position, liberties, 0) == ["A4", "B4"]
    assert _named(position, liberties, 1) == []
    assert _named(position, liberties, 2) == ["A3", "B3"]
    assert _named(position, "moves that would capture 1, 2, 3, 4+ stones", 1) == ["C4"]
    position = board(". O . . / O . . . / . . . . / . . . .", to_move=BLACK)
    assert "A4" not in _named(position, "legal moves")
    position = board(". X O . / O . . . / . . . . / . . . .", to_move=BLACK)
    suicidal = "moves that put 1, 2, 3+ own stones in atari"
    assert _named(position, suicidal, 1) == ["A4"]
    assert "A4" in _named(position, "moves that would have 1, ..., 5, 6+ liberties", 0)


def test_ko_is_shown_to_who_may_not_take() -> None:
    position = board(". X O . / X O . O / . X O . / . . . .", to_move=BLACK)
    position.play(point("C3", 4))
    assert _named(position, "ko") == ["B3"]
    assert "B3" not in _named(position, "legal moves")


def test_legal_moves_are_the_legal_moves() -> None:
    for seed in range(20):
        position = random_game(7, 60, seed).position()
        legal = [vertex(p, 7) for p in position.legal_points().tolist()]
        assert _named(position, "legal moves") == legal


@pytest.mark.parametrize("view", range(8))
def test_planes_turn_with_the_board(view: int) -> None:
    rng = random.Random(view)
    game = random_game(9, 50, 77 + view)
    entries = game.entries.copy()
    maps = point_maps(9)[view].astype(np.uint16)
    turned = (entries & 0x8000) | maps[entries & 0x03FF]
    ply = rng.randrange(10, 50)
    queries = [
        Query(
            e,
            np.array([0]),
            np.array([game.setup]),
            np.array([ply]),
            np.array([game.to_move(ply)], np.int8),
        )
        for e in (entries, turned)
    ]
    plain, shown = (encode_planes(FULL, q, 9)[0].reshape(-1, 81) for q in queries)
    assert (shown == plain[:, source_maps(9)[view, :-1]]).all()


def test_threads_change_nothing() -> None:
    positions = [random_game(9, 5 + n, n).position() for n in range(40)]
    query = build_query(positions)
    alone = encode_planes(FULL, query, 9)
    with ThreadPoolExecutor(3) as pool:
        assert (encode_planes(FULL, query, 9, pool) == alone).all()
    for number, position in enumerate(positions):
        assert (alone[number] == _planes(position)).all()


def test_set_up_stones_are_seen() -> None:
    position = Position(9)
    position.place_handicap(4)
    assert len(_named(position, "opponent's stones")) == 4
    assert _named(position, "the last 8 moves, latest first") == []


def test_globals_say_what_is_known_from_the_movers_side() -> None:
    position = Position(9)
    told = Conditions(rank=Rank(23), opponent_rank=PRO, komi=6.5, handicap=3, kind=4, date=19900101)
    _, context = encode_positions(FULL, [position], [told])
    rank, opponent, rest = context[0, :31], context[0, 31:62], context[0, 62:].tolist()
    assert [int(rank.argmax()), int(opponent.argmax())] == [23, 30]
    assert rank.sum() == opponent.sum() == 1
    assert rest[:4] == pytest.approx([1, 1, -0.65, 1 / 3])
    assert rest[4:9] == [0, 0, 0, 0, 1]
    assert rest[9:].index(1) == 3  # after 1985, before 2005
    position.play(0)
    _, context = encode_positions(FULL, [position], [told])
    assert context[0, 62:65].tolist() == pytest.approx([0, 1, 0.65])
    _, context = encode_positions(FULL, [position], [Conditions()])
    assert context[0, [0, 31, 66, 71]].tolist() == [1, 1, 1, 1]
    assert context[0].sum() == 4


def test_eras_change_on_their_day() -> None:
    days = [0, ERAS[0] - 1, ERAS[0], ERAS[-1]]
    position = Position(5)
    _, context = encode_positions(FULL, [position] * 4, [Conditions(date=d) for d in days])
    assert context[:, -6:].argmax(1).tolist() == [0, 1, 2, 5]


def test_a_damaged_corpus_is_refused() -> None:
    query = Query(
        np.array([40, 40], np.uint16),
        np.array([0]),
        np.array([0]),
        np.array([2]),
        np.array([1], np.int8),
    )
    with pytest.raises(GocnnError, match="prepare the corpus anew"):
        encode_planes(FULL, query, 9)
