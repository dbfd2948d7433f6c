"""Position in, move out: which move, when to pass, when to resign.

A `Player` decides by a prediction: its own evaluator's (`choose`), or one that the caller has made
(`decide`), such as those of many games at once. It needs neither weights nor torch.

Invariants:

- The move chosen is legal, superko included where the position asks for it, and never fills an own
  eye. (An eye-like point never is the last liberty of one chain that it would join to another:
  the empty corner that keeps the two apart is a liberty of both.)
- A pass comes when nothing is left to gain. While something is, the game goes on, also after the
  opponent's pass; a game that is won even if all that is open goes wrong may be ended. A pass that
  does not end the game is checked by what the opponent would play next.
- A resignation needs a low win rate several times in a row, a board that is a quarter full, and
  a lead of the opponent: the predicted one, or that of playouts where none is predicted or the
  game is nearly over. The win rate is the prediction's. On a board half full it is that of playouts
  where these judge, are far behind and the network sees no lead, because networks know little of
  how a game that is nearly over is counted.
- Early in a game no playout is run.
"""

from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.playouts import sample
from gocnn.go.position import Position
from gocnn.go.rules import count_handicap_stones
from gocnn.go.scoring import Verdict, judge, lead
from gocnn.go.territory import useful_moves
from gocnn.play.endgame import (
    MIN_FILLED_TO_PASS,
    filled_share,
    margin_bounds,
    nearly_finished,
    opponent_passed,
    pass_is_likely,
)
from gocnn.play.outlook import has_lead
from gocnn.play.passing import forestalling_move
from gocnn.play.search import Search
from gocnn.play.style import Style, network_rank
from gocnn.prediction import Conditions, Evaluator, Prediction

_MIN_FILLED_TO_RESIGN = 0.25  # share of the points that have a stone
_MIN_FILLED_FOR_OUTLOOK = 0.5  # likewise, for playouts to overrule the network's win rate
_FAR_BEHIND, _BEHIND = 0.04, 0.02  # points of the score for each point of the board
_OUTLOOK_PLAYOUTS = 64
RESIGN = -1  # as a point; a pass is size * size


class Choice(NamedTuple):
    """A move, and why it was chosen."""

    point: int  # size * size is a pass, RESIGN resigns
    prediction: Prediction
    reason: str  # a few words for logs


