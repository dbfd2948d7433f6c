"""The player: only legal moves, eyes kept, passes and resigns when it should and not before."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE, is_eye_like
from gocnn.go.position import Position
from gocnn.go.ranks import PRO, STRONGEST_AMATEUR, Rank
from gocnn.go.rules import RULESETS
from gocnn.play.player import RESIGN, Choice, Player
from gocnn.play.style import BEST, Style, network_rank, rank_code
from gocnn.prediction import Conditions, Evaluator, Prediction
from tests.support.boards import SEKI, board, point


def each(predict: Callable[[Position], Prediction]) -> Evaluator:
    """An evaluator that predicts one position after another, whatever the conditions."""
    return lambda positions, _conditions: [predict(position) for position in positions]


def predictor(*likely: str, win: float = 0.5) -> Evaluator:
    """Predicts these moves, the first most of all, and all others a little."""

    @each
    def predict(position: Position) -> Prediction:
        size = position.size
        policy = np.full(size**2 + 1, 1e-4, np.float32)
        for rank, name in enumerate(likely):
            policy[point(name, size)] = 0.5 / 2**rank
        return Prediction(policy / policy.sum(), win)

    return predict


@each
def uniform(position: Position) -> Prediction:
    """Knows nothing."""
    count = position.size**2 + 1
    return Prediction(np.full(count, 1 / count, np.float32), 0.5)


def constant(value: float) -> Evaluator:
    """Predicts the same number for every move."""
    return each(lambda p: Prediction(np.full(p.size**2 + 1, value, np.float32), value))


def choose(evaluator: Evaluator, position: Position, **style: object) -> Choice:
    return Player(evaluator, Style(seed=1, **style)).choose(position)  # type: ignore[arg-type]


# Black's two eyes at A5 and C5; white lives below. Nothing is left but the dame at E3.
FINISHED = """
    . X . X X
    X X X X X
    X X X X .
    O O O O O
    . O . O .
"""


def test_the_likeliest_move_is_played() -> None:
    assert choose(predictor("C3", "D4"), Position(9)).point == point("C3", 9)


def test_a_prediction_that_the_caller_made_is_decided_by() -> None:
    """The player's own evaluator is not asked, and the count of hopeless moves goes on."""

    def unasked(_: Sequence[Position], __: Sequence[Conditions]) -> list[Prediction]:
        raise AssertionError("the prediction was given")

    (prediction,) = predictor("C3", win=0.01)([Position(9)], [Conditions()])
    player = Player(unasked, Style(seed=1, resign_after=2))
    assert player.decide(Position(9), prediction) == (point("C3", 9), prediction, "policy")
    position = late(LOST)
    (prediction,) = predictor("A1", win=0.01)([position], [Conditions()])
    assert player.decide(position, prediction).point != RESIGN
    position.play(point("A1", 9))
    position.pass_()
    assert player.decide(position, prediction).point == RESIGN


def test_an_illegal_move_is_never_played_however_likely() -> None:
    position = Position(9)
    for name in ("C3", "D4"):
        position.play(point(name, 9))
    assert choose(predictor("C3", "D4", "E5"), position).point == point("E5", 9)


def test_superko_is_kept() -> None:
    """Small boards repeat themselves: some of what simple ko allows, superko forbids."""
    random = np.random.default_rng(3)
    forbidden = 0
    for _ in range(40):
        position = Position(5, superko=True)
        while position.ply < 80:
            moves = np.flatnonzero(position.candidate_moves())
            assert all(position.is_legal(int(move)) for move in moves)
            position.superko = False
            forbidden += int(position.candidate_moves().sum()) - len(moves)
            position.superko = True
            position.play(int(random.choice(moves)) if len(moves) else 25)
    assert forbidden


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf"), -1.0])
def test_a_broken_policy_still_gives_a_legal_move(value: float) -> None:
    position = Position(9)
    for _ in range(30):
        choice = choose(constant(value), position)
        assert position.is_legal(choice.point)
        position.play(choice.point)


