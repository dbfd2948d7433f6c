"""`gocnn imitate`: fine-tune a network on one person's moves."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gocnn.cli import options

if TYPE_CHECKING:
    from gocnn.go.game import Game
    from gocnn.training.imitate import Imitated


@click.command()
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--player", required=True, help="Whose moves to learn; case, spaces and accents do not count."
)
@click.option("-o", "--output", type=options.PATH, required=True, help="The weights file to write.")
@options.weights
@click.option(
    "--time-budget",
    type=options.Duration(),
    default="5m",
    help="The longest time to train; few games need less.",
)
@click.option(
    "--others",
    type=options.PATH,
    multiple=True,
    help="Games of other players that the network must not forget; may be repeated. "
    "Without it, the moves of the player's opponents serve.",
)
@options.board_size("The lines of the boards to take.")
@click.option("--seed", type=int, default=0, help="The seed of the shuffle.")
@options.device
@options.as_json
def imitate(
    games: tuple[Path, ...],
    player: str,
    output: Path,
    weights: str,
    time_budget: float,
    others: tuple[Path, ...],
    board_size: int,
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Learn the style of one player from GAMES, and write a network that plays like it.

    The network starts from --weights and learns the player's moves alone; the opponents' moves are
    seen before them. A tenth of the games is held out, tells when to stop, and measures what was
    learnt. Ctrl-C keeps the best weights so far. Use the network with gocnn gtp --weights OUTPUT.
    """
    import json

    from gocnn.cli.games import read_player
    from gocnn.stats import count_text
    from gocnn.training.imitate import Imitation, imitate
    from gocnn.weights.names import resolve

    resolve(weights)
    chosen, colours = read_player(games, player, board_size)
    click.echo(f"{count_text(len(chosen), 'game')} of {player}", err=True)
    result = imitate(
        chosen,
        colours,
        output,
        Imitation(player=player, weights=weights, seconds=time_budget, seed=seed, device=device),
        others=_read_others(others, board_size),
    )
    if as_json:
        click.echo(json.dumps(_as_dict(result), indent=2))
    else:
        click.echo(_table(result))
    if not result.finished:
        click.echo("stopped early; the best weights so far are kept", err=True)
    click.echo(f"weights: {output}", err=True)


def _read_others(paths: tuple[Path, ...], board_size: int) -> "list[Game]":
    from gocnn.go.game import Game
    from gocnn.sgf.reader import read_games

    if not paths:
        return []
    return [game for game in read_games(paths, size=board_size) if isinstance(game, Game)]


def _table(result: "Imitated") -> str:
    from gocnn.stats import markdown_table

    rows = []
    for name, pair in (("the player", result.player), ("others", result.others)):
        for when, row in (("before", pair.before), ("after", pair.after)):
            share, loss = row.top1.text(100, 1), f"{row.cross_entropy.mean:.3f}"
            rows.append([name, when, f"{row.positions:,}", share, loss])
    head = ["moves of", "", "positions", "top-1 %", "loss"]
    learnt = f"{result.games:,} games, {result.positions:,} moves, {result.seconds:.0f} s\n"
    return learnt + markdown_table(head, rows)


def _as_dict(result: "Imitated") -> dict[str, object]:
    from dataclasses import asdict

    plain: dict[str, object] = {
        "games": result.games,
        "positions": result.positions,
        "seconds": round(result.seconds, 1),
        "finished": result.finished,
    }
    for name, pair in (("player", result.player), ("others", result.others)):
        plain[name] = {"before": asdict(pair.before), "after": asdict(pair.after)}
    return plain
