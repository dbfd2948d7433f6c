"""`gocnn train`: train a network on games."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gocnn import defaults
from gocnn.cli import options

if TYPE_CHECKING:
    from gocnn.corpus.corpus import Corpus
    from gocnn.training.config import Budget
    from gocnn.training.loop import TrainingRun

DEFAULT_SECONDS = 3600.0
DEFAULT_NETWORK = "small"
FEW_GAMES = 5


@click.command()
@click.argument("games", nargs=-1, type=options.PATH)
@click.option(
    "-o", "--output", type=options.PATH, default="gocnn-run", help="The folder of the run."
)
@click.option(
    "--time-budget",
    type=options.Duration(),
    show_default="1h",
    help="How long to train, such as 90s, 25m or 1h30m.",
)
@click.option("--positions", type=click.IntRange(1), help="How many positions to train on.")
@click.option(
    "--epochs", type=options.ABOVE_ZERO, help="How often to train on all positions of the games."
)
@click.option(
    "--network",
    cls=options.AliasedOption,
    aliases=["--size"],
    show_default="small, or that of --init",
    help="The network: tiny, small, base, large, huge, or BLOCKSxFILTERS such as 4x48.",
)
@click.option(
    "--architecture",
    show_default="resnet, or that of --init",
    help="The kind of network; gocnn network lists them.",
)
@click.option("--encoding", default="full-1", help="The planes that the network sees.")
@click.option(
    "--init",
    "initial",
    help="Start from these weights, a file or a name; with --network they grow first.",
)
@click.option(
    "--teacher", help="Learn also from the predictions of these weights, a file or a name."
)
@click.option(
    "--teacher-share",
    type=options.SHARE,
    default=defaults.TEACHER_SHARE,
    help="The share of the teacher in the loss, beside the games.",
)
@click.option(
    "--cooldown",
    type=options.SHARE,
    default=defaults.COOLDOWN,
    help="The share of the budget at its end in which the learning rate falls to zero.",
)
@click.option(
    "--balance",
    is_flag=True,
    help="Let sources and ranks share the positions by the square root of their numbers, "
    "so that rare ranks are learnt as well; else every position counts alike.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
@click.option(
    "--stop-after",
    type=options.Duration(),
    help="Save and stop after this time, to be resumed later.",
)
@click.option(
    "--batch",
    type=click.IntRange(1),
    default=defaults.BATCH,
    help="The number of positions in an update.",
)
@click.option(
    "--rate",
    type=options.ABOVE_ZERO,
    default=defaults.RATE,
    help="The learning rate before the cooldown.",
)
@click.option(
    "--seed", type=int, default=0, help="The seed of the shuffle and of the initial weights."
)
@click.option(
    "--validation",
    type=options.SHARE,
    default=defaults.VALIDATION,
    help="Hold out this share of the games for validation.",
)
@options.board_sizes(aliases=[])
@options.device
@click.option(
    "--compile/--no-compile",
    default=None,
    show_default="on CUDA, if it is faster",
    help="Whether to use torch.compile.",
)
@click.option(
    "--tensorboard", is_flag=True, help="Write a log for TensorBoard into the folder, too."
)
def train(
    games: tuple[Path, ...],
    output: Path,
    time_budget: float | None,
    positions: int | None,
    epochs: float | None,
    network: str | None,
    architecture: str | None,
    encoding: str,
    initial: str | None,
    teacher: str | None,
    teacher_share: float,
    cooldown: float,
    balance: bool,
    resume: bool,
    stop_after: float | None,
    batch: int,
    rate: float,
    seed: int,
    validation: float,
    board_size: int,
    device: str,
    compile: bool | None,
    tensorboard: bool,
) -> None:
    """Train a network on GAMES, for one hour unless told otherwise.

    The games are packed into the output folder first, and packed anew when they change. The time
    counts from the first batch on. Ctrl-C saves; --resume goes on, with the same games, which then
    need no naming. A finished run can go on, too: --resume with a larger budget continues from
    before the cooldown, at the constant rate.
    """
    from dataclasses import replace

    from gocnn.cli.run_games import check_unchanged, keep_games, shared_corpus
    from gocnn.features.encoding import encoding_named
    from gocnn.training.checkpoint import load_config
    from gocnn.training.config import Budget, Hyperparameters, Runtime, TrainConfig
    from gocnn.training.loop import TrainingRun, check_no_run, check_weights, checkpoint_path

    # Whatever can be wrong with the options is found before the games are read.
    budget = _fixed_budget(time_budget, positions, epochs)
    architecture = _architecture(architecture, initial)
    settings = _network_settings(network, architecture, initial)
    hyperparameters = Hyperparameters(
        batch=batch, rate=rate, seed=seed, teacher_share=teacher_share, cooldown=cooldown
    )
    encoding_named(encoding)
    config = TrainConfig(
        architecture=architecture,
        settings=settings,
        encoding=encoding,
        budget=budget or Budget(seconds=DEFAULT_SECONDS),
        hyperparameters=hyperparameters,
        balance=balance,
        validation=validation,
        initial=initial or "",
        teacher=teacher or "",
    )
    if resume:
        check_unchanged(load_config(checkpoint_path(output)), config)
    elif not games:
        raise click.UsageError("Missing argument 'GAMES...'.", click.get_current_context())
    else:
        check_no_run(output)
        check_weights(config)
    corpus = shared_corpus(games, output, board_size or None, device, resume=resume)
    if epochs is not None:
        budget = _epochs_budget(epochs, corpus, validation)
    runtime = Runtime(device=device, compile=compile, tensorboard=tensorboard)
    if resume:
        run = TrainingRun.resume(corpus, output, runtime, budget=budget)
    else:
        run = TrainingRun.start(
            replace(config, budget=budget or config.budget), corpus, output, runtime
        )
        if run.processes.first:
            keep_games(games, output)
    _hint_at_few_games(run)
    done = run.train(stop_after)
    run.processes.leave()
    if run.processes.first:
        _report(run, output, done=done)
    run.processes.end()


def _fixed_budget(
    time_budget: float | None, positions: int | None, epochs: float | None
) -> "Budget | None":
    """The budget, as far as it does not depend on the games.

    Returns:
        None where no time and no number of positions is given.

    Raises:
        GocnnError: when several are given.
    """
    from gocnn.errors import GocnnError
    from gocnn.training.config import Budget

    if sum(given is not None for given in (time_budget, positions, epochs)) > 1:
        raise GocnnError("give one budget: --time-budget, --positions or --epochs")
    if positions is not None:
        return Budget(positions=positions)
    return None if time_budget is None else Budget(seconds=time_budget)


def _epochs_budget(epochs: float, corpus: "Corpus", validation: float) -> "Budget":
    import math

    from gocnn.training.config import Budget

    training, _ = corpus.split(validation)
    return Budget(positions=math.ceil(epochs * int(corpus.moves[training].sum())))


def _architecture(name: str | None, initial: str | None) -> str:
    """The architecture that is trained.

    Raises:
        GocnnError: when there is none of that name, or the initial weights have another one.
    """
    from gocnn.errors import GocnnError
    from gocnn.inference.weights import load_network
    from gocnn.network.registry import find

    if name is not None:
        find(name)
    if initial is None:
        return name or "resnet"
    given = load_network(initial).info.architecture
    if name not in (None, given):
        raise GocnnError(f"--architecture {name}: the weights of --init are of {given}")
    return given


def _network_settings(
    network: str | None, architecture: str, initial: str | None
) -> dict[str, int]:
    """Depth and width; none, where the initial weights decide."""
    from gocnn.network.registry import tower

    if network is None and initial:
        return {}
    return tower(network or DEFAULT_NETWORK, architecture)


def _hint_at_few_games(run: "TrainingRun") -> None:
    from gocnn.stats import count_text

    held_out = 0 if run.held_out is None else len(run.held_out.games)
    if held_out < FEW_GAMES and run.processes.first:
        click.echo(
            f"held out for validation: {count_text(held_out, 'game')}; "
            "with so few, --validation 0.1 says more",
            err=True,
        )


def _report(run: "TrainingRun", folder: Path, *, done: bool) -> None:
    from gocnn.training.curves import draw_curve, validation_table

    if not done:
        click.echo(f"stopped; go on with --resume (checkpoint: {run.checkpoint_path})", err=True)
    click.echo(validation_table(folder / "log.jsonl"))
    if draw_curve(folder / "log.jsonl", folder / "curve.svg"):
        click.echo(f"learning curve: {folder / 'curve.svg'}")
    click.echo(f"weights: {folder / 'weights.safetensors'}")
