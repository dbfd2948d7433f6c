"""`gocnn evaluate`: measure weights on games."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gocnn.cli import options

if TYPE_CHECKING:
    from gocnn.dataset.positions import Positions


@click.command()
@click.argument("weights")
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--positions",
    type=click.IntRange(1),
    show_default="all",
    help="Measure a random sample of this many positions, the same one every time.",
)
@click.option("--player", help="Count the moves of this player only; GAMES are then game records.")
@click.option(
    "--win-rates",
    is_flag=True,
    help="Measure also whether the win rate judges both sides alike and follows the komi.",
)
@options.symmetries
@options.board_sizes()
@options.device
@options.as_json
def evaluate(
    weights: str,
    games: tuple[Path, ...],
    positions: int | None,
    win_rates: bool,
    player: str | None,
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

    from gocnn.evaluation.metrics import evaluate as measure
    from gocnn.evaluation.win_rates import measure_win_rates
    from gocnn.inference.weights import load_network
    from gocnn.network.device import choose_device

    network = load_network(weights, choose_device(device))
    if player is None:
        shown = _all_positions(games, board_size)
    else:
        shown = _player_positions(games, player, board_size)
    scores = measure(network, shown, most=positions, symmetries=symmetries)
    rates = None
    if win_rates:
        rates = measure_win_rates(network, shown.corpus, shown.games, label="win rates")
    if as_json:
        judged = {} if rates is None else {"win_rates": rates.as_dict()}
        click.echo(json.dumps({"weights": weights, **scores.as_dict(), **judged}, indent=2))
    else:
        click.echo(f"{weights}: {network.info.architecture} {network.info.settings}")
        click.echo(scores.table())
        if rates is not None:
            click.echo(f"\n{rates.turns_text()}\n\n{rates.komi_table()}")


def _all_positions(games: tuple[Path, ...], board_size: int) -> "Positions":
    """The positions of all moves, passes left out."""
    import numpy as np

    from gocnn.cli.games import check_board_size, report_corpus
    from gocnn.corpus.filters import Filters
    from gocnn.corpus.prepare import read_corpus
    from gocnn.dataset.positions import Positions

    check_board_size(games)
    corpus, report = read_corpus(games, size=board_size or None, filters=Filters(min_moves=1))
    report_corpus(corpus, report)
    return Positions(corpus, np.arange(len(corpus)), passes=False)


def _player_positions(games: tuple[Path, ...], player: str, board_size: int) -> "Positions":
    """The positions of one player's moves, passes left out."""
    import numpy as np

    from gocnn.cli.games import read_player
    from gocnn.corpus.corpus import Corpus
    from gocnn.dataset.positions import Positions

    chosen, colours = read_player(games, player, board_size or None)
    corpus = Corpus.from_games(chosen)
    return Positions(corpus, np.arange(len(corpus)), passes=False, movers=colours)