@pytest.mark.parametrize(
    ("diagram", "name", "kept"),
    [
        (FINISHED, "A5", True),
        (FINISHED, "C5", True),
        (". X . . / X X . . / . . . . / . . . .", "A4", True),
        (". X O . / O X O . / X . X . / . X . .", "A4", False),  # a false one, in atari
        ("X . X . / . X . . / . . . . / . . . .", "B4", True),
    ],
)
def test_own_eyes_are_not_filled(diagram: str, name: str, kept: bool) -> None:
    position = board(diagram)
    spot = point(name, position.size)
    assert is_eye_like(position.board, spot, BLACK) is kept
    assert bool(position.candidate_moves()[spot]) is not kept


# -- passing -------------------------------------------------------------------------------


def after_pass(position: Position) -> Position:
    """The opponent of the player to move has just passed."""
    position.pass_(-position.to_move)
    return position


def test_a_won_and_settled_game_is_ended_after_a_pass() -> None:
    position = after_pass(board(FINISHED, komi=0.5))
    choice = choose(predictor("A5"), position)
    assert (choice.point, choice.reason) == (25, "won")


@pytest.mark.parametrize(("komi", "plays_on"), [(0.5, True), (4.5, True), (5.5, False)])
def test_white_plays_on_for_a_dame_unless_it_has_won_without(komi: float, plays_on: bool) -> None:
    """Black has 14 points, white 10, and one is open; a half point is a win only if it is safe."""
    position = after_pass(board(FINISHED, komi=komi, to_move=WHITE))
    assert choose(predictor("pass"), position).point == (point("E3", 5) if plays_on else 25)


def test_a_dame_is_filled_before_the_pass() -> None:
    """Area counts it, and the network would rather pass."""
    position = board(FINISHED, komi=4.5)
    assert choose(predictor("pass"), position).point == point("E3", 5)
    position.play(point("E3", 5))
    position.to_move = BLACK
    assert choose(predictor("pass"), position).point == 25


def test_no_pass_while_a_capture_decides() -> None:
    """White's two stones can be caught or saved; a network that passes is overruled."""
    capture = """
        . X . X O O .
        X X X X O . O
        X X X X O O O
        X O O X O . O
        X O . X O O O
        X X . O O . O
        X X X O O O .
    """
    position = board(capture, komi=0.5, to_move=WHITE)
    choice = choose(predictor("pass"), position)
    assert choice.point in (point("C3", 7), point("C2", 7))
    position = after_pass(board(capture, komi=0.5))
    assert choose(predictor("pass"), position).point in (point("C3", 7), point("C2", 7))


@pytest.mark.parametrize("to_move", [BLACK, WHITE])
def test_a_seki_is_left_alone(to_move: int) -> None:
    """Its shared liberties are nobody's points, but whoever fills them loses stones."""
    assert choose(predictor("pass", "A7", "B6"), board(SEKI, to_move=to_move)).point == 49


def test_an_early_pass_is_not_answered_by_a_pass() -> None:
    for plies in range(0, 12, 2):
        position = Position(9)
        for name in ("C3", "G7", "G3", "C7", "E3", "E7", "C5", "G5", "E5", "D5", "F4")[:plies]:
            position.play(point(name, 9))
        position.pass_()
        choice = choose(predictor("pass", "H2"), position)
        assert choice.point < 81, f"after {plies} moves"


def test_no_playout_is_run_in_the_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("a playout in the opening")

    monkeypatch.setattr("gocnn.play.player.judge", fail)
    assert choose(predictor("D4"), Position(19)).point == point("D4", 19)
    with pytest.raises(AssertionError):
        choose(predictor("pass"), Position(19))


def test_a_pass_in_the_air_is_taken_when_nothing_is_left() -> None:
    """Also where the network prefers a stone that gains nothing; by a hair it is not asked."""
    position = board("/".join([". X . X O . O . O"] * 9), komi=6.5)
    for share, expected in ((0.5, 81), (0.05, point("A9", 9))):

        def predict(_position: Position, share: float = share) -> Prediction:
            policy = np.zeros(82, np.float32)
            policy[point("A9", 9)], policy[81] = 1, share
            return Prediction(policy / policy.sum(), 0.5)

        assert choose(each(predict), position).point == expected


