"""Thinking while lines are read: what is asked, and how a move comes about."""

import time
from collections.abc import Callable, Generator, Sequence
from copy import copy

from gocnn.go.position import Position
from gocnn.gtp.analyze_request import Request
from gocnn.gtp.input import News
from gocnn.gtp.session import Engine
from gocnn.play.search import Analysis, Thinker
from gocnn.prediction import Conditions, Prediction, PredictMany


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
        The move, as `gocnn.play.player.Choice` has it.
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
