"""A review finds in a game what its evaluator was made to say."""

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.phases import MIDDLE, OPENING
from gocnn.go.position import Position
from gocnn.go.ranks import PRO, parse_rank
from gocnn.play.style import BEST, network_rank
from gocnn.prediction import Conditions, Prediction
from gocnn.review.analysis import GameReview, match_rate, moves_of
from gocnn.review.curve import without_jumps
from gocnn.review.reviewer import Reviewer
from gocnn.sgf.details import Details
from gocnn.sgf.reader import Record, parse_game
from tests.support.boards import point
from tests.support.reviews import Told, blunder_at

SGF = b"(;SZ[9]KM[7]BR[5k]WR[4k];B[ee];W[ec];B[gc];W[cg];B[gg];W[cc];B[];W[ce])"


def record(sgf: bytes = SGF) -> Record:
    return Record(parse_game(sgf, "game.sgf"), Details({"PB": "Black"}))


def review(evaluator: Told, sgf: bytes = SGF, advise: str | None = None) -> GameReview:
    rank = None if advise is None else parse_rank(advise)
    return Reviewer(evaluator, advise=rank).review(record(sgf))


def test_probability_place_and_what_was_expected() -> None:
    found = review(Told({parse_rank("5k"): "E5", parse_rank("4k"): "F3"}))
    first, second = found.moves[:2]
    assert (first.number, first.colour, first.point) == (1, BLACK, point("E5", 9))
    assert (first.place, first.candidates[0].point) == (1, point("E5", 9))
    assert first.probability == pytest.approx(0.6 + 0.4 / 81)
    assert first.surprise == pytest.approx(-np.log(first.probability))
    assert (second.colour, second.candidates[0].point) == (WHITE, point("F3", 9))
    # all the other moves are equally likely: ties stand before the move played
    assert second.place == 80
    assert second.line[0] == point("F3", 9)
    assert len(found.win_rates) == len(found.moves) + 1


def test_advice_tells_a_rank_some_ranks_stronger() -> None:
    evaluator = Told({parse_rank("1k"): "C3", parse_rank("5k"): "E5"})
    found = review(evaluator, advise="5k")
    assert found.advice_rank == parse_rank("1k")
    assert found.moves[0].candidates[0].point == point("C3", 9)
    strongest = network_rank(BEST)
    assert {(c.rank, c.opponent_rank) for c in evaluator.told} == {
        (strongest, strongest),
        (0, 0),
        (parse_rank("1k"), parse_rank("1k")),
    }
    assert {(c.komi, c.handicap) for c in evaluator.told} == {(7.0, 0)}
    assert review(Told(), advise="9p").advice_rank == PRO
    assert review(Told(), advise="8d").advice_rank == parse_rank("9d")
    with pytest.raises(GocnnError, match="advice is for a rank"):
        Reviewer(Told(), advise=0)


def test_who_leads_is_judged_as_if_the_strongest_played() -> None:
    class Partial(Told):
        def _predict(self, position: Position, conditions: Conditions) -> Prediction:
            black = 0.75 if conditions.rank == network_rank(BEST) else 0.25
            win = black if position.to_move == BLACK else 1 - black
            return super()._predict(position, conditions)._replace(win=win)

    assert review(Partial()).win_rates == pytest.approx([0.75] * 9)


def test_the_match_rate_is_told_no_rank() -> None:
    found = review(Told({0: "E5", parse_rank("5k"): "A1", parse_rank("4k"): "A1"}))
    black = match_rate(moves_of(found, BLACK))
    assert (black.moves, black.matched) == (3, 1)  # the pass is not counted
    assert [move.unprimed_place for move in found.moves[:2]] == [1, 80]
    assert match_rate(moves_of(found, WHITE)).matched == 0
    assert match_rate(moves_of(found, WHITE, OPENING)).moves == 4
    assert match_rate(moves_of(found, WHITE, MIDDLE)).moves == 0


