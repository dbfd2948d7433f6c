"""What a network is given beside the position, and what it predicts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import BLACK
from gocnn.go.coords import vertex
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.go.ranks import UNKNOWN, Rank
from gocnn.go.rules import count_handicap_stones


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What is known of a game beyond its moves; every field may stay unknown."""

    rank: Rank = UNKNOWN  # of the player to move, a code of gocnn.go.ranks
    opponent_rank: Rank = UNKNOWN
    komi: float | None = None  # points that white gets
    handicap: int = 0  # stones; 0 is an even game
    kind: int = 0  # a game.SourceKind
    date: int = 0  # yyyymmdd

    @classmethod
    def of(cls, position: Position, *, rank: Rank = UNKNOWN, opponent_rank: Rank = UNKNOWN) -> Self:
        """What a position tells of its game: komi and handicap."""
        handicap = count_handicap_stones(position)
        return cls(rank=rank, opponent_rank=opponent_rank, komi=position.komi, handicap=handicap)

    @classmethod
    def of_game(cls, game: Game, ply: int) -> Self:
        """What the record of a game tells, for the player to move at a ply."""
        ranks = game.black_rank, game.white_rank
        own, other = ranks if game.to_move(ply) == BLACK else ranks[::-1]
        return cls(
            rank=own,
            opponent_rank=other,
            komi=game.komi,
            handicap=game.handicap,
            kind=game.kind,
            date=game.date,
        )


class Prediction(NamedTuple):
    """What a network predicts for a position with P points."""

    policy: NDArray[np.float32]  # [P + 1] probability of each move; the last is pass; sums to 1
    win: float  # probability that the player to move wins
    # The rest is None where a network answers no lead. The result is held to be distributed
    # logistically around the lead, so `win` and `lead` always name the same winner.
    lead: float | None = None  # points by which the player to move leads, komi counted
    deviation: float | None = None  # standard deviation of the result, in points
    ownership: NDArray[np.float32] | None = None  # [P] from -1, white's, to 1, black's

    def likely_moves(self, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest moves as (vertex, probability), best first.

        >>> policy = np.zeros(82, np.float32)
        >>> policy[[40, 81]] = 0.75, 0.25
        >>> Prediction(policy, 0.5).likely_moves()
        [('E5', 0.75), ('pass', 0.25)]

        Args:
            count: how many at most; moves without a chance are left out.
        """
        size = math.isqrt(len(self.policy) - 1)
        order = self.policy.argsort()[::-1][:count].tolist()
        return [(vertex(p, size), float(self.policy[p])) for p in order if self.policy[p] > 0]


class Evaluator(Protocol):
    """Predicts positions: a network, a search on top of a network, or a function in a test."""

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions], /
    ) -> list[Prediction]:
        """Predict each position under its conditions; all boards of one call have one size."""
