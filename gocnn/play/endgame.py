"""The end of a game for a player: how full the board is, and how the score may still change."""

import numpy as np
from numpy.typing import NDArray

from gocnn.go.position import Position
from gocnn.go.rules import Ruleset
from gocnn.go.scoring import Verdict, score


def filled_share(position: Position) -> float:
    """The share of the points that have a stone."""
    return np.count_nonzero(position.board.stones[:-1]) / position.size**2


def opponent_passed(position: Position) -> bool:
    """Whether the opponent's last move was a pass."""
    if not position.ply:
        return False
    colour, point = position.moves[-1]
    return colour != position.to_move and point == position.size**2


def margin_bounds(
    position: Position, verdict: Verdict, useful: NDArray[np.bool_], rules: Ruleset
) -> tuple[float, float]:
    """The least and the most that the player to move may win by, in points.

    Args:
        position: nearly finished.
        verdict: of this position.
        useful: bool[P] moves that may still change the score by a point.
        rules: how the game is counted.
    """
    counted = score(position, verdict.owner, verdict.dead, rules, verdict.seki)
    margin = counted.margin * position.to_move
    swing = np.count_nonzero(useful) + 2 * np.count_nonzero(verdict.unsure)
    return margin - swing, margin + swing
