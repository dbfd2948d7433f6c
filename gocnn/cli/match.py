"""`gocnn match`: two GTP engines play against each other."""

from pathlib import Path

import click

from gocnn import defaults
from gocnn.cli import options


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--games", type=click.IntRange(1), default=20, help="The number of games.")
@click.option(
    "-o",
    "--output",
    type=options.PATH,
    default="gocnn-match",
    help="The folder of the match.",
)
@options.board_size("The lines of the board.")
@click.option(
    "--komi",
    type=options.Points(),
    show_default=f"{defaults.KOMI:g}, or {defaults.HANDICAP_KOMI:g} with a handicap",
    help="The points that white gets.",
)
@click.option(
    "--handicap",
    type=click.IntRange(0),
    default=0,
    help="The stones that B gets; B is then black in every game.",
)
@options.rules
@click.option(
    "--openings",
    default="drawn",
    help="How games begin: drawn, none, or the path of games to take openings from.",
)
@click.option(
    "--opening-moves",
    type=click.IntRange(1),
    default=defaults.OPENING_MOVES,
    help="The number of moves to take from such games.",
)
@click.option("--seed", type=int, default=0, help="The seed of the openings.")
@click.option(
    "--referee",
    show_default="gocnn's own count",
    help="The command line of a GTP engine whose count decides.",
)
@click.option(
    "--move-timeout",
    type=options.Duration(),
    default=f"{defaults.MOVE_TIMEOUT:g}s",
    help="An engine that thinks longer about a move loses the game.",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, help="The number of games at the same time."
)
@options.as_json
def match(
    a: str,
    b: str,
    games: int,
    output: Path,
    board_size: int,
    komi: float | None,
    handicap: int,
    rules: str,
    openings: str,
    opening_moves: int,
    seed: int,
    referee: str | None,
    move_timeout: float,
    jobs: int,
    as_json: bool,
) -> None:
    """Let two GTP engines, the command lines A and B, play against each other.

    They take turns as black, and each opening is played twice. Every game is saved when it ends;
    after an interruption the same command goes on.
    """
    import json
    from dataclasses import asdict

    from gocnn.match.folder import MatchSettings
    from gocnn.match.runner import run

    if komi is None:
        komi = defaults.HANDICAP_KOMI if handicap else defaults.KOMI
    settings = MatchSettings(
        a=a,
        b=b,
        size=board_size,
        komi=komi,
        handicap=handicap,
        rules=rules,
        openings=openings,
        opening_moves=opening_moves,
        seed=seed,
        referee=referee or "",
    )
    try:
        result = run(settings, games, output, jobs=jobs, timeout=move_timeout)
    except KeyboardInterrupt:
        click.echo(f"the games that ended are in {output}; the same command goes on", err=True)
        raise
    if as_json:
        click.echo(json.dumps({**asdict(settings), "folder": str(output), **result.as_json()}))
    else:
        click.echo(result.table(a, b))
        click.echo(f"{'games':<8} {output}")
