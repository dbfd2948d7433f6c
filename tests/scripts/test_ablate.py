"""Ablations: variants trained alike, compared position by position, going on where they stopped."""

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from gocnn.compare.plan import Contestant, Plan
from gocnn.compare.runs import Comparison
from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Batch
from gocnn.features.encoding import encoding_named
from gocnn.go.position import Position
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import load_tensors
from gocnn.network.registry import ARCHITECTURES, build
from gocnn.prediction import Conditions
from gocnn.training.loop import TrainingRun
from gocnn.training.trainer import Trainer
from scripts import ablate, trial_network
from tests.support.playing import random_corpus

PLAN = Plan(corpus="", test="", lines=9, positions=1000, seconds=None, measured=100)


@pytest.fixture(autouse=True)
def _known_here_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network of the trials is an architecture in these tests, and in no other."""
    monkeypatch.setitem(ARCHITECTURES, trial_network.NAME, ARCHITECTURES["resnet"])
    trial_network.register()


# Sums from the edge on tell how far the edge is; everything else answers everywhere alike.
_LOCAL = [v.trial for v in ablate.VARIANTS.values() if v.trial and "sums" not in v.trial]


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
    return (folder / "ablations-positions.md").read_text(encoding="utf-8")


def rows(table: str) -> dict[str, list[str]]:
    lines = [line for line in table.splitlines()[2:] if line.startswith("|")]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return {row[0]: row[1:] for row in cells}


@pytest.mark.parametrize("name", ablate.VARIANTS)
def test_every_variant_differs_from_the_base_in_something(name: str) -> None:
    base, other = (
        PLAN.config(ablate.VARIANTS[n].contestant(n, "2x16", 0), "positions")
        for n in (ablate.BASE, name)
    )
    assert (base == other) == (name == ablate.BASE)
    assert encoding_named(other.encoding).name == other.encoding
    again = ablate.VARIANTS[name].contestant(name, "2x16", 1)
    assert again.hyperparameters["seed"] == other.hyperparameters.seed + 1


@pytest.mark.parametrize("settings", _LOCAL, ids=str)
def test_a_trial_network_answers_everywhere_alike(settings: dict[str, object]) -> None:
    """Equivariance: in the middle of a large board a position moved answers moved logits."""
    torch.manual_seed(0)
    inputs = {"planes": 3, "globals": 2, "blocks": 2, "channels": 16}
    network = build(trial_network.NAME, inputs | settings).eval()
    for parameter in network.parameters():  # blocks begin as the identity
        if parameter.ndim == 1:
            torch.nn.init.uniform_(parameter, 0.5, 1)
    planes = torch.zeros(1, 3, 25, 25)
    planes[:, :, 11:14, 11:14] = torch.rand(1, 3, 3, 3)
    logits = network(planes, torch.ones(1, 2)).logits[:, :-1].view(25, 25)
    moved = network(planes.roll((1, -1), (2, 3)), torch.ones(1, 2)).logits[:, :-1].view(25, 25)
    inner = slice(8, 17)
    assert logits[inner, inner].std() > 1e-4
    assert torch.allclose(
        logits[inner, inner], moved.roll((-1, 1), (0, 1))[inner, inner], atol=1e-4
    )


def test_diagonal_sums() -> None:
    board = torch.arange(12.0).view(1, 1, 3, 4)
    expected = [[0, 1, 2, 3], [5, 7, 9, 7], [15, 18, 17, 11]]
    assert trial_network.diagonal_sums(board)[0, 0].tolist() == expected


def test_a_seed_has_a_folder_of_its_own() -> None:
    second = ablate.VARIANTS["mish"].contestant("mish", "2x16", 1)
    assert (second.label, second.hyperparameters["seed"]) == ("mish-seed-1", 1)


def test_variants_are_measured_on_the_same_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs"
    names = ("--variants", "no-history,sums")
    table = run(monkeypatch, folder, *names)
    found = rows(table)
    assert list(found) == ["base", "no-history", "sums"]
    assert [row[2] for row in found.values()] == ["512"] * 3
    assert found["base"][5] == found["base"][8] == "-"
    assert "- sums: sums of 2 channels along lines and diagonals" in table
    assert (folder / "ablations-positions.svg").read_text(encoding="utf-8").count("no-history") == 1
    one, other = (
        load_tensors(folder / "positions" / name / "measured.safetensors")[0]["top1"].numpy()
        for name in ("base", "no-history")
    )
    assert len(one) > 40
    difference = 100 * (other.mean() - one.mean())
    assert found["no-history"][5].split(" ± ")[0] == f"{difference:+.2f}"
    assert float(found["no-history"][4].split(" ± ")[0]) == pytest.approx(
        100 * other.mean(), abs=0.006
    )
    predict = Predictor(folder / "positions" / "no-history" / "weights.safetensors")
    assert predict.info.encoding == "full-1-no-history"
    assert predict(Position(9), Conditions()).policy.sum() == pytest.approx(1, abs=1e-3)

    trained = (folder / "positions" / "base" / "weights.safetensors").stat().st_mtime_ns
    assert run(monkeypatch, folder, *names) == table
    assert (folder / "positions" / "base" / "weights.safetensors").stat().st_mtime_ns == trained
    with pytest.raises(SystemExit, match=r'plan.json: begun with .*"positions": 512'):
        run(monkeypatch, folder, "--positions", "600")


def test_several_seeds_are_averaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "runs"
    found = rows(run(monkeypatch, folder, "--variants", "base", "--seeds", "2"))
    hits = [
        load_tensors(folder / "positions" / name / "measured.safetensors")[0]["top1"]
        .double()
        .mean()
        .item()
        for name in ("base", "base-seed-1")
    ]
    assert float(found["base"][4].split(" ± ")[0]) == pytest.approx(50 * sum(hits), abs=0.006)


def test_equal_time_is_positions_weighted_by_what_each_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runs"
    costs = {"no-history": 0.5, "batch-64": 2.0}
    asked = []

    def cost(_work: Comparison, contestant: Contestant, base: Contestant) -> float:
        asked.append((contestant.label, base.label))
        return costs[contestant.name]

    with monkeypatch.context() as patch:
        patch.setattr(ablate, "cost", cost)
        found = rows(run(patch, folder, "--weighted", "--variants", ",".join(costs)))
    assert [found[name][2] for name in ("base", *costs)] == ["512", "1,024", "256"]
    assert asked == [("no-history", "base"), ("batch-64", "base")]


def test_a_cost_is_measured_once_beside_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What slows the machine after a while, here by ten times, changes no cost."""
    plan = replace(PLAN, corpus=corpus().checksum)
    work = Comparison(corpus(), tmp_path, plan, device="cpu", views=False)
    base, small_batches = (
        ablate.VARIANTS[name].contestant(name, "1x16", 0) for name in ("base", "batch-64")
    )
    spent, updates = 0.0, 0

    def update(trainer: Trainer, batch: Batch, rate: float) -> None:
        nonlocal spent, updates
        updates += 1
        spent += (3.0 if len(batch.planes) == 64 else 2.0) * (10.0 if updates > 15 else 1.0)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "update", update)
        patch.setattr(Trainer, "losses", lambda trainer: None)
        patch.setattr(work, "clock", lambda: spent)
        assert ablate.cost(work, small_batches, base) == 3.0  # for half the positions
    assert ablate.cost(work, small_batches, base) == 3.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["costs.json", "plan.json"]
    assert ablate.cost(work, replace(base, name="twin"), base, rounds=3) > 0  # as it really is


def test_a_stopped_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    run(monkeypatch, whole, "--variants", "base")
    train = TrainingRun.train
    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="the same command goes"):
        patch.setattr(TrainingRun, "train", lambda run: train(run, stop_after=0.0))
        run(patch, stopped, "--variants", "base")
    assert not (stopped / "ablations-positions.md").exists()
    run(monkeypatch, stopped, "--variants", "base")
    ours, theirs = (
        load_tensors(folder / "positions" / "base" / "measured.safetensors")[0]
        for folder in (whole, stopped)
    )
    assert "cross_entropy" in ours
    assert all(ours[key].equal(theirs[key]) for key in ours)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--variants", "base,nonsense"], "^ablate: unknown variant 'nonsense'; there are base,"),
        (["--network", "4x"], "^ablate: --network 4x: use tiny, .*, or BLOCKSxFILTERS such as"),
        (["--board-size", "13"], "no games on boards of 13x13 here$"),
        (["--positions", "0"], "^ablate: a run needs one budget above 0"),
    ],
)
def test_bad_input_is_one_line(
    options: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit, match=message):
        run(monkeypatch, tmp_path / "runs", *options)
    assert not (tmp_path / "runs" / "plan.json").exists()
