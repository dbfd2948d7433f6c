"""Commands that set the board up and show it (GTP 2, sections 6.3.2 and 6.3.7)."""

from gocnn.go.board import BLACK, WHITE
from gocnn.go.position import colour_name
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.render.text import board_text


@command("boardsize")
def boardsize(session: Session, arguments: list[str]) -> str:
    """Start on an empty board of so many lines."""
    read.expect(arguments, 1)
    session.clear(read.integer(arguments[0]))
    return ""


@command("rectangular_boardsize")
def rectangular_boardsize(session: Session, arguments: list[str]) -> str:
    """Start on an empty board of so many columns and rows, which must be equal."""
    read.expect(arguments, 2)
    columns, rows = map(read.integer, arguments)
    if columns != rows:
        raise CommandError("unacceptable size: only square boards")
    session.clear(columns)
    return ""


@command("clear_board")
def clear_board(session: Session, _arguments: list[str]) -> str:
    """Start on an empty board of the same size."""
    session.clear()
    return ""


@command("komi")
def komi(session: Session, arguments: list[str]) -> str:
    """Set the points that white gets."""
    read.expect(arguments, 1)
    session.komi = session.position.komi = read.real(arguments[0])
    return ""


@command("get_komi")
def get_komi(session: Session, _arguments: list[str]) -> str:
    """The komi."""
    return f"{session.position.komi:g}"


@command("showboard")
def showboard(session: Session, _arguments: list[str]) -> str:
    """The board as text, with prisoners, komi and the player to move."""
    position = session.position
    black, white = position.prisoners
    return "\n".join(
        [
            "",
            board_text(position),
            f"{colour_name(position.to_move).capitalize()} to move, komi {position.komi:g}",
            f"Captured: {white} black, {black} white",
        ]
    )


@command("gogui-setup")
def gogui_setup(session: Session, arguments: list[str]) -> str:
    """Set up stones, given as pairs of colour and vertex; the result is the start of the game."""
    if len(arguments) % 2:
        raise CommandError(read.SYNTAX)
    stones: dict[int, list[int]] = {BLACK: [], WHITE: []}
    for colour, text in zip(arguments[::2], arguments[1::2], strict=True):
        point = read.vertex(text, session.position.size)
        if point == session.position.size**2:
            raise CommandError("invalid coordinates")
        stones[read.colour(colour)].append(point)
    session.position.setup(stones[BLACK], stones[WHITE])
    return ""


@command("gogui-setup_player")
def gogui_setup_player(session: Session, arguments: list[str]) -> str:
    """Set who moves next."""
    read.expect(arguments, 1)
    session.position.to_move = read.colour(arguments[0])
    return ""
