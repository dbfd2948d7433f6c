"""Intervals and Elo against known values."""

import numpy as np
import pytest

from gocnn.stats import Estimate, clustered_mean, elo, wilson


def test_wilson() -> None:
    """81 of 263 gives 25.5 to 36.6 percent (Newcombe 1998, table I, method 3)."""
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    low, high = wilson(0, 20)  # the same table
    assert (low, round(high, 4)) == (0, 0.1611)
    assert wilson(1, 20)[1] == 1


@pytest.mark.parametrize(
    ("rate", "difference"), [(0.5, 0), (0.64, 100), (0.76, 200), (0.909, 400), (0.24, -200)]
)
def test_elo(rate: float, difference: int) -> None:
    """The customary table of the logistic curve, to its two digits."""
    found = elo(rate)
    assert found == pytest.approx(difference, abs=3)


def test_elo_beyond_bounds() -> None:
    assert elo(0) is None
    assert elo(1) is None


def test_the_interval_is_that_of_the_games() -> None:
    """Positions of a game that are all alike count as one observation."""
    rng = np.random.default_rng(0)
    means = rng.random(400)
    games = np.repeat(np.arange(400), 50)
    alike = clustered_mean(np.repeat(means, 50), games)
    assert alike.mean == pytest.approx(means.mean())
    assert alike.margin == pytest.approx(1.96 * means.std(ddof=1) / 20, rel=0.01)
    independent = clustered_mean(rng.random(20_000), games)
    assert alike.margin is not None
    assert independent.margin is not None
    assert independent.margin < alike.margin / 5


def test_one_game_has_no_interval() -> None:
    alone = clustered_mean(np.array([0.0, 1.0]), np.array([7, 7]))
    assert alone == Estimate(0.5, None)
