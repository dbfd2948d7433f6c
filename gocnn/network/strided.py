"""A network that halves the board by the stride of its convolutions instead of by pooling.

After Springenberg et al. 2015, "Striving for simplicity: the all convolutional net"
(arXiv:1412.6806): each pooling layer becomes a convolution of stride 2, which can learn what to
keep. Where a stone stood within two by two points is still known only as far as a filter stores it
in its channels.
"""

import torch
from torch import Tensor, nn

from gocnn.network.layers import ConvNorm, DenseHead, check_lines
from gocnn.network.output import Output


class Strided(nn.Module):
    """Policy and value from stages of two 3x3 convolutions, the second of stride 2.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        stages: each halves the board, rounded up: 19, 10, 5, 3.
        channels: filters of the first stage; the later ones have twice as many.
        width: units of the hidden dense layer; None for 8 times the channels.
        lines: of the boards; it takes no others.
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
    ) -> None:
        super().__init__()
        self.lines = lines
        self.read_globals = nn.Linear(globals, channels)
        self.convs, self.halves = nn.ModuleList(), nn.ModuleList()
        inputs, outputs, side = planes, channels, lines
        for _ in range(stages):
            self.convs.append(ConvNorm(inputs, outputs))
            self.halves.append(ConvNorm(outputs, outputs, stride=2))
            inputs, outputs, side = outputs, 2 * channels, (side + 1) // 2
        flat = inputs * side**2
        self.head = DenseHead(flat, width=width or 8 * channels, hidden=1, points=lines**2)

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        check_lines(planes_BCHW, self.lines, "strided")
        x, bias = planes_BCHW, self.read_globals(globals_BG)
        for conv, half in zip(self.convs, self.halves, strict=True):
            x, bias = half(conv(x, bias)), None
        return Output(*self.head(torch.flatten(x, 1)))
