"""A network's values over a game, made comparable from turn to turn.

A network that was trained to name the winner of a position leans towards the player to move, or
away from him, by a few percent: its raw values jump up and down with every turn, and averaging the
eight views of the board does not help (of the shipped network: 4% a turn, with one view as with
eight). What the jumps have in common with those around them is that leaning; it is taken out. What
is left jumps where a threat is open, so a position is judged with the turns beside it.
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
    drops = sides[:-1] * (raw[:-1] - raw[1:])  # by how much each move made it worse for its player
    if not len(drops):
        return raw
    usual = np.array(
        [np.median(drops[max(0, ply - _AROUND) : ply + _AROUND + 1]) for ply in range(len(drops))]
    )
    leaning = np.append(usual, usual[-1]) / 2
    return raw - sides * leaning


def smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value averaged with those of the turns beside it, float64[N + 1].

    >>> smoothed(np.array([0.4, 0.6, 0.4])).tolist()
    [0.5, 0.5, 0.5]
    """
    padded = np.concatenate([values[1:2], values, values[-2:-1]])
    if len(values) < 2:
        return values
    result: NDArray[np.float64] = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return result


def around_moves(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The values before and after each move, each the mean of two turns; float64[N] and float64[N].

    >>> before, after = around_moves(np.array([0.7, 0.7, 0.3, 0.3]))
    >>> before.tolist(), after.tolist()
    ([0.7, 0.7, 0.5], [0.5, 0.3, 0.3])
    """
    pairs = (values[:-1] + values[1:]) / 2
    before = np.concatenate([values[:1], pairs[:-1]])[: len(pairs)]
    after = np.concatenate([pairs[1:], values[-1:]])[-len(pairs) :] if len(pairs) else pairs
    return before, after
