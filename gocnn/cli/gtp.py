"""`gocnn gtp`: gocnn as an engine for Go programs."""

from typing import TYPE_CHECKING

import click

from gocnn.cli import options
from gocnn.defaults import MOST_VISITS, RESIGN_BELOW

if TYPE_CHECKING:
    from gocnn.go.ranks import Rank


@click.command()
@options.weights
@click.option(
    "--rank",
    type=options.Rank(),
    default="best",
    help="The rank to play at: 20k to 9d, pro, best, or any.",
)
@click.option(
    "--opponent-rank",
    type=options.Rank(),
    default="any",
    show_default="the same rank",
    help="The rank of the opponent.",
)
@click.option(
    "--temperature",
    type=options.Finite(0, 10),
    show_default="by the rank",
    help="How freely moves are drawn: 0 plays the likeliest move, 1 varies as people do.",
)
@click.option(
    "--seed",
    type=int,
    show_default="a new one for each game",
    help="The seed of the random choices; the same seed repeats the game.",
)
@click.option(
    "--visits",
    type=click.IntRange(1, MOST_VISITS),
    show_default="by the rank",
    help="The number of positions that a search evaluates; 1 plays by the network alone.",
)
@click.option(
    "--resign",
    type=options.SHARE,
    is_flag=False,
    flag_value=RESIGN_BELOW,
    default=RESIGN_BELOW,
    help="Resign when the win rate stays below this.",
)
@click.option("--no-resign", is_flag=True, help="Play lost games to the end.")
@click.option("--superko", is_flag=True, help="Forbid moves that repeat any earlier position.")
@options.rules
@click.option("--name", default="gocnn", help="The name that the engine gives itself.")
@options.symmetries
@options.device
def gtp(
    weights: str,
    rank: "Rank",
    opponent_rank: "Rank",
    temperature: float | None,
    seed: int | None,
    visits: int | None,
    resign: float,
    no_resign: bool,
    superko: bool,
    rules: str,
    name: str,
    symmetries: int,
    device: str,
) -> None:
    """Play as an engine in any Go program that speaks GTP.

    Give the program the command line "gocnn gtp", with the options you like.
    """
    from gocnn.go.rules import ruleset
    from gocnn.gtp.server import serve_network
    from gocnn.play.style import Style

    style = Style(
        rank=rank,
        opponent_rank=opponent_rank,
        temperature=temperature,
        visits=visits,
        seed=seed,
        resign=not no_resign,
        resign_below=resign,
        rules=ruleset(rules),
    )
    serve_network(
        style,
        weights=weights,
        device=device,
        symmetries=symmetries,
        superko=superko,
        name=name,
    )