# White's two stones have two liberties, C4 and F4. Black's C4 takes the neutral point and puts them
# in atari; once white has connected at F4, the neutral point is there for both.
SHORT_OF_LIBERTIES = """
    . X . X X O .
    X X X X X O O
    X X X X X O .
    X X . O O . O
    X X X X X O O
    . X X X X O .
    X . X X X O O
"""


def test_a_pass_that_would_cost_a_point_is_none() -> None:
    """In random games the stones are safe, and white's own C4 would be a self-atari."""

    @each
    def predict(position: Position) -> Prediction:
        policy = np.full(50, 1e-4, np.float32)
        threatened = position.board.stones[point("C4", 7)] == BLACK
        policy[49] = 0.1
        policy[point("F4" if threatened else "C4", 7)] = 0.2
        policy[49] += 0.2 * (position.to_move == WHITE and not threatened)
        return Prediction(policy / policy.sum(), 0.5)

    position = board(SHORT_OF_LIBERTIES, komi=9.5, to_move=WHITE)
    choice = choose(predict, position)
    assert (choice.point, choice.reason) == (point("F4", 7), "a pass would cost points")
    choice = choose(predict, after_pass(position))
    assert choice.reason == "nothing is left to gain"  # the game is over then


@pytest.mark.parametrize("size", [5, 7, 9])
@pytest.mark.parametrize("evaluator", [uniform, predictor("pass")], ids=["uniform", "passing"])
def test_whole_games_are_legal_and_end(size: int, evaluator: Evaluator) -> None:
    """Every game ends by two passes, with every eye of the end still there."""
    for seed in range(4):
        position = Position(size, superko=seed % 2 == 0)
        player = Player(evaluator, Style(seed=seed, temperature=1.0, playouts=40, resign=False))
        passes = 0
        while passes < 2:
            choice = player.choose(position)
            assert choice.point != RESIGN
            assert not (choice.point < size**2 and not position.candidate_moves()[choice.point])
            position.play(choice.point)
            passes = passes + 1 if choice.point == size**2 else 0
            assert position.ply < 6 * size**2
        assert position.ply > 0.3 * size**2


# -- resigning -----------------------------------------------------------------------------

LOST = """
    . . . . . . . . .
    . O O O O O O O .
    . O . O . O . O .
    . O O O O O O O .
    . . . . . . . . .
    . . O . . . O . .
    . . . . . . . . .
    . . X X . . . . .
    . . . . . . . . .
"""


def resigned_at(evaluator: Evaluator, position: Position, **style: object) -> int:
    """The number of black's move at which it resigns, white passing; 0 if it never does."""
    player = Player(evaluator, Style(seed=1, **style))  # type: ignore[arg-type]
    for number in range(1, 8):
        choice = player.choose(position)
        if choice.point == RESIGN:
            return number
        position.play(choice.point)
        position.pass_()
    return 0


def late(diagram: str) -> Position:
    """A game in which black is not ahead on komi."""
    return board(diagram, komi=6.5)


@pytest.mark.parametrize("after", [1, 3])
def test_a_hopeless_game_is_resigned_after_some_moves(after: int) -> None:
    assert resigned_at(predictor("A1", "J9", win=0.01), late(LOST), resign_after=after) == after


def test_what_keeps_a_player_from_resigning() -> None:
    hopeless = predictor("A1", win=0.01)
    assert resigned_at(hopeless, late(LOST), resign=False) == 0
    assert resigned_at(predictor("A1", win=0.1), late(LOST)) == 0
    early = LOST.replace("O O O O O O O", "O . . O . . O").replace("X X", ". .")
    assert resigned_at(hopeless, late(early)) == 0
    won = LOST.replace("O", "o").replace("X", "O").replace("o", "X")
    assert resigned_at(hopeless, late(won)) == 0, "the board says that the network is wrong"


FULL = """
    . O O O O O O O .
    O . . O O O O . O
    O . . O O O O O O
    O O O O O O O O O
    O O O O . O O O O
    O O O O O O O O O
    X X X X X X X X X
    X . X X X X X . X
    . X X X X X X X .
"""


