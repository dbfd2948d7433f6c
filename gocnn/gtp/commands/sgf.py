"""Commands that read and write games as SGF (GTP 2, section 6.3.5)."""

from pathlib import Path

from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.go.position import colour_name
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.sgf.reader import Beginning, load_beginning
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
        path = Path(" ".join(arguments))  # names with spaces come apart
        if path.is_dir():
            raise GocnnError(f"{path} is a folder; name a file in it")
        _load(session, load_beginning(path, None if stop is None else max(stop, 1) - 1))
    except (GocnnError, OSError) as error:
        raise CommandError(f"cannot load file: {' '.join(str(error).split())}") from None
    return colour_name(session.position.to_move)


def _load(session: Session, beginning: Beginning) -> None:
    game, to_move = beginning
    position = game.position()
    position.to_move = to_move
    position.superko = session.superko
    if game.komi is None:
        position.komi = session.komi
    session.start(position)


@command("printsgf")
def printsgf(session: Session, arguments: list[str]) -> str:
    """The game as SGF; with the name of a file, written there."""
    text = sgf(session.position, {"RU": session.player.style.rules.name.capitalize()})
    if not arguments:
        return text
    try:
        write_atomically(Path(" ".join(arguments)), text.encode())
    except (GocnnError, ValueError) as error:  # a name with a null in it is a ValueError
        raise CommandError(f"cannot save file: {' '.join(str(error).split())}") from None
    return ""
