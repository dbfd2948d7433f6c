"""A network in the manner of LeNet-5: convolve, pool, convolve, pool, then fully connected layers.

After LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document
recognition". Kernels are 5x5 as there; padding keeps the edge of the board, batch normalisation and
ReLU take the place of the scaled hyperbolic tangent, and there are more filters. Pooling makes the
answer to a question such as "is there a cat in the picture?" independent of where the cat is. In Go
the answer is a place.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from gocnn.network.layers import ConvNorm, DenseHead, check_lines
from gocnn.network.output import Output


class LeNet(nn.Module):
    """Policy and value from stages of a 5x5 convolution and 2x2 pooling, and two dense layers.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        stages: convolutions with pooling; each halves the board, rounded up: 19, 10, 5, 3.
        channels: filters of the first stage; the later ones have twice as many.
        width: units of each of the two hidden dense layers; None for 8 times the channels.
        lines: of the boards; it takes no others.
        pooling: the largest or the mean of 2x2 points.
    """

    def __init__(
        self,
        *,
        planes: int,
        globals: int,
        stages: int = 2,
        channels: int = 32,
        width: int | None = None,
        lines: int = 19,
        pooling: Literal["max", "average"] = "max",
    ) -> None:
        super().__init__()
        self.lines = lines
        self.name = f"lenet-{pooling}"
        self.read_globals = nn.Linear(globals, channels)
        self.convs, self.pools = nn.ModuleList(), nn.ModuleList()
        inputs, outputs, side = planes, channels, lines
        for _ in range(stages):
            self.convs.append(ConvNorm(inputs, outputs, 5))
            largest = nn.MaxPool2d(2, ceil_mode=True)
            self.pools.append(largest if pooling == "max" else nn.AvgPool2d(2, ceil_mode=True))
            inputs, outputs, side = outputs, 2 * channels, (side + 1) // 2
        flat = inputs * side**2
        self.head = DenseHead(flat, width=width or 8 * channels, hidden=2, points=lines**2)

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        check_lines(planes_BCHW, self.lines, self.name)
        x, bias = planes_BCHW, self.read_globals(globals_BG)
        for conv, pool in zip(self.convs, self.pools, strict=True):
            x, bias = pool(conv(x, bias)), None
        return Output(*self.head(torch.flatten(x, 1)))
