"""Commands that show the network's own prediction, without any search."""

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import BLACK, POINT_MASK, WHITE_BIT
from gocnn.go.position import Position
from gocnn.go.symmetry import VIEWS, point_maps
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.play.outlook import Outlook, has_lead, judge_outlook, play_out
from gocnn.prediction import Prediction


def predict_view(session: Session, view: int = 0) -> Prediction:
    """The network's prediction of the position, made in one of the eight views of the board."""
    position = session.position
    viewed = _transform(position, view) if view else position
    (prediction,) = session.search.network([viewed], [session.player.conditions(position)])
    back = point_maps(position.size)[view]
    owners = None if prediction.ownership is None else prediction.ownership[back[:-1]]
    return prediction._replace(policy=prediction.policy[back], ownership=owners)


def judge_position(session: Session) -> Outlook:
    """Who is ahead, by the network where it answers a lead and the game is not nearly over."""
    style = session.player.style
    return judge_outlook(
        session.position, predict_view(session), style.rules, playouts=style.playouts
    )


def _transform(position: Position, view: int) -> Position:
    """The same game in another view of the board."""
    to = point_maps(position.size)[view]
    twin = Position(position.size, komi=position.komi, superko=position.superko)
    entries, count = position.entries()
    setup = entries[:count]
    white = setup >= WHITE_BIT
    points = to[setup & POINT_MASK]
    twin.setup(points[~white].tolist(), points[white].tolist())
    for colour, point in position.moves:
        twin.play(int(to[point]), colour)
    twin.to_move, twin.handicap = position.to_move, position.handicap
    return twin


@command("heatmap")
def heatmap(session: Session, arguments: list[str]) -> str:
    """The policy times 1,000, row by row, then the pass and the win rate, as Leela Zero does."""
    read.expect(arguments, 0, 1)
    view = 0 if arguments in ([], ["all"], ["average"]) else _view(arguments[0])
    prediction = predict_view(session, view)
    size = session.position.size
    policy = np.rint(1000 * prediction.policy).astype(int)
    rows = [" ".join(f"{n:3d}" for n in row) for row in policy[:-1].reshape(size, size).tolist()]
    return "\n".join(["", *rows, f"pass: {policy[-1]}", f"winrate: {prediction.win:.6f}"])


@command("kata-raw-nn")
def kata_raw_nn(session: Session, arguments: list[str]) -> str:
    """The whole prediction, in one view of the board or in `all`, in KataGo's format."""
    read.expect(arguments, 0, 1)
    choice = arguments[0].lower() if arguments else "0"
    views = range(VIEWS) if choice == "all" else [_view(choice)]
    return "\n" + "\n".join(_format_raw(session, view) for view in views)


def _view(text: str) -> int:
    view = read.integer(text)
    if not 0 <= view < VIEWS:
        raise CommandError(read.SYNTAX)
    return view


def _format_raw(session: Session, view: int) -> str:
    position, style = session.position, session.player.style
    prediction = predict_view(session, view)
    if not has_lead(prediction):
        outlook = play_out(position, style.rules, playouts=style.playouts)
        prediction = outlook.predict(prediction.policy)._replace(win=prediction.win)
    assert prediction.lead is not None and prediction.ownership is not None
    white = 1 - prediction.win if position.to_move == BLACK else prediction.win
    legal = position.legal_points()
    policy = np.full(position.size**2, np.nan)
    policy[legal] = prediction.policy[legal]
    lines = [
        f"symmetry {view}",
        f"whiteWin {white:.6f}",
        f"whiteLoss {1 - white:.6f}",
        "noResult 0.000000",
        f"whiteLead {-prediction.lead * position.to_move:.3f}",
        "policy",
        *_rows(policy, position.size),
        f"policyPass {prediction.policy[-1]:.6f}",
        "whiteOwnership",
        *_rows(-prediction.ownership.astype(np.float64), position.size),
    ]
    return "\n".join(lines)


def _rows(values: NDArray[np.float64], size: int) -> list[str]:
    return [
        " ".join("NAN" if np.isnan(value) else f"{value:.6f}" for value in row)
        for row in values.reshape(size, size).tolist()
    ]
