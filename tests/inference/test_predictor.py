"""The network at work: legal, turned the right way, on every size of board."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from gocnn.errors import GocnnError
from gocnn.features.encode import encode_positions
from gocnn.go.board import BLACK, WHITE
from gocnn.go.position import Position
from gocnn.go.ranks import Rank
from gocnn.go.symmetry import VIEWS, point_maps
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import WeightsInfo, save_weights
from gocnn.network.registry import build
from gocnn.prediction import Conditions, Prediction
from tests.support.networks import save_lead_weights

SETTINGS = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "w.safetensors"
    passport = WeightsInfo(architecture="resnet", settings=SETTINGS, encoding="full-1", positions=7)
    save_weights(path, build("resnet", SETTINGS).state_dict(), passport)
    return path


@pytest.mark.parametrize("size", [9, 13, 19, 25])
def test_probabilities_of_legal_moves(weights: Path, size: int) -> None:
    predict = Predictor(weights, device="cpu")
    position = Position(size)
    position.play(size + 1)
    prediction = predict(position, Conditions())
    assert prediction.policy.shape == (size * size + 1,)
    assert prediction.policy.dtype == np.float32
    assert prediction.policy.sum() == pytest.approx(1, abs=1e-3)
    assert prediction.policy[size + 1] == 0
    assert (np.delete(prediction.policy, size + 1) > 0).all()
    assert 0 < prediction.win < 1


def test_eight_symmetries_make_an_empty_board_symmetric(weights: Path) -> None:
    policy = Predictor(weights, device="cpu", symmetries=8)(Position(9), Conditions()).policy
    board = policy[:-1].reshape(9, 9)
    for view in (np.rot90(board), board.T, board[::-1]):
        assert np.allclose(board, view, rtol=0.05)


def test_many_at_once_are_as_one_by_one(weights: Path) -> None:
    predict = Predictor(weights, device="cpu")
    positions = [Position(9) for _ in range(4)]
    for number, position in enumerate(positions):
        for point in range(number):
            position.play(10 * point)
    conditions = [Conditions(rank=Rank(5 * n)) for n in range(4)]
    together = predict.predict(positions, conditions)
    for position, told, prediction in zip(positions, conditions, together, strict=True):
        alone = predict(position, told)
        assert np.allclose(alone.policy, prediction.policy, atol=2e-3)
        assert alone.win == pytest.approx(prediction.win, abs=1e-2)


def test_it_says_what_it_is(weights: Path) -> None:
    assert Predictor(weights, device="cpu").describe() == (
        "resnet 1x16, full-1, 7 positions, on cpu"
    )


def test_wrong_devices_and_symmetries_are_named(weights: Path) -> None:
    with pytest.raises(GocnnError, match="1 or 8 symmetries"):
        Predictor(weights, symmetries=4)
    with pytest.raises(GocnnError, match="unknown device 'warp'"):
        Predictor(weights, device="warp")
    if not torch.cuda.is_available():
        with pytest.raises(GocnnError, match="no cuda device"):
            Predictor(weights, device="cuda")


def test_the_shipped_weights_open_in_a_corner() -> None:
    """Trained on people, who begin near a star point of a corner."""
    policy = Predictor(device="cpu")(Position(19), Conditions()).policy
    row, column = divmod(int(policy.argmax()), 19)
    assert {min(row, 18 - row), min(column, 18 - column)} <= {2, 3}


# -- lead, deviation, ownership ----------------------------------------------------------------


@pytest.fixture(scope="module")
def lead_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lead_weights(tmp_path_factory.mktemp("lead") / "w.safetensors")


def game(view: int = 0, *, komi: float = 7.5, to_move: int = BLACK) -> Position:
    """The beginning of a game on 9x9, in one of the eight views of the board."""
    position = Position(9, komi=komi)
    to = point_maps(9)[view]
    for point in (20, 24, 60, 56, 30, 31, 41):
        position.play(int(to[point]))
    position.to_move = to_move
    return position


def chance(prediction: Prediction) -> float:
    """Of a win, by the logistic distribution with the lead and the deviation of a prediction."""
    assert prediction.lead is not None and prediction.deviation is not None
    scale = prediction.deviation * math.sqrt(3) / math.pi
    return 1 / (1 + math.exp(-prediction.lead / scale))


def test_a_network_without_a_lead_answers_none(weights: Path) -> None:
    prediction = Predictor(weights, device="cpu")(game(), Conditions())
    assert prediction[2:] == (None, None, None)


@pytest.mark.parametrize("symmetries", [1, 8])
@pytest.mark.parametrize("komi", [-20, 0, 7.5, 60])
@pytest.mark.parametrize("to_move", [BLACK, WHITE])
def test_lead_and_deviation_give_the_win_rate(
    lead_weights: Path, symmetries: int, komi: float, to_move: int
) -> None:
    """Averaging the win rates of eight views would not do: sigmoid and quotient are not linear."""
    predict = Predictor(lead_weights, device="cpu", symmetries=symmetries)
    prediction = predict(game(komi=komi, to_move=to_move), Conditions(komi=komi))
    assert prediction.win == pytest.approx(chance(prediction), abs=1e-4)
    assert 0 < prediction.win < 1


@pytest.mark.parametrize("to_move", [BLACK, WHITE])
def test_komi_is_points_of_the_lead(lead_weights: Path, to_move: int) -> None:
    """Where nothing is told of komi, the position's counts."""
    predict = Predictor(lead_weights, device="cpu")
    position = game(komi=7.5, to_move=to_move)
    told = predict(position, Conditions(komi=7.5))
    more = predict(position, Conditions(komi=17.5))
    assert told.lead is not None and more.lead is not None
    assert told.lead - more.lead == pytest.approx(10 * to_move, abs=1e-3)
    assert predict(position, Conditions()).lead == told.lead


