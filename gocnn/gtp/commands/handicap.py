"""Commands that give black a handicap (GTP 2, sections 4.1 and 6.3.2)."""

import numpy as np

from gocnn.errors import GocnnError
from gocnn.go.handicap import handicap_points
from gocnn.go.position import Position
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Engine

_MOST = 9  # stones of a fixed handicap


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
    """Put black's handicap stones where the engine likes: fixed points, then the network's choice.

    Fewer than asked for, as the specification allows, where the board has no room for more.
    """
    stones = _handicap_stones(engine, arguments)
    size = engine.position.size
    if not 2 <= stones < size * size:
        raise CommandError("invalid number of stones")
    points = _fixed(size, stones)
    draft = Position(size, komi=engine.position.komi)
    draft.setup(black=points)
    while len(points) < stones:
        draft.handicap = len(points)
        moves = draft.candidate_moves()
        if not moves.any():
            break
        (prediction,) = engine.thinker.predict([draft], [engine.player.conditions(draft)])
        points.append(int(np.where(moves, prediction.policy[:-1], -1).argmax()))
        draft.setup(black=points[-1:])
    return _place(engine, points)


def _fixed(size: int, stones: int) -> list[int]:
    """The fixed handicap points of as many stones as asked for, or of as many as there are."""
    for count in range(min(stones, _MOST), 1, -1):
        try:
            return handicap_points(size, count)
        except GocnnError:
            continue
    return []


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
