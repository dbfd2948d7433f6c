"""The residual network on a CPU, each convolution in one step with what follows it.

The bias, the sum around a block and the ReLU are done by oneDNN while the points are still in the
cache, and the filters are laid out once as oneDNN wants them. torch does this for its own compiler
only, by operations without a public name. Hence two guards: `fuse_for_cpu` uses them only where
they answer as the plain network does, and every caller can do without them.
"""

import platform
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.network.device import X86
from gocnn.network.int8 import Int8Tower
from gocnn.network.nested import NestedBlock, NestedResNet
from gocnn.network.output import Output
from gocnn.network.resnet import Block, ResNet, value_of_lead

_Filters = tuple[Tensor, Tensor | None]  # packed weight, bias
_KNOWN = (ResNet, NestedResNet)  # but no other kinds of them
# Of the largest logit; what the guard allows.
_CLOSE = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.int8: 0.1}


class FusedResNet(nn.Module):
    """A network that only answers; it keeps no gradient and its weights cannot be read.

    Args:
        network: a `ResNet` or `NestedResNet` in evaluation mode and folded, on the CPU.
        dtype: of filters and activations; globals and the value's last layers stay float32. With
            int8 only what the blocks multiply is int8, see `gocnn.network.int8`.
    """

    def __init__(self, network: ResNet, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = torch.float32 if dtype == torch.int8 else dtype
        blocks = [block for block in network.tower.modules() if isinstance(block, Block)]
        firsts = [(network.stem, network.stem_context), *((b.conv1, b.context) for b in blocks)]
        self.stem = self._pack(network.stem.weight)
        nested = isinstance(network, NestedResNet)
        self.tower = _NestedTower(network.tower, dtype) if nested else _tower(blocks, dtype)
        self.widths = [conv.out_channels for conv, _ in firsts]
        self.biases = nn.Linear(network.stem_context.in_features, 1)  # all of `firsts` at once
        self.biases.weight = _fixed([linear.weight for _, linear in firsts])
        self.biases.bias = _fixed([linear.bias + _bias(conv) for conv, linear in firsts])
        heads = network.policy_conv, network.value_conv
        biases = torch.cat([_bias(conv) for conv in heads])
        self.heads = self._pack(torch.cat([conv.weight for conv in heads]), biases)
        self.policy = network.policy_conv.out_channels  # of the channels of `heads`
        points, bias = network.policy_out.weight[:1], _bias(network.policy_out)[:1]  # no reply
        unread = points.new_zeros(1, network.value_conv.out_channels, *points.shape[2:])
        self.points = self._pack(torch.cat((points, unread), dim=1), bias)
        self.tower_end = nn.Identity()  # for hooks: what the tower answers passes through
        self.read_globals = network.read_globals
        self.value_hidden, self.value_out = network.value_hidden, network.value_out
        self.offset, self.read = network.offset, network.read
        self.ownership: _Filters | None = None
        if network.ownership_out is not None:
            weight = network.ownership_out.weight
            unread = weight.new_zeros(1, self.policy, *weight.shape[2:])
            self.ownership = self._pack(
                torch.cat((unread, weight), dim=1), network.ownership_out.bias
            )
        self.requires_grad_(False)

    def _pack(self, weight: Tensor, bias: Tensor | None = None) -> _Filters:
        return _packed(weight, bias, self.dtype)

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """What `ResNet.forward` takes and gives."""
        x = planes_BCHW.to(self.dtype, memory_format=torch.channels_last)
        context = F.relu(self.read_globals(globals_BG * self.read))
        alike = bool((globals_BG == globals_BG[:1]).all())  # one bias for all positions then
        biases = self.biases(context[:1] if alike else context).to(self.dtype)
        stem_bias, *block_biases = biases.split(self.widths, dim=1)
        x = self.tower(_conv_bias(x, self.stem, stem_bias), block_biases)
        heads = _conv(self.tower_end(x), self.heads, 0, "relu")
        points = _conv(heads, self.points, 1, "none").flatten(1).float()
        v = heads[:, self.policy :].contiguous(memory_format=torch.channels_last)
        largest = F.max_pool2d(v, v.shape[2:]).flatten(1)  # five times quicker than amax
        board = torch.cat((v.mean((2, 3), dtype=torch.float32), largest.float(), context), dim=1)
        outputs = self.value_out(F.relu(self.value_hidden(board)))
        logits = torch.cat((points, outputs[:, 1:2]), dim=1)
        if self.offset is None or self.ownership is None:
            return Output(logits, outputs[:, 0])
        ownership = _conv(heads, self.ownership, 1, "none").flatten(1).float()
        return Output(logits, *value_of_lead(outputs, globals_BG[:, self.offset]), ownership)


class _Tower:
    """The blocks of a `ResNet`, in float32 or bfloat16; see `Int8Tower`."""

    def __init__(self, blocks: Sequence[tuple[nn.Conv2d, nn.Conv2d]], dtype: torch.dtype) -> None:
        self._blocks = [
            (_packed(first.weight, None, dtype), _packed(second.weight, _bias(second), dtype))
            for first, second in blocks
        ]

    def __call__(self, x_BCHW: Tensor, biases: Sequence[Tensor]) -> Tensor:
        for (first, second), bias in zip(self._blocks, biases, strict=True):
            x_BCHW = _conv_onto(x_BCHW, _conv_bias(x_BCHW, first, bias), second)
        return x_BCHW


def _tower(blocks: Sequence[Block], dtype: torch.dtype) -> "_Tower | Int8Tower":
    pairs = [(block.conv1, block.conv2) for block in blocks]
    return Int8Tower(pairs) if dtype == torch.int8 else _Tower(pairs, dtype)


class _NestedTower:
    """The blocks of a `NestedResNet`; with int8 their 1x1 convolutions stay float32."""

    def __init__(self, blocks: nn.ModuleList, dtype: torch.dtype) -> None:
        around = torch.float32 if dtype == torch.int8 else dtype
        self._blocks, self.towers = [], []  # of each block
        for block in blocks:
            assert isinstance(block, NestedBlock)
            narrow, widen = (
                _packed(conv.weight, _bias(conv), around) for conv in (block.narrow, block.widen)
            )
            inner = [each for each in block.inner if isinstance(each, Block)]
            self._blocks.append((narrow, widen, len(inner)))
            self.towers.append(_tower(inner, dtype))

    def __call__(self, x_BCHW: Tensor, biases: Sequence[Tensor]) -> Tensor:
        for (narrow, widen, depth), tower in zip(self._blocks, self.towers, strict=True):
            inner, biases = biases[:depth], biases[depth:]
            y = tower(_conv(x_BCHW, narrow, 0, "relu"), inner)
            x_BCHW = _conv_onto(x_BCHW, y, widen, 0)
        return x_BCHW


_STEPS = [1, 1], [1, 1], 1  # stride, dilation, groups


def _packed(weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> _Filters:
    around = [weight.shape[2] // 2] * 2
    weight = weight.detach().to(dtype).contiguous(memory_format=torch.channels_last)
    packed = torch.ops.mkldnn._reorder_convolution_weight(weight, around, *_STEPS)
    return packed, None if bias is None else bias.detach().to(dtype)


def _bias(conv: nn.Conv2d) -> Tensor:
    assert conv.bias is not None, "the network is not folded"
    return conv.bias


def _fixed(parts: list[Tensor]) -> nn.Parameter:
    return nn.Parameter(torch.cat(parts).detach(), requires_grad=False)


def _conv(x_BCHW: Tensor, filters: _Filters, around: int, then: str) -> Tensor:
    pointwise = torch.ops.mkldnn._convolution_pointwise.default
    y: Tensor = pointwise(x_BCHW, *filters, [around, around], *_STEPS, then, [], "")
    return y


def _conv_bias(x_BCHW: Tensor, filters: _Filters, bias: Tensor) -> Tensor:
    """ReLU of a 3x3 convolution; its bias is [1, channels], or [B, channels] for each position."""
    if len(bias) == 1:
        return _conv(x_BCHW, (filters[0], bias[0]), 1, "relu")
    return _conv(x_BCHW, filters, 1, "none").add_(bias[:, :, None, None]).relu_()


def _conv_onto(x_BCHW: Tensor, y_BCHW: Tensor, filters: _Filters, around: int = 1) -> Tensor:
    """ReLU of x plus a convolution of y; x is overwritten."""
    onto = torch.ops.mkldnn._convolution_pointwise_.binary
    sum_: Tensor = onto(
        x_BCHW, y_BCHW, *filters, [around, around], *_STEPS, "add", 1.0, "relu", [], ""
    )
    return sum_


@torch.inference_mode()
def fuse_for_cpu(network: nn.Module, dtype: torch.dtype) -> nn.Module | None:
    """The network in its quick form; None where there is none, or it answers otherwise.

    Args:
        network: in evaluation mode and folded, on the CPU.
        dtype: float32, bfloat16 or int8.
    """
    if not isinstance(network, ResNet) or type(network) not in _KNOWN:
        return None
    if platform.machine().lower() not in X86:
        return None
    lines = 19  # what oneDNN compiles for this board is soon needed anyway
    # Planes as sparse as real ones: in denser ones what int8 rounds off is too much for a lead.
    planes = (torch.arange(network.stem.in_channels * lines**2) % 7 == 0).float()
    planes = planes.view(1, -1, lines, lines).expand(2, -1, -1, -1)
    context = (torch.arange(network.read_globals.in_features) % 5 == 0).float()[None]
    context = torch.cat((context, 1 - context))
    expected = network(planes, context)
    try:
        quick = FusedResNet(network, dtype)
        answers = quick(planes, context), quick(planes[:1], context[:1])
    except (RuntimeError, AttributeError, TypeError):  # another torch, or one without oneDNN
        return None
    for answer in answers:
        for ours, theirs in zip(answer, expected, strict=True):
            if ours is None or theirs is None:
                continue
            allowed = _CLOSE[dtype] * (1 + float(theirs.abs().max()))
            if not bool((ours - theirs[: len(ours)]).abs().max() < allowed):
                return None
    return quick