@pytest.mark.parametrize("to_move", [BLACK, WHITE])
def test_eight_symmetries_turn_ownership_back(lead_weights: Path, to_move: int) -> None:
    """The mean of what one view after the other says, and the same game turned says the same."""
    plain = Predictor(lead_weights, device="cpu")
    views = Predictor(lead_weights, device="cpu", symmetries=8)
    conditions = Conditions(komi=7.5)
    answers = [plain(game(view, to_move=to_move), conditions) for view in range(VIEWS)]
    owners = np.mean([a.ownership[point_maps(9)[v, :-1]] for v, a in enumerate(answers)], 0)  # type: ignore[index]
    prediction = views(game(to_move=to_move), conditions)
    assert prediction.ownership is not None and prediction.ownership.shape == (81,)
    assert np.abs(prediction.ownership).max() <= 1
    assert np.allclose(prediction.ownership, owners, atol=0.05)
    assert prediction.lead == pytest.approx(np.mean([a.lead for a in answers]), abs=0.1)
    assert prediction.deviation == pytest.approx(np.mean([a.deviation for a in answers]), abs=0.1)


@pytest.mark.parametrize("to_move", [BLACK, WHITE])
def test_ownership_is_blacks_whoever_moves(lead_weights: Path, to_move: int) -> None:
    """The network says what the mover owns."""
    predict = Predictor(lead_weights, device="cpu")
    position, conditions = game(to_move=to_move), Conditions(komi=0)
    owned = predict(position, conditions).ownership
    planes, context = encode_positions(predict.encoding, [position], [conditions])
    with torch.inference_mode():
        output = predict.network(torch.from_numpy(planes).float(), torch.from_numpy(context))
    movers = 2 * output.ownership.float().sigmoid()[0].numpy() - 1
    assert owned is not None and np.abs(owned).max() > 0.3
    assert np.allclose(owned, to_move * movers, atol=0.05)
