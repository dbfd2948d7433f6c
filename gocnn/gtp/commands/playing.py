"""Commands that play, keep time and count (GTP 2, sections 6.3.3, 6.3.4 and 6.3.6)."""

from dataclasses import replace

import numpy as np

from gocnn.errors import IllegalMove
from gocnn.go.board import EMPTY
from gocnn.go.scoring import final_score, judge
from gocnn.gtp import arguments as read
from gocnn.gtp.analyze_request import AnalyzeRequest
from gocnn.gtp.clock import Clock
from gocnn.gtp.genmove import choose_allowed, choose_move
from gocnn.gtp.protocol import CommandError, Stream
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.play.player import RESIGN, Player

_KGS_TIMES = {"none": 0, "absolute": 1, "byoyomi": 3, "canadian": 3}  # by system: how many numbers
_STATUSES = ("alive", "dead", "seki", "black_territory", "white_territory")


@command("play")
def play(session: Session, arguments: list[str]) -> str:
    """Play a move of either colour."""
    read.expect(arguments, 2)
    colour = read.colour(arguments[0])
    point = read.vertex(arguments[1], session.position.size)
    try:
        session.position.play(point, colour)
    except IllegalMove:
        raise CommandError("illegal move") from None
    return ""


@command("genmove")
def genmove(session: Session, arguments: list[str]) -> Stream:
    """Choose a move and play it."""
    read.expect(arguments, 1)
    colour = read.colour(arguments[0])
    return play_chosen(session, colour, (yield from choose_move(session, AnalyzeRequest(colour))))


@command("reg_genmove")
def reg_genmove(session: Session, arguments: list[str]) -> Stream:
    """Choose a move and leave the board as it is."""
    read.expect(arguments, 1)
    request = AnalyzeRequest(read.colour(arguments[0]))
    return choice_name(session, (yield from choose_move(session, request)))


@command("gg_genmove")
def gg_genmove(session: Session, arguments: list[str]) -> Stream:
    """Choose a move and leave the board as it is; a seed may follow the colour, default 0."""
    read.expect(arguments, 1, 2)
    request = AnalyzeRequest(read.colour(arguments[0]))
    seed = read.integer(arguments[1]) if len(arguments) > 1 else 0
    if seed < 0:
        raise CommandError(read.SYNTAX)
    player = session.player
    session.player = Player(session.search, replace(player.style, seed=seed))
    try:
        return choice_name(session, (yield from choose_move(session, request)))
    finally:
        session.player = player


@command("restricted_genmove")
def restricted_genmove(session: Session, arguments: list[str]) -> Stream:
    """Choose among the vertices that follow the colour, and leave the board as it is.

    Where none of them is legal, the answer is a pass.
    """
    read.expect(arguments, 2, 1000)
    colour, *names = arguments
    size = session.position.size
    request = AnalyzeRequest(read.colour(colour))
    allowed = {read.vertex(name, size) for name in names}
    request.forbidden = set(range(size * size + 1)) - allowed
    return choice_name(session, (yield from choose_allowed(session, request)))


def play_chosen(session: Session, colour: int, point: int) -> str:
    """Play the engine's choice, unless it resigns; returns how GTP calls it."""
    if point != RESIGN:
        session.position.play(point, colour)
    return choice_name(session, point)


def choice_name(session: Session, point: int) -> str:
    """How every move that the engine chooses is called.

    A pass is in capitals, as GNU Go's: Kigo and GNU Go's regression suites know no other.
    """
    if point == RESIGN:
        return "resign"
    name = read.vertex_name(point, session.position.size)
    return "PASS" if name == "pass" else name


@command("undo")
def undo(session: Session, _arguments: list[str]) -> str:
    """Take the last move back."""
    try:
        session.position.undo()
    except IllegalMove:
        raise CommandError("cannot undo") from None
    return ""


@command("gg-undo")
def gg_undo(session: Session, arguments: list[str]) -> str:
    """Take several moves back, or none."""
    read.expect(arguments, 0, 1)
    count = read.integer(arguments[0]) if arguments else 1
    if not 0 <= count <= session.position.ply:
        raise CommandError("cannot undo")
    for _ in range(count):
        session.position.undo()
    return ""


# -- time ----------------------------------------------------------------------------------


@command("time_settings")
def time_settings(session: Session, arguments: list[str]) -> str:
    """Main time, byo-yomi time and stones; a period without stones is no limit."""
    read.expect(arguments, 3)
    main, period, stones = map(read.integer, arguments)
    if min(main, period, stones) < 0:
        raise CommandError(read.SYNTAX)
    unlimited = period > 0 and stones == 0
    session.clock = Clock() if unlimited else Clock(main, period, stones)
    return ""


@command("kgs-time_settings")
def kgs_time_settings(session: Session, arguments: list[str]) -> str:
    """How KGS keeps time: none, absolute, byoyomi or canadian, with its numbers."""
    read.expect(arguments, 1, 4)
    system = arguments[0].lower()
    numbers = [read.integer(text) for text in arguments[1:]]
    if len(numbers) != _KGS_TIMES.get(system) or min(numbers, default=0) < 0:
        raise CommandError(read.SYNTAX)
    main, period, count = [*numbers, 0, 0, 0][:3]
    japanese = system == "byoyomi"
    session.clock = Clock(main, period, 1, count) if japanese else Clock(main, period, count)
    return ""


@command("time_left")
def time_left(session: Session, arguments: list[str]) -> str:
    """The time that a colour has left, and the stones of its period."""
    read.expect(arguments, 2, 3)
    colour, seconds = read.colour(arguments[0]), read.real(arguments[1])
    stones = read.integer(arguments[2]) if len(arguments) == 3 else 0
    session.clock.tell(colour, max(seconds, 0), max(stones, 0))
    return ""


# -- the end of the game -------------------------------------------------------------------


@command("final_score")
def final_score_(session: Session, _arguments: list[str]) -> str:
    """The score, dead stones taken off."""
    return str(final_score(session.position, session.player.style.rules))


@command("final_status_list")
def final_status_list(session: Session, arguments: list[str]) -> str:
    """The chains that are alive, dead or in seki, one a line; or a side's territory."""
    read.expect(arguments, 1)
    status = arguments[0].lower()
    if status not in _STATUSES:
        raise CommandError(read.SYNTAX)
    position = session.position
    verdict = judge(position)
    stones = position.board.stones[:-1]
    if status.endswith("territory"):
        owner = 1 if status.startswith("black") else -1
        points = np.flatnonzero((verdict.owner == owner) & (stones == EMPTY)).tolist()
        return " ".join(read.vertex_name(point, position.size) for point in points)
    wanted = {
        "dead": verdict.dead,
        "alive": (stones != EMPTY) & ~verdict.dead & ~verdict.seki,
        "seki": verdict.seki,
    }[status]
    chains: dict[int, list[str]] = {}
    for point in np.flatnonzero(wanted).tolist():
        head = int(position.board.head[point])
        chains.setdefault(head, []).append(read.vertex_name(point, position.size))
    return "\n".join(" ".join(chain) for chain in chains.values())
