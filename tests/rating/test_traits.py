"""What each move tells, and the features of a player's game."""

import numpy as np
import pytest
import torch

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import RankOverride
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.features.encoding import FULL
from gocnn.go.board import BLACK, WHITE
from gocnn.go.ranks import UNKNOWN
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.network.registry import build
from gocnn.network.resnet import ResNet
from gocnn.rating.features import FEATURES, player_features
from gocnn.rating.traits import MoveTraits, measure_traits
from gocnn.sgf.reader import parse_game
from tests.support.networks import loaded, save_lead_weights
from tests.support.playing import random_game

MOVES = b"(;SZ[9];B[ee];W[ef];B[aa];W[];B[ii];W[cc])"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> LoadedNetwork:
    return load_network(save_lead_weights(tmp_path_factory.mktemp("weights") / "w.safetensors"))


@pytest.fixture(scope="module")
def traits(network: LoadedNetwork) -> MoveTraits:
    corpus = Corpus.from_games([random_game(9, 40, 1), parse_game(MOVES), random_game(9, 30, 2)])
    done: list[int] = []
    measured = measure_traits(network, corpus, np.array([1, 0]), progress=done.append)
    assert sum(done) == len(measured.plies) == 46
    return measured


def test_games_and_moves_are_in_the_order_asked_for(traits: MoveTraits) -> None:
    assert traits.games.tolist() == [0] * 6 + [1] * 40
    assert traits.plies.tolist() == [*range(6), *range(40)]
    assert traits.colours[:6].tolist() == [BLACK, WHITE] * 3


def test_distances_and_lines(traits: MoveTraits) -> None:
    assert traits.line[:6].tolist() == [5, 4, 1, -1, 1, 3]
    assert traits.distance[:6].tolist() == [-1, 2, 4 + 5 + 5, -1, -1, 6 + 6 + 6]
    assert traits.own_distance[:6].tolist() == [-1, -1, 4 + 4 + 4, -1, 8 + 8 + 8, -1]


def test_win_rates_are_those_of_the_mover(traits: MoveTraits) -> None:
    assert np.isnan(traits.after[[5, 45]]).all()
    assert traits.after[:5] == pytest.approx(1 - traits.win[1:6])
    assert traits.lead_after[:5] == pytest.approx(-traits.lead[1:6])
    assert (traits.surprise >= traits.best - 1e-5).all()
    assert ((traits.place == 1) == np.isclose(traits.surprise, traits.best)).all()


def test_what_the_tower_answers_is_told_over_the_board_and_at_the_move(
    network: LoadedNetwork,
) -> None:
    corpus = Corpus.from_games([parse_game(MOVES)])
    traits = measure_traits(network, corpus, np.array([0]))
    batch = Positions(corpus, np.array([0])).encode(
        network.encoding,
        np.arange(6),
        hide=lambda field: np.asarray(field in ("kind", "date")),
        rank_override=RankOverride(rank=UNKNOWN, opponent_rank=UNKNOWN),
    )
    module = network.module
    assert isinstance(module, ResNet)
    answers: list[torch.Tensor] = []
    hook = module.tower[-1].register_forward_hook(lambda _m, _i, answer: answers.append(answer))
    with torch.no_grad():
        module(torch.from_numpy(batch.planes).float(), torch.from_numpy(batch.globals))
    hook.remove()
    tower = answers[0].numpy()
    assert traits.board == pytest.approx(tower.mean((2, 3)), abs=2e-3, rel=1e-2)
    for number, move in enumerate(batch.moves.tolist()):
        here = tower[number].reshape(-1, 81)[:, move] if move < 81 else 0.0
        assert traits.point[number] == pytest.approx(here, abs=2e-3, rel=1e-2)


def test_other_networks_than_residual_ones_are_refused() -> None:
    settings = {"planes": FULL.plane_count, "globals": FULL.global_count}
    other = loaded(build("alphago", settings | {"layers": 2, "channels": 8}).eval())
    with pytest.raises(GocnnError, match="residual network"):
        measure_traits(other, Corpus.from_games([parse_game(MOVES)]), np.array([0]))


def test_features_are_means_of_the_players_moves(traits: MoveTraits) -> None:
    features = dict(zip(FEATURES, player_features(traits, 1, BLACK, 9), strict=True))
    own = (traits.games == 1) & (traits.colours == BLACK)
    assert features["all: surprise"] == pytest.approx(traits.surprise[own].mean(), rel=1e-5)
    opening = own & (traits.plies < 13)
    assert features["opening: entropy"] == pytest.approx(traits.entropy[opening].mean(), rel=1e-5)
    assert features["moves"] == pytest.approx(np.log(21))
    assert np.isnan(features["endgame: line"])  # two moves of black's are too few
    few = dict(zip(FEATURES, player_features(traits, 0, WHITE, 9), strict=True))
    assert np.isnan(few["all: surprise"])


def test_points_lost_are_those_that_the_lead_tells(traits: MoveTraits) -> None:
    own = (traits.games == 1) & (traits.colours == BLACK)
    lost = np.where(own, 1.0, 99.0)  # the opponent's do not count
    lost[np.flatnonzero(own)[:4]] = 3.0, 30.0, -7.0, np.nan  # much, a gain, the last move
    told = traits._replace(lead=np.zeros_like(lost), lead_after=-lost)
    features = dict(zip(FEATURES, player_features(told, 1, BLACK, 9), strict=True))
    assert features["all: points lost"] == pytest.approx((16 + 3 + 20) / 20)
    assert features["all: points 2"] == pytest.approx(2 / 20)
    assert features["all: points 10"] == pytest.approx(1 / 20)
    silent = told._replace(lead=np.full_like(lost, np.nan), lead_after=np.full_like(lost, np.nan))
    features = dict(zip(FEATURES, player_features(silent, 1, BLACK, 9), strict=True))
    assert features["all: points lost"] == 0


def test_a_side_that_did_not_move_has_no_features(network: LoadedNetwork) -> None:
    corpus = Corpus.from_games([parse_game(b"(;SZ[9];B[ee])")])
    measured = measure_traits(network, corpus, np.array([0]))
    features = dict(zip(FEATURES, player_features(measured, 0, WHITE, 9), strict=True))
    assert features.pop("moves") == 0
    assert np.isnan(list(features.values())).all()
