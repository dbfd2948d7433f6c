"""`gocnn board`: a board in the browser."""

from pathlib import Path

import click

from gocnn.cli import options


@click.command()
@click.argument("game", type=options.PATH, required=False)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    show_default="8361, or a free one",
    help="The port of the page's address.",
)
@click.option("--no-browser", is_flag=True, help="Print the address only; open it yourself.")
@options.weights
@options.symmetries
@options.device
def board(
    game: Path | None,
    port: int | None,
    no_browser: bool,
    weights: str,
    symmetries: int,
    device: str,
) -> None:
    """Play against the network and look at games, in your browser.

    GAME is a game record (SGF, GIB, NGF, UGF), or a collection, to begin with. Only this machine
    can open the page. Closing its last tab ends the command after a while, and Ctrl-C at once.
    """
    from gocnn.web.server import read_file, serve_board

    serve_board(
        None if game is None else read_file(game),
        weights=weights,
        device=device,
        symmetries=symmetries,
        port=port,
        open_browser=not no_browser,
    )