def test_playouts_know_a_lost_board_where_the_network_does_not() -> None:
    assert resigned_at(predictor("A9", "A1", win=0.45), late(FULL)) == 4
    assert resigned_at(predictor("A9", "A1", win=0.55), late(FULL)) == 0
    assert resigned_at(predictor("A9", "A1", win=0.45), late(FULL), resign_below=0.01) == 0
    won = FULL.replace("O", "o").replace("X", "O").replace("o", "X")
    assert resigned_at(predictor("A9", "A1", win=0.45), late(won)) == 0
    assert resigned_at(predictor("A1", "J9", win=0.45), late(LOST)) == 0, "there is room"


# Black has the lower five lines and leads by 9 points before komi; nothing is open.
SETTLED = """
    . O O O O O O O .
    O O O . O O O O O
    O O O O O O O O O
    O O O O O O O O O
    X X X X X X X X X
    X X X X X X X X X
    X . . . X X X . X
    X X X X X X X X X
    . X X X X X X X .
"""


@pytest.mark.parametrize(("rules", "resigned"), [("chinese", 1), ("aga", 1), ("tromp-taylor", 0)])
def test_points_for_a_handicap_count_when_resigning(rules: str, resigned: int) -> None:
    """Komi leaves black 5.5 points ahead; what white gets for nine stones puts it behind."""
    position = board(SETTLED, komi=3.5)
    position.handicap = 9
    hopeless = predictor("C3", win=0.01)
    assert resigned_at(hopeless, position, resign_after=1, rules=RULESETS[rules]) == resigned


