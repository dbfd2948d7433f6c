"""The receptive field: what a response may depend on, and what it does depend on."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.explain.probe import Probe

_SHARE = 0.95  # of the effect, that the effective field holds


@dataclass(frozen=True, eq=False)
class Field:
    """The field of the response in the middle of the board."""

    layer: str
    theoretical: int  # points on a side, at most the board's
    effect: NDArray[np.float64]  # [S, S] mean size of the gradient, the largest 1
    effective: int  # side of the square in the middle that holds 95 % of the effect


def receptive_field(
    probe: Probe, layer: str, planes: NDArray[np.int8], context: NDArray[np.float32]
) -> Field:
    """The theoretical and the effective receptive field of a layer.

    The effective one after Luo et al. 2016 (arXiv:1701.04128): the gradient of the responses in the
    middle, its size averaged over filters and over real positions.

    Args:
        probe: the network.
        layer: a name of ``probe.layers``.
        planes: int8[B, C, S, S], real positions.
        context: float32[B, G].
    """
    generator = torch.Generator().manual_seed(0)
    total = np.zeros((probe.size, probe.size))
    for board, about in zip(
        torch.from_numpy(planes).split(32), torch.from_numpy(context).split(32), strict=True
    ):
        x = board.float().requires_grad_()
        _, responses = probe.run(x, about)
        response = responses[layer]
        middle = response[:, :, response.shape[2] // 2, response.shape[3] // 2]
        signs = torch.randn(middle.shape, generator=generator).to(middle.device)
        (gradient,) = torch.autograd.grad((middle * signs).sum(), x)
        total += gradient.abs().sum((0, 1)).double().cpu().numpy()
    effect = total / max(total.max(), 1e-12)
    return Field(layer, probe.receptive_field(layer), effect, _effective(effect))


def _effective(effect: NDArray[np.float64]) -> int:
    size = len(effect)
    for reach in range(size):
        span = slice(max(0, size // 2 - reach), size // 2 + reach + 1)
        if effect[span, span].sum() >= _SHARE * effect.sum():
            return min(size, 2 * reach + 1)
    return size
