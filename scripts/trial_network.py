"""A residual network with parts to try: `scripts/ablate.py` measures what each is worth.

What wins there moves into `gocnn.network`; this network is not read by anything else. Nothing in it
pools on the way to the moves: sums along lines and attention keep an answer for each point.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.network.batchnorm import BatchNorm
from gocnn.network.norm_relu import norm_and_add, norm_relu
from gocnn.network.registry import ARCHITECTURES
from gocnn.network.resnet import ResNet

NAME = "trial"
ACTIVATIONS: dict[str, Callable[[int], nn.Module]] = {
    "relu": lambda channels: nn.ReLU(),
    "mish": lambda channels: nn.Mish(),
    "prelu": nn.PReLU,
}


def register() -> None:
    """Make the network known by `NAME` to this process."""
    ARCHITECTURES[NAME] = replace(
        ARCHITECTURES["resnet"],
        module="scripts.trial_network",
        name="TrialNet",
        about="the residual network with parts to try",
        deepens=False,
        extras=False,
    )


class TrialNet(ResNet):
    """`ResNet` with another tower.

    Args:
        activation: of the tower, a key of `ACTIVATIONS`.
        norm: "two" batch normalisations a block, "one" after the first convolution, or "fixed":
            none, with a learnt scale in its place.
        centre: the weights in the middle of 3x3 filters begin that many times larger (GoNN: 1.3).
        beside: whether a 1x1 filter stands beside each 3x3 filter, as in RepVGG (Ding et al. 2021,
            arXiv:2101.03697); the two are one filter when the network answers.
        dilated: share of the filters of each block's first convolution that look 2 points far.
        sums: channels whose sums along rows, columns and diagonals enter each block.
        cross: whether the block in the middle has filters of 1x9 and 9x1 in place of 3x3.
        attention: whether a block of attention over all points stands in the middle.
    """

    def __init__(
        self,
        *,
        planes: int,
        globals: int,
        blocks: int,
        channels: int,
        activation: str = "relu",
        norm: str = "two",
        centre: float = 1.0,
        beside: bool = False,
        dilated: float = 0.0,
        sums: int = 0,
        cross: bool = False,
        attention: bool = False,
    ) -> None:
        super().__init__(planes=planes, globals=globals, blocks=0, channels=channels)
        context = self.stem_context.in_features
        conv = _ConvMaker(centre=centre, beside=beside, dilated=round(dilated * channels))
        parts = _Parts(ACTIVATIONS[activation], norm, conv)
        tower: list[nn.Module] = []
        for number in range(blocks):
            if cross and number == blocks // 2:
                tower.append(_Cross(channels, context, parts))
            else:
                tower.append(_Block(channels, context, parts, sums=sums))
            if attention and number == blocks // 2:
                tower.append(_Attention(channels))
        self.tower = nn.ModuleList(tower)


class _Conv(nn.Module):
    """A 3x3 convolution; see `TrialNet`."""

    def __init__(
        self, inputs: int, outputs: int, *, centre: float, beside: bool, dilated: int
    ) -> None:
        super().__init__()
        self.near = nn.Conv2d(inputs, outputs - dilated, 3, padding=1, bias=False)
        self.far: nn.Conv2d | None = None
        if dilated:
            self.far = nn.Conv2d(inputs, dilated, 3, padding=2, dilation=2, bias=False)
        self.point: nn.Conv2d | None = None
        if beside:
            self.point = nn.Conv2d(inputs, outputs - dilated, 1, bias=False)
        with torch.no_grad():
            self.near.weight[:, :, 1, 1] *= centre

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """float[B, inputs, H, W] to float[B, outputs, H, W]."""
        weight = self.near.weight
        if self.point is not None:
            weight = weight + F.pad(self.point.weight, (1, 1, 1, 1))
        y = F.conv2d(x_BCHW, weight, padding=1)
        return y if self.far is None else torch.cat((y, self.far(x_BCHW)), dim=1)


class _ConvMaker:
    """Makes the 3x3 convolutions of a tower."""

    def __init__(self, *, centre: float, beside: bool, dilated: int) -> None:
        self.centre, self.beside, self.dilated = centre, beside, dilated

    def __call__(self, inputs: int, outputs: int, *, first: bool) -> _Conv:
        dilated = self.dilated if first else 0
        return _Conv(inputs, outputs, centre=self.centre, beside=self.beside, dilated=dilated)


class _Scale(nn.Module):
    """A factor and a bias for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        return x_BCHW * self.weight[:, None, None] + self.bias[:, None, None]


class _Parts:
    """What blocks are made of."""

    def __init__(self, activation: Callable[[int], nn.Module], norm: str, conv: _ConvMaker) -> None:
        self.activation, self.conv = activation, conv
        self.first_norm = _Scale if norm == "fixed" else BatchNorm
        self.last_norm = BatchNorm if norm == "two" else _Scale

    def zeroed(self, channels: int) -> nn.Module:
        """The last normalisation of a block, which begins as the identity."""
        norm = self.last_norm(channels)
        nn.init.zeros_(norm.weight)
        return norm


