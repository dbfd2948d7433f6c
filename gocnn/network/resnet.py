"""The poolless residual network.

Every convolution has stride 1 and zero padding, and nothing on the way to the 361 move logits
pools over the board: a stone one point further moves every activation one point further. The
globals enter as one bias a channel, in every block. Only the value and the pass, which are
statements about the whole board, look at averages over it, and they do so beside the policy path.

Residual blocks after He et al. 2016 (arXiv:1512.03385), as in AlphaGo Zero.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.network.batchnorm import BatchNorm
from gocnn.network.norm_relu import norm_relu
from gocnn.network.output import Output


def conv(inputs: int, outputs: int, width: int) -> nn.Conv2d:
    """A convolution that keeps the size of the board; a normalisation follows it, so no bias."""
    return nn.Conv2d(inputs, outputs, width, padding=width // 2, bias=False)


def _mask(count: int, unread: Sequence[int]) -> Tensor:
    mask = torch.ones(count)
    mask[list(unread)] = 0
    return mask


def value_of_lead(outputs_B3: Tensor, offset_B: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The value as the chance that the result, lead and offset together, is above zero.

    The result is held to be distributed logistically around the lead, so the value and the lead
    never name different winners, and a larger offset never makes a win less likely.

    Args:
        outputs_B3: the lead in tens of points; something else; the spread before its softplus.
        offset_B: tens of points, such as komi, that count beside the lead.

    Returns:
        The logit of a win, the lead in points and the spread in points, each float[B].
    """
    outputs = outputs_B3.float()
    lead = 10 * outputs[:, 0]
    spread = 0.5 + 10 * F.softplus(outputs[:, 2] + 0.5)
    return (lead + 10 * offset_B.float()) / spread, lead, spread


class Block(nn.Module):
    """Two 3x3 convolutions around which the input is carried; the globals join in between."""

    conv_bn_pairs = (("conv1", "norm1"), ("conv2", "norm2"))

    def __init__(self, channels: int, context: int) -> None:
        super().__init__()
        self.conv1, self.norm1 = conv(channels, channels, 3), BatchNorm(channels)
        self.conv2, self.norm2 = conv(channels, channels, 3), BatchNorm(channels)
        self.context = nn.Linear(context, channels)
        nn.init.zeros_(self.norm2.weight)  # a block begins as the identity
        nn.init.zeros_(self.context.weight)

    def forward(self, x_BCHW: Tensor, context_BG: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        y = norm_relu(self.norm1, self.conv1(x_BCHW), self.context(context_BG))
        return norm_relu(self.norm2, self.conv2(y), residual_BCHW=x_BCHW)


class ResNet(nn.Module):
    """Policy and value from a tower of residual blocks.

    Args:
        planes: number of input planes C.
        globals: number of global inputs G.
        blocks: residual blocks.
        channels: filters of every convolution in the tower.
        context: width of the hidden layer that reads the globals.
        offset: the global input that counts, in tens of points, beside the lead. With it the
            network answers lead, spread and ownership, too, and its value follows from them, see
            `value_of_lead`. None: the network answers a value only.
        unread: global inputs that the tower does not read, such as the offset.
        reply: whether the opponent's next move is predicted, too, which only training uses.
    """

    block: type[nn.Module] = Block  # of the tower; takes channels and context

    conv_bn_pairs = (
        ("stem", "stem_norm"),
        ("policy_conv", "policy_norm"),
        ("value_conv", "value_norm"),
    )

    def __init__(
        self,
        *,
        planes: int,
        globals: int,
        blocks: int,
        channels: int,
        context: int = 32,
        offset: int | None = None,
        unread: Sequence[int] = (),
        reply: bool = False,
    ) -> None:
        super().__init__()
        self.stem, self.stem_norm = conv(planes, channels, 3), BatchNorm(channels)
        self.read_globals = nn.Linear(globals, context)
        self.stem_context = nn.Linear(context, channels)
        self.tower = nn.ModuleList(self.block(channels, context) for _ in range(blocks))
        head = max(16, channels // 4)
        self.policy_conv, self.policy_norm = conv(channels, 2 * head, 1), BatchNorm(2 * head)
        self.policy_out = nn.Conv2d(2 * head, 1 + reply, 3, padding=1)
        self.value_conv, self.value_norm = conv(channels, head, 1), BatchNorm(head)
        self.concat_inputs = {"value_hidden": (head, head, context)}  # the vectors that it reads
        self.value_hidden = nn.Linear(2 * head + context, 2 * head)
        # The value, or the lead in tens of points; the logit of a pass; the spread.
        self.value_out = nn.Linear(2 * head, 2 if offset is None else 3)
        self.offset = offset
        self.read: Tensor  # float[G]: 1 where the tower reads a global input
        self.register_buffer("read", _mask(globals, unread), persistent=False)
        self.ownership_out: nn.Conv2d | None = None
        if offset is not None:
            self.ownership_out = nn.Conv2d(head, 1, 3, padding=1)
            nn.init.zeros_(self.value_out.weight[2:])
            nn.init.zeros_(self.value_out.bias[2:])

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """Planes float[B, C, S, S] and globals float[B, G] to logits [B, S*S + 1], value [B]."""
        context = F.relu(self.read_globals(globals_BG * self.read))
        x = norm_relu(self.stem_norm, self.stem(planes_BCHW), self.stem_context(context))
        for block in self.tower:
            x = block(x, context)
        policy = self.policy_out(norm_relu(self.policy_norm, self.policy_conv(x)))
        points = policy[:, 0].flatten(1)
        reply = policy[:, 1].flatten(1) if policy.shape[1] > 1 else None
        v = norm_relu(self.value_norm, self.value_conv(x))
        board = torch.cat((v.mean((2, 3)), v.amax((2, 3)), context), dim=1)
        outputs = self.value_out(F.relu(self.value_hidden(board)))
        logits = torch.cat((points, outputs[:, 1:2]), dim=1)
        if self.offset is None or self.ownership_out is None:
            return Output(logits, outputs[:, 0], reply=reply)
        ownership = self.ownership_out(v).flatten(1)
        lead = value_of_lead(outputs, globals_BG[:, self.offset])
        return Output(logits, *lead, ownership, reply)
