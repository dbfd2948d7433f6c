"""Gradient ascent on the input: what board a unit, a channel or a move's logit would like best.

Erhan et al. 2009, "Visualizing higher-layer features of a deep network"; DeepDream after
Mordvintsev et al. 2015, "Inceptionism". A network is free to like planes that no board can have:
stones that are half there, four liberties at an empty point. Without a regulariser that is what
comes out. The regulariser here draws the planes to those of the nearest legal board, which is found
anew as they move (`gocnn.explain.legal`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gocnn.explain.legal import nearest_position, planes_of
from gocnn.explain.probe import Filter, Probe
from gocnn.go.position import Position

Objective = Callable[[Probe, Tensor, Tensor], Tensor]  # of planes and globals, a number to raise
_STEPS = 96
_RATE = 0.08  # of the root mean square of a step, over all planes
_PULL = 0.6  # of the way to the nearest legal board, at the end of the ascent
_NEAREST_EVERY = 8  # steps


@dataclass(frozen=True, eq=False)
class Ascent:
    """Where an ascent ended."""

    planes: NDArray[np.float32]  # [C, S, S], each value from 0 to 1
    value: float  # of the objective there
    start: Position  # where it began, the player to move as black
    board: Position  # the nearest legal one, likewise
    board_value: float  # of the objective on it
    start_value: float  # of the objective at the start
    distance: float  # root mean square between the planes and those of the board


def unit(filter: Filter, row: int, column: int) -> Objective:
    """One response of a filter."""

    def objective(probe: Probe, planes: Tensor, context: Tensor) -> Tensor:
        _, responses = probe.run(planes, context)
        return responses[filter.layer][0, filter.channel, row, column]

    return objective


def channel(filter: Filter) -> Objective:
    """The mean response of a filter over the board."""

    def objective(probe: Probe, planes: Tensor, context: Tensor) -> Tensor:
        _, responses = probe.run(planes, context)
        return responses[filter.layer][0, filter.channel].mean()

    return objective


def move_logit(point: int) -> Objective:
    """The logit of a move, less the mean of all logits."""

    def objective(probe: Probe, planes: Tensor, context: Tensor) -> Tensor:
        logits = probe.module(planes.to(probe.device), context.to(probe.device)).logits[0]
        relative: Tensor = logits[point] - logits.mean()
        return relative

    return objective


def layer_energy(layer: str) -> Objective:
    """The mean square of what a layer lets through its ReLU: what DeepDream amplifies."""

    def objective(probe: Probe, planes: Tensor, context: Tensor) -> Tensor:
        _, responses = probe.run(planes, context)
        return responses[layer].clamp(min=0).square().mean()

    return objective


def ascend(
    probe: Probe,
    objective: Objective,
    *,
    start: Position | None = None,
    regularised: bool = True,
    steps: int = _STEPS,
    seed: int = 0,
) -> Ascent:
    """Change the planes so that an objective grows.

    Args:
        probe: the network.
        objective: what to raise.
        start: where to begin, its history left out; None for an empty board. Noise is added.
        regularised: draw the planes to the nearest legal board, the more the further the ascent is.
        steps: of the ascent.
        seed: of the noise.
    """
    begin = Position(probe.size)
    if start is not None:
        begin = nearest_position(probe, planes_of(probe, start)[0])
    planes, context = probe.encode(begin)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(planes.shape, generator=generator)
    x = (planes + (0.02 if start else 0.1) * noise).clamp(0, 1)
    start_value = _value(probe, objective, planes, context)
    best, best_value = begin, start_value
    nearest = planes
    for step in range(steps):
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(objective(probe, x, context), x)
        scale = gradient.square().mean().sqrt().clamp(min=1e-12)
        x = (x.detach() + _RATE * gradient.cpu() / scale).clamp(0, 1)
        if not regularised:
            continue
        if step % _NEAREST_EVERY == _NEAREST_EVERY - 1 or step == steps - 1:
            board = nearest_position(probe, x[0])
            nearest = planes_of(probe, board)
            value = _value(probe, objective, nearest, context)
            if value > best_value:
                best, best_value = board, value
        x = torch.lerp(x, nearest, _PULL * step / steps)
    if not regularised:
        best = nearest_position(probe, x[0])
        best_value = _value(probe, objective, planes_of(probe, best), context)
    end = planes_of(probe, best)
    return Ascent(
        planes=x[0].numpy(),
        value=_value(probe, objective, x, context),
        start=begin,
        board=best,
        board_value=best_value,
        start_value=start_value,
        distance=float((x - end).square().mean().sqrt()),
    )


def _value(probe: Probe, objective: Objective, planes: Tensor, context: Tensor) -> float:
    with torch.no_grad():
        return float(objective(probe, planes, context))
