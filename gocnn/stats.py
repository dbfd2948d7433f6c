"""Statistics: Wilson interval, Elo, ratio over clusters, figures with margins."""

import math

import numpy as np
from numpy.typing import NDArray


def ratio(values: NDArray[np.float64], games: NDArray[np.int64]) -> tuple[float, float | None]:
    """The mean over positions, and half the width of its 95% interval over games."""
    _, cluster = np.unique(games, return_inverse=True)
    mean = float(values.mean())
    clusters = int(cluster.max()) + 1
    if clusters < 2:
        return mean, None
    residuals = np.bincount(cluster, weights=values - mean)
    variance = clusters / (clusters - 1) * float(residuals @ residuals) / len(values) ** 2
    return mean, 1.96 * variance**0.5


def with_margin(
    mean: float, margin: float | None, scale: float, digits: int, sign: str = ""
) -> str:
    """What `ratio` returns as text, both times `scale`; with a sign of "+" always signed.

    >>> with_margin(0.25, 0.01, 100, 1), with_margin(0.25, None, 1, 2, "+")
    ('25.0 ± 1.0', '+0.25')
    """
    text = f"{scale * mean:{sign}.{digits}f}"
    return text if margin is None else f"{text} ± {scale * margin:.{digits}f}"


_Z = 1.959964  # 95 %


def wilson(rate: float, games: int) -> tuple[float, float]:
    """The interval that holds the true rate 95 times in 100 (Wilson, 1927)."""
    middle = (rate + _Z * _Z / (2 * games)) / (1 + _Z * _Z / games)
    half = math.sqrt(rate * (1 - rate) / games + (_Z / (2 * games)) ** 2) * _Z
    half /= 1 + _Z * _Z / games
    return max(0.0, middle - half), min(1.0, middle + half)


def elo(rate: float) -> float | None:
    """The Elo difference at which one wins this share of games; None if it wins none, or all.

    >>> round(elo(0.64)), elo(0.5), elo(1.0)
    (100, 0.0, None)
    """
    return 400 * math.log10(rate / (1 - rate)) if 0 < rate < 1 else None