def test_a_blunder_is_a_moment() -> None:
    found = review(Told(win=blunder_at(5)))
    (moment,) = found.moments
    assert (moment.number, moment.searched, moment.turned) == (5, False, True)
    assert moment.loss == pytest.approx(0.4)
    assert [moment.win_before, moment.win_after] == pytest.approx([0.7, 0.3])
    assert moment.line[0] == 81
    rates = [0.7] * 4 + [0.6, 0.4] + [0.3] * 3  # each averaged with the turns beside it
    assert found.win_rates == pytest.approx(rates)


def test_a_gift_to_the_other_side_is_no_moment_of_the_player_who_profits() -> None:
    assert review(Told(win=blunder_at(5, 0.3, 0.7))).moments == ()


def test_a_leaning_towards_the_player_to_move_is_taken_out() -> None:
    movers = [1 if ply % 2 == 0 else -1 for ply in range(60)]
    true = np.where(np.arange(60) < 31, 0.6, 0.35)
    leaning = true + 0.06 * np.array(movers)
    np.testing.assert_allclose(without_jumps(leaning.tolist(), movers), true, atol=1e-9)
    np.testing.assert_allclose(without_jumps(true.tolist(), movers), true, atol=1e-9)
    assert without_jumps([0.4], [1]).tolist() == [0.4]


def test_a_threat_that_is_answered_is_no_moment() -> None:
    def win(position: Position) -> float:  # the network sees it answered one turn too late
        of_black = 0.35 if position.ply == 5 else 0.5
        return of_black if position.to_move == BLACK else 1 - of_black

    assert review(Told(win=win)).moments == ()
    lifted = review(Told(win=lambda position: 1 - win(position)))
    assert lifted.moments == ()


def test_what_the_network_would_have_played_is_no_moment_unless_a_search_says_so() -> None:
    evaluator = Told({parse_rank("5k"): "G3"}, win=blunder_at(5))
    assert review(evaluator).moves[4].place == 1
    assert review(evaluator).moments == ()


def test_leads_are_told_where_the_network_answers_them() -> None:
    assert review(Told()).leads is None
    leads = review(Told(lead=lambda position: 3.5 * position.to_move)).leads
    assert leads == (3.5,) * 9


def test_a_search_drops_what_it_does_not_confirm() -> None:
    # The network's value falls with move 5, though every other move is worth as little.
    evaluator = Told({network_rank(BEST): "H8"}, win=blunder_at(5))
    (moment,) = Reviewer(evaluator).review(record()).moments
    assert (moment.number, moment.searched) == (5, False)
    assert Reviewer(evaluator, visits=30).review(record()).moments == ()


def test_a_search_confirms_what_it_sees() -> None:
    def win(position: Position) -> float:
        moves = [move for _, move in position.moves]
        lost = len(moves) > 4 and moves[4] == point("G3", 9)  # move 5 as it was played
        of_black = 0.2 if lost else 0.7
        return of_black if position.to_move == BLACK else 1 - of_black

    found = Reviewer(Told({network_rank(BEST): "H8"}, win=win), visits=30).review(record())
    (moment,) = found.moments
    assert (moment.number, moment.searched) == (5, True)
    assert moment.line[0] != point("G3", 9)
    assert moment.loss > 0.08 and moment.win_before > moment.win_after


def test_progress_adds_up_to_what_was_announced() -> None:
    for advise, visits in ((None, 1), (20, 1), (None, 4)):
        reviewer = Reviewer(Told(), advise=advise, visits=visits)
        steps: list[int] = []
        reviewer.review(record(), steps.append)
        announced = reviewer.steps(record().game)
        searches = 2 * visits * 8 if visits > 1 else 0
        assert announced - searches <= sum(steps) <= announced


@pytest.mark.parametrize("sgf", [b"(;SZ[9])", b"(;SZ[9];B[])", b"(;SZ[5]AB[aa][bb];W[cc])"])
def test_games_of_hardly_any_move(sgf: bytes) -> None:
    found = review(Told(), sgf)
    assert len(found.win_rates) == len(found.moves) + 1
    assert found.moments == ()
    assert match_rate(moves_of(found, BLACK)).moves == 0
