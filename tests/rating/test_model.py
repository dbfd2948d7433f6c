"""The model of ranks: what it says for one game and for many."""

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.rating.features import FEATURES
from gocnn.rating.model import GROUPS, RankModel, interval, rank_model

WEIGHTS = np.zeros((1, len(GROUPS)))
WEIGHTS[0] = np.linspace(-3, 3, len(GROUPS))


def _model(temper: float = 1.0) -> RankModel:
    """The larger the only feature, the stronger."""
    bias = -0.5 * np.linspace(-3, 3, len(GROUPS)) ** 2
    return RankModel(("x",), np.zeros(1), np.ones(1), WEIGHTS, bias, temper)


def _features(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def test_stronger_moves_speak_of_a_stronger_player() -> None:
    model = _model()
    groups = [GROUPS.index(model.estimate(_features(x)).group) for x in (-3, -1, 0, 1, 3)]
    assert groups == sorted(groups)
    assert (groups[0], groups[2], groups[-1]) == (0, 5, 10)


def test_more_games_are_surer_and_tempered_ones_less_so() -> None:
    one = _model().estimate(_features(0.3))
    five = _model().estimate(_features(*[0.3] * 5))
    tempered = _model(0.5).estimate(_features(*[0.3] * 5))
    assert one.group == five.group == tempered.group
    assert max(one.probabilities) < max(tempered.probabilities) < max(five.probabilities)
    assert (one.games, five.games) == (1, 5)
    assert sum(five.probabilities) == pytest.approx(1, abs=1e-3)


def test_a_phase_that_was_not_played_says_nothing() -> None:
    assert _model().estimate(_features(np.nan)) == _model().estimate(_features(0.0))


def test_no_game_has_no_rank() -> None:
    with pytest.raises(GocnnError, match="no game"):
        _model().estimate(np.zeros((0, 1), np.float32))


@pytest.mark.parametrize(
    ("chances", "held"),
    [
        ([1, 0, 0], (0, 0)),
        ([0.1, 0.8, 0.1], (1, 1)),
        ([0.4, 0.3, 0.3], (0, 2)),
        ([0.0, 0.45, 0.45, 0.1], (1, 2)),
    ],
)
def test_intervals_are_the_shortest_that_hold_enough(
    chances: list[float], held: tuple[int, int]
) -> None:
    assert interval(np.array(chances)) == held


def test_the_model_that_ships_fits_the_features() -> None:
    model = rank_model()
    assert model.features == FEATURES
    assert model.weights.shape == (len(FEATURES), len(GROUPS))
    assert np.isfinite(model.weights).all() and (model.scale > 0).all()
