"""Layers that several architectures are built from."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.errors import GocnnError
from gocnn.network.batchnorm import BatchNorm
from gocnn.network.norm_relu import norm_relu


def check_lines(planes_BCHW: Tensor, lines: int, name: str) -> None:
    """Refuse boards of another size than the one that a network was built for.

    Raises:
        GocnnError: when the planes are not ``lines`` by ``lines``.
    """
    height, width = planes_BCHW.shape[2:]
    if height != lines or width != lines:
        raise GocnnError(
            f"this {name} network was built for boards of {lines}x{lines} and cannot take "
            f"{height}x{width}: every point has weights of its own; train one for that size"
        )


class ConvNorm(nn.Module):
    """A convolution with zero padding, batch normalisation and ReLU.

    Args:
        inputs: channels that are read.
        outputs: filters.
        width: of the kernel, an odd number.
        stride: 1 keeps the size; 2 halves it, rounded up.
    """

    conv_bn_pairs = (("conv", "norm"),)

    def __init__(self, inputs: int, outputs: int, width: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, width, stride=stride, padding=width // 2, bias=False)
        self.norm = BatchNorm(outputs)

    def forward(self, x_BCHW: Tensor, bias_BC: Tensor | None = None) -> Tensor:
        """float[B, inputs, H, W] to float[B, outputs, H / stride, W / stride].

        Args:
            x_BCHW: what is convolved.
            bias_BC: float[B, outputs], added at every point before the ReLU.
        """
        return norm_relu(self.norm, self.conv(x_BCHW), bias_BC)


class PlainTower(nn.Module):
    """Convolutions of stride 1 one after another, the first 5x5, the others 3x3.

    The globals enter as a bias of each filter of the first layer.

    Args:
        planes: number of input planes.
        globals: number of global inputs.
        layers: convolutions, at least 1.
        channels: filters of each.
    """

    def __init__(self, *, planes: int, globals: int, layers: int, channels: int) -> None:
        super().__init__()
        if layers < 1:
            raise GocnnError("a tower needs at least one convolution of its own: more layers")
        self.read_globals = nn.Linear(globals, channels)
        self.first = ConvNorm(planes, channels, 5)
        self.others = nn.ModuleList(ConvNorm(channels, channels) for _ in range(layers - 1))

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Tensor:
        """Planes float[B, C, H, W] to float[B, channels, H, W]."""
        x: Tensor = self.first(planes_BCHW, self.read_globals(globals_BG))
        for layer in self.others:
            x = layer(x)
        return x


class DenseHead(nn.Module):
    """Fully connected layers from a vector to the logits of all moves and the value.

    Args:
        inputs: length of the vector.
        width: units of each hidden layer.
        hidden: hidden layers.
        points: of the board; there is one logit more, the pass.
    """

    def __init__(self, inputs: int, *, width: int, hidden: int, points: int) -> None:
        super().__init__()
        sizes = [inputs, *[width] * hidden]
        hidden_layers = [nn.Linear(a, b) for a, b in pairwise(sizes)]
        self.hidden = nn.ModuleList(hidden_layers)
        self.policy_out = nn.Linear(sizes[-1], points + 1)
        self.value_out = nn.Linear(sizes[-1], 1)
        for layer in hidden_layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        for layer in (self.policy_out, self.value_out):
            nn.init.normal_(layer.weight, std=0.1 / math.sqrt(sizes[-1]))

    def forward(self, x_BF: Tensor) -> tuple[Tensor, Tensor]:
        """float[B, inputs] to logits float[B, points + 1] and value float[B]."""
        for layer in self.hidden:
            x_BF = F.relu(layer(x_BF))
        return self.policy_out(x_BF), self.value_out(x_BF)[:, 0]


class PointHead(nn.Module):
    """One logit at each point by a 1x1 convolution; the pass and the value from the whole board.

    Args:
        channels: that are read at each point.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.points = nn.Conv2d(channels, 1, 1)
        self.hidden = nn.Linear(2 * channels, channels)
        self.board_out = nn.Linear(channels, 2)  # the logit of a pass, the value

    def forward(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """float[B, channels, H, W] to points float[B, 1, H, W], pass float[B, 1], value float[B].

        The points keep their rows and columns, so that a caller can still move them.
        """
        board = torch.cat((x_BCHW.mean((2, 3)), x_BCHW.amax((2, 3))), dim=1)
        outputs = self.board_out(F.relu(self.hidden(board)))
        return self.points(x_BCHW), outputs[:, :1], outputs[:, 1]
