"""A fully connected network: the board as one long vector.

The planes are flattened, so the network is not told which points are neighbours, and what it learns
of a shape at one place says nothing of the same shape at another: every point has weights of its
own.
"""

import torch
from torch import Tensor, nn

from gocnn.network.layers import DenseHead, check_lines
from gocnn.network.output import Output


class FullyConnected(nn.Module):
    """Policy and value from hidden layers that each read the whole one before.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        layers: hidden layers.
        width: units of each of them.
        lines: of the boards; it takes no others.
    """

    def __init__(
        self, *, planes: int, globals: int, layers: int = 3, width: int = 512, lines: int = 19
    ) -> None:
        super().__init__()
        self.lines = lines
        inputs = planes * lines**2 + globals
        self.head = DenseHead(inputs, width=width, hidden=layers, points=lines**2)

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        check_lines(planes_BCHW, self.lines, "fully-connected")
        return Output(*self.head(torch.cat((planes_BCHW.flatten(1), globals_BG), dim=1)))
