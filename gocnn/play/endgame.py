"""The end of a game for a player: how full the board is, and how the score may still change."""

import numpy as np
from numpy.typing import NDArray

from gocnn.go.position import Position
from gocnn.go.rules import Ruleset
from gocnn.go.scoring import Verdict, score

MIN_FILLED_TO_PASS = 0.3  # share of the points that have a stone
_PASS_CONSIDERED = 0.1  # from this share of the likeliest move's probability on


def filled_share(position: Position) -> float:
    """The share of the points that have a stone."""
    return np.count_nonzero(position.board.stones[:-1]) / position.size**2


def opponent_passed(position: Position) -> bool:
    """Whether the opponent's last move was a pass."""
    if not position.ply:
        return False
    colour, point = position.moves[-1]
    return colour != position.to_move and point == position.size**2


def pass_is_likely(position: Position, policy: NDArray[np.floating]) -> bool:
    """Whether a policy considers a pass, on a board that has few points left to play.

    Args:
        position: of the policy.
        policy: [P + 1] the share of each move, not negative; the last is the pass.
    """
    if filled_share(position) < MIN_FILLED_TO_PASS:
        return False
    likeliest = policy[:-1][position.candidate_moves()].max(initial=0)
    return bool(policy[-1] >= _PASS_CONSIDERED * likeliest)


def nearly_finished(position: Position, policy: NDArray[np.floating]) -> bool:
    """Whether the game is over, or so nearly over that playouts can count it."""
    over = position.passes > 0 and filled_share(position) >= MIN_FILLED_TO_PASS
    return over or pass_is_likely(position, policy)


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
