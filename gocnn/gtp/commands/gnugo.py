"""Commands that GNU Go adds to GTP 2. Kigo asks them of every engine and draws its board by them.

After the GTP commands of the GNU Go 3.8 manual; lists of vertices are in the order of the board.
"""

from collections.abc import Iterable

import numpy as np

from gocnn.go.board import BLACK, EMPTY, WHITE
from gocnn.go.position import colour_name
from gocnn.go.rules import count_handicap_stones
from gocnn.go.scoring import judge
from gocnn.gtp import arguments as read
from gocnn.gtp.commands.raw_network import judge_position
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session


def _names(points: Iterable[int], size: int) -> str:
    return " ".join(read.vertex_name(point, size) for point in points)


def _point(session: Session, arguments: list[str]) -> int:
    """The one argument, a point of the board and no pass."""
    read.expect(arguments, 1)
    size = session.position.size
    point = read.vertex(arguments[0], size)
    if point == size * size:
        raise CommandError("invalid coordinates")
    return point


def _colour(arguments: list[str]) -> int:
    read.expect(arguments, 1)
    return read.colour(arguments[0])


@command("query_boardsize")
def query_boardsize(session: Session, _arguments: list[str]) -> str:
    """The number of lines of the board."""
    return str(session.position.size)


@command("get_handicap")
def get_handicap(session: Session, _arguments: list[str]) -> str:
    """The number of handicap stones, however they were given."""
    return str(count_handicap_stones(session.position))


@command("color")
def color(session: Session, arguments: list[str]) -> str:
    """The stone on a point: black, white or empty."""
    return colour_name(int(session.position.board.stones[_point(session, arguments)]))


@command("list_stones")
def list_stones(session: Session, arguments: list[str]) -> str:
    """All stones of a colour."""
    stones = session.position.board.stones[:-1]
    points = np.flatnonzero(stones == _colour(arguments)).tolist()
    return _names(points, session.position.size)


@command("captures")
def captures(session: Session, arguments: list[str]) -> str:
    """How many stones a colour has captured."""
    by_black, by_white = session.position.prisoners
    return str(by_black if _colour(arguments) == BLACK else by_white)


@command("last_move")
def last_move(session: Session, _arguments: list[str]) -> str:
    """The last move, with its colour."""
    if not session.position.moves:
        raise CommandError("no previous move known")
    return move_history(session, []).splitlines()[0]


@command("move_history")
def move_history(session: Session, _arguments: list[str]) -> str:
    """All moves with their colours, the last one first, one a line."""
    size = session.position.size
    moves = reversed(session.position.moves)
    return "\n".join(
        f"{colour_name(side)} {read.vertex_name(point, size)}" for side, point in moves
    )


@command("all_legal")
def all_legal(session: Session, arguments: list[str]) -> str:
    """All legal moves of a colour but the pass."""
    points = session.position.legal_points(_colour(arguments)).tolist()
    return _names(points, session.position.size)


@command("is_legal")
def is_legal(session: Session, arguments: list[str]) -> str:
    """1 where a colour may play a move, else 0."""
    read.expect(arguments, 2)
    point = read.vertex(arguments[1], session.position.size)
    return str(int(session.position.is_legal(point, read.colour(arguments[0]))))


@command("findlib")
def findlib(session: Session, arguments: list[str]) -> str:
    """The liberties of the chain at a point."""
    board, point = session.position.board, _point(session, arguments)
    if board.stones[point] == EMPTY:
        raise CommandError("vertex must not be empty")
    stones = board.stones[:-1] != EMPTY  # of an empty point, the head means nothing
    chain = np.flatnonzero(stones & (board.head[:-1] == board.head[point]))
    around = set(board.neighbours[chain].ravel().tolist())
    liberties = sorted(near for near in around if board.stones[near] == EMPTY)
    return _names(liberties, session.position.size)


@command("countlib")
def countlib(session: Session, arguments: list[str]) -> str:
    """The number of liberties of the chain at a point."""
    return str(len(findlib(session, arguments).split()))


@command("top_moves_black")
def top_moves_black(session: Session, _arguments: list[str]) -> str:
    """The likeliest moves of black, each with its share of a hundred."""
    return _top_moves(session, BLACK)


@command("top_moves_white")
def top_moves_white(session: Session, _arguments: list[str]) -> str:
    """The likeliest moves of white, each with its share of a hundred."""
    return _top_moves(session, WHITE)


def _top_moves(session: Session, colour: int, most: int = 10) -> str:
    position = session.position.copy()
    position.to_move = colour
    (prediction,) = session.search([position], [session.player.conditions(position)])
    policy = prediction.policy
    legal = position.legal_points()
    best = legal[np.argsort(-policy[legal], kind="stable")][:most].tolist()
    return " ".join(f"{read.vertex_name(p, position.size)} {100 * policy[p]:.2f}" for p in best)


@command("final_status")
def final_status(session: Session, arguments: list[str]) -> str:
    """The status of a point: alive, dead, seki, black_territory, white_territory or dame."""
    point, verdict = _point(session, arguments), judge(session.position)
    if session.position.board.stones[point] != EMPTY:
        return "dead" if verdict.dead[point] else "seki" if verdict.seki[point] else "alive"
    owner = int(verdict.owner[point])
    return f"{colour_name(owner)}_territory" if owner else "dame"


@command("estimate_score", "new_score")
def estimate_score(session: Session, _arguments: list[str]) -> str:
    """The lead as a score, open games included; in finished ones the score of `final_score`.

    The bounds are white's points, a standard deviation more and less.
    """
    outlook = judge_position(session)
    white = -outlook.lead * session.position.to_move
    most, least = white + outlook.deviation, white - outlook.deviation
    leader = "W" if white >= 0 else "B"
    return f"{leader}+{abs(white):.1f} (upper bound: {most:.1f}, lower: {least:.1f})"
