"""`gocnn compare`: train architectures on the same games, and measure them side by side."""

import sys
from pathlib import Path

import click

from gocnn import defaults
from gocnn.cli import options

STOPPED = 130


@click.command()
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option(
    "-o", "--output", type=options.PATH, default="gocnn-compare", help="The folder of the runs."
)
@click.option(
    "--networks",
    default="all",
    help="ARCHITECTURE, ARCHITECTURE:SIZE or ARCHITECTURE:SIZE@RATE, with commas between. The "
    "first one is compared with all others.",
)
@click.option("--network", default="tiny", help="The size of the networks that name none.")
@click.option("--positions", type=click.IntRange(1), help="Train each on so many positions.")
@click.option("--time-budget", type=options.Duration(), help="Train each for so long, such as 20m.")
@click.option("--test", type=options.PATH, help="Measure on these games, not on those held out.")
@click.option("--other-boards", type=options.PATH, help="Measure also on these, of other sizes.")
@click.option(
    "--measured", type=click.IntRange(1), default=20_000, help="How many positions to measure on."
)
@click.option("--encoding", default="full-1", help="The planes that the networks see.")
@click.option(
    "--batch", type=click.IntRange(1), default=defaults.BATCH, help="Positions of an update."
)
@click.option("--rate", type=options.ABOVE_ZERO, default=defaults.RATE, help="The learning rate.")
@click.option("--seed", type=int, default=0, help="The seed of shuffle and initial weights.")
@options.board_size("The lines of the boards to train on.")
@options.device
def compare(
    games: tuple[Path, ...],
    output: Path,
    networks: str,
    network: str,
    positions: int | None,
    time_budget: float | None,
    test: Path | None,
    other_boards: Path | None,
    measured: int,
    encoding: str,
    batch: int,
    rate: float,
    seed: int,
    board_size: int,
    device: str,
) -> None:
    """Train networks alike on GAMES, and measure what their architecture is worth.

    With --positions all see the same number of positions, with --time-budget all learn equally
    long; both give two tables. Top-1, top-5, loss, learning curves, local shapes moved over the
    board, mirrored positions and other sizes of board go into compare.md, after each network.
    Ctrl-C saves; the same command goes on.
    """
    from gocnn.cli.games import games_on
    from gocnn.compare.plan import Plan, read_contestants
    from gocnn.compare.report import write_report
    from gocnn.compare.runs import Comparison
    from gocnn.features.encoding import encoding_named

    contestants = read_contestants(networks, network)
    encoding_named(encoding)
    if positions is None and time_budget is None:
        raise click.UsageError("give --positions, --time-budget or both")
    corpus = games_on(games, output / "corpus.gocnn", board_size)
    judged = None if test is None else games_on((test,), output / "test.gocnn", board_size)
    others = (
        None if other_boards is None else games_on((other_boards,), output / "others.gocnn", None)
    )
    plan = Plan(
        corpus=corpus.checksum,
        test="" if judged is None else judged.checksum,
        lines=board_size,
        positions=positions,
        seconds=time_budget,
        measured=measured,
        encoding=encoding,
        batch=batch,
        rate=rate,
        seed=seed,
    )
    work = Comparison(corpus, output, plan, device=device, test=judged, others=others)
    for mode in plan.modes:
        for contestant in contestants:
            if not work.work(contestant, mode):
                click.echo("stopped; the same command goes on", err=True)
                sys.exit(STOPPED)
            report = write_report(work, contestants)
    click.echo(report.read_text(encoding="utf-8"), nl=False)
    click.echo(f"report: {report}", err=True)
