"""The rules, proven by counting, by comparison with sgfmill, and by tables of positions."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray
from sgfmill import boards as sgfmill_boards

from gocnn.errors import GocnnError, IllegalMove
from gocnn.go.board import (
    BLACK,
    EMPTY,
    WHITE,
    WHITE_BIT,
    Board,
    capture_size,
    chain_liberties,
    clear_board,
    copy_board,
    is_eye_like,
    is_legal,
    new_board,
    pack,
    place,
    play,
    union_liberties,
)
from gocnn.go.coords import point_of_vertex, row_column, vertex
from gocnn.go.handicap import handicap_points, star_points
from gocnn.go.position import Position
from gocnn.jit import jit
from tests.support.boards import board as position_of

Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

# The number of legal positions of an n x n board: Tromp and Farnebaeck, "Combinatorics of Go".
LEGAL_POSITIONS = {2: 57, 3: 12_675, 4: 24_318_165}


@jit
def _code(board: Board) -> int:
    code = 0
    for point in range(board.stones.size - 1):
        code = code * 3 + board.stones[point] + 1
    return code


@jit
def _set_up(board: Board, code: int) -> bool:
    """Set up the position of a code; whether every chain has a liberty."""
    points = board.stones.size - 1
    entries = np.empty(points, np.uint16)
    count = 0
    for point in range(points - 1, -1, -1):
        stone = code % 3 - 1
        code //= 3
        if stone != EMPTY:
            entries[count] = point | (WHITE_BIT if stone == WHITE else 0)
            count += 1
    clear_board(board)
    return bool(place(board, entries, 0, count) == count)


@jit
def _count_legal(board: Board, codes: int) -> int:
    legal = 0
    for code in range(codes):
        legal += _set_up(board, code)
    return legal


@jit
def _count_reached(board: Board, scratch: Board, reached: Flags, queue: Codes) -> int:
    """Positions that legal moves of either colour reach from the empty board."""
    points = board.stones.size - 1
    start = _code(board)
    reached[start] = True
    queue[0] = start
    head, tail = 0, 1
    while head < tail:
        _set_up(board, queue[head])
        head += 1
        for point in range(points):
            for colour in (BLACK, WHITE):
                if is_legal(board, point, colour):
                    copy_board(scratch, board)
                    play(scratch, point, colour)
                    code = _code(scratch)
                    if not reached[code]:
                        reached[code] = True
                        queue[tail] = code
                        tail += 1
    return tail


@pytest.mark.parametrize("size", [2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_legal_positions_are_as_many_as_they_are(size: int) -> None:
    board = new_board(size)
    assert _count_legal(board, 3 ** (size * size)) == LEGAL_POSITIONS[size]


@pytest.mark.parametrize("size", [2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_play_reaches_every_legal_position_and_no_other(size: int) -> None:
    codes = 3 ** (size * size)
    board, scratch = new_board(size), new_board(size)
    queue = np.empty(LEGAL_POSITIONS[size] + 1, np.int64)
    reached = _count_reached(board, scratch, np.zeros(codes, np.bool_), queue)
    assert reached == LEGAL_POSITIONS[size]


@pytest.mark.parametrize(("size", "games"), [(2, 20), (3, 20), (5, 20), (9, 8), (19, 2), (25, 1)])
def test_random_games_go_as_on_sgfmills_board(size: int, games: int) -> None:
    for seed in range(games):
        _play_beside_sgfmill(size, random.Random(seed))


def _play_beside_sgfmill(size: int, rng: random.Random) -> None:
    theirs, ours = sgfmill_boards.Board(size), Position(size)
    colour = BLACK
    for _ in range(2 * size * size):
        legal = ours.legal_points(colour).tolist()
        point = rng.choice(legal) if legal and rng.random() > 0.03 else size * size
        before = np.count_nonzero(ours.stones)
        captured = ours.play(point, colour)
        ko = None
        if point < size * size:
            row, column = row_column(point, size)
            ko = theirs.play(size - 1 - row, column, "b" if colour == BLACK else "w")
            assert captured == before + 1 - np.count_nonzero(ours.stones)
        expected = None if ko is None else (size - 1 - ko[0]) * size + ko[1]
        assert ours.ko == expected
        colour = -colour
        stones = np.zeros((size, size), np.int8)
        for stone, (row, column) in theirs.list_occupied_points():
            stones[size - 1 - row, column] = BLACK if stone == "b" else WHITE
        assert (ours.stones == stones).all()
        if ours.ply % (1 + size) == 0:
            _check_bookkeeping(ours.board)


def _check_bookkeeping(board: Board) -> None:
    """Chains, sizes and liberties, worked out anew the slow way."""
    stones = board.stones
    done: set[int] = set()
    for point in np.flatnonzero(stones[:-1]):
        if int(point) in done:
            continue
        chain, border, todo = {int(point)}, set(), [int(point)]
        while todo:
            for near in board.neighbours[todo.pop()].tolist():
                if stones[near] == EMPTY:
                    border.add(near)
                elif stones[near] == stones[point] and near not in chain:
                    chain.add(near)
                    todo.append(near)
        done |= chain
        head = int(board.head[point])
        assert head in chain
        assert {int(board.head[stone]) for stone in chain} == {head}
        assert board.sizes[head] == len(chain)
        assert board.counts[head] == len(border) == chain_liberties(board, int(point))
        bits = sum(int(word) << (64 * i) for i, word in enumerate(board.liberties[head].tolist()))
        assert bits == sum(1 << liberty for liberty in border)


# name, board, colour, move, captured, ko point afterwards
CAPTURES = [
    ("one stone", ". X . / X O . / . X .", BLACK, "C2", 1, None),
    ("two chains at once", ". X . . / X O . O / . X O X / . . X .", BLACK, "C3", 2, None),
    ("in the corner", "O X . / . . . / . . .", BLACK, "A2", 1, None),
    ("two stones are no ko", "O O . / X X . / . . .", BLACK, "C3", 2, None),
    ("ko", ". X O . / X O . O / . X O . / . . . .", BLACK, "C3", 1, "B3"),
    ("nothing", "X O . / . . . / . . .", WHITE, "C3", 0, None),
]


@pytest.mark.parametrize(("name", "rows", "colour", "move", "captured", "ko"), CAPTURES)
def test_captures(
    name: str, rows: str, colour: int, move: str, captured: int, ko: str | None
) -> None:
    position = position_of(rows, to_move=colour)
    assert position.play(point_of_vertex(move, position.size)) == captured
    assert (None if position.ko is None else vertex(position.ko, position.size)) == ko
    taken = position.prisoners[0 if colour == BLACK else 1]
    assert taken == captured


def test_ko_forbids_at_once_and_no_longer() -> None:
    position = position_of(". X O . / X O . O / . X O . / . . . .", to_move=BLACK)
    position.play(point_of_vertex("C3", 4))
    with pytest.raises(IllegalMove, match="white may not play B3: ko"):
        position.play(point_of_vertex("B3", 4))
    position.play(point_of_vertex("A1", 4))
    position.pass_()
    assert position.play(point_of_vertex("B3", 4)) == 1


def test_suicide_of_one_and_of_many_is_illegal() -> None:
    position = position_of(". X . / X . . / . . .", to_move=WHITE)
    with pytest.raises(IllegalMove, match="suicide"):
        position.play(point_of_vertex("A3", 3))
    position = position_of("O . X / X X X / . . .", to_move=WHITE)
    with pytest.raises(IllegalMove, match="suicide"):
        position.play(point_of_vertex("B3", 3))


def test_superko_only_on_request() -> None:
    """Random play on a small board repeats itself soon, unless superko forbids it."""
    for superko in (False, True):
        position = Position(3, superko=superko)
        seen = {position.hash}
        repeated = False
        rng = random.Random(1)
        for _ in range(400):
            legal = position.legal_points().tolist()
            position.play(rng.choice(legal) if legal else 9)
            if position.moves[-1][1] != 9:
                repeated |= position.hash in seen
            seen.add(position.hash)
        assert repeated is not superko


def test_undo_brings_back_everything() -> None:
    rng = random.Random(7)
    position = Position(7)
    states = []
    for _ in range(120):
        states.append((position.stones.tobytes(), position.ko, position.prisoners, position.hash))
        legal = position.legal_points().tolist()
        position.play(rng.choice(legal) if legal else 49)
    for state in reversed(states):
        position.undo()
        now = (position.stones.tobytes(), position.ko, position.prisoners, position.hash)
        assert now == state
    with pytest.raises(IllegalMove, match="no move to take back"):
        position.undo()


@pytest.mark.parametrize("superko", [False, True])
def test_moves_played_at_once_leave_what_they_leave_one_by_one(superko: bool) -> None:
    one_by_one = Position(3)
    rng = np.random.default_rng(3)
    for _ in range(400):
        one_by_one.play(int(rng.choice(np.append(one_by_one.legal_points(), 9))))
    entries, _ = one_by_one.entries()
    at_once = Position(3, superko=superko)
    last = len(entries)
    if superko:  # its positions repeat themselves
        with pytest.raises(IllegalMove, match="superko"):
            at_once.play_entries(entries)
        last = at_once.ply
        for _ in range(len(entries) - last):
            one_by_one.undo()
    else:
        at_once.play_entries(entries)
    assert last > 0
    assert at_once.moves == one_by_one.moves
    assert at_once.to_move == one_by_one.to_move
    assert at_once.stones.tolist() == one_by_one.stones.tolist()
    assert at_once.board.state.tolist() == one_by_one.board.state.tolist()
    at_once.undo()
    one_by_one.undo()
    assert at_once.hash == one_by_one.hash


def test_an_illegal_move_among_many_is_named_and_those_before_it_stand() -> None:
    position = Position(5)
    entries = np.array([pack(3, BLACK), pack(4, WHITE), pack(3, BLACK), pack(5, WHITE)], np.uint16)
    with pytest.raises(IllegalMove, match="black may not play D5: the point is taken"):
        position.play_entries(entries)
    assert position.moves == [(BLACK, 3), (WHITE, 4)]
    assert position.to_move == BLACK


def test_set_up_begins_anew_and_refuses_the_impossible() -> None:
    position = Position(5)
    position.play(12)
    position.setup(black=[0, 1], white=[5], to_move=WHITE)
    assert position.ply == 0
    assert position.to_move == WHITE
    assert position.stones[2, 2] == BLACK
    with pytest.raises(IllegalMove, match="A5 has no liberty"):
        position.setup(white=[2, 6])
    assert position.stones[0, 2] == EMPTY
    position.setup(empty=[0])
    assert position.stones[0, 0] == EMPTY


def test_copy_is_independent() -> None:
    position = Position(5)
    position.play(12)
    twin = position.copy()
    twin.play(13)
    assert position.ply == 1
    assert position.stones[2, 3] == EMPTY


# GTP 2, section 4.1.1: size, stones, vertices.
HANDICAPS = [
    (19, 2, "D4 Q16"),
    (19, 3, "D4 Q16 D16"),
    (19, 5, "D4 Q16 D16 Q4 K10"),
    (19, 6, "D4 Q16 D16 Q4 D10 Q10"),
    (19, 7, "D4 Q16 D16 Q4 D10 Q10 K10"),
    (19, 8, "D4 Q16 D16 Q4 D10 Q10 K4 K16"),
    (19, 9, "D4 Q16 D16 Q4 D10 Q10 K4 K16 K10"),
    (9, 4, "C3 G7 C7 G3"),
    (13, 5, "D4 K10 D10 K4 G7"),
]


@pytest.mark.parametrize(("size", "stones", "names"), HANDICAPS)
def test_fixed_handicap(size: int, stones: int, names: str) -> None:
    assert [vertex(p, size) for p in handicap_points(size, stones)] == names.split()
    position = Position(size)
    position.place_handicap(stones)
    assert position.to_move == WHITE
    assert position.handicap == stones


@pytest.mark.parametrize(("size", "stones"), [(19, 1), (19, 10), (8, 5), (7, 5), (6, 2)])
def test_no_such_handicap(size: int, stones: int) -> None:
    with pytest.raises(GocnnError):
        handicap_points(size, stones)


def test_handicap_needs_an_empty_board() -> None:
    position = Position(9)
    position.play(40)
    with pytest.raises(IllegalMove, match="empty board"):
        position.place_handicap(2)


@pytest.mark.parametrize("size", [1, 26, 0, -3])
def test_no_board_of_that_size(size: int) -> None:
    with pytest.raises(GocnnError, match="2 to 25"):
        Position(size)


def test_what_a_move_would_do_is_what_it_does() -> None:
    """`union_liberties` and `capture_size` against playing the move."""
    rng = random.Random(3)
    scratch = new_board(7)
    union = np.zeros(1, np.uint64)
    for seed in range(12):
        position = Position(7)
        for _ in range(20 + 4 * seed):
            legal = position.legal_points().tolist()
            position.play(rng.choice(legal) if legal else 49)
        board = position.board
        for point in np.flatnonzero(board.stones[:-1] == EMPTY).tolist():
            for colour in (BLACK, WHITE):
                if not is_legal(board, point, colour):
                    continue
                count = union_liberties(board, point, colour, union)
                captured = capture_size(board, point, colour)
                copy_board(scratch, board)
                assert play(scratch, point, colour) == captured
                assert chain_liberties(scratch, point) == count
                assert (scratch.liberties[scratch.head[point]] == union).all()


def test_eye_like_points() -> None:
    position = position_of(". X . X / X X X . / O O X O / . O X X", to_move=BLACK)
    eyes = [
        vertex(p, 4)
        for p in np.flatnonzero(position.board.stones[:-1] == EMPTY).tolist()
        if is_eye_like(position.board, p, BLACK)
    ]
    assert eyes == ["A4", "C4"]


def test_print() -> None:
    position = Position(3)
    position.play(4)
    position.play(0)
    assert str(position) == "   A B C\n 3 O . .  3\n 2 . X .  2\n 1 . . .  1\n   A B C"


@pytest.mark.parametrize("size", [5, 7, 8, 9, 11, 13, 19])
def test_a_printed_position_marks_the_star_points_that_a_drawing_does(size: int) -> None:
    rows = str(Position(size)).splitlines()[1:-1]
    cells = "".join("".join(row.split()[1:-1]) for row in rows)
    assert [point for point, cell in enumerate(cells) if cell == "+"] == sorted(star_points(size))
