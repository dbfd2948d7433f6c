"""`gocnn suggest`: the likely moves in a position, drawn and listed."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gocnn import defaults
from gocnn.cli import options

if TYPE_CHECKING:
    from gocnn.go.ranks import Rank


@click.command()
@click.argument("game", required=False)
@click.option("--moves", help='Moves instead of a game, black first: "D4 Q16 ...".')
@click.option(
    "--move",
    type=int,
    show_default="the one after the last",
    help="Predict this move of the game.",
)
@click.option(
    "--number", type=click.IntRange(1), default=1, help="The number of the game in a collection."
)
@click.option("--top", type=click.IntRange(1, 26), default=5, help="The number of moves to list.")
@click.option(
    "--rank",
    type=options.Rank(),
    show_default="the game's",
    help="The rank of the player to move: 20k to 9d, pro, or any.",
)
@click.option(
    "--opponent-rank",
    type=options.Rank(),
    show_default="the game's",
    help="The rank of the other player.",
)
@options.board_size(
    "The lines of the board, with --moves.", default=None, show_default=str(defaults.BOARD_SIZE)
)
@click.option(
    "--komi",
    type=options.Points(),
    show_default=f"the game's, or {defaults.KOMI:g}",
    help="The points that white gets.",
)
@click.option(
    "--image",
    type=options.PATH,
    metavar="FILE",
    help="Also draw the board into FILE, a picture whose name ends in .svg or .png.",
)
@click.option(
    "--theme",
    type=click.Choice(options.THEMES),
    default="light",
    help="The colours of the picture.",
)
@click.option(
    "--heat",
    is_flag=True,
    help="Also draw the probability of every point as a heat map, here and in the picture.",
)
@options.colour
@options.weights
@options.symmetries
@options.device
@options.as_json
def suggest(
    game: str | None,
    moves: str | None,
    move: int | None,
    number: int,
    top: int,
    rank: "Rank | None",
    opponent_rank: "Rank | None",
    board_size: int | None,
    komi: float | None,
    image: Path | None,
    theme: str,
    heat: bool,
    colour: str,
    weights: str,
    symmetries: int,
    device: str,
    as_json: bool,
) -> None:
    """Show the likely moves in GAME, a record (SGF, GIB, NGF, UGF), or - for standard input.

    Standard input may hold a game or a list of moves, such as "D4 Q16".
    """
    import json
    import sys

    from gocnn.cli import suggestions
    from gocnn.cli.position_input import read_position
    from gocnn.inference.predictor import Predictor
    from gocnn.play.style import network_rank
    from gocnn.render.png import check_picture_name, write_picture
    from gocnn.render.text import terminal_width, wants_colour
    from gocnn.stats import count_text

    if image is not None:
        check_picture_name(image)
    asked = read_position(
        game,
        number=number,
        moves=moves,
        move=move,
        board_size=board_size,
        komi=komi,
        rank=None if rank is None else network_rank(rank),
        opponent_rank=None if opponent_rank is None else network_rank(opponent_rank),
    )
    if asked.fault:
        moves_read = count_text(len(asked.game or ()), "move")
        click.echo(f"gocnn: {asked.fault}; only the {moves_read} before it are read", err=True)
    predictor = Predictor(weights, device=device, symmetries=symmetries)
    prediction = predictor(asked.position, asked.conditions)
    if image is not None:
        write_picture(suggestions.as_diagram(asked, prediction, top, heat=heat), image, theme=theme)
    if as_json:
        click.echo(json.dumps(suggestions.as_dict(asked, prediction, top), indent=2))
        return
    coloured = wants_colour(sys.stdout) if colour == "auto" else colour == "always"
    text = suggestions.as_text(
        asked, prediction, top, heat=heat, colour=coloured, width=terminal_width(sys.stdout)
    )
    click.echo(text, color=coloured)
