"""Comparisons: trained alike, resumed, measured, and reported as far as they are."""

import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from gocnn.cli.main import main
from gocnn.compare import runs
from gocnn.compare.plan import Contestant, Plan, read_contestants
from gocnn.compare.report import accuracy_table, examples, write_report
from gocnn.compare.runs import Comparison
from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.inference.weights import load_network
from tests.support.playing import random_corpus

NETWORKS = read_contestants("resnet:1x8,lenet-max:1x8@0.001", "tiny")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("games") / "games.gocnn"
    random_corpus(30, moves=60).save(path, meta={"validation": 0.3})
    return Corpus.open(path)


def _plan(corpus: Corpus, **changes: float | None) -> Plan:
    options = {"positions": 64, "seconds": None, "measured": 100, "batch": 16, "lines": 9}
    return Plan(corpus=corpus.checksum, test="", **(options | changes))  # type: ignore[arg-type]


def test_all_networks_are_trained_alike_measured_and_reported(
    corpus: Corpus, tmp_path: Path
) -> None:
    work = Comparison(corpus, tmp_path, _plan(corpus), device="cpu", others=_others())
    for contestant in NETWORKS:
        assert work.work(contestant, "positions")
    results = work.finished(NETWORKS, "positions")
    assert [result.about["positions"] for result in results] == [64, 64]
    for result in results:
        assert len(result.columns["top1"]) == 100
        assert result.about["parameters"] > 1000
    assert results[0].about["other_boards"]["7"]["top1"]["mean"] >= 0
    assert results[1].about["other_boards"]["7"] is None
    info = load_network(tmp_path / "positions" / "lenet-max-1x8-rate-0.001" / "weights.safetensors")
    assert info.info.settings == {
        "planes": 34, "globals": 77, "stages": 1, "channels": 8, "lines": 9
    }  # fmt: skip

    text = write_report(work, NETWORKS).read_text(encoding="utf-8")
    for word in ("## Equal positions", "| resnet-1x8 |", "refused", "top-1 % on 7x7"):
        assert word in text, word
    moves = work.positions.moves(work.numbers)
    choice = np.where(np.arange(100) < 30, moves + 1, moves + 2)
    choice[:10] = moves[:10]
    columns = results[0].columns | {"choice": choice, "top1": choice == moves}
    table = accuracy_table(work, [runs.Result(NETWORKS[0], columns, results[0].about)])
    inside = moves[10:30] % 9 < 8  # the point to the right is on the same line
    assert table.splitlines()[-1].split("|")[-2].split(" ± ")[0].strip() == (
        f"{100 * inside.sum() / 90:.1f}"
    )
    first, other = results
    chosen = examples(first, other)
    right, wrong = (result.columns["top1"][chosen] for result in results)
    assert right.all() and not wrong.any()
    assert text.count("positions-lenet-max-1x8-rate-0.001-") == len(chosen) > 0
    assert (tmp_path / "positions-lenet-max-1x8-rate-0.001-1.svg").exists()
    # A second call trains nothing.
    before = (tmp_path / "positions" / "resnet-1x8" / "weights.safetensors").stat().st_mtime_ns
    assert work.work(NETWORKS[0], "positions")
    weights = tmp_path / "positions" / "resnet-1x8" / "weights.safetensors"
    assert weights.stat().st_mtime_ns == before


def test_the_longer_run_goes_on_from_before_the_cooldown_of_the_shorter(
    corpus: Corpus, tmp_path: Path
) -> None:
    long = _plan(corpus, positions=64, seconds=1000)
    work = Comparison(corpus, tmp_path, long, device="cpu")
    assert work.work(NETWORKS[0], "positions")
    run = work._run(NETWORKS[0], "time")
    assert run.positions_seen == 64 * 0.8 // 16 * 16 + 16  # the cooldown of a fifth is left out
    assert run.seconds > 0
    assert run.config.budget.seconds == 1000
    assert run.runtime.clock is time.thread_time  # other processes take nothing from it
    # One that has used up its time by then begins anew.
    short = Comparison(corpus, tmp_path / "short", _plan(corpus, seconds=1e-6), device="cpu")
    assert short.work(NETWORKS[0], "positions")
    assert short._run(NETWORKS[0], "time").positions_seen == 0


def _others() -> Corpus:
    return random_corpus(4, size=7, moves=30)


def test_a_folder_holds_one_plan(corpus: Corpus, tmp_path: Path) -> None:
    Comparison(corpus, tmp_path, _plan(corpus), device="cpu")
    with pytest.raises(GocnnError, match=r"plan\.json: begun with .*use another folder"):
        Comparison(corpus, tmp_path, _plan(corpus, positions=128), device="cpu")


def test_a_plan_needs_a_budget_and_games(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(GocnnError, match="give --positions, --time-budget or both"):
        Comparison(corpus, tmp_path, _plan(corpus, positions=None), device="cpu")
    with pytest.raises(GocnnError, match="no game on 19x19 to measure on"):
        Comparison(corpus, tmp_path, _plan(corpus, lines=19), device="cpu")
    with pytest.raises(GocnnError, match="--other-boards has only games on 9x9"):
        Comparison(corpus, tmp_path, _plan(corpus), device="cpu", others=corpus)
    assert _plan(corpus, seconds=60).modes == ("positions", "time")


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "names no network"),
        ("vgg", "unknown architecture 'vgg'"),
        ("resnet:wide", "--network wide: use tiny"),
        ("resnet@fast", "'fast' is not a learning rate"),
        ("resnet,resnet", "names resnet-tiny twice"),
    ],
)
def test_networks_that_cannot_be_read_are_refused(text: str, message: str) -> None:
    with pytest.raises(GocnnError, match=message):
        read_contestants(text, "tiny")


def test_networks_have_sizes_and_rates_of_their_own() -> None:
    assert NETWORKS[1] == Contestant(
        architecture="lenet-max", size="1x8", hyperparameters={"rate": 0.001}
    )
    assert [each.size for each in read_contestants("resnet,alphago:5x32", "small")] == [
        "small",
        "5x32",
    ]
    assert len(read_contestants("all", "tiny")) == 9


def _call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def test_the_command_trains_within_both_budgets(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path / "games.gocnn", meta={"validation": 0.3})
    arguments = [tmp_path / "games.gocnn", "-o", tmp_path / "out", "--board-size", 9]
    arguments += ["--networks", "resnet:1x8", "--batch", 16, "--measured", 50, "--device", "cpu"]
    result = _call(*arguments, "--positions", 32, "--time-budget", "0.1s")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("| resnet-1x8 |") >= 4
    assert "## Equal time" in result.stdout
    refused = _call(*arguments)
    assert refused.exit_code == 2
    assert "--time-budget" in refused.stderr
