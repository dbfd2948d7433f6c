"""`gocnn rank`: the ranks that moves speak of."""

from pathlib import Path

import click

from gocnn.cli import options


@click.command()
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option("--player", help="Estimate the rank of this player only.")
@click.option(
    "--scale",
    type=click.Choice(["auto", "fox", "kgs"]),
    default="auto",
    help="Whose ranks: fox, from 3-5k to 9d; kgs, IGS and others, from 17-30k to 2d and stronger. "
    "auto: fox where most of the games are from Fox or Tygem.",
)
@options.device
@options.as_json
def rank(
    games: tuple[Path, ...], player: str | None, scale: str, device: str, as_json: bool
) -> None:
    """Estimate the ranks of the players of GAMES from their moves.

    GAMES are game records on 19x19. Ranks differ between servers: 3k of Fox is about as strong as
    1d of KGS. Both scales were learnt from games of people: of other games the command warns. The
    likely ranks hold the true one 8 times in 10 or more. One game tells little: give ten or more of
    a player.
    """
    import json
    from collections import Counter

    from gocnn.cli.games import games_with_names
    from gocnn.inference.weights import load_network
    from gocnn.network.device import choose_device
    from gocnn.progress import bar
    from gocnn.rating.model import SCALES, WEIGHTS, rank_model, scale_for
    from gocnn.rating.players import (
        by_player,
        foreign_text,
        games_of,
        left_out_text,
        rank_players,
        ranks_table,
        usable,
    )
    from gocnn.sgf.players import games_of_player

    left_out = Counter[str]()
    read = games_with_names(games, rejected=left_out)
    network = load_network(WEIGHTS, choose_device(device))
    if player is None:
        sides = by_player(read)
    else:
        chosen, colours = games_of_player(read, player)
        sides = {player: list(zip(chosen, colours.tolist(), strict=True))}
    players = usable(sides, left_out)
    kept = games_of(players)
    ranks_of = scale_for(game.kind for game in kept) if scale == "auto" else SCALES[scale]
    remarks = left_out_text(left_out), ranks_of.about, foreign_text(kept, ranks_of)
    for remark in filter(None, remarks if kept else remarks[:1]):
        click.echo(f"gocnn: {remark}", err=True)
    with bar("rank", sum(map(len, kept)), unit="moves") as progress:
        ranks = rank_players(network, players, rank_model(ranks_of), progress=progress.update)
    if as_json:
        click.echo(json.dumps([rank.as_dict() for rank in ranks], indent=2))
    else:
        click.echo(ranks_table(ranks))
