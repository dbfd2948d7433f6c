"""What `gocnn train` and `gocnn evaluate` do, once their options are parsed."""

import math
from pathlib import Path
from typing import Any

import click

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import Report, open_or_prepare
from gocnn.errors import GocnnError
from gocnn.network.registry import SIZES, tower
from gocnn.training.config import Budget, Hyperparameters, Runtime, TrainConfig
from gocnn.training.curves import draw_curve, validation_table
from gocnn.training.loop import TrainingRun
from gocnn.training.process import Processes, own_device

DEFAULT_SECONDS = 3600.0
DEFAULT_SIZE = "small"
FEW_GAMES = 5


def _tower(size: str | None, initial: Path | None) -> dict[str, int]:
    """The blocks and filters of that size; of none, what the initial weights have."""
    if size is None:
        return {} if initial else SIZES[DEFAULT_SIZE]
    return tower(size)


def _budget(options: dict[str, Any], corpus: Corpus) -> Budget | None:
    names = ("time_budget", "positions", "epochs")
    given = [name for name in names if options[name] is not None]
    if len(given) > 1:
        raise GocnnError("give one budget: --time-budget, --positions or --epochs")
    if options["epochs"] is not None:
        training, _ = corpus.split(options["validation"])
        return Budget(positions=math.ceil(options["epochs"] * int(corpus.moves[training].sum())))
    if options["positions"] is not None:
        return Budget(positions=options["positions"])
    if options["time_budget"] is not None:
        return Budget(seconds=options["time_budget"])
    return None


def report_corpus(corpus: Corpus, report: Report | None) -> None:
    """Say on standard error what was read and how much of it there is."""
    if report is not None:
        click.echo(report.table(), err=True)
    click.echo(f"{len(corpus):,} games, {corpus.positions:,} positions", err=True)


def _shared_corpus(options: dict[str, Any], cache: Path) -> Corpus:
    """The corpus; of several processes the first makes it, and the others then map it."""
    processes = Processes.join(own_device(options["device"]))
    if not processes.first:
        processes.wait()
    corpus, report = open_or_prepare(options["games"], cache, size=options["board_size"] or None)
    if processes.first:
        report_corpus(corpus, report)
        processes.wait()
    return corpus


def train(**options: Any) -> None:
    """Train as the options of the command say.

    Raises:
        GocnnError: when something is wrong with the games, the options or the disk.
    """
    folder: Path = options["output"]
    corpus = _shared_corpus(options, folder / "corpus.gocnn")
    runtime = Runtime(
        device=options["device"], compile=options["compile"], tensorboard=options["tensorboard"]
    )
    budget = _budget(options, corpus)
    if options["resume"]:
        run = TrainingRun.resume(corpus, folder, runtime, budget=budget)
    else:
        run = TrainingRun.start(_config(options, budget), corpus, folder, runtime)
    _hint(run)
    done = run.train(options["stop_after"])
    run.processes.leave()
    if not run.processes.first:
        return
    if not done:
        click.echo(f"stopped; go on with --resume (checkpoint: {run.checkpoint_path})", err=True)
    click.echo(validation_table(folder / "log.jsonl"))
    if draw_curve(folder / "log.jsonl", folder / "curve.svg"):
        click.echo(f"learning curve: {folder / 'curve.svg'}")
    click.echo(f"weights: {folder / 'weights.safetensors'}")


def _config(options: dict[str, Any], budget: Budget | None) -> TrainConfig:
    return TrainConfig(
        settings=_tower(options["network_size"], options["initial"]),
        encoding=options["encoding"],
        budget=budget or Budget(seconds=DEFAULT_SECONDS),
        hyperparameters=Hyperparameters(
            batch=options["batch"],
            rate=options["rate"],
            seed=options["seed"],
            teacher_share=options["teacher_share"],
        ),
        validation=options["validation"],
        initial=str(options["initial"] or ""),
        teacher=str(options["teacher"] or ""),
    )


def _hint(run: TrainingRun) -> None:
    held_out = 0 if run.held_out is None else len(run.held_out.games)
    if held_out < FEW_GAMES and run.processes.first:
        click.echo(
            f"{held_out} games are held out to validate on; "
            "with few games --validation 0.1 says more",
            err=True,
        )