def _end(
    norm: nn.Module,
    activation: nn.Module,
    x_BCHW: Tensor,
    bias_BC: Tensor | None = None,
    residual_BCHW: Tensor | None = None,
) -> Tensor:
    """As `norm_relu`, with another activation in place of the ReLU; only with that in one step."""
    if isinstance(activation, nn.ReLU):
        return norm_relu(norm, x_BCHW, bias_BC, residual_BCHW)
    out: Tensor = activation(norm_and_add(norm, x_BCHW, bias_BC, residual_BCHW))
    return out


class _Block(nn.Module):
    """Two 3x3 convolutions around which the input is carried; the globals join in between."""

    def __init__(self, channels: int, context: int, parts: _Parts, *, sums: int = 0) -> None:
        super().__init__()
        self.conv1, self.norm1 = (
            parts.conv(channels, channels, first=True),
            parts.first_norm(channels),
        )
        self.conv2, self.norm2 = parts.conv(channels, channels, first=False), parts.zeroed(channels)
        self.act1, self.act2 = parts.activation(channels), parts.activation(channels)
        self.context = nn.Linear(context, channels)
        nn.init.zeros_(self.context.weight)
        self.sums = _LineSums(channels, sums) if sums else None

    def forward(self, x_BCHW: Tensor, context_BG: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        y = self.conv1(x_BCHW)
        if self.sums is not None:
            y = y + self.sums(x_BCHW)
        y = _end(self.norm1, self.act1, y, self.context(context_BG))
        return _end(self.norm2, self.act2, self.conv2(y), residual_BCHW=x_BCHW)


class _Cross(nn.Module):
    """Filters of 1x9 and 9x1, then of 1x1, around which the input is carried."""

    def __init__(self, channels: int, context: int, parts: _Parts) -> None:
        super().__init__()
        self.row = nn.Conv2d(channels, channels, (1, 9), padding=(0, 4), bias=False)
        self.column = nn.Conv2d(channels, channels, (9, 1), padding=(4, 0), bias=False)
        self.norm1, self.act1 = parts.first_norm(channels), parts.activation(channels)
        self.mix, self.norm2 = nn.Conv2d(channels, channels, 1, bias=False), parts.zeroed(channels)
        self.act2 = parts.activation(channels)
        self.context = nn.Linear(context, channels)
        nn.init.zeros_(self.context.weight)

    def forward(self, x_BCHW: Tensor, context_BG: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        y = self.row(x_BCHW) + self.column(x_BCHW)
        y = _end(self.norm1, self.act1, y, self.context(context_BG))
        return _end(self.norm2, self.act2, self.mix(y), residual_BCHW=x_BCHW)


class _LineSums(nn.Module):
    """Sums of a few channels along each row, column and diagonal, up to each point, both ways."""

    def __init__(self, channels: int, sums: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, sums, 1, bias=False)
        self.widen = nn.Conv2d(8 * sums, channels, 1, bias=False)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        x = self.narrow(x_BCHW).float()
        back = (each.flip(2, 3) for each in line_sums(x.flip(2, 3)))
        both = torch.cat((*line_sums(x), *back), dim=1)
        widened: Tensor = self.widen((both / math.sqrt(x.shape[3])).to(x_BCHW.dtype))
        return widened


def line_sums(x_BCHW: Tensor) -> list[Tensor]:
    """At each point the sums up to it along its row, its column and both diagonals."""
    mirrored = diagonal_sums(x_BCHW.flip(3)).flip(3)
    return [x_BCHW.cumsum(3), x_BCHW.cumsum(2), diagonal_sums(x_BCHW), mirrored]


def diagonal_sums(x_BCHW: Tensor) -> Tensor:
    """At each point the sum of what lies up to it on the diagonal from the upper right."""
    height, width = x_BCHW.shape[2:]
    # Rows that are one point too short begin one point later each: a diagonal becomes a column.
    sheared = F.pad(x_BCHW, (0, height)).flatten(2)[..., :-height].unflatten(2, (height, -1))
    summed = F.pad(sheared.cumsum(2).flatten(2), (0, height)).unflatten(2, (height, -1))
    result: Tensor = summed[..., :width]
    return result


class _Attention(nn.Module):
    """One layer of attention over all points, around which the input is carried.

    Each head knows how far two points are apart, in rows and columns.
    """

    heads = 4
    reach = 24  # the largest distance on a board of 25 lines

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.ask = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.answer, self.norm = nn.Conv2d(channels, channels, 1, bias=False), BatchNorm(channels)
        nn.init.zeros_(self.norm.weight)
        side = 2 * self.reach + 1
        self.distance = nn.Parameter(torch.zeros(self.heads, side * side))

    def forward(self, x_BCHW: Tensor, _context_BG: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        batch, channels, height, width = x_BCHW.shape
        parts = self.ask(x_BCHW).reshape(batch, 3 * self.heads, channels // self.heads, -1)
        query, key, value = parts.mT.chunk(3, dim=1)
        rows = torch.arange(height, device=x_BCHW.device).repeat_interleave(width)
        columns = torch.arange(width, device=x_BCHW.device).repeat(height)
        apart = (rows[:, None] - rows + self.reach) * (2 * self.reach + 1)
        apart = apart + columns[:, None] - columns + self.reach
        near = self.distance[:, apart].to(query.dtype)
        y = F.scaled_dot_product_attention(query, key, value, attn_mask=near)
        answer = self.answer(y.mT.reshape(x_BCHW.shape))
        return norm_relu(self.norm, answer, residual_BCHW=x_BCHW)