class Player:
    """Plays for either side of one game after another; call `new_game` between them.

    Args:
        evaluator: predicts the positions that `choose` is asked about.
        style: how to play; default: as well as possible.
    """

    def __init__(self, evaluator: Evaluator, style: Style | None = None) -> None:
        self._evaluator = evaluator
        self.style = style or Style()
        self._random = np.random.default_rng(self.style.seed)
        self._seed = int(self._random.integers(2**32))
        self._hopeless_plies: dict[int, list[int]] = {}

    def new_game(self) -> None:
        """Forget the game so far."""
        self._hopeless_plies.clear()

    def conditions(self, position: Position) -> Conditions:
        """What the network is given beside the position."""
        style = self.style
        return Conditions(
            rank=style.told,
            opponent_rank=network_rank(style.opponent_rank) or style.told,
            komi=position.komi,
            handicap=count_handicap_stones(position),
            kind=style.kind,
        )

    def choose(self, position: Position) -> Choice:
        """The move for the player to move, by the evaluator's prediction."""
        (prediction,) = self._evaluator([position], [self.conditions(position)])
        return self.decide(position, prediction)

    def decide(self, position: Position, prediction: Prediction) -> Choice:
        """The move for the player to move, by a prediction of this position.

        Args:
            position: left as it is.
            prediction: made under `conditions`.
        """
        moves = position.candidate_moves()
        weights = _non_negative(prediction.policy)
        pass_point = len(weights) - 1
        hopeless = self._count_hopeless(position, prediction)
        hopeless = hopeless and filled_share(position) >= _MIN_FILLED_TO_RESIGN
        if not moves.any():
            return Choice(pass_point, prediction, "no move is left")
        if not (hopeless or self._may_pass(position, weights, moves)):
            return Choice(self._pick(weights, moves), prediction, "policy")
        verdict = judge(position, playouts=self.style.playouts, seed=self._seed ^ position.hash)
        if hopeless and self._has_lost(position, prediction, verdict):
            return Choice(RESIGN, prediction, "hopeless")
        useful = moves & useful_moves(position.board, position.to_move, *verdict[:3])
        reason = self._reason_to_pass(position, useful, verdict)
        if reason:
            if not opponent_passed(position):
                point = self._forestall(position)
                if point != pass_point:
                    return Choice(point, prediction, "a pass would cost points")
            return Choice(pass_point, prediction, reason)
        if weights[pass_point] >= weights[:-1][moves].max() and useful.any():
            return Choice(self._pick(weights, useful), prediction, "before a pass")
        return Choice(self._pick(weights, moves), prediction, "policy")

    # -- which move -----------------------------------------------------------------------

    def _pick(self, weights: NDArray[np.float64], moves: NDArray[np.bool_]) -> int:
        """One of the moves: the likeliest, or drawn by temperature."""
        points = np.flatnonzero(moves)
        shares = weights[points]
        if shares.max() <= 0:
            return int(self._random.choice(points))
        temperature = self.style.temperature_on(isqrt(len(moves)))
        if temperature == 0:
            return int(points[shares.argmax()])
        with np.errstate(under="ignore"):
            shares = (shares / shares.max()) ** (1 / temperature)
        shares[shares < self.style.min_relative_share] = 0
        return int(self._random.choice(points, p=shares / shares.sum()))

    # -- the end of the game --------------------------------------------------------------

    def _may_pass(
        self, position: Position, weights: NDArray[np.float64], moves: NDArray[np.bool_]
    ) -> bool:
        """Whether to consider a pass, and so to look at the score."""
        likeliest = bool(weights[-1] >= weights[:-1][moves].max())
        return opponent_passed(position) or likeliest or pass_is_likely(position, weights)

    def _reason_to_pass(
        self, position: Position, useful: NDArray[np.bool_], verdict: Verdict
    ) -> str:
        """Why to pass now; empty when the game should go on."""
        if filled_share(position) < MIN_FILLED_TO_PASS:
            return ""  # playouts settle too much while there is room
        if opponent_passed(position):
            least, _ = margin_bounds(position, verdict, useful, self.style.rules)
            if least > 0:
                return "won"
        return "" if useful.any() else "nothing is left to gain"

    def _forestall(self, position: Position) -> int:
        """The move to play in place of a pass that would cost points, or the pass."""
        evaluator = self._evaluator
        network = evaluator.network if isinstance(evaluator, Search) else evaluator
        return forestalling_move(
            position,
            lambda positions: network(positions, [self.conditions(each) for each in positions]),
            self.style.rules,
            playouts=self.style.playouts,
            seed=self._seed ^ position.hash,
        )

    # -- resigning ------------------------------------------------------------------------

    def _count_hopeless(self, position: Position, prediction: Prediction) -> bool:
        """Note this win rate; whether the last ones of this player were all hopeless."""
        if not self.style.resign:
            return False
        win = self._outlook(position, prediction)
        plies = self._hopeless_plies.setdefault(position.to_move, [])
        while plies and plies[-1] >= position.ply:
            plies.pop()  # moves were taken back, or asked for again
        if plies and plies[-1] != position.ply - 2:
            plies.clear()
        if not win < self.style.resign_below:
            plies.clear()
            return False
        plies.append(position.ply)
        return len(plies) >= self.style.resign_after

    def _outlook(self, position: Position, prediction: Prediction) -> float:
        """The win rate of the player to move; the network's, unless playouts know better."""
        win = prediction.win
        if self._judges(position, prediction):
            return win
        if not win < 0.5 or filled_share(position) < _MIN_FILLED_FOR_OUTLOOK:
            return win
        played = sample(
            position.board,
            position.to_move,
            playouts=_OUTLOOK_PLAYOUTS,
            seed=self._seed ^ position.hash,
        )
        leads = lead(position, played.margins, self.style.rules) * position.to_move
        if leads.mean() > -_FAR_BEHIND * position.size**2:
            return win
        return min(win, (np.count_nonzero(leads > 0) + 1) / (_OUTLOOK_PLAYOUTS + 2))

    def _has_lost(self, position: Position, prediction: Prediction, verdict: Verdict) -> bool:
        """Whether the lead, too, tells that the player to move is clearly behind."""
        leading = prediction.lead
        if leading is None or not self._judges(position, prediction):
            counted = lead(position, float(verdict.ownership.sum()), self.style.rules)
            leading = counted * position.to_move
        return -leading > _BEHIND * position.size**2

    def _judges(self, position: Position, prediction: Prediction) -> bool:
        """Whether the prediction alone tells who is ahead, and no playouts do."""
        weights = _non_negative(prediction.policy)
        return has_lead(prediction) and not nearly_finished(position, weights)


def _non_negative(policy: NDArray[np.float32]) -> NDArray[np.float64]:
    """The policy as finite numbers from 0 up, whatever the network predicted."""
    weights = np.asarray(policy, np.float64)
    return np.where(np.isfinite(weights) & (weights > 0), weights, 0.0)
