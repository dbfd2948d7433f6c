"""What a network is given beside the position, and what it predicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from gocnn.go.position import Position


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What is known of a game beyond its moves; every field may stay unknown."""

    rank: int = 0  # of the player to move, a code of gocnn.go.ranks
    opponent_rank: int = 0
    komi: float | None = None  # points that white gets
    handicap: int = 0  # stones; 0 is an even game
    kind: int = 0  # a game.SourceKind
    date: int = 0  # yyyymmdd


class Prediction(NamedTuple):
    """What a network predicts for a position with P points."""

    policy: NDArray[np.float32]  # [P + 1] probability of each move; the last is pass; sums to 1
    win: float  # probability that the player to move wins
    lead: float | None = None  # points by which black leads, komi counted; None: not answered
    ownership: NDArray[np.float32] | None = None  # [P] from -1, white's, to 1, black's; or None


class Evaluator(Protocol):
    """Predicts positions: a network, a search on top of a network, or a function in a test."""

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions], /
    ) -> list[Prediction]:
        """Predict each position under its conditions; all boards of one call have one size."""
