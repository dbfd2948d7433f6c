"""Commands that play, keep time and count (GTP 2, sections 6.3.3, 6.3.4 and 6.3.6)."""

import numpy as np

from gocnn.errors import IllegalMove
from gocnn.gtp import arguments as read
from gocnn.gtp.engine import Clock, Engine
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.table import command
from gocnn.player import RESIGN
from gocnn.rules import EMPTY
from gocnn.scoring import final_score, judge

_STATUSES = ("alive", "dead", "seki", "black_territory", "white_territory")


@command("play")
def play(engine: Engine, arguments: list[str]) -> str:
    """Play a move of either colour."""
    read.expect(arguments, 2)
    colour = read.colour(arguments[0])
    point = read.vertex(arguments[1], engine.position.size)
    try:
        engine.position.play(point, colour)
    except IllegalMove:
        raise CommandError("illegal move") from None
    return ""


@command("genmove")
def genmove(engine: Engine, arguments: list[str]) -> str:
    """Choose a move and play it."""
    point = _choose(engine, arguments)
    if point == RESIGN:
        return "resign"
    engine.position.play(point)
    return read.vertex_name(point, engine.position.size)


@command("reg_genmove")
def reg_genmove(engine: Engine, arguments: list[str]) -> str:
    """Choose a move and leave the board as it is."""
    to_move = engine.position.to_move
    point = _choose(engine, arguments)
    engine.position.to_move = to_move
    return "resign" if point == RESIGN else read.vertex_name(point, engine.position.size)


def _choose(engine: Engine, arguments: list[str]) -> int:
    read.expect(arguments, 1)
    before = engine.position.to_move
    engine.position.to_move = read.colour(arguments[0])
    try:
        return engine.player.choose(engine.position).point
    except Exception:
        engine.position.to_move = before
        raise


@command("undo")
def undo(engine: Engine, _arguments: list[str]) -> str:
    """Take the last move back."""
    try:
        engine.position.undo()
    except IllegalMove:
        raise CommandError("cannot undo") from None
    return ""


@command("gg-undo")
def gg_undo(engine: Engine, arguments: list[str]) -> str:
    """Take several moves back, or none."""
    read.expect(arguments, 0, 1)
    count = read.integer(arguments[0]) if arguments else 1
    if not 0 <= count <= engine.position.ply:
        raise CommandError("cannot undo")
    for _ in range(count):
        engine.position.undo()
    return ""


# -- time ----------------------------------------------------------------------------------


@command("time_settings")
def time_settings(engine: Engine, arguments: list[str]) -> str:
    """Main time, byo-yomi time and stones; zeros are no limit."""
    read.expect(arguments, 3)
    main, period, stones = map(read.integer, arguments)
    if min(main, period, stones) < 0:
        raise CommandError(read.SYNTAX)
    engine.clock = Clock(main, period, stones)
    return ""


@command("time_left")
def time_left(engine: Engine, arguments: list[str]) -> str:
    """The time that a colour has left, and the stones of its period."""
    read.expect(arguments, 2, 3)
    stones = read.integer(arguments[2]) if len(arguments) == 3 else 0
    engine.clock.left[read.colour(arguments[0])] = int(read.real(arguments[1])), stones
    return ""


# -- the end of the game -------------------------------------------------------------------


@command("final_score")
def final_score_(engine: Engine, _arguments: list[str]) -> str:
    """The score, dead stones taken off."""
    return str(final_score(engine.position, engine.player.style.rules))


@command("final_status_list")
def final_status_list(engine: Engine, arguments: list[str]) -> str:
    """The chains that are alive, dead or in seki, one a line; or a side's territory."""
    read.expect(arguments, 1)
    status = arguments[0].lower()
    if status not in _STATUSES:
        raise CommandError(read.SYNTAX)
    position = engine.position
    verdict = judge(position)
    stones = position.board.stones[:-1]
    if status.endswith("territory"):
        owner = 1 if status.startswith("black") else -1
        points = np.flatnonzero((verdict.owner == owner) & (stones == EMPTY)).tolist()
        return " ".join(read.vertex_name(point, position.size) for point in points)
    wanted = {
        "dead": verdict.dead,
        "alive": (stones != EMPTY) & ~verdict.dead,
        "seki": np.zeros(stones.size, np.bool_),  # playouts take a seki for alive
    }[status]
    chains: dict[int, list[str]] = {}
    for point in np.flatnonzero(wanted).tolist():
        head = int(position.board.head[point])
        chains.setdefault(head, []).append(read.vertex_name(point, position.size))
    return "\n".join(" ".join(chain) for chain in chains.values())
