"""The network at work: legal, turned the right way, on every size of board."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gocnn.errors import GocnnError
from gocnn.go.position import Position
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import WeightsInfo, save_weights
from gocnn.network.registry import build
from gocnn.prediction import Conditions

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
    conditions = [Conditions(rank=5 * n) for n in range(4)]
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