def test_a_better_moment_starts_the_count_again() -> None:
    rates = iter([0.01, 0.01, 0.5, 0.01, 0.01, 0.01, 0.01])

    def predict(
        positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        (prediction,) = predictor("A1", "J9")(positions, conditions)
        return [prediction._replace(win=next(rates))]

    assert resigned_at(predict, late(LOST), resign_after=3) == 6


def test_asking_again_or_undoing_does_not_count_twice() -> None:
    player = Player(predictor("A1", win=0.01), Style(seed=1, resign_after=3))
    position = late(LOST)
    for _ in range(5):
        assert player.choose(position).point != RESIGN
    position.play(point("A1", 9))
    position.pass_()
    assert player.choose(position).point != RESIGN
    position.undo()
    position.undo()
    assert player.choose(position).point != RESIGN


def test_asking_again_does_not_start_the_count_again() -> None:
    player = Player(predictor("A1", "J9", win=0.01), Style(seed=1, resign_after=3))
    position = late(LOST)
    for name in ("A1", "J9"):
        player.choose(position)
        assert player.choose(position).point != RESIGN
        position.play(point(name, 9))
        position.pass_()
    assert player.choose(position).point == RESIGN


# -- style ---------------------------------------------------------------------------------


def test_temperature_spreads_the_moves_and_the_seed_repeats_them() -> None:
    def moves(seed: int, temperature: float) -> list[int]:
        player = Player(predictor("D4", "F6", "C7"), Style(seed=seed, temperature=temperature))
        return [player.choose(Position(9)).point for _ in range(60)]

    names = [point(name, 9) for name in ("D4", "F6", "C7")]
    assert set(moves(1, 0.0)) == {names[0]}
    assert set(moves(1, 1.0)) == set(names), "nothing below the least share is drawn"
    assert moves(1, 1.0) == moves(1, 1.0) != moves(2, 1.0)
    counts = [moves(1, 1.0).count(name) for name in names]
    assert counts[0] > counts[1] > counts[2]
    assert moves(1, 0.01).count(names[0]) == 60


def test_a_stronger_rank_looks_at_more_positions_unless_a_number_is_given() -> None:
    for size in (5, 9, 13, 19, 25):
        visits = [Style(rank=Rank(rank)).visits_on(size) for rank in range(1, 30)]
        assert visits == sorted(visits)
        assert visits[16] == 1 < visits[17] < visits[18]  # 4k, 3k, 2k
        assert Style(rank=rank_code("pro")).visits_on(size) == visits[-1]
        assert Style(rank=BEST).visits_on(size) > visits[-1]
        assert Style().visits_on(size) == 1
        assert Style(rank=Rank(1), visits=7).visits_on(size) == 7
    small, middle, large, larger = (
        Style(rank=rank_code("1d")).visits_on(size) for size in (9, 14, 19, 25)
    )
    assert sorted((small, middle, large))[1] == middle
    assert large == larger


def test_a_weaker_rank_draws_more_freely_unless_a_temperature_is_given() -> None:
    for size in (5, 9, 13, 19, 25):
        temperatures = [Style(rank=Rank(rank)).temperature_on(size) for rank in range(1, 30)]
        assert temperatures == sorted(temperatures, reverse=True)
        # Neighbours may share a temperature, since the network is told different ranks.
        assert temperatures[0] > temperatures[4] > temperatures[8] > temperatures[12] > 0
        assert len(set(temperatures)) == (11 if size >= 19 else 15)
        assert temperatures[-1] == temperatures[16] == Style(rank=PRO).temperature_on(size) > 0
        assert Style().temperature_on(size) == Style(rank=BEST).temperature_on(size) == 0
        assert Style(rank=Rank(1), temperature=0.3).temperature_on(size) == 0.3
    small, middle, large, larger = (
        Style(rank=rank_code("12k")).temperature_on(size) for size in (9, 14, 19, 25)
    )
    assert middle == pytest.approx((small + large) / 2)
    assert large == larger

    def favourites(rank: str) -> int:
        player = Player(predictor("D4", "F6", "C7"), Style(rank=rank_code(rank), seed=1))
        return [player.choose(Position(9)).point for _ in range(200)].count(point("D4", 9))

    assert favourites("20k") < favourites("8k") < favourites("5k") <= favourites("4k") < 200
    assert favourites("20k") + 20 < favourites("5k")
    assert favourites("best") == 200


def test_the_network_is_given_the_conditions() -> None:
    given: list[Conditions] = []

    def predict(
        positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        given.extend(conditions)
        return uniform(positions, conditions)

    position = Position(9, komi=0.5)
    position.place_handicap(3)
    Player(predict, Style(rank=rank_code("12k"), opponent_rank=rank_code("2d"))).choose(position)
    Player(predict, Style(rank=rank_code("BEST"))).choose(position)
    Player(predict, Style(rank=rank_code("12k"))).choose(position)
    Player(predict, Style(rank=rank_code("1d"))).choose(position)
    Player(predict, Style(rank=rank_code("pro"), opponent_rank=rank_code("1d"))).choose(position)
    assert given[0] == Conditions(rank=Rank(9), opponent_rank=Rank(22), komi=0.5, handicap=3)
    strongest = network_rank(BEST)
    assert given[1] == Conditions(rank=strongest, opponent_rank=strongest, komi=0.5, handicap=3)
    assert given[2] == Conditions(rank=Rank(9), opponent_rank=Rank(9), komi=0.5, handicap=3)
    assert given[3] == given[1], "4k and who is stronger are told 9d"
    assert given[4] == Conditions(rank=PRO, opponent_rank=Rank(21), komi=0.5, handicap=3)


def test_told_ranks_rise_with_the_rank_and_no_rank_is_told_a_weaker_one() -> None:
    told = [Style(rank=Rank(rank)).told for rank in range(1, 31)]
    assert told == sorted(told)
    assert all(rank <= told[rank - 1] for rank in range(1, 31))
    assert told[:11] == list(range(1, 12))
    assert set(told[16:29]) == {STRONGEST_AMATEUR}
    assert told[29] == PRO


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rank", 31),
        ("temperature", -1.0),
        ("temperature", float("nan")),
        ("resign_below", 2.0),
        ("resign_after", 0),
        ("playouts", 0),
    ],
)
def test_a_style_out_of_range_is_refused_by_name(field: str, value: float) -> None:
    make: Callable[..., Style] = Style
    with pytest.raises(GocnnError, match=field):
        make(**{field: value})


def test_ranks_by_name() -> None:
    assert [rank_code(text) for text in (None, "any", "20k", "9d", "pro")] == [0, 0, 1, 29, 30]
    with pytest.raises(GocnnError, match="'strong' is not a rank"):
        rank_code("strong")
