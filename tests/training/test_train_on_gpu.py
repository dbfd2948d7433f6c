"""Training in slices on another machine: packed, cut, put together, gone on with."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gocnn.inference.weights import load_tensors


@pytest.fixture
def script(root: Path, tmp_path: Path) -> Path:
    """The script in a house of its own."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(root / "scripts" / "train_on_gpu.sh", tmp_path / "scripts")
    return tmp_path / "scripts" / "train_on_gpu.sh"


def _run(
    script: Path, root: Path, *arguments: object, **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(root)} | settings
    command = ["bash", str(script), *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def _steps(checkpoint: Path) -> int:
    return int(load_tensors(checkpoint)[1]["steps"])


def test_slices_make_one_run_on_two_machines(script: Path, root: Path, tmp_path: Path) -> None:
    home, out = tmp_path / "build" / "gpu", tmp_path / "out"
    games = root / "data" / "gnugo-9x9.sgf"
    packed = _run(script, root, "pack", games, "--", "--board-size", "9")
    assert packed.returncode == 0, packed.stderr
    tower = ("--network", "1x8", "--batch", "16", "--positions", 10**8, "--device", "cpu")
    sliced = _run(script, root, "slice", out, *tower, SLICE="1s", PART="20000")
    assert sliced.returncode == 0, sliced.stderr
    first = _steps(home / "run" / "checkpoint.safetensors")
    assert first > 0
    assert len(list(out.glob("checkpoint.0*"))) > 1

    shutil.rmtree(home / "run")  # another machine
    part = out / "checkpoint.00"
    whole = part.read_bytes()
    part.write_bytes(whole[:-1])
    damaged = _run(script, root, "take", out)
    assert damaged.returncode == 2
    assert "missing or damaged" in damaged.stderr
    assert not (home / "run" / "checkpoint.safetensors").exists()
    part.write_bytes(whole)
    assert _run(script, root, "take", out).returncode == 0
    assert _steps(home / "run" / "checkpoint.safetensors") == first
    more = ("--positions", 16 * (first + 20), "--device", "cpu")
    ended = _run(script, root, "slice", out, *more, SLICE="100s")
    assert ended.returncode == 0, ended.stderr
    assert _steps(home / "run" / "cooldown.safetensors") == first + 20
    shutil.rmtree(home / "run")
    assert _run(script, root, "take", out).returncode == 0
    assert _steps(home / "run" / "cooldown.safetensors") == first + 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("slice", "out"), "no games here; pack them first"),
        (("slice",), "name a folder"),
        (("pack",), "name the games"),
        (("take", "nowhere"), "no slice came back here"),
        (("fly",), ""),
    ],
)
def test_what_is_missing_is_named(
    script: Path, root: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = _run(script, root, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_too_many_games_are_told_with_the_mend(script: Path, root: Path) -> None:
    games = root / "data" / "gnugo-9x9.sgf"
    done = _run(script, root, "pack", games, "--", "--board-size", "9", LIMIT="3000")
    assert done.returncode == 2
    assert "more than 3000; pack fewer: -- --sample 0." in done.stderr
