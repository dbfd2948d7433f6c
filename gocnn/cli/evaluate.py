"""`gocnn evaluate`: measure weights on games."""

from pathlib import Path

import click

from gocnn.cli import options


@click.command()
@click.argument("weights")
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--positions",
    type=click.IntRange(1),
    show_default="all",
    help="Measure a random sample of this many positions, the same one every time.",
)
@options.symmetries
@options.board_sizes()
@options.device
@options.as_json
def evaluate(
    weights: str,
    games: tuple[Path, ...],
    positions: int | None,
    symmetries: int,
    board_size: int,
    device: str,
    as_json: bool,
) -> None:
    """Measure WEIGHTS (a file, or a name that gocnn models lists) on GAMES.

    Prints top-1, top-5, cross-entropy and the accuracy of the value. Passes are not counted.
    Intervals are at 95 percent, over games.
    """
    import json
    import tempfile

    import numpy as np

    from gocnn.cli.games import check_board_size, report_corpus
    from gocnn.corpus.filters import Filters
    from gocnn.corpus.prepare import open_or_prepare
    from gocnn.dataset.positions import Positions
    from gocnn.evaluation.metrics import evaluate as measure
    from gocnn.inference.weights import load_network
    from gocnn.network.device import choose_device

    check_board_size(games)
    network = load_network(weights, choose_device(device))
    with tempfile.TemporaryDirectory() as scratch:
        corpus, report = open_or_prepare(
            games,
            Path(scratch) / "games.gocnn",
            size=board_size or None,
            filters=Filters(min_moves=1),
        )
        report_corpus(corpus, report)
        scores = measure(
            network,
            Positions(corpus, np.arange(len(corpus)), passes=False),
            most=positions,
            symmetries=symmetries,
        )
    if as_json:
        click.echo(json.dumps({"weights": weights, **scores.as_dict()}, indent=2))
    else:
        click.echo(f"{weights}: {network.info.architecture} {network.info.settings}")
        click.echo(scores.table())
