"""Commands that kgsGtp, the bridge to the KGS Go server, adds to GTP 2."""

import numpy as np

from gocnn.go.board import EMPTY
from gocnn.go.position import Position
from gocnn.go.ranks import UNKNOWN, rank_name
from gocnn.go.scoring import judge
from gocnn.gtp import arguments as read
from gocnn.gtp.analyze_request import AnalyzeRequest
from gocnn.gtp.commands.playing import play_chosen
from gocnn.gtp.genmove import choose_move
from gocnn.gtp.protocol import CommandError, Stream
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.play.player import RESIGN
from gocnn.play.style import BEST


@command("kgs-genmove_cleanup")
def kgs_genmove_cleanup(session: Session, arguments: list[str]) -> Stream:
    """Choose a move and play it; pass only when no dead stone of the opponent is left to take."""
    read.expect(arguments, 1)
    colour = read.colour(arguments[0])
    point = yield from choose_move(session, AnalyzeRequest(colour))
    if point in (RESIGN, session.position.size**2):
        point = capture_dead(session.position, colour)
    return play_chosen(session, colour, point)


def capture_dead(position: Position, colour: int) -> int:
    """A move towards the capture of a dead stone: one that captures, else one on firm ground.

    Returns:
        The pass where there is no such stone, or no legal move beside one.
    """
    twin = position.copy()
    twin.to_move = colour
    board = twin.board
    dead = judge(twin).dead & (board.stones[:-1] == -colour)
    around = np.unique(board.neighbours[:-1][dead])
    best, most = position.size**2, -1
    for point in around.tolist():
        if board.stones[point] != EMPTY or not twin.is_legal(point):
            continue
        after = twin.copy()
        captured = after.play(point)
        worth = 1000 * captured + int(after.board.counts[after.board.head[point]])
        if worth > most:
            best, most = point, worth
    return best


@command("kgs-game_over")
def kgs_game_over(_session: Session, _arguments: list[str]) -> str:
    """The game is over; the next one begins with an empty board."""
    return ""


@command("kgs-chat")
def kgs_chat(session: Session, arguments: list[str]) -> str:
    """Answer what somebody says: `game` or `private`, a name, words."""
    if len(arguments) < 2 or arguments[0].lower() not in ("game", "private"):
        raise CommandError(read.SYNTAX)
    rank, visits = session.player.style.rank, session.search.visits
    level = "as well as I can" if rank in (BEST, UNKNOWN) else f"as a {rank_name(rank)} would"
    how = "without any search" if visits == 1 else f"looking at {visits} positions a move"
    return f"I am {session.name} {session.version}, a neural network; I play {level}, {how}."
