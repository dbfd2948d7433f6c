"""The model of ranks: what it says for one game and for many."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.go.game import SourceKind
from gocnn.go.ranks import parse_rank
from gocnn.inference.weights import load_metadata
from gocnn.rating.features import FEATURES, MOVE_FEATURES, PlayedGame
from gocnn.rating.model import (
    FOX,
    KGS,
    SCALES,
    RankModel,
    Scale,
    interval,
    network_checksum,
    rank_model,
    save_rank_model,
    scale_for,
)
from gocnn.weights.names import resolve

FOLDER = Path(__file__).parents[2] / "gocnn" / "rating"
GROUPS = FOX.groups
LAYERS = "first", "first_bias", "second", "second_bias", "last", "last_bias"


def _model(temper: float = 1.0) -> RankModel:
    """The larger the only feature of a game, the stronger; moves count for nothing."""
    wanted = np.linspace(-3, 3, len(GROUPS), dtype=np.float32)
    last = np.zeros((1, 3, len(GROUPS)), np.float32)
    last[0, 2] = wanted
    return RankModel(
        scale=FOX,
        move_mean=np.zeros(1, np.float32),
        move_scale=np.ones(1, np.float32),
        mean=np.zeros(1, np.float32),
        spread=np.ones(1, np.float32),
        first=np.zeros((1, 1, 1), np.float32),
        first_bias=np.zeros((1, 1), np.float32),
        second=np.zeros((1, 1, 1), np.float32),
        second_bias=np.zeros((1, 1), np.float32),
        last=last,
        last_bias=-0.5 * wanted[None] ** 2,
        temper=temper,
    )


def _games(*values: float) -> list[PlayedGame]:
    return [PlayedGame(np.ones((4, 1), np.float16), np.array([x], np.float32)) for x in values]


def test_stronger_moves_speak_of_a_stronger_player() -> None:
    model = _model()
    groups = [GROUPS.index(model.estimate(_games(x)).group) for x in (-3, -1, 0, 1, 3)]
    assert groups == sorted(groups)
    assert (groups[0], groups[2], groups[-1]) == (0, 5, 10)


def test_more_games_are_surer_and_tempered_ones_less_so() -> None:
    one = _model().estimate(_games(0.3))
    five = _model().estimate(_games(*[0.3] * 5))
    tempered = _model(0.5).estimate(_games(*[0.3] * 5))
    assert one.group == five.group == tempered.group
    assert max(one.probabilities) < max(tempered.probabilities) < max(five.probabilities)
    assert (one.games, five.games) == (1, 5)
    assert sum(five.probabilities) == pytest.approx(1, abs=1e-3)


def test_a_phase_that_was_not_played_says_nothing() -> None:
    assert _model().estimate(_games(np.nan)) == _model().estimate(_games(0.0))


def test_no_game_has_no_rank() -> None:
    with pytest.raises(GocnnError, match="no game"):
        _model().estimate([])


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


def test_moves_count_by_their_mean_and_spread_and_models_are_averaged() -> None:
    plain = _model()
    twice: dict[str, Any] = {name: np.repeat(getattr(plain, name), 2, axis=0) for name in LAYERS}
    twice["first"] = np.ones((2, 1, 1), np.float32)
    twice["second"] = np.ones((2, 1, 1), np.float32)
    last = np.zeros((2, 3, len(GROUPS)), np.float32)
    last[0, 0, 10] = 1  # the first model: the larger the mean, the likelier is 9d
    last[1, 1, 0] = 1  # the second: the larger the spread, the likelier is 3-5k
    twice |= {"last": last, "last_bias": last[:, 0] * 0}
    model = replace(plain, **twice)

    def chances(*moves: float) -> Any:
        game = PlayedGame(np.array(moves, np.float16)[:, None], np.zeros(1, np.float32))
        return np.exp(model.log_probabilities([game])[0])

    even, spread, more = chances(2, 2), chances(1, 3), chances(4, 4)
    assert spread[0] > even[0]
    assert more[10] > even[10]
    one, other = (
        replace(model, **{name: getattr(model, name)[k : k + 1] for name in LAYERS})
        for k in range(2)
    )
    game = _games(0.0)[0]
    both = np.exp((one.log_probabilities([game]) + other.log_probabilities([game]))[0] / 2)
    assert np.exp(model.log_probabilities([game])[0]) == pytest.approx(both / both.sum())


@pytest.mark.parametrize(
    ("scale", "ranks"),
    [
        (FOX, {"18k": "3-5k", "3k": "3-5k", "2k": "1-2k", "1d": "1d", "8d": "8d", "9d": "9d"}),
        (KGS, {"20k": "17-30k", "17k": "17-30k", "16k": "14-16k", "10k": "10-11k", "1k": "1k-1d"}),
        (KGS, {"2k": "2-3k", "4k": "4-5k", "7k": "6-7k", "9k": "8-9k", "13k": "12-13k"}),
        (KGS, {"1d": "1k-1d", "2d": "2d+", "9d": "2d+"}),
    ],
)
def test_groups_of_ranks(scale: Scale, ranks: dict[str, str]) -> None:
    assert {text: scale.groups[scale.group_of(parse_rank(text))] for text in ranks} == ranks


def test_games_have_the_scale_of_most_of_their_servers() -> None:
    assert scale_for([SourceKind.FOX, SourceKind.TYGEM, SourceKind.KGS]) is FOX
    assert scale_for([SourceKind.UNKNOWN, SourceKind.KGS, SourceKind.FOX]) is KGS
    assert scale_for([]) is KGS


@pytest.mark.parametrize("scale", SCALES.values(), ids=str)
def test_the_models_that_ship_fit_features_and_network(scale: Scale) -> None:
    model, about = rank_model(scale), load_metadata(FOLDER / f"{scale.name}.safetensors")
    assert model.scale is scale
    assert tuple(about["features"]) == FEATURES
    assert about["network"] == network_checksum()  # learnt with the `small` that ships
    assert model.last.shape[1:] == (2 * model.first.shape[2] + len(FEATURES), len(scale.groups))
    channels, rest = divmod(len(model.move_mean) - MOVE_FEATURES, 2)
    assert rest == 0
    assert channels == load_metadata(resolve("small"))["settings"]["channels"]
    assert all(np.isfinite(getattr(model, name)).all() for name in LAYERS)


def test_a_model_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = rank_model(FOX)
    save_rank_model(model, tmp_path / "fox.safetensors", 123)
    assert load_metadata(tmp_path / "fox.safetensors")["games"] == 123
    monkeypatch.setattr("gocnn.rating.model.__file__", str(tmp_path / "model.py"))
    again = rank_model.__wrapped__(FOX)
    assert again.temper == model.temper
    assert all((getattr(again, name) == getattr(model, name)).all() for name in LAYERS)
