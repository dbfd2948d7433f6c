"""Ablations: variants trained alike, compared position by position, going on where they stopped."""

import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from gocnn.corpus.corpus import Corpus
from gocnn.features.encoding import encoding_named
from gocnn.go.position import Position
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import load_tensors
from gocnn.network.registry import tower
from gocnn.prediction import Conditions
from gocnn.training.config import Budget
from gocnn.training.loop import TrainingRun
from scripts import ablate
from tests.support.playing import random_corpus

PLAN = ablate.Plan(positions=1000, size="4x32", measured=100, corpus="")


@cache
def corpus() -> Corpus:
    return random_corpus(400, moves=12)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *options: str) -> str:
    """The table that the script writes, trained on tiny games."""
    games = folder.parent / "games.gocnn"
    corpus().save(games)
    tiny = ("--positions", "512", "--network", "1x16", "--board-size", "9", "--device", "cpu")
    monkeypatch.setattr(sys, "argv", ["ablate", str(games), "-o", str(folder), *tiny, *options])
    ablate.main()
    return (folder / "ablations.md").read_text(encoding="utf-8")


def rows(table: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    return {row[0]: row[1:] for row in cells}


@pytest.mark.parametrize("name", ablate.VARIANTS)
def test_every_variant_differs_from_the_base_in_something(name: str) -> None:
    base, other = (ablate.configure(ablate.VARIANTS[n], PLAN, 0) for n in (ablate.BASE, name))
    assert (base == other) == (name == ablate.BASE)
    assert encoding_named(other.encoding).name == other.encoding
    again = ablate.configure(ablate.VARIANTS[name], PLAN, 1)
    assert again.hyperparameters.seed == other.hyperparameters.seed + 1


@pytest.mark.parametrize("size", ["2x32", "4x48", "6x32"])
def test_other_sizes_get_the_same_multiply_adds(size: str) -> None:
    other = ablate.configure(ablate.VARIANTS[size], PLAN, 0)
    assert other.settings == tower(size)
    assert isinstance(other.budget, Budget)
    assert other.budget.positions is not None
    work = other.budget.positions * ablate.cost("full-1", size)
    assert work == pytest.approx(1000 * ablate.cost("full-1", "4x32"), rel=1e-3)


def test_variants_are_measured_on_the_same_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs"
    names = ("--variants", "no-history,no-value-head")
    table = run(monkeypatch, folder, *names)
    found = rows(table)
    assert list(found) == ["base", "base, 8 views", "no-history", "no-value-head"]
    assert [row[1] for row in found.values()] == ["512"] * 4
    assert found["base"][4] == found["base"][6] == found["no-value-head"][7] == "-"
    assert (folder / "ablations.svg").read_text(encoding="utf-8").count("no-history") == 1
    one, other = (
        load_tensors(folder / name / "measured.safetensors")[0]["1"].numpy()
        for name in ("base", "no-history")
    )
    assert len(one) > 40
    difference = 100 * np.mean(other[:, 0] - one[:, 0])
    assert found["no-history"][4].split(" ± ")[0] == f"{difference:+.2f}"
    assert float(found["no-history"][3].split(" ± ")[0]) == pytest.approx(
        100 * other[:, 0].mean(), abs=0.006
    )
    predict = Predictor(folder / "no-history" / "weights.safetensors")
    assert predict.info.encoding == "full-1-no-history"
    assert predict(Position(9), Conditions()).policy.sum() == pytest.approx(1, abs=1e-3)

    trained = (folder / "base" / "weights.safetensors").stat().st_mtime_ns
    assert run(monkeypatch, folder, *names) == table
    assert (folder / "base" / "weights.safetensors").stat().st_mtime_ns == trained
    with pytest.raises(SystemExit, match=r'plan.json: begun with .*"positions": 512'):
        run(monkeypatch, folder, "--positions", "600")


def test_several_seeds_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "runs"
    found = rows(run(monkeypatch, folder, "--variants", "base", "--seeds", "2"))
    hits = [
        load_tensors(folder / name / "measured.safetensors")[0]["1"][:, 0].mean().item()
        for name in ("base", "base-seed-1")
    ]
    assert float(found["base"][3].split(" ± ")[0]) == pytest.approx(50 * sum(hits), abs=0.006)


def test_a_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(monkeypatch, whole, "--variants", "base")
    train = TrainingRun.train
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="the same command goes"):
        patch.setattr(TrainingRun, "train", lambda run: train(run, stop_after=0.0))
        run(patch, stopped, "--variants", "base")
    assert not (stopped / "ablations.md").exists()
    run(monkeypatch, stopped, "--variants", "base")
    ours, theirs = (
        load_tensors(folder / "base" / "measured.safetensors")[0] for folder in (whole, stopped)
    )
    assert sorted(ours) == ["1", "8"]
    assert all(ours[key].equal(theirs[key]) for key in ours)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--variants", "base,nonsense"], "^ablate: unknown variant 'nonsense'; there are base,"),
        (["--network", "4x"], "^ablate: --network 4x: use tiny, .*, or BLOCKSxFILTERS such as"),
        (["--board-size", "13"], "no games of 13x13 here$"),
        (["--positions", "0"], "^ablate: a run needs one budget above 0"),
    ],
)
def test_bad_input_is_one_line(
    options: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=message):
        run(monkeypatch, tmp_path / "runs", *options)
    assert not (tmp_path / "runs" / "plan.json").exists()
