"""`gocnn explain`: what a network has learnt, on one page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gocnn.cli import options

if TYPE_CHECKING:
    from gocnn.dataset.positions import Positions
    from gocnn.explain.probe import Probe
    from gocnn.go.position import Position


@click.command()
@click.argument("weights", default="default")
@click.option(
    "-o", "--output", type=options.PATH, required=True, help="The page to write, such as x.html."
)
@click.option(
    "--games",
    type=options.PATH,
    multiple=True,
    show_default="games of the network against itself",
    help="Games in which strong responses are looked for.",
)
@click.option("--record", type=options.PATH, help="Explain a move of this game.")
@click.option(
    "--move",
    type=click.IntRange(1),
    show_default="the one after the last",
    help="Explain this move of --record.",
)
@click.option(
    "--positions", type=click.IntRange(9), default=1000, help="How many positions to look at."
)
@click.option("--filters", type=click.IntRange(1), default=2, help="Filters to show of each layer.")
@click.option("--layers", type=click.IntRange(1), default=5, help="Layers to show.")
@click.option("--steps", type=click.IntRange(1), default=96, help="Steps of each gradient ascent.")
@options.board_size("The lines of the boards.")
@options.device
def explain(
    weights: str,
    output: Path,
    games: tuple[Path, ...],
    record: Path | None,
    move: int | None,
    positions: int,
    filters: int,
    layers: int,
    steps: int,
    board_size: int,
    device: str,
) -> None:
    """Show what the filters of WEIGHTS have learnt, on one page to open in a browser.

    WEIGHTS is a file, or a name that gocnn models lists. The page has the filters, the boards to
    which they respond most strongly, boards that were grown to please them, and which stones
    mattered for one prediction, with words on how to read each picture.
    """
    from gocnn.errors import GocnnError
    from gocnn.explain.probe import Probe
    from gocnn.explain.report import Choice, write_report
    from gocnn.inference.weights import load_network
    from gocnn.network.device import choose_device

    if output.suffix.lower() not in (".html", ".htm"):
        raise GocnnError(f"{output}: the report is a page; name it with .html")
    if move is not None and record is None:
        raise GocnnError("--move is a move of the game --record; give both")
    probe = Probe(load_network(weights, choose_device(device)), board_size)
    seen = _positions(probe, games)
    write_report(
        output,
        probe,
        seen,
        _explained(probe, seen, record, move),
        title=weights if weights != "default" else "gocnn's network",
        source=", ".join(path.name for path in games) or "games of the network against itself",
        choice=Choice(filters=filters, layers=layers, positions=positions, ascent_steps=steps),
    )
    click.echo(f"report: {output}", err=True)


def _positions(probe: "Probe", games: tuple[Path, ...]) -> "Positions":
    """The positions of games on boards of the probe's size, passes left out.

    Raises:
        GocnnError: when there are no such games.
    """
    import numpy as np

    from gocnn.cli.games import report_corpus
    from gocnn.corpus.prepare import read_corpus
    from gocnn.dataset.positions import Positions
    from gocnn.errors import GocnnError
    from gocnn.explain.games import own_games

    if not games:
        corpus = own_games(probe)
        return Positions(corpus, np.arange(len(corpus)), passes=False)
    corpus, report = read_corpus(games, size=probe.size)
    report_corpus(corpus, report)
    chosen = np.flatnonzero(corpus.games["size"] == probe.size)
    if not len(chosen):
        raise GocnnError(f"{games[0]}: no games on boards of {probe.size}x{probe.size} here")
    return Positions(corpus, chosen, passes=False)


def _explained(
    probe: "Probe", positions: "Positions", record: Path | None, move: int | None
) -> "Position":
    """The position whose prediction is explained: the one asked for, else one of the middle game.

    Raises:
        GocnnError: when the record cannot be read, or is on another board.
    """
    from gocnn.cli.position_input import read_position
    from gocnn.errors import GocnnError

    if record is not None:
        position = read_position(str(record), move=move).position
        if position.size != probe.size:
            raise GocnnError(
                f"{record}: a board of {position.size} lines, and the page is on {probe.size}; "
                "say --board-size"
            )
        return position
    game = positions.corpus.game(int(positions.games[0]))
    return game.position(min(len(game), 60))
