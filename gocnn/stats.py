"""Statistics: intervals at 95 percent, Elo, and how figures are written."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.96  # standard errors on either side of a mean that hold the true one 95 times in 100


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and half the width of its interval at 95 percent."""

    mean: float
    margin: float | None  # None where there is nothing to take an interval from

    def text(self, scale: float = 1, digits: int = 2, sign: str = "") -> str:
        """Such as "46.9 ± 0.7", mean and margin times `scale`; a `sign` of "+" always signs it.

        >>> Estimate(0.25, 0.01).text(100, 1), Estimate(0.25, None).text(sign="+")
        ('25.0 ± 1.0', '+0.25')
        """
        text = f"{scale * self.mean:{sign}.{digits}f}"
        return text if self.margin is None else f"{text} ± {scale * self.margin:.{digits}f}"


def clustered_mean(
    values: NDArray[np.float64] | NDArray[np.bool_], clusters: NDArray[np.int64]
) -> Estimate:
    """The mean of values that hang together within clusters, such as positions within games.

    The variance is that of a ratio of sums over clusters, positions and how many there are of them
    (Cochran, "Sampling Techniques", 1977, section 6.3).

    Args:
        values: float64[N] or bool[N], N > 0.
        clusters: int64[N], the cluster of each; of a single one no margin can be told.
    """
    _, cluster = np.unique(clusters, return_inverse=True)
    mean = float(values.mean())
    count = int(cluster.max()) + 1
    if count < 2:
        return Estimate(mean, None)
    residuals = np.bincount(cluster, weights=values - mean)
    variance = count / (count - 1) * float(residuals @ residuals) / len(values) ** 2
    return Estimate(mean, Z95 * variance**0.5)


def wilson(rate: float, trials: int) -> tuple[float, float]:
    """The interval that holds the true rate 95 times in 100 (Wilson, 1927)."""
    middle = (rate + Z95 * Z95 / (2 * trials)) / (1 + Z95 * Z95 / trials)
    half = math.sqrt(rate * (1 - rate) / trials + (Z95 / (2 * trials)) ** 2) * Z95
    half /= 1 + Z95 * Z95 / trials
    return max(0.0, middle - half), min(1.0, middle + half)


def elo(rate: float) -> float | None:
    """The Elo difference at which one wins this share of games; None if it wins none, or all.

    >>> round(elo(0.64)), elo(0.5), elo(1.0)
    (100, 0.0, None)
    """
    return 400 * math.log10(rate / (1 - rate)) if 0 < rate < 1 else None


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in GitHub's Markdown, without a line feed at its end.

    >>> print(markdown_table(["rank", "games"], [["1d", "60"]]))
    | rank | games |
    |---|---|
    | 1d | 60 |
    """
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def count_text(number: int, noun: str) -> str:
    """A number with its noun, which gets an s unless it is one.

    >>> count_text(1, "game"), count_text(3681, "game")
    ('1 game', '3,681 games')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
