"""Commands that read and write games as SGF (GTP 2, section 6.3.5)."""

from pathlib import Path

from gocnn.errors import GocnnError
from gocnn.go.game import Game
from gocnn.go.position import colour_name
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.sgf.reader import load_game
from gocnn.sgf.writer import sgf


@command("loadsgf")
def loadsgf(session: Session, arguments: list[str]) -> str:
    """Load a game, up to before a move if its number is given; answers who is to move."""
    read.expect(arguments, 1, 1000)
    stop: int | None = None
    if len(arguments) > 1:
        *words, last = arguments
        if last.isascii() and last.isdigit():
            arguments, stop = words, read.integer(last)
    try:
        game = load_game(" ".join(arguments))  # names with spaces come apart
        _load(session, game, stop)
    except (GocnnError, OSError) as error:
        raise CommandError(f"cannot load file: {' '.join(str(error).split())}") from None
    return colour_name(session.position.to_move)


def _load(session: Session, game: Game, stop: int | None) -> None:
    plies = len(game) if stop is None else min(max(stop, 1) - 1, len(game))
    position = game.position(plies)
    position.superko = session.superko
    if game.komi is None:
        position.komi = session.position.komi
    session.start(position)


@command("printsgf")
def printsgf(session: Session, arguments: list[str]) -> str:
    """The game as SGF; with the name of a file, written there."""
    text = sgf(session.position, {"RU": session.player.style.rules.name.capitalize()})
    if not arguments:
        return text
    try:
        Path(" ".join(arguments)).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:  # a name with a null in it is a ValueError
        raise CommandError(f"cannot save file: {' '.join(str(error).split())}") from None
    return ""
