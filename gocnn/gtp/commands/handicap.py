"""Commands that give black a handicap (GTP 2, sections 4.1 and 6.3.2)."""

import numpy as np

from gocnn.errors import GocnnError
from gocnn.go.handicap import handicap_points
from gocnn.go.position import Position
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session

_MAX_FIXED = 9  # stones of a fixed handicap


@command("fixed_handicap")
def fixed_handicap(session: Session, arguments: list[str]) -> str:
    """Place black's handicap stones on the points that the specification gives."""
    stones = _handicap_stones(session, arguments)
    try:
        points = handicap_points(session.position.size, stones)
    except GocnnError:
        raise CommandError("invalid number of stones") from None
    return _place(session, points)


@command("place_free_handicap")
def place_free_handicap(session: Session, arguments: list[str]) -> str:
    """Place black's handicap stones: on the fixed points, then where the network likes most.

    Where the board has no room for all of them, fewer are placed, as the specification allows.
    """
    stones = _handicap_stones(session, arguments)
    size = session.position.size
    if not 2 <= stones < size * size:
        raise CommandError("invalid number of stones")
    points = _fixed_points(size, stones)
    draft = Position(size, komi=session.position.komi)
    draft.setup(black=points)
    while len(points) < stones:
        draft.handicap = len(points)
        moves = draft.candidate_moves()
        if not moves.any():
            break
        (prediction,) = session.search.network([draft], [session.player.conditions(draft)])
        points.append(int(np.where(moves, prediction.policy[:-1], -1).argmax()))
        draft.setup(black=points[-1:])
    return _place(session, points)


def _fixed_points(size: int, stones: int) -> list[int]:
    """The fixed handicap points of as many stones as asked for, or of as many as there are."""
    for count in range(min(stones, _MAX_FIXED), 1, -1):
        try:
            return handicap_points(size, count)
        except GocnnError:
            continue
    return []


@command("set_free_handicap")
def set_free_handicap(session: Session, arguments: list[str]) -> str:
    """Place black's handicap stones where the controller says."""
    _must_be_empty(session)
    size = session.position.size
    points = [read.vertex(text, size) for text in arguments]
    if not 2 <= len(points) == len(set(points)) < size * size or size * size in points:
        raise CommandError("bad vertex list")
    _place(session, points)
    return ""


def _handicap_stones(session: Session, arguments: list[str]) -> int:
    read.expect(arguments, 1)
    stones = read.integer(arguments[0])
    _must_be_empty(session)
    return stones


def _must_be_empty(session: Session) -> None:
    if session.position.board.stones[:-1].any():
        raise CommandError("board not empty")


def _place(session: Session, points: list[int]) -> str:
    session.clear()  # passes may have been played
    session.position.set_handicap(points)
    return " ".join(read.vertex_name(point, session.position.size) for point in points)
