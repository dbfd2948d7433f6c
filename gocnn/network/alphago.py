"""AlphaGo's policy network: 13 plain convolutions, without a way around any of them.

After Silver et al. 2016, "Mastering the game of Go with deep neural networks and tree search",
Methods: a 5x5 convolution, eleven 3x3 ones, and a 1x1 convolution to one logit a point, with 192
filters in the version that they matched. Two things differ. Their last layer has a bias of its own
at each point, which would tie the network to one size of board; here there is none. And each
convolution is followed by batch normalisation, as in all architectures of this package, so that
the residual network differs in its residuals and not in this.
"""

import torch
from torch import Tensor, nn

from gocnn.network.layers import PlainTower, PointHead
from gocnn.network.output import Output


class AlphaGo(nn.Module):
    """Policy and value from a plain tower of convolutions.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        layers: convolutions, the last one, 1x1, included.
        channels: filters of each but the last.
    """

    def __init__(self, *, planes: int, globals: int, layers: int = 13, channels: int = 192) -> None:
        super().__init__()
        self.tower = PlainTower(
            planes=planes, globals=globals, layers=layers - 1, channels=channels
        )
        self.head = PointHead(channels)
        self.concat_inputs = {"head.hidden": (channels, channels)}  # the vectors that it reads

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        points, pass_, value = self.head(self.tower(planes_BCHW, globals_BG))
        return Output(torch.cat((points.flatten(1), pass_), dim=1), value)
