"""Commands that show what the network itself says, without any search."""

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import BLACK, POINT_MASK, WHITE_BIT
from gocnn.go.position import Position
from gocnn.go.symmetry import VIEWS, point_maps
from gocnn.gtp import arguments as read
from gocnn.gtp.commands.analysis import Estimate, estimate
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Engine
from gocnn.prediction import Prediction


def predict(engine: Engine, view: int = 0) -> Prediction:
    """What the network says of the position, shown to it in one of the eight views."""
    position = engine.position
    seen = _seen(position, view) if view else position
    (told,) = engine.thinker.predict([seen], [engine.player.conditions(position)])
    return told._replace(policy=told.policy[point_maps(position.size)[view]])


def _seen(position: Position, view: int) -> Position:
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
def heatmap(engine: Engine, arguments: list[str]) -> str:
    """The policy times 1,000, row by row, then the pass and the win rate, as Leela Zero does."""
    read.expect(arguments, 0, 1)
    view = 0 if arguments in ([], ["all"], ["average"]) else _view(arguments[0])
    told = predict(engine, view)
    size = engine.position.size
    shares = np.rint(1000 * told.policy).astype(int)
    rows = [" ".join(f"{n:3d}" for n in row) for row in shares[:-1].reshape(size, size).tolist()]
    return "\n".join(["", *rows, f"pass: {shares[-1]}", f"winrate: {told.win:.6f}"])


@command("kata-raw-nn")
def kata_raw_nn(engine: Engine, arguments: list[str]) -> str:
    """All that the network says, in one view of the board or in `all`, as KataGo does."""
    read.expect(arguments, 0, 1)
    asked = arguments[0].lower() if arguments else "0"
    views = range(VIEWS) if asked == "all" else [_view(asked)]
    style = engine.player.style
    played = estimate(engine.position, style.rules, style.playouts)
    return "\n" + "\n".join(_raw(engine, view, played) for view in views)


def _view(text: str) -> int:
    view = read.integer(text)
    if not 0 <= view < VIEWS:
        raise CommandError(read.SYNTAX)
    return view


def _raw(engine: Engine, view: int, played: Estimate) -> str:
    position = engine.position
    told = predict(engine, view)
    white = 1 - told.win if position.to_move == BLACK else told.win
    legal = position.legal_points()
    policy = np.full(position.size**2, np.nan)
    policy[legal] = told.policy[legal]
    lines = [
        f"symmetry {view}",
        f"whiteWin {white:.6f}",
        f"whiteLoss {1 - white:.6f}",
        "noResult 0.000000",
        f"whiteLead {-played.lead:.3f}",
        "policy",
        *_rows(policy, position.size),
        f"policyPass {told.policy[-1]:.6f}",
        "whiteOwnership",
        *_rows(-played.ownership.astype(np.float64), position.size),
    ]
    return "\n".join(lines)


def _rows(values: NDArray[np.float64], size: int) -> list[str]:
    return [
        " ".join("NAN" if np.isnan(value) else f"{value:.6f}" for value in row)
        for row in values.reshape(size, size).tolist()
    ]
