"""ONNX files: the same answers as torch, for any number of positions and any board."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import gocnn.inference.onnx
from gocnn.errors import GocnnError
from gocnn.features.encode import encode_positions
from gocnn.features.encoding import FULL
from gocnn.go.position import Position
from gocnn.go.ranks import Rank
from gocnn.inference.onnx import export
from gocnn.inference.weights import WeightsInfo, load_network, save_weights
from gocnn.network.registry import build
from gocnn.prediction import Conditions

SETTINGS = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}


@pytest.fixture(
    scope="module", params=[("resnet", {}), ("nested", {"reply": True})], ids=["plain", "nested"]
)
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    settings = SETTINGS | request.param[1]
    network = build(request.param[0], settings)
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    passport = WeightsInfo(
        architecture=request.param[0], settings=settings, encoding="full-1", positions=7
    )
    save_weights(path, network.state_dict(), passport)
    return path


@pytest.fixture(scope="module")
def exported(weights: Path) -> Path:
    path = weights.with_name("network.onnx")
    assert export(weights, path) < 1e-3
    return path


@pytest.mark.parametrize("size", [5, 9, 19, 25])
def test_real_positions_get_the_answers_of_torch(weights: Path, exported: Path, size: int) -> None:
    positions = [Position(size), Position(size, komi=5.5)]
    for position, points in zip(positions, ([7, 8, 12], [0, 1]), strict=True):
        for point in points:
            position.play(point)
    planes, context = encode_positions(FULL, positions, [Conditions(rank=Rank(25)), Conditions()])
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    policy, value = session.run(
        ["policy", "value"], {"planes": planes.astype(np.float32), "globals": context}
    )
    network = load_network(weights).module
    with torch.inference_mode():
        ours = network(torch.from_numpy(planes).float(), torch.from_numpy(context))
    assert policy.shape == (2, size * size + 1)
    assert np.allclose(policy, ours.logits.numpy(), atol=1e-4)
    assert np.allclose(value, ours.value.numpy(), atol=1e-4)


def test_the_file_tells_what_it_is(exported: Path) -> None:
    told = {entry.key: json.loads(entry.value) for entry in onnx.load(exported).metadata_props}
    assert told["gocnn.passport"]["positions"] == 7
    assert sum(count for _, count in told["gocnn.planes"]) == 34
    assert sum(count for _, count in told["gocnn.globals"]) == 77


def test_other_answers_are_not_written(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)  # other weights than those of the file
    other = build("resnet", SETTINGS)
    weights = tmp_path / "other.safetensors"
    passport = WeightsInfo(architecture="resnet", settings=SETTINGS, encoding="full-1")
    save_weights(weights, other.state_dict(), passport)
    monkeypatch.setattr(gocnn.inference.onnx, "_converted", lambda *_, lines: onnx.load(exported))
    with pytest.raises(GocnnError, match="not written"):
        export(weights, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == [weights]


def test_without_the_packages_the_mend_is_told(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(GocnnError, match="pip install onnx onnxruntime onnxscript"):
        export(weights, tmp_path / "x.onnx")


@pytest.mark.parametrize(
    "name, own",
    [
        ("lenet-max", {"lines": 9}),
        pytest.param("spatial-transformer", {"layers": 2}, marks=pytest.mark.slow),
    ],
)
def test_other_architectures_are_exported(name: str, own: dict[str, int], tmp_path: Path) -> None:
    settings = {"planes": 34, "globals": 77, "channels": 8} | own
    path = tmp_path / "weights.safetensors"
    info = WeightsInfo(architecture=name, settings=settings, encoding="full-1")
    save_weights(path, build(name, settings).state_dict(), info)
    assert export(path, tmp_path / "network.onnx") < 1e-3
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    planes, context = np.zeros((2, 34, 9, 9), np.float32), np.zeros((2, 77), np.float32)
    policy = session.run(["policy"], {"planes": planes, "globals": context})[0]
    assert policy.shape == (2, 82)
