"""`gocnn suggest`: the likely moves in a position, drawn and listed."""

import click

from gocnn.cli import options


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
@options.board_size("The lines of the board, with --moves.", default=None, show_default="19")
@click.option(
    "--komi",
    type=options.Points(),
    show_default="the game's, or 7.5",
    help="The points that white gets.",
)
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
    rank: int | None,
    opponent_rank: int | None,
    board_size: int | None,
    komi: float | None,
    weights: str,
    symmetries: int,
    device: str,
    as_json: bool,
) -> None:
    """Show the likely moves in GAME, an SGF file, or - for standard input.

    Standard input may hold a game or a list of moves, such as "D4 Q16".
    """
    import json
    import sys

    from gocnn.cli import suggestions
    from gocnn.cli.position_input import read_position
    from gocnn.inference.predictor import Predictor
    from gocnn.play.style import network_rank
    from gocnn.render.text import wants_colour

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
    predictor = Predictor(weights, device=device, symmetries=symmetries)
    prediction = predictor(asked.position, asked.conditions)
    if as_json:
        click.echo(json.dumps(suggestions.as_dict(asked, prediction, top), indent=2))
    else:
        colour = wants_colour(sys.stdout)
        click.echo(suggestions.as_text(asked, prediction, top, colour=colour), color=colour)
