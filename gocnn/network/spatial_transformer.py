"""A network that first moves, turns and scales the board as it sees fit.

After Jaderberg et al. 2015, "Spatial transformer networks" (arXiv:1506.02025): a small localisation
network looks at the input and chooses a transformation, and a differentiable sampler applies it.
There the class of a picture is asked, and nothing has to be taken back. Here the answer is a point
of the board, so the logits are taken back by the inverse transformation, which is why only
transformations that have one are allowed: a shift, a turn and a change of scale.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.network.layers import ConvNorm, PlainTower, PointHead
from gocnn.network.output import Output

_MOST_SCALE = 0.5  # of the logarithm of the scale: 0.6 to 1.6 times
_MOST_SHIFT = 0.5  # of half a board


def _places(x_BCHW: Tensor, axis: int) -> Tensor:
    """Where the points of an axis lie, from -1 to 1; as ONNX can tell it for any size."""
    numbers = torch.arange(x_BCHW.shape[axis], device=x_BCHW.device, dtype=x_BCHW.dtype)
    return 2 * numbers / numbers[-1:] - 1


def _precise(x: Tensor) -> Tensor:
    """In float32 at least: places in bfloat16 would be off by a tenth of a point."""
    return x if x.dtype == torch.float64 else x.float()


class Localisation(nn.Module):
    """Chooses the transformation of each position.

    Two convolutions, the mean row and column of the responses of each filter (a softmax over the
    board weighs the points), and a linear layer. It begins with the identity.

    Args:
        planes: number of input planes.
        globals: number of global inputs.
        channels: filters of each convolution.
    """

    def __init__(self, *, planes: int, globals: int, channels: int) -> None:
        super().__init__()
        self.first = ConvNorm(planes, channels, 5)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        self.out = nn.Linear(2 * channels + globals, 4)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Tensor:
        """float[B, 4]: logarithm of the scale, angle in radians, shift right and down.

        The shifts are in halves of the board.
        """
        responses = _precise(self.second(self.first(planes_BCHW)))
        weights = responses.flatten(2).softmax(2).view_as(responses)
        rows, columns = (_places(weights, axis) for axis in (2, 3))
        down, right = (weights.sum(3) * rows).sum(2), (weights.sum(2) * columns).sum(2)
        chosen = _precise(self.out(torch.cat((down, right, globals_BG), dim=1)))
        scale, angle, shifts = chosen[:, :1], chosen[:, 1:2], chosen[:, 2:]
        return torch.cat((_MOST_SCALE * scale.tanh(), angle, _MOST_SHIFT * shifts.tanh()), dim=1)


def affine(chosen_B4: Tensor) -> tuple[Tensor, Tensor]:
    """The transformation and its inverse.

    Args:
        chosen_B4: as `Localisation` answers.

    Returns:
        float[B, 2, 3] each: the first sends places (x, y, 1) of the transformed board to where they
        are read on the real one, the second the other way round. The corners of a board are at -1
        and 1.
    """
    scale = chosen_B4[:, 0].exp()
    cosine, sine = chosen_B4[:, 1].cos(), chosen_B4[:, 1].sin()
    right, down = chosen_B4[:, 2], chosen_B4[:, 3]
    forth = torch.stack(
        (scale * cosine, -scale * sine, right, scale * sine, scale * cosine, down), dim=1
    )
    a, b = cosine / scale, sine / scale  # the inverse of the turn and the scale
    back = torch.stack((a, b, -(a * right + b * down), -b, a, -(a * down - b * right)), dim=1)
    return forth.view(-1, 2, 3), back.view(-1, 2, 3)


def _sample(x_BCHW: Tensor, theta_B23: Tensor) -> Tensor:
    """The values at transformed places, between the points linearly, outside of the board 0."""
    x = _precise(x_BCHW)
    rows, columns = _places(x, 2)[:, None], _places(x, 3)
    theta = theta_B23[:, :, :, None, None]
    grid = theta[:, :, 0] * columns + theta[:, :, 1] * rows + theta[:, :, 2]  # [B, 2, H, W]
    return F.grid_sample(
        x, grid.permute(0, 2, 3, 1), mode="bilinear", padding_mode="zeros", align_corners=True
    )


class SpatialTransformer(nn.Module):
    """Policy and value from a plain tower that sees the transformed board.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        layers: convolutions of the tower, the last one, 1x1, included.
        channels: filters of each but the last.
        localisation: filters of the localisation network.
    """

    def __init__(
        self,
        *,
        planes: int,
        globals: int,
        layers: int = 6,
        channels: int = 64,
        localisation: int = 16,
    ) -> None:
        super().__init__()
        self.localisation = Localisation(planes=planes, globals=globals, channels=localisation)
        self.tower = PlainTower(
            planes=planes, globals=globals, layers=layers - 1, channels=channels
        )
        self.head = PointHead(channels)
        self.concat_inputs = {
            "head.hidden": (channels, channels),
            "localisation.out": (localisation, localisation, globals),
        }

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        forth, back = affine(self.localisation(planes_BCHW, globals_BG))
        points, pass_, value = self.head(self.tower(_sample(planes_BCHW, forth), globals_BG))
        points = _sample(points, back).flatten(1)
        return Output(torch.cat((points, pass_.float()), dim=1), value)
