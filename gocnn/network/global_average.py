"""Poolless convolutions whose last activations are averaged over the whole board.

After Lin, Chen and Yan 2014, "Network in network" (arXiv:1312.4400): one number a channel is left,
how much of its pattern the board holds. Networks that classify pictures end like this. The mean
does not tell where a pattern is, so the moves can be told apart only by what the edge, through the
zero padding, does to the activations near it.
"""

from torch import Tensor, nn

from gocnn.network.layers import DenseHead, PlainTower, check_lines
from gocnn.network.output import Output


class GlobalAverage(nn.Module):
    """Policy and value from the mean of each channel over the board.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        layers: convolutions, the first 5x5, the others 3x3.
        channels: filters of each.
        width: units of the hidden dense layer; None for 8 times the channels.
        lines: of the boards; it takes no others, for there is one output unit a point.
    """

    def __init__(
        self,
        *,
        planes: int,
        globals: int,
        layers: int = 6,
        channels: int = 64,
        width: int | None = None,
        lines: int = 19,
    ) -> None:
        super().__init__()
        self.lines = lines
        self.tower = PlainTower(planes=planes, globals=globals, layers=layers, channels=channels)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = DenseHead(channels, width=width or 8 * channels, hidden=1, points=lines**2)

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        check_lines(planes_BCHW, self.lines, "global-average")
        return Output(*self.head(self.pool(self.tower(planes_BCHW, globals_BG)).flatten(1)))
