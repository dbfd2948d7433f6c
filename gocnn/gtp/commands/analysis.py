"""Commands that show what the engine thinks, line by line, until the next command comes.

Leela Zero's form has integers times 10,000, KataGo's has floats; both are told from the side of
the player to move.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.playouts import sample
from gocnn.go.position import Position
from gocnn.go.rules import Ruleset, compensation
from gocnn.gtp import arguments as read
from gocnn.gtp.analyze_request import Request, read_request
from gocnn.gtp.commands.playing import play_chosen
from gocnn.gtp.genmove import choose, subject
from gocnn.gtp.protocol import Stream
from gocnn.gtp.registry import command
from gocnn.gtp.session import Engine
from gocnn.play.search import Analysis, Line

_PATIENCE = 0.1  # seconds between two looks at whether the network is there


class Estimate(NamedTuple):
    """What playouts say of a position with P points, seen by black."""

    lead: float  # points, komi counted
    deviation: float  # of a single playout
    ownership: NDArray[np.float32]  # [P] from -1 white's to +1 black's


def estimate(position: Position, rules: Ruleset, playouts: int) -> Estimate:
    """Who leads, by playouts."""
    played = sample(position.board, position.to_move, playouts=playouts)
    owed = position.komi + compensation(position, rules)
    margins = played.margins - owed
    return Estimate(float(margins.mean()), float(margins.std()), played.ownership)


# -- lines ---------------------------------------------------------------------------------

Form = Callable[[Engine, Request], Callable[[Analysis], str]]


def _lz_form(engine: Engine, request: Request) -> Callable[[Analysis], str]:
    size = engine.position.size

    def text(order: int, line: Line) -> str:
        win, prior, lcb = (round(10_000 * share) for share in (line.win, line.prior, line.lcb))
        return (
            f"info move {read.vertex_name(line.point, size)} visits {line.visits}"
            f" winrate {win} prior {prior} lcb {lcb} order {order} pv {_sequence(line, size)}"
        )

    return lambda analysis: " ".join(map(text, *_numbered(analysis, request)))


def _kata_form(engine: Engine, request: Request) -> Callable[[Analysis], str]:
    _, position = subject(engine, request)
    style, size = engine.player.style, position.size
    told = estimate(position, style.rules, style.playouts)
    lead = told.lead * request.colour
    score = f"scoreMean {lead:.2f} scoreStdev {told.deviation:.2f} scoreLead {lead:.2f}"
    owners = " ".join(f"{owner:.3f}" for owner in (told.ownership * request.colour).tolist())

    def text(order: int, line: Line) -> str:
        return (
            f"info move {read.vertex_name(line.point, size)} visits {line.visits}"
            f" winrate {line.win:.6f} {score} prior {line.prior:.6f} lcb {line.lcb:.6f}"
            f" order {order} pv {_sequence(line, size)}"
        )

    def whole(analysis: Analysis) -> str:
        parts = list(map(text, *_numbered(analysis, request)))
        if request.root:
            parts.append(f"rootInfo visits {analysis.visits} winrate {analysis.win:.6f} {score}")
        if request.ownership:
            parts.append(f"ownership {owners}")
        return " ".join(parts)

    return whole


def _numbered(analysis: Analysis, request: Request) -> tuple[range, list[Line]]:
    lines = [line for line in analysis.lines if line.point not in request.forbidden]
    lines = lines[: request.most]
    return range(len(lines)), lines


def _sequence(line: Line, size: int) -> str:
    return " ".join(read.vertex_name(point, size) for point in line.pv)


# -- commands ------------------------------------------------------------------------------


@command("lz-analyze", "analyze")
def lz_analyze(engine: Engine, arguments: list[str]) -> Stream:
    """Tell of the likely moves, in Leela Zero's form, until another line comes."""
    return _analyse(engine, read_request(engine, arguments), _lz_form)


@command("kata-analyze")
def kata_analyze(engine: Engine, arguments: list[str]) -> Stream:
    """Tell of the likely moves, in KataGo's form, until another line comes."""
    return _analyse(engine, read_request(engine, arguments), _kata_form)


@command("lz-genmove_analyze", "genmove_analyze")
def lz_genmove_analyze(engine: Engine, arguments: list[str]) -> Stream:
    """Tell of the likely moves, in Leela Zero's form, then play one."""
    return _move(engine, read_request(engine, arguments), _lz_form)


@command("kata-genmove_analyze")
def kata_genmove_analyze(engine: Engine, arguments: list[str]) -> Stream:
    """Tell of the likely moves, in KataGo's form, then play one."""
    return _move(engine, read_request(engine, arguments), _kata_form)


def _analyse(engine: Engine, request: Request, form: Form) -> Stream:
    while engine.loading():
        if (yield _PATIENCE):
            return ""
    thinker, position = subject(engine, request)
    line = form(engine, request)
    due = 0.0
    latest = ""
    for analysis in thinker.analyse(position, engine.player.conditions(position)):
        latest = line(analysis)
        if time.monotonic() >= due:
            yield latest
            due = time.monotonic() + request.seconds
        if (yield 0.0):
            return ""
    while True:
        yield latest
        if (yield request.seconds):
            return ""


def _move(engine: Engine, request: Request, form: Form) -> Stream:
    point = yield from choose(engine, request, form(engine, request))
    return f"play {play_chosen(engine, request.colour, point)}"


@command("stop")
def stop(_engine: Engine, _arguments: list[str]) -> str:
    """Does nothing: an analysis has ended before any command is answered."""
    return ""


@command("clear_cache")
def clear_cache(engine: Engine, _arguments: list[str]) -> str:
    """Forget the search so far."""
    engine.thinker.new_game()
    return ""
