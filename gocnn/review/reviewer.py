"""Reviews a game with an evaluator: two or three predictions a position, and a few searches.

1. Every position as if two of the strongest players were at the board: who is ahead. Told the
   recorded ranks, the network tells who usually wins of such players instead.
2. Every position without the players' ranks: how often a move is the network's, which is only
   comparable between players when the network is told the same of all.
3. Every position with the recorded ranks: what such players play; with advice for a rank, with a
   rank some ranks stronger told for both players.
4. The moves that cost most by the first pass are searched, and so is what was played instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, POINT_MASK
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.go.ranks import PRO, STRONGEST_AMATEUR, UNKNOWN, Rank
from gocnn.play.search import Search, likeliest, swap_players
from gocnn.play.style import BEST, network_rank
from gocnn.prediction import Conditions, Evaluator, Prediction
from gocnn.review.analysis import Candidate, GameReview, Moment, MoveReview
from gocnn.review.curve import around_moves, smoothed, without_jumps
from gocnn.sgf.reader import Record

ADVICE_STEPS = 4  # ranks between a player and the advice that he can follow
_MAX_CANDIDATES = 5
_LEAST_PROBABILITY = 0.01  # of a candidate after the first
_LINE = 6  # plies of a continuation
_LINES = 20  # of the most surprising moves, besides the moments
_BATCH = 32  # positions between two reports of progress
_SEARCHED = 24  # moves, those that seem to have cost most
_MIN_LOSS = 0.08  # win rate that a moment cost at least
_MAX_MOMENTS = 10

Progress = Callable[[int], object]


class _Pass(NamedTuple):
    """Predictions of all N + 1 positions of a game, and what they were told."""

    conditions: list[Conditions]
    predictions: list[Prediction]


def advice_rank(rank: Rank) -> Rank:
    """The rank whose moves a player of a rank is shown: some ranks stronger.

    >>> from gocnn.go.ranks import rank_name
    >>> [rank_name(advice_rank(code)) for code in (16, 27, 30)]
    ['1k', '9d', 'pro']

    Raises:
        GocnnError: when the rank is unknown.
    """
    if not UNKNOWN < rank <= PRO:
        raise GocnnError("advice is for a rank: 20k to 1k, 1d to 9d, or pro")
    return PRO if rank == PRO else Rank(min(rank + ADVICE_STEPS, STRONGEST_AMATEUR))


class Reviewer:
    """Reviews one game after another.

    Args:
        evaluator: predicts positions.
        advise: the rank code that advice is for; None expects the moves of players like these.
        visits: of the searches that check what a move cost; 1 trusts the network alone.

    Raises:
        GocnnError: when `advise` is not a rank.
    """

    def __init__(self, evaluator: Evaluator, *, advise: int | None = None, visits: int = 1) -> None:
        self._evaluator = evaluator
        self._advice_rank = None if advise is None else advice_rank(Rank(advise))
        self.visits = visits

    def steps(self, game: Game) -> int:
        """How often `review` reports progress for a game, at most; a measure of the work."""
        searches = 2 * self.visits * min(_SEARCHED, len(game)) if self.visits > 1 else 0
        return 3 * (len(game) + 1) + searches

    def review(self, record: Record, progress: Progress = lambda steps: None) -> GameReview:
        """Review a game.

        Args:
            record: a game, also one without any move.
            progress: told how many of `steps` are done since the last call.
        """
        game = record.game
        positions = list(game.positions())
        movers = [game.to_move(ply) for ply in range(len(game) + 1)]
        recorded = [Conditions.of_game(game, ply) for ply in range(len(game) + 1)]
        strong = _told(recorded, network_rank(BEST))  # who leads does not depend on who plays
        judged = self._predict(positions, strong, progress)
        unprimed = self._predict(positions, _told(recorded, UNKNOWN), progress)
        rank = self._advice_rank
        advised = recorded if rank is None else _told(recorded, rank)
        if advised == unprimed.conditions:
            advice = unprimed
            progress(len(positions))
        else:
            advice = self._predict(positions, advised, progress)
        win_rates = np.clip(without_jumps(_black_wins(judged, movers), movers), 0, 1)
        around = around_moves(win_rates)
        losses = _losses(win_rates, *around, np.asarray(movers[:-1]))
        moves = [
            _review_move(game, ply, advice.predictions[ply], unprimed.predictions[ply], loss)
            for ply, loss in enumerate(losses.tolist())
        ]
        if self.visits > 1:
            moments = self._search(positions, strong, moves, progress)
        else:
            costly = [move for move in moves if move.loss >= _MIN_LOSS and move.place > 1]
            moments = [_unsearched(move, *around) for move in _by_loss(costly, game.size)]
        moments = sorted(moments, key=lambda moment: -moment.loss)[:_MAX_MOMENTS]
        wanted = {moment.number for moment in moments} | _surprising(moves)
        moves = self._with_lines(moves, positions, advice.conditions, wanted)
        return GameReview(
            record=record,
            moves=tuple(moves),
            win_rates=tuple(smoothed(win_rates).tolist()),
            leads=_leads(judged, movers),
            moments=tuple(
                moment if moment.line else replace(moment, line=moves[moment.number - 1].line)
                for moment in sorted(moments, key=lambda moment: moment.number)
            ),
            advice_rank=self._advice_rank,
            visits=self.visits,
        )

    def _predict(
        self, positions: Sequence[Position], conditions: list[Conditions], progress: Progress
    ) -> _Pass:
        predictions: list[Prediction] = []
        for start in range(0, len(positions), _BATCH):
            stop = start + _BATCH
            predictions += self._evaluator(positions[start:stop], conditions[start:stop])
            progress(len(predictions) - start)
        return _Pass(conditions, predictions)

    def _search(
        self,
        positions: Sequence[Position],
        conditions: Sequence[Conditions],
        moves: Sequence[MoveReview],
        progress: Progress,
    ) -> list[Moment]:
        """Search where much seems to have been lost; what a search does not confirm is dropped."""
        search = Search(self._evaluator, self.visits)
        moments = []
        for move in _by_loss(moves, positions[0].size)[:_SEARCHED]:
            ply = move.number - 1
            moment = _searched(search, move, positions[ply : ply + 2], conditions[ply : ply + 2])
            if moment is not None and moment.loss >= _MIN_LOSS:
                moments.append(moment)
            progress(2 * self.visits)
        return moments

    def _with_lines(
        self,
        moves: Sequence[MoveReview],
        positions: Sequence[Position],
        conditions: Sequence[Conditions],
        wanted: set[int],
    ) -> list[MoveReview]:
        """The moves; the wanted ones get the likely continuation of the first choice."""
        chosen = [move for move in moves if move.number in wanted]
        ends = [positions[move.number - 1].copy() for move in chosen]
        known = [conditions[move.number - 1] for move in chosen]
        lines = [[move.candidates[0].point] for move in chosen]
        open_lines = list(range(len(chosen)))
        for ply in range(_LINE - 1):
            for index in open_lines:
                ends[index].play(lines[index][-1])
            known = [swap_players(c) for c in known]
            open_lines = [i for i in open_lines if ends[i].passes < 2]
            if not open_lines:
                break
            replies = self._evaluator([ends[i] for i in open_lines], [known[i] for i in open_lines])
            for index, reply in zip(open_lines, replies, strict=True):
                lines[index] += likeliest(ends[index], reply, 1)
            open_lines = [i for i in open_lines if len(lines[i]) == ply + 2]
        continuations = {move.number: tuple(line) for move, line in zip(chosen, lines, strict=True)}
        return [
            replace(move, line=continuations[move.number]) if move.number in continuations else move
            for move in moves
        ]


def _told(conditions: Sequence[Conditions], rank: Rank) -> list[Conditions]:
    """The same, with both players of this rank."""
    return [replace(each, rank=rank, opponent_rank=rank) for each in conditions]


def _review_move(
    game: Game, ply: int, advice: Prediction, unprimed: Prediction, loss: float
) -> MoveReview:
    point = int(game.moves[ply]) & POINT_MASK
    policy = advice.policy
    order = np.argsort(-policy, kind="stable")[:_MAX_CANDIDATES].tolist()
    candidates = [
        Candidate(candidate, float(policy[candidate]))
        for place, candidate in enumerate(order)
        if not place or policy[candidate] >= _LEAST_PROBABILITY
    ]
    return MoveReview(
        number=ply + 1,
        colour=game.to_move(ply),
        point=point,
        probability=float(policy[point]),
        place=_place(policy, point),
        surprise=_surprise(policy, point),
        candidates=tuple(candidates),
        loss=loss,
        unprimed_place=_place(unprimed.policy, point),
        unprimed_surprise=_surprise(unprimed.policy, point),
    )


def _place(policy: NDArray[np.float32], point: int) -> int:
    return int((policy >= policy[point]).sum())


def _surprise(policy: NDArray[np.float32], point: int) -> float:
    return float(-np.log(max(float(policy[point]), 1e-9)))


def _black_wins(predicted: _Pass, movers: Sequence[int]) -> list[float]:
    return [
        prediction.win if mover == BLACK else 1 - prediction.win
        for prediction, mover in zip(predicted.predictions, movers, strict=True)
    ]


def _leads(predicted: _Pass, movers: Sequence[int]) -> tuple[float, ...] | None:
    leads = [
        prediction.lead * mover
        for prediction, mover in zip(predicted.predictions, movers, strict=True)
        if prediction.lead is not None
    ]
    if len(leads) < len(movers):
        return None
    return tuple(smoothed(without_jumps(leads, movers)).tolist())


def _losses(
    win_rates: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    movers: NDArray[np.int64],
) -> NDArray[np.float64]:
    """What each move cost: what is lost at once, and still is after the next turn."""
    at_once = (win_rates[:-1] - win_rates[1:]) * movers
    lasting = (before - after) * movers
    losses: NDArray[np.float64] = np.maximum(np.minimum(at_once, lasting), 0)
    return losses


def _by_loss(moves: Sequence[MoveReview], size: int) -> list[MoveReview]:
    """The moves that are no passes, the costliest first."""
    played = [move for move in moves if move.point != size * size]
    return sorted(played, key=lambda move: -move.loss)


def _surprising(moves: Sequence[MoveReview]) -> set[int]:
    """The numbers of the most surprising moves that were not the likeliest."""
    missed = [move for move in moves if move.place > 1]
    return {move.number for move in sorted(missed, key=lambda move: -move.surprise)[:_LINES]}


def _unsearched(
    move: MoveReview, before: NDArray[np.float64], after: NDArray[np.float64]
) -> Moment:
    return Moment(
        number=move.number,
        loss=move.loss,
        win_before=float(before[move.number - 1]),
        win_after=float(after[move.number - 1]),
        line=(),
        searched=False,
    )


def _searched(
    search: Search,
    move: MoveReview,
    positions: Sequence[Position],
    conditions: Sequence[Conditions],
) -> Moment | None:
    """What a search says of a move; None where it would have played the same.

    Both figures are means of searches below a position after a move, so that a leaning of the
    network towards whoever is to move is the same in both.
    """
    search.new_game()
    *_, analysis = search.analyse(positions[0], conditions[0], max_moves=1)
    best = analysis.moves[0]
    if best.point == move.point:
        return None
    (after,) = search(positions[1:2], conditions[1:2])
    played = after.win if positions[1].to_move == move.colour else 1 - after.win
    before, now = (win if move.colour == BLACK else 1 - win for win in (best.win, played))
    return Moment(
        number=move.number,
        loss=max(best.win - played, 0.0),
        win_before=before,
        win_after=now,
        line=best.pv,
        searched=True,
    )
