"""Commands that report candidate moves line by line until the next command comes.

Leela Zero's format has integers times 10,000, KataGo's has floats; the figures of both are for the
player to move.
"""

import time
from collections.abc import Callable
from functools import cache

from gocnn.gtp import arguments as read
from gocnn.gtp.analyze_request import AnalyzeRequest, parse_analyze_request
from gocnn.gtp.commands.playing import play_chosen
from gocnn.gtp.genmove import choose_move, prepare_search
from gocnn.gtp.protocol import Stream
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.play.outlook import Outlook, has_lead, play_out
from gocnn.play.search import Analysis, CandidateMove

_LOADING_POLL = 0.1  # seconds between two checks whether the network is loaded


# -- lines ---------------------------------------------------------------------------------

Formatter = Callable[[Analysis], str]
FormatterFactory = Callable[[Session, AnalyzeRequest], Formatter]


def _lz_formatter(session: Session, request: AnalyzeRequest) -> Formatter:
    size = session.position.size

    def format_move(order: int, move: CandidateMove) -> str:
        win, prior, lcb = (round(10_000 * share) for share in (move.win, move.prior, move.lcb))
        return (
            f"info move {read.vertex_name(move.point, size)} visits {move.visits}"
            f" winrate {win} prior {prior} lcb {lcb} order {order} pv {_format_pv(move, size)}"
        )

    return lambda analysis: " ".join(map(format_move, *_numbered_moves(analysis, request)))


def _kata_formatter(session: Session, request: AnalyzeRequest) -> Formatter:
    _, position = prepare_search(session, request)
    style, size = session.player.style, position.size

    @cache
    def by_playouts() -> Outlook:  # of a network that answers no lead
        return play_out(position, style.rules, playouts=style.playouts)

    def format_score(lead: float | None, deviation: float | None) -> str:
        if lead is None or deviation is None:
            lead, deviation = by_playouts().lead, by_playouts().deviation
        return f"scoreMean {lead:.2f} scoreStdev {deviation:.2f} scoreLead {lead:.2f}"

    def format_move(order: int, move: CandidateMove) -> str:
        return (
            f"info move {read.vertex_name(move.point, size)} visits {move.visits}"
            f" winrate {move.win:.6f} {format_score(move.lead, move.deviation)}"
            f" prior {move.prior:.6f} lcb {move.lcb:.6f}"
            f" order {order} pv {_format_pv(move, size)}"
        )

    def format_line(analysis: Analysis) -> str:
        parts = list(map(format_move, *_numbered_moves(analysis, request)))
        prediction = analysis.prediction
        if request.root_info:
            score = format_score(prediction.lead, prediction.deviation)
            parts.append(f"rootInfo visits {analysis.visits} winrate {analysis.win:.6f} {score}")
        if request.ownership:
            owners = prediction.ownership if has_lead(prediction) else by_playouts().ownership
            assert owners is not None
            words = (f"{owner:.3f}" for owner in (owners * request.colour).tolist())
            parts.append(f"ownership {' '.join(words)}")
        return " ".join(parts)

    return format_line


def _numbered_moves(
    analysis: Analysis, request: AnalyzeRequest
) -> tuple[range, list[CandidateMove]]:
    moves = [move for move in analysis.moves if move.point not in request.forbidden]
    moves = moves[: request.max_moves]
    return range(len(moves)), moves


def _format_pv(move: CandidateMove, size: int) -> str:
    return " ".join(read.vertex_name(point, size) for point in move.pv)


# -- commands ------------------------------------------------------------------------------


@command("lz-analyze", "analyze")
def lz_analyze(session: Session, arguments: list[str]) -> Stream:
    """Report the likely moves in Leela Zero's format until another line comes."""
    return _analyse(session, parse_analyze_request(session, arguments), _lz_formatter)


@command("kata-analyze")
def kata_analyze(session: Session, arguments: list[str]) -> Stream:
    """Report the likely moves in KataGo's format until another line comes."""
    return _analyse(session, parse_analyze_request(session, arguments), _kata_formatter)


@command("lz-genmove_analyze", "genmove_analyze")
def lz_genmove_analyze(session: Session, arguments: list[str]) -> Stream:
    """Report the likely moves in Leela Zero's format, then play one."""
    return _genmove_analyze(session, parse_analyze_request(session, arguments), _lz_formatter)


@command("kata-genmove_analyze")
def kata_genmove_analyze(session: Session, arguments: list[str]) -> Stream:
    """Report the likely moves in KataGo's format, then play one."""
    return _genmove_analyze(session, parse_analyze_request(session, arguments), _kata_formatter)


def _analyse(session: Session, request: AnalyzeRequest, make_formatter: FormatterFactory) -> Stream:
    while session.loading():
        if (yield _LOADING_POLL):
            return ""
    search, position = prepare_search(session, request)
    format_line = make_formatter(session, request)
    due = 0.0
    line = ""
    for analysis in search.analyse(position, session.player.conditions(position)):
        line = format_line(analysis)
        if time.monotonic() >= due:
            yield line
            due = time.monotonic() + request.seconds
        if (yield 0.0):
            return ""
    while True:
        yield line
        if (yield request.seconds):
            return ""


def _genmove_analyze(
    session: Session, request: AnalyzeRequest, make_formatter: FormatterFactory
) -> Stream:
    point = yield from choose_move(session, request, make_formatter(session, request))
    return f"play {play_chosen(session, request.colour, point).replace('PASS', 'pass')}"


@command("stop")
def stop(_session: Session, _arguments: list[str]) -> str:
    """Do nothing: an analysis has ended before any command is answered."""
    return ""


@command("clear_cache")
def clear_cache(session: Session, _arguments: list[str]) -> str:
    """Forget the search so far."""
    session.search.new_game()
    return ""
