"""Who is ahead: win rate, lead and owners of a position from one judge.

The judge is the network where it answers a lead, and playouts where the game is finished or nearly
so: networks know little of how such a game is counted. Networks that answer no lead leave the
lead to playouts.
"""

import math
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.playouts import Sample, sample
from gocnn.go.position import Position
from gocnn.go.rules import Ruleset
from gocnn.go.scoring import judge_sample, lead, score
from gocnn.play.endgame import nearly_finished
from gocnn.prediction import Prediction

_LEAST_SCALE = 0.25  # points, of the logistic distribution of a result that is all but certain


class Judge(Enum):
    """Who tells an outlook."""

    NETWORK = "network"
    COUNT = "count"  # a finished game, or nearly so: playouts find the dead, the rest is counted
    PLAYOUTS = "playouts"  # an open game, and roughly


class Outlook(NamedTuple):
    """What is to be expected of a position with P points."""

    win: float  # probability that the player to move wins
    lead: float  # points by which the player to move leads, komi and handicap counted
    deviation: float  # standard deviation of the result, in points
    ownership: NDArray[np.float32]  # [P] from -1, white's, to 1, black's
    judge: Judge

    def predict(self, policy: NDArray[np.float32]) -> Prediction:
        """A prediction with this outlook."""
        return Prediction(policy, self.win, self.lead, self.deviation, self.ownership)


def judge_outlook(
    position: Position, prediction: Prediction, rules: Ruleset, *, playouts: int, seed: int = 0
) -> Outlook:
    """Who is ahead.

    Args:
        position: left as it is.
        prediction: of this position.
        rules: how the game is counted.
        playouts: how many, where playouts judge.
        seed: of the playouts.
    """
    finished = nearly_finished(position, prediction.policy)
    if not finished and has_lead(prediction):
        _, win, leading, deviation, ownership = prediction
        assert leading is not None and deviation is not None and ownership is not None
        return Outlook(win, leading, deviation, ownership, Judge.NETWORK)
    if finished:
        played = sample(position.board, position.to_move, playouts=playouts, seed=seed)
        return _count(position, played, rules)
    outlook = play_out(position, rules, playouts=playouts, seed=seed)
    return outlook._replace(win=prediction.win)


def play_out(position: Position, rules: Ruleset, *, playouts: int, seed: int = 0) -> Outlook:
    """Who is ahead by the mean of playouts, for networks that answer no lead."""
    played = sample(position.board, position.to_move, playouts=playouts, seed=seed)
    leads = lead(position, played.margins, rules) * position.to_move
    win = float(np.sign(leads).mean() + 1) / 2
    return Outlook(win, float(leads.mean()), float(leads.std()), played.ownership, Judge.PLAYOUTS)


def has_lead(prediction: Prediction) -> bool:
    """Whether a prediction has a lead, its deviation and the owners."""
    numbers = prediction.lead, prediction.deviation
    return prediction.ownership is not None and all(
        number is not None and math.isfinite(number) for number in numbers
    )


def _count(position: Position, played: Sample, rules: Ruleset) -> Outlook:
    """The score as it stands, dead stones taken off; as `gocnn.go.scoring.final_score`."""
    verdict = judge_sample(position, played)
    counted = score(position, verdict.owner, verdict.dead, rules, verdict.seki)
    leading = counted.margin * position.to_move
    deviation = float(played.margins.std())
    scale = max(deviation * math.sqrt(3) / math.pi, _LEAST_SCALE)
    win = 1 / (1 + math.exp(min(max(-leading / scale, -50), 50)))
    return Outlook(win, leading, deviation, played.ownership, Judge.COUNT)
