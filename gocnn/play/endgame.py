"""The end of a game as a player sees it: how full the board is, how a count may swing."""

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
    """The least and the most that the player to move may win by, open points and stones swung."""
    counted = score(position, verdict.owner, verdict.dead, rules, verdict.seki)
    margin = counted.margin * position.to_move
    swing = np.count_nonzero(useful) + 2 * np.count_nonzero(verdict.unsure)
    return margin - swing, margin + swing
