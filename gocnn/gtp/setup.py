"""Commands that set the board up (GTP 2, section 6.3.2 and 6.3.5)."""

from gocnn.draw import board_text
from gocnn.errors import GocnnError
from gocnn.game import Game
from gocnn.gtp import arguments as read
from gocnn.gtp.engine import Engine
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.table import command
from gocnn.position import handicap_points
from gocnn.records import load_game
from gocnn.rules import BLACK, WHITE

_MOST = 9  # stones of a handicap that the engine places itself


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
        raise CommandError("unacceptable size")
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


@command("fixed_handicap")
def fixed_handicap(engine: Engine, arguments: list[str]) -> str:
    """Put black's handicap stones where the specification wants them."""
    stones = _handicap_stones(engine, arguments)
    try:
        points = handicap_points(engine.position.size, stones)
    except GocnnError:
        raise CommandError("invalid number of stones") from None
    return _place(engine, points)


@command("place_free_handicap")
def place_free_handicap(engine: Engine, arguments: list[str]) -> str:
    """Put black's handicap stones where the engine likes: on the fixed points, as far as they go.

    The specification lets an engine place fewer than it was asked for.
    """
    stones = _handicap_stones(engine, arguments)
    size = engine.position.size
    if not 2 <= stones < size * size:
        raise CommandError("invalid number of stones")
    for count in range(min(stones, _MOST), 1, -1):
        try:
            return _place(engine, handicap_points(size, count))
        except GocnnError:
            continue
    raise CommandError("invalid number of stones")


@command("set_free_handicap")
def set_free_handicap(engine: Engine, arguments: list[str]) -> str:
    """Put black's handicap stones where the controller says."""
    _must_be_empty(engine)
    size = engine.position.size
    points = [read.vertex(text, size) for text in arguments]
    if not 2 <= len(points) == len(set(points)) < size * size or size * size in points:
        raise CommandError("bad vertex list")
    _place(engine, points)
    return ""


def _handicap_stones(engine: Engine, arguments: list[str]) -> int:
    read.expect(arguments, 1)
    stones = read.integer(arguments[0])
    _must_be_empty(engine)
    return stones


def _must_be_empty(engine: Engine) -> None:
    if engine.position.board.stones[:-1].any():
        raise CommandError("board not empty")


def _place(engine: Engine, points: list[int]) -> str:
    engine.clear()  # passes may have been played
    engine.position.set_handicap(points)
    return " ".join(read.vertex_name(point, engine.position.size) for point in points)


@command("loadsgf")
def loadsgf(engine: Engine, arguments: list[str]) -> str:
    """Load a game, up to before a move if its number is given; answers who is to move."""
    read.expect(arguments, 1, 1000)
    stop: int | None = None
    if len(arguments) > 1:
        *words, last = arguments
        if last.isascii() and last.isdigit():
            arguments, stop = words, read.integer(last)
    try:
        game = load_game(" ".join(arguments))  # names with spaces come apart
        _load(engine, game, stop)
    except (GocnnError, OSError) as error:
        raise CommandError(f"cannot load file: {' '.join(str(error).split())}") from None
    return "black" if engine.position.to_move == BLACK else "white"


def _load(engine: Engine, game: Game, stop: int | None) -> None:
    plies = len(game) if stop is None else min(max(stop, 1) - 1, len(game))
    position = game.position(plies)
    position.superko = engine.superko
    if game.komi is None:
        position.komi = engine.position.komi
    engine.start(position)


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
