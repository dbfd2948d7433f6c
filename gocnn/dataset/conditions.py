"""What a network is told about the game beside the board, and what is withheld or replaced."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ConditionDropout:
    """How often, 0 to 1, a condition is withheld in training, so that a network can do without."""

    ranks: float = 0.15  # both ranks together
    kind: float = 0.3
    date: float = 0.3
    komi: float = 0.1


NO_DROPOUT = ConditionDropout(ranks=0.0, kind=0.0, date=0.0, komi=0.0)


@dataclass(frozen=True, kw_only=True)
class RankOverride:
    """Rank codes (gocnn.go.ranks) to give the network in place of the recorded ones.

    One for all positions, or one for each; None keeps the recorded ranks.
    """

    rank: int | NDArray[np.int64] | None = None  # of the player to move
    opponent_rank: int | NDArray[np.int64] | None = None


RECORDED_RANKS = RankOverride()
