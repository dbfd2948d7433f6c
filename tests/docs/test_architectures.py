"""The page on adding an architecture: its code runs, and everything finds it by its name."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from click.testing import CliRunner

from gocnn.cli.main import main
from gocnn.features.encoding import FULL
from gocnn.go.position import Position
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import load_network
from gocnn.network.flops import multiply_adds
from gocnn.network.registry import ARCHITECTURES, Architecture, build, size_text, tower
from gocnn.prediction import Conditions
from tests.support.playing import random_corpus


@pytest.fixture
def blocks(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The Python of the page, the architecture registered as it says."""
    text = (root / "docs" / "architectures.md").read_text(encoding="utf-8")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = ModuleType("gocnn.network.dilated")
    exec(found[0], module.__dict__)
    monkeypatch.setitem(sys.modules, "gocnn.network.dilated", module)
    monkeypatch.setitem(ARCHITECTURES, "dilated", ARCHITECTURES["resnet"])  # restored afterwards
    exec(found[1], {"ARCHITECTURES": ARCHITECTURES, "Architecture": Architecture})
    return found


def _call(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_architecture_of_thirty_lines_is_all_there_is_to_write(
    blocks: list[str], tmp_path: Path
) -> None:
    lines = [line for line in blocks[0].splitlines() if line.strip()]
    assert len(lines) <= 32
    assert ARCHITECTURES["dilated"].name == "Dilated"
    table = _call("network", "dilated", "--network", "4x32")
    assert re.search(r"convs\.3 +convolution +32x19x19 .* 31x31", table)

    random_corpus(12, moves=40).save(tmp_path / "games.gocnn", meta={"validation": 0.3})
    options = ("--architecture", "dilated", "--network", "3x8", "--batch", 16, "--device", "cpu")
    run = tmp_path / "run"
    _call("train", tmp_path / "games.gocnn", "-o", run, *options, "--positions", 64)
    weights = run / "weights.safetensors"
    assert load_network(weights).info.network == "dilated 3x8"
    for size in (9, 13):
        prediction = Predictor(weights, device="cpu")(Position(size), Conditions())
        assert prediction.policy.sum() == pytest.approx(1)


def test_the_page_lists_every_architecture(root: Path) -> None:
    text = (root / "docs" / "architectures.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \|.*\| (any size|one size) \|$", text, re.MULTILINE)
    expected = {
        name: "one size" if found.one_size else "any size" for name, found in ARCHITECTURES.items()
    }
    assert dict(listed) == expected


def test_the_page_on_pooling_gives_the_sums_of_every_network(root: Path) -> None:
    text = (root / "docs" / "why-no-pooling.md").read_text(encoding="utf-8")
    for name, found in ARCHITECTURES.items():
        lines = {"lines": 19} if found.one_size else {}
        inputs = {"planes": FULL.plane_count, "globals": FULL.global_count}
        settings = inputs | tower("tiny", name) | lines
        with torch.device("meta"):
            weights = sum(weight.numel() for weight in build(name, settings).parameters())
        work = multiply_adds(name, settings)
        row = f"| `{name}` | {size_text(name, settings)} | {weights:,} | {work / 1e6:.1f} M |"
        assert f"{row} {weights / work:.4f} |" in text
