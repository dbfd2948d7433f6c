"""Choosing a move while the input is watched."""

import time
from collections.abc import Callable, Generator, Sequence

from gocnn.go.position import Position
from gocnn.gtp.analyze_request import AnalyzeRequest
from gocnn.gtp.input import PendingInput
from gocnn.gtp.session import Session
from gocnn.play.search import Analysis, Search
from gocnn.prediction import Conditions, Evaluator, Prediction


def prepare_search(session: Session, request: AnalyzeRequest) -> tuple[Search, Position]:
    """The search that a request asks for, and a copy of the position to search."""
    position = session.position.copy()
    position.to_move = request.colour
    search = session.search
    if request.forbidden:
        network = _forbid_moves(search.network, position.ply, request.forbidden)
        search = search.with_network(network)
    return search, position


def _forbid_moves(network: Evaluator, ply: int, forbidden: set[int]) -> Evaluator:
    """A network that gives some moves no probability at the position after so many plies."""

    def evaluate(
        positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        predictions = []
        for position, prediction in zip(positions, network(positions, conditions), strict=True):
            if position.ply == ply:
                policy = prediction.policy.copy()
                policy[list(forbidden)] = 0
                prediction = prediction._replace(policy=policy / max(policy.sum(), 1e-9))
            predictions.append(prediction)
        return predictions

    return evaluate


def choose_move(
    session: Session, request: AnalyzeRequest, report: Callable[[Analysis], str] | None = None
) -> Generator[str | float, PendingInput, int]:
    """Search for a move as long as the clock lets it, until GoGui interrupts or the session ends.

    Lines that were there before the search, as in a file of commands, end nothing: a controller
    that waits for each answer sends `quit` only when it wants no answer any more.

    Args:
        session: its position is left as it is.
        request: who is to move, and how often to report.
        report: writes the lines of an analysis; None for silence.

    Returns:
        The move, as `gocnn.play.player.Choice` has it.
    """
    began = reported = time.monotonic()
    search, position = prepare_search(session, request)
    conditions = session.player.conditions(position)
    budget = session.clock.budget(request.colour, position.size**2)
    try:
        if report is None and search.visits == 1:
            (prediction,) = search([position], [conditions])
        else:
            quits: bool | None = None  # before the search
            for analysis in search.analyse(position, conditions):
                prediction = analysis.prediction
                now = time.monotonic()
                pending = yield 0.0
                quits = pending is PendingInput.QUIT if quits is None else quits
                if pending is PendingInput.INTERRUPT:
                    break
                if pending is PendingInput.QUIT and not quits:
                    break
                if budget is not None and now - began > budget:
                    break
                if report and now - reported > request.seconds:
                    reported = now
                    yield report(analysis)
            if report:
                yield report(analysis)
        point = session.player.decide(position, prediction).point
    finally:
        session.clock.spend(request.colour, time.monotonic() - began)
    return position.size**2 if point in request.forbidden else point


def choose_allowed(
    session: Session, request: AnalyzeRequest
) -> Generator[str | float, PendingInput, int]:
    """The likeliest move that a request does not forbid, by the search or the network.

    Unlike `choose_move` it neither resigns nor passes of its own accord, nor leaves own eyes out:
    who names the moves wants one of them.

    Returns:
        The move; a pass where no other one is both allowed and legal.
    """
    search, position = prepare_search(session, request)
    points = [*position.legal_points().tolist(), position.size**2]
    allowed = [point for point in points if point not in request.forbidden]
    if not allowed:
        return position.size**2
    conditions = session.player.conditions(position)
    for analysis in search.analyse(position, conditions, max_moves=1):
        policy = analysis.prediction.policy
        if search.visits == 1 or (yield 0.0) is PendingInput.INTERRUPT:
            break
    best: int = allowed[int(policy[allowed].argmax())]
    return best
