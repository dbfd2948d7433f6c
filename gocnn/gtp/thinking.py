"""Thinking while lines are read: what is asked, and how a move comes about."""

import time
from collections.abc import Callable, Generator, Sequence
from copy import copy
from dataclasses import dataclass, field

from gocnn.features import Conditions
from gocnn.gtp import arguments as read
from gocnn.gtp.engine import Engine
from gocnn.gtp.inbox import News
from gocnn.gtp.protocol import CommandError
from gocnn.player import Prediction, PredictMany
from gocnn.position import Position
from gocnn.search import Analysis, Thinker

_SHORTEST = 0.01  # seconds between two lines
_WITHOUT_EFFECT = ("pvVisits", "pvEdgeVisits", "movesOwnership", "ownershipStdev", "noResultValue")
_SWITCHES = {"true": True, "1": True, "false": False, "0": False}


@dataclass
class Request:
    """What an analysis is asked to tell."""

    colour: int  # who is to move
    seconds: float = 1.0  # between two lines
    most: int = 12  # moves that are told of
    forbidden: set[int] = field(default_factory=set)  # moves that are not to be thought of
    ownership: bool = False
    root: bool = False


def read_request(engine: Engine, arguments: Sequence[str]) -> Request:
    """Read `[player] [centiseconds] [KEY VALUE]...`, as KataGo and Leela Zero do.

    Raises:
        CommandError: syntax error, invalid coordinates.
    """
    position = engine.position
    request = Request(position.to_move)
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word.lower() in read.COLOURS:
            request.colour = read.colour(word)
        elif word[0].isalpha():
            _read_pair(request, word, words, position.size)
        else:
            request.seconds = _seconds(word)
    return request


def _read_pair(request: Request, key: str, words: list[str], size: int) -> None:
    """Read what belongs to a key off the words."""
    if key in ("avoid", "allow"):
        colour, points, depth = (_next(words) for _ in range(3))
        named = {read.vertex(name, size) for name in points.split(",")}
        if read.integer(depth) < 1:
            raise CommandError(read.SYNTAX)
        if read.colour(colour) == request.colour:
            everything = set(range(size * size + 1))
            request.forbidden |= named if key == "avoid" else everything - named
        return
    value = _next(words)
    if key == "interval":
        request.seconds = _seconds(value)
    elif key in ("minmoves", "maxmoves"):
        count = read.integer(value)
        if count < 0:
            raise CommandError(read.SYNTAX)
        if key == "maxmoves":
            request.most = min(request.most, count)
    elif key in ("ownership", "rootInfo", *_WITHOUT_EFFECT):
        if value.lower() not in _SWITCHES:
            raise CommandError(read.SYNTAX)
        request.ownership |= key == "ownership" and _SWITCHES[value.lower()]
        request.root |= key == "rootInfo" and _SWITCHES[value.lower()]
    else:
        raise CommandError(read.SYNTAX)


def _next(words: list[str]) -> str:
    if not words:
        raise CommandError(read.SYNTAX)
    return words.pop(0)


def _seconds(text: str) -> float:
    centiseconds = read.real(text)
    if not 0 <= centiseconds < 1e8:
        raise CommandError(read.SYNTAX)
    return max(centiseconds / 100, _SHORTEST)


def subject(engine: Engine, request: Request) -> tuple[Thinker, Position]:
    """Who thinks, and of which position."""
    position = engine.position.copy()
    position.to_move = request.colour
    if not request.forbidden:
        return engine.thinker, position
    thinker = copy(engine.thinker)
    thinker.new_game()
    thinker.predict = _without(thinker.predict, position.ply, request.forbidden)
    return thinker, position


def _without(predict: PredictMany, ply: int, forbidden: set[int]) -> PredictMany:
    """A network that gives no thought to some moves at the position with so many plies."""

    def predict_others(
        positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        told = []
        for position, reply in zip(positions, predict(positions, conditions), strict=True):
            if position.ply == ply:
                policy = reply.policy.copy()
                policy[list(forbidden)] = 0
                reply = reply._replace(policy=policy / max(policy.sum(), 1e-9))
            told.append(reply)
        return told

    return predict_others


def choose(
    engine: Engine, request: Request, line: Callable[[Analysis], str] | None = None
) -> Generator[str | float, News, int]:
    """Think about a move as long as the clock lets it, or until GoGui interrupts.

    Args:
        engine: whose position it is; left as it is.
        request: who is to move, and how often to tell.
        line: how to tell of what is thought; None for silence.

    Returns:
        The move, as `gocnn.player.Choice` has it.
    """
    began = told = time.monotonic()
    thinker, position = subject(engine, request)
    visits = thinker.visits
    if line or visits > 1:
        budget = engine.clock.budget(request.colour, position.size**2)
        for analysis in thinker.analyse(position, engine.player.conditions(position)):
            now = time.monotonic()
            if (yield 0.0) is News.INTERRUPT or (budget is not None and now - began > budget):
                thinker.visits = analysis.visits
                break
            if line and now - told > request.seconds:
                told = now
                yield line(analysis)
        if line:
            yield line(analysis)
    player, usual = engine.player, engine.player.predict
    if request.forbidden:
        player.predict = thinker
    try:
        point = player.choose(position).point
    finally:
        player.predict, thinker.visits = usual, visits
        engine.clock.spend(request.colour, time.monotonic() - began)
    return position.size**2 if point in request.forbidden else point
