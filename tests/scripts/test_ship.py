"""Shipping weights: halved, measured as they ship, with a passport."""

import sys
from pathlib import Path

import pytest
import torch

from gocnn.inference.weights import WeightsInfo, load_network, save_weights
from gocnn.network.registry import build
from scripts.release import ship
from tests.support.playing import random_corpus

SETTINGS = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}


def test_what_ships_is_small_measured_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    network = build("resnet", SETTINGS)
    passport = WeightsInfo(
        architecture="resnet", settings=SETTINGS, encoding="full-1", accuracy={"validation": 0.5}
    )
    source, games = tmp_path / "weights.safetensors", tmp_path / "games.gocnn"
    save_weights(source, network.state_dict(), passport)
    random_corpus(5).save(games)
    monkeypatch.setattr(ship, "HOME", tmp_path / "home")
    (tmp_path / "home").mkdir()
    options = ("--name", "try", "--trained", "not at all", "--on", f"small={games}")
    monkeypatch.setattr(sys, "argv", ["ship", str(source), *options])
    ship.main()
    shipped = tmp_path / "home" / "try.safetensors"
    assert shipped.stat().st_size < 0.7 * source.stat().st_size
    loaded = load_network(shipped)
    assert loaded.info.trained == "not at all"
    assert loaded.info.accuracy["validation"] == 0.5
    assert loaded.info.accuracy["small"] == ship.measured(shipped, {"small": games}, 10**6)["small"]
    for name, tensor in loaded.module.state_dict().items():
        assert torch.allclose(tensor, network.state_dict()[name], atol=1e-3), name
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "games.gocnn",
        "home",
        "weights.safetensors",
    ]


def test_bad_input_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ship", str(tmp_path / "none"), "--trained", "x"])
    with pytest.raises(SystemExit, match="there is no such weights file"):
        ship.main()
