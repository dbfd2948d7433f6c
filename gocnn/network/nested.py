"""The poolless residual network with nested bottlenecks in place of plain blocks.

Each block narrows its input to half of the channels by a 1x1 convolution, works on them with two
plain residual blocks, and widens what comes out: 5/9 of the weights and multiply-adds of a plain
block, and twice its 3x3 convolutions, so that a point sees twice as far. After KataGo's networks
"nbt" (https://github.com/lightvector/KataGo, docs/KataGoMethods.md, Nested Bottleneck Residual
Nets); nothing is pooled here.
"""

from torch import Tensor, nn

from gocnn.network.batchnorm import BatchNorm
from gocnn.network.norm_relu import norm_relu
from gocnn.network.resnet import Block, ResNet, conv


class NestedBlock(nn.Module):
    """Two plain blocks on half of the channels, around which the input is carried."""

    conv_bn_pairs = (("narrow", "norm1"), ("widen", "norm2"))

    def __init__(self, channels: int, context: int) -> None:
        super().__init__()
        inner = max(1, channels // 2)
        self.narrow, self.norm1 = conv(channels, inner, 1), BatchNorm(inner)
        self.inner = nn.ModuleList(Block(inner, context) for _ in range(2))
        self.widen, self.norm2 = conv(inner, channels, 1), BatchNorm(channels)
        nn.init.zeros_(self.norm2.weight)  # a block begins as the identity

    def forward(self, x_BCHW: Tensor, context_BG: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        y = norm_relu(self.norm1, self.narrow(x_BCHW))
        for block in self.inner:
            y = block(y, context_BG)
        return norm_relu(self.norm2, self.widen(y), residual_BCHW=x_BCHW)


class NestedResNet(ResNet):
    """`ResNet` with a tower of `NestedBlock`; it takes the same settings."""

    block = NestedBlock
