"""Batch normalisation that means the same for one process and for many, and costs nothing later."""

import copy
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def has_peers() -> bool:
    """Whether other processes have a share in each batch."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


class _SumOverAll(torch.autograd.Function):
    """The sum of a tensor over all processes; its gradient is summed likewise."""

    @staticmethod
    def forward(_context: Any, tensor: Tensor) -> Tensor:
        total = tensor.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


class BatchNorm(nn.BatchNorm2d):
    """`nn.BatchNorm2d` whose batch is the global one when training is distributed.

    torch's own SyncBatchNorm runs on CUDA only. This one sums the moments with a differentiable
    all-reduce, so that two processes with half the batch each train as one with the whole.
    """

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """float[B, channels, H, W] to the same shape."""
        if not (self.training and has_peers()):
            return super().forward(x_BCHW)
        x = x_BCHW.float()
        count = x.numel() // x.shape[1] * dist.get_world_size()
        sums = torch.stack((x.sum((0, 2, 3)), x.square().sum((0, 2, 3))))
        mean, square = _SumOverAll.apply(sums) / count  # type: ignore[no-untyped-call]
        variance = square - mean.square()
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        return torch.addcmul(shift[:, None, None], x, scale[:, None, None]).to(x_BCHW.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None and self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked += 1


def fold_batchnorm(network: nn.Module) -> nn.Module:
    """A copy that answers the same without its normalisations: each becomes part of its filters.

    Args:
        network: in evaluation mode. Each of its modules may list, in `conv_bn_pairs`, the names of
            a convolution and of the batch normalisation that alone reads it.
    """
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for conv, norm in getattr(module, "conv_bn_pairs", ()):
            fused = fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm))
            setattr(module, conv, fused)
            setattr(module, norm, nn.Identity())
    return network
