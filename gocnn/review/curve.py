"""A network's values over a game, made comparable from turn to turn.

A network that was trained to name the winner of a position leans towards the player to move, or
away from him, by a few percent: its raw values jump up and down with every turn, and averaging the
eight views of the board does not help (of the shipped network: 4 % a turn, with one view as with
eight). What the jumps have in common with those around them is that leaning; it is taken out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_AROUND = 15  # moves before and after, whose jumps are compared


def without_jumps(values: Sequence[float], movers: Sequence[int]) -> NDArray[np.float64]:
    """Values without what favours whoever is to move.

    Args:
        values: N + 1 values seen from black, from before the first move on.
        movers: N + 1 colours, who is to move at each.

    Returns:
        float64[N + 1]; values that leave no jumps come out as they were.
    """
    raw, sides = np.asarray(values, np.float64), np.asarray(movers, np.float64)
    drops = drops_by_move(raw, sides)
    if not len(drops):
        return raw
    usual = np.array(
        [np.median(drops[max(0, ply - _AROUND) : ply + _AROUND + 1]) for ply in range(len(drops))]
    )
    leaning = np.append(usual, usual[-1]) / 2
    return raw - sides * leaning


def drops_by_move(values: NDArray[np.float64], movers: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much each move made the value worse for the player who moved, float64[N]."""
    return movers[:-1] * (values[:-1] - values[1:])
