"""Which stones mattered for one prediction: saliency, occlusion, integrated gradients.

The three ask different things, and where they disagree, none of them is wrong. Saliency: what would
change the logit most, if it could change a little? Occlusion: what does the network say when the
stone is not there? Integrated gradients: how do the planes share the difference between this
position and the empty board?
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.errors import IllegalMove
from gocnn.explain.probe import Probe
from gocnn.features.encode import encode_positions
from gocnn.go.board import BLACK, WHITE
from gocnn.go.position import Position
from gocnn.prediction import Conditions


@dataclass(frozen=True, eq=False)
class Attribution:
    """Numbers for the points of a board, and for the planes."""

    move: int  # the point that the prediction is about
    points: NDArray[np.float64]  # [S, S], summed over the planes
    planes: NDArray[np.float64]  # [C], summed over the points


def _logit(probe: Probe, planes: torch.Tensor, context: torch.Tensor, move: int) -> torch.Tensor:
    """float[B]: the logit of a move less the mean of all, so that a shift of all counts nothing."""
    logits = probe.module(planes.to(probe.device), context.to(probe.device)).logits
    relative: torch.Tensor = logits[:, move] - logits.mean(1)
    return relative


def first_choice(probe: Probe, position: Position) -> int:
    """The point that the network likes best among legal moves; size * size is a pass."""
    planes, context = probe.encode(position)
    with torch.inference_mode():
        logits = probe.module(planes.to(probe.device), context.to(probe.device)).logits[0].cpu()
    allowed = torch.full_like(logits, -torch.inf)
    allowed[position.legal_points()] = 0
    allowed[-1] = 0
    return int((logits + allowed).argmax())


def saliency(probe: Probe, position: Position, move: int) -> Attribution:
    """The size of the gradient of a move's logit (Simonyan et al. 2014, arXiv:1312.6034).

    It tells how sensitive the logit is, without a sign, and also at points where no stone is.
    """
    from captum.attr import Saliency

    planes, context = probe.encode(position)
    planes.requires_grad_()
    method = Saliency(lambda x: _logit(probe, x, context.expand(len(x), -1), move))
    gradient = method.attribute(planes)[0].double().cpu().numpy()
    return Attribution(move, gradient.sum(0), gradient.sum((1, 2)))


def integrated_gradients(
    probe: Probe, position: Position, move: int, steps: int = 32
) -> Attribution:
    """Shares of the difference to the empty board (Sundararajan et al. 2017, arXiv:1703.01365).

    The shares of all points and planes sum to the logit here less that on the empty board, up to
    the error of the sum over the steps.
    """
    from captum.attr import IntegratedGradients

    planes, context = probe.encode(position)
    empty = Position(position.size, komi=position.komi)
    empty.to_move = position.to_move
    baseline, _ = probe.encode(empty)
    method = IntegratedGradients(lambda x: _logit(probe, x, context.expand(len(x), -1), move))
    shares = method.attribute(planes, baselines=baseline, n_steps=steps, internal_batch_size=16)
    values = shares[0].double().detach().cpu().numpy()
    return Attribution(move, values.sum(0), values.sum((1, 2)))


def occlusion(probe: Probe, position: Position, move: int) -> Attribution:
    """What the log-probability of a move loses when a stone is not there.

    Each stone in turn is taken off, and the position without it is encoded anew by the rules, with
    its liberties and ladders, so the network sees real boards only. None of them has a history; the
    board with all stones, to which they are compared, has none either. Zeiler and Fergus 2014 cover
    a part of the picture in the same way.

    Returns:
        Above zero where a stone speaks for the move. The planes are not told apart: all zero.
    """
    stones = position.stones.reshape(-1)
    whole = _without(position, None)
    boards, places = [whole], [-1]
    for point in np.flatnonzero(stones).tolist():
        board = _without(position, point)
        if board is not None and (move == stones.size or board.is_legal(move)):
            boards.append(board)
            places.append(point)
    kept = [board for board in boards if board is not None]
    conditions = [Conditions(komi=position.komi)] * len(kept)
    planes, context = encode_positions(probe.encoding, kept, conditions)
    with torch.inference_mode():
        logits = [
            probe.module(part.float().to(probe.device), about.to(probe.device)).logits
            for part, about in zip(
                torch.from_numpy(planes).split(64), torch.from_numpy(context).split(64), strict=True
            )
        ]
        own = torch.cat(logits).float().log_softmax(1)[:, move].double().cpu().numpy()
    points = np.zeros(stones.size)
    points[places[1:]] = own[0] - own[1:]
    side = position.size
    return Attribution(move, points.reshape(side, side), np.zeros(probe.encoding.plane_count))


def _without(position: Position, point: int | None) -> Position | None:
    """The stones of a position, without one of them, as a set-up; None where that is illegal."""
    stones = position.stones.reshape(-1)
    if point is not None:
        stones[point] = 0
    board = Position(position.size, komi=position.komi)
    try:
        board.setup(
            np.flatnonzero(stones == BLACK).tolist(),
            np.flatnonzero(stones == WHITE).tolist(),
            to_move=position.to_move,
        )
    except IllegalMove:
        return None
    return board
