"""Commands that set the board up and show it (GTP 2, sections 6.3.2 and 6.3.7)."""

from gocnn.go.board import BLACK, WHITE
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Engine
from gocnn.render.text import board_text


@command("boardsize")
def boardsize(engine: Engine, arguments: list[str]) -> str:
    """An empty board of so many lines."""
    read.expect(arguments, 1)
    engine.clear(read.integer(arguments[0]))
    return ""


@command("rectangular_boardsize")
def rectangular_boardsize(engine: Engine, arguments: list[str]) -> str:
    """An empty board of so many columns and rows, which must be equal."""
    read.expect(arguments, 2)
    columns, rows = map(read.integer, arguments)
    if columns != rows:
        raise CommandError("unacceptable size: only square boards")
    engine.clear(columns)
    return ""


@command("clear_board")
def clear_board(engine: Engine, _arguments: list[str]) -> str:
    """An empty board of the same size."""
    engine.clear()
    return ""


@command("komi")
def komi(engine: Engine, arguments: list[str]) -> str:
    """Points that white gets."""
    read.expect(arguments, 1)
    engine.position.komi = read.real(arguments[0])
    return ""


@command("get_komi")
def get_komi(engine: Engine, _arguments: list[str]) -> str:
    """The komi as it stands."""
    return f"{engine.position.komi:g}"


@command("showboard")
def showboard(engine: Engine, _arguments: list[str]) -> str:
    """The board as text, with prisoners, komi and the player to move."""
    position = engine.position
    black, white = position.prisoners
    return "\n".join(
        [
            "",
            board_text(position),
            f"{'Black' if position.to_move == BLACK else 'White'} to move, komi {position.komi:g}",
            f"Captured: {white} black, {black} white",
        ]
    )


@command("gogui-setup")
def gogui_setup(engine: Engine, arguments: list[str]) -> str:
    """Set up stones: pairs of colour and vertex; what stands then is the beginning."""
    if len(arguments) % 2:
        raise CommandError(read.SYNTAX)
    stones: dict[int, list[int]] = {BLACK: [], WHITE: []}
    for colour, text in zip(arguments[::2], arguments[1::2], strict=True):
        point = read.vertex(text, engine.position.size)
        if point == engine.position.size**2:
            raise CommandError("invalid coordinates")
        stones[read.colour(colour)].append(point)
    engine.position.setup(stones[BLACK], stones[WHITE])
    return ""


@command("gogui-setup_player")
def gogui_setup_player(engine: Engine, arguments: list[str]) -> str:
    """Say who moves next."""
    read.expect(arguments, 1)
    engine.position.to_move = read.colour(arguments[0])
    return ""
