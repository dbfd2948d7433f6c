"""A tower of residual blocks whose convolutions multiply integers of eight bits.

On an x86 processor without bfloat16 units this is the quickest way. Each filter's weights are
rounded to -127 ... 127 and what a convolution reads, which is never negative, to 0 ... 127, both in
steps of their own size: one for each filter, one for each position (dynamic quantization). So there
is nothing to calibrate, and a position's answer does not depend on those beside it. The sums are
exact: with AVX2 alone, two products are first added in 16 bits, in which 2 * 127 * 127 still has
room, where 2 * 255 * 127 would be cut off. What the blocks carry from one to the next stays
float32.

The convolutions are oneDNN's, by operations that torch keeps for its own compiler; see
`gocnn.network.fused`, which guards them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gocnn.jit import jit
from gocnn.network.threads import share

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

LEVELS = 127  # of weights, on each side of zero, and of activations
_LINES, _AT_ONCE = 19, 32  # the inputs that oneDNN lays filters out for; it takes all others, too


class Int8Tower:
    """The blocks of a `gocnn.network.resnet.ResNet`.

    Args:
        blocks: the two convolutions of each, 3x3; the bias of a first one is not read.
    """

    def __init__(self, blocks: Sequence[tuple[nn.Conv2d, nn.Conv2d]]) -> None:
        self._blocks = [_Int8Block.of(*convolutions) for convolutions in blocks]

    def __call__(self, x_BCHW: Tensor, biases: Sequence[Tensor]) -> Tensor:
        """What the last block answers.

        Args:
            x_BCHW: float32, channels last, not negative; overwritten.
            biases: of each block's first convolution, [1, C] or, for each position, [B, C].
        """
        x = _rows(x_BCHW)
        count, _, channels = x.shape
        read_BCHW = torch.empty_like(x_BCHW, dtype=torch.uint8)
        read = _rows(read_BCHW)
        steps = np.empty(count, np.float32)
        share(round_off, count, x, read, steps)
        for block, bias in zip(self._blocks, biases, strict=True):
            added = np.broadcast_to(bias.numpy(), (count, channels))
            y = _rows(block.first(read_BCHW))
            share(add_bias, count, y, np.ascontiguousarray(added), read, steps)
            y = _rows(block.second(read_BCHW))
            share(add_residual, count, y, block.bias, x, read, steps)
        return x_BCHW


class _Filters(NamedTuple):
    """The filters of a 3x3 convolution, rounded, as oneDNN wants them."""

    packed: Tensor
    steps: Tensor  # float32[filters]: what one unit of a weight stands for
    zeros: Tensor  # int32[filters]: what stands for zero

    @classmethod
    def of(cls, convolution: nn.Conv2d) -> "_Filters":
        weight = convolution.weight.detach()
        steps = weight.abs().amax((1, 2, 3)).clamp(min=1e-30) / LEVELS
        rounded = (weight / steps[:, None, None, None]).round().to(torch.int8)
        inputs = [_AT_ONCE, weight.shape[1], _LINES, _LINES]
        packed = torch.ops.onednn.qconv_prepack(rounded, steps, 1.0, 0, *_GEOMETRY, inputs)
        return cls(packed, steps, torch.zeros(len(steps), dtype=torch.int32))

    def __call__(self, x_BCHW: Tensor) -> Tensor:
        """The convolution of uint8, float32, in units of the step of each position."""
        convolve = torch.ops.onednn.qconv2d_pointwise.default
        y: Tensor = convolve(x_BCHW, 1.0, 0, *self, None, *_GEOMETRY, *_PLAIN)
        return y


_GEOMETRY = [1, 1], [1, 1], [1, 1], 1  # stride, padding, dilation, groups
_NOTHING: list[float] = []
_PLAIN = 1.0, 0, torch.float32, "none", _NOTHING, ""  # the sums as they are, nothing done to them


class _Int8Block(NamedTuple):
    first: _Filters
    second: _Filters
    bias: Floats  # [C] of the second

    @classmethod
    def of(cls, first: nn.Conv2d, second: nn.Conv2d) -> "_Int8Block":
        assert second.bias is not None, "the network is not folded"
        return cls(_Filters.of(first), _Filters.of(second), second.bias.detach().numpy().copy())


def _rows(x_BCHW: Tensor) -> NDArray[np.generic]:
    """Activations, channels last, as [B, H * W, C]; no copy."""
    return x_BCHW.permute(0, 2, 3, 1).flatten(1, 2).numpy()


@jit
def round_off(x: Floats, rounded: Bytes, steps: Floats, first: int, last: int) -> None:
    """Round each position to `LEVELS` steps from 0 to its largest activation.

    Args:
        x: [B, P, C], not negative.
        rounded: [B, P, C], written: x / steps.
        steps: [B], written.
        first: of the positions to round.
        last: the one after them.
    """
    for b in range(first, last):
        steps[b] = _round(x[b], rounded[b])


@jit
def add_bias(y: Floats, bias: Floats, rounded: Bytes, steps: Floats, first: int, last: int) -> None:
    """y = relu(y * steps + bias), rounded; see `round_off`.

    Args:
        y: [B, P, C], overwritten.
        bias: [B, C].
        rounded: [B, P, C], written.
        steps: [B], of y; overwritten by the new ones.
        first: of the positions.
        last: the one after them.
    """
    zero = np.float32(0)
    for b in range(first, last):
        step, here = steps[b], bias[b]
        for p in range(y.shape[1]):
            for c in range(y.shape[2]):
                value = y[b, p, c] * step + here[c]
                y[b, p, c] = zero if value < zero else value
        steps[b] = _round(y[b], rounded[b])


@jit
def add_residual(
    y: Floats, bias: Floats, x: Floats, rounded: Bytes, steps: Floats, first: int, last: int
) -> None:
    """x = relu(x + y * steps + bias), rounded; as `add_bias`, but bias is [C] and x is written."""
    zero = np.float32(0)
    for b in range(first, last):
        step = steps[b]
        for p in range(y.shape[1]):
            for c in range(y.shape[2]):
                value = x[b, p, c] + y[b, p, c] * step + bias[c]
                x[b, p, c] = zero if value < zero else value
        steps[b] = _round(x[b], rounded[b])


@jit
def _round(x: Floats, rounded: Bytes) -> np.float32:
    """Round a position [P, C]; the step."""
    of_channel = np.zeros(x.shape[1], np.float32)  # so that several are compared at once
    for p in range(x.shape[0]):
        for c in range(x.shape[1]):
            of_channel[c] = x[p, c] if x[p, c] > of_channel[c] else of_channel[c]
    largest: np.float32 = of_channel.max()
    if not largest > 0:
        rounded[:] = 0
        return np.float32(0)
    factor = np.float32(LEVELS) / largest
    for p in range(x.shape[0]):
        for c in range(x.shape[1]):
            rounded[p, c] = np.uint8(x[p, c] * factor + np.float32(0.5))
    return largest / np.float32(LEVELS)
