"""Reviews made on the spot, by an evaluator that says what it is told."""

from collections.abc import Callable, Sequence

import numpy as np

from gocnn.go.board import BLACK
from gocnn.go.position import Position
from gocnn.prediction import Conditions, Prediction
from tests.support.boards import point


class Told:
    """An evaluator that notes what it was told, and expects one vertex above all others.

    Args:
        expected: the vertex by the rank code that is told; where it is taken, the first legal one.
        win: the win rate of the player to move, by the position.
        lead: likewise the lead.
    """

    def __init__(
        self,
        expected: dict[int, str] | None = None,
        win: Callable[[Position], float] = lambda position: 0.5,
        lead: Callable[[Position], float] | None = None,
    ) -> None:
        self.expected, self.win, self.lead = expected or {}, win, lead
        self.told: list[Conditions] = []

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions], /
    ) -> list[Prediction]:
        self.told += conditions
        return [self._predict(p, c) for p, c in zip(positions, conditions, strict=True)]

    def _predict(self, position: Position, conditions: Conditions) -> Prediction:
        policy = np.zeros(position.size**2 + 1, np.float32)
        legal = position.legal_points()
        policy[legal] = 0.4 / max(len(legal), 1)
        expected = point(self.expected.get(conditions.rank, "pass"), position.size)
        legal_or_pass = [*legal.tolist(), position.size**2]
        policy[expected if expected in legal_or_pass else legal_or_pass[0]] += 0.6
        lead = None if self.lead is None else self.lead(position)
        return Prediction(policy, self.win(position), lead)


def blunder_at(number: int, black: float = 0.7, after: float = 0.3) -> Callable[[Position], float]:
    """Win rates of a game that black leads until a move of that number."""

    def win(position: Position) -> float:
        of_black = black if position.ply < number else after
        return of_black if position.to_move == BLACK else 1 - of_black

    return win
