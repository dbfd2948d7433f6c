"""Normalisation, bias, residual and ReLU in one step, as nearly every layer ends with them.

torch does each in a pass of its own over all activations, and on a CPU with bfloat16 units these
passes take longer than the convolutions. Here the forward pass reads the activations twice, the
backward pass likewise, and the numbers in between stay float32.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.network.batchnorm import has_peers
from gocnn.network.bf16 import (
    Bits,
    add_moments,
    combine,
    relu_backward,
    scale_shift_add_relu,
    scale_shift_relu,
)
from gocnn.network.threads import share


def norm_relu(
    norm: nn.Module,
    x_BCHW: Tensor,
    bias_BC: Tensor | None = None,
    residual_BCHW: Tensor | None = None,
) -> Tensor:
    """``relu(norm(x) + bias + residual)``.

    Args:
        norm: a `gocnn.network.batchnorm.BatchNorm`, or what stands in its place once it is folded.
        x_BCHW: what is normalised.
        bias_BC: float[B, C], added at every point.
        residual_BCHW: added as it is.

    Returns:
        float[B, C, H, W].
    """
    if isinstance(norm, nn.BatchNorm2d) and _can_fuse(norm, x_BCHW, residual_BCHW):
        fused: Tensor = _NormReLU.apply(  # type: ignore[no-untyped-call]
            x_BCHW, norm.weight, norm.bias, bias_BC, residual_BCHW, norm
        )
        return fused
    return F.relu(norm_and_add(norm, x_BCHW, bias_BC, residual_BCHW))


def norm_and_add(
    norm: nn.Module,
    x_BCHW: Tensor,
    bias_BC: Tensor | None = None,
    residual_BCHW: Tensor | None = None,
) -> Tensor:
    """``norm(x) + bias + residual``, one after another; see `norm_relu`."""
    y: Tensor = norm(x_BCHW)
    if bias_BC is not None:
        y = y + bias_BC[:, :, None, None]
    if residual_BCHW is not None:
        y = residual_BCHW + y
    return y


def compile_norm_relu() -> None:
    """Compile both directions beforehand, so that the first update waits for nothing.

    Several processes that train together do without, since the moments are those of all.
    """
    if has_peers():
        return
    norm = nn.BatchNorm2d(1)
    x = torch.zeros(1, 1, 1, 1, dtype=torch.bfloat16, requires_grad=True)
    norm_relu(norm, norm_relu(norm, x), residual_BCHW=x).sum().backward()


def _can_fuse(norm: nn.BatchNorm2d, x: Tensor, residual: Tensor | None) -> bool:
    activations = [x] if residual is None else [x, residual]
    return (
        norm.training
        and not has_peers()
        and not torch.compiler.is_compiling()
        and all(
            a.device.type == "cpu"
            and a.dtype == torch.bfloat16
            and a.permute(0, 2, 3, 1).is_contiguous()
            for a in activations
        )
    )


class _NormReLU(torch.autograd.Function):
    """See `norm_relu`; the gradient of batch normalisation after Ioffe and Szegedy 2015.

    With g the gradient of what is normalised and scaled, and z = (x - mean) / deviation, that of x
    is ``weight / deviation * (g - mean(g) - z * mean(g * z))`` (arXiv:1502.03167, section 3).
    """

    @staticmethod
    def forward(
        context: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        extra: Tensor | None,
        residual: Tensor | None,
        norm: nn.BatchNorm2d,
    ) -> Tensor:
        bits = _bits(x)
        mean, variance = _statistics(bits, norm)
        deviation = np.sqrt(variance + norm.eps)
        scale = weight.detach().numpy() / deviation
        shift = np.broadcast_to(bias.detach().numpy() - mean * scale, (len(x), len(mean)))
        if extra is not None:
            shift = shift + extra.detach().float().numpy()
        y = torch.empty_like(x)
        numbers = scale.astype(np.float32), np.ascontiguousarray(shift, np.float32)
        if residual is None:
            share(scale_shift_relu, len(x), bits, *numbers, _bits(y))
        else:
            share(scale_shift_add_relu, len(x), bits, *numbers, _bits(residual), _bits(y))
        context.save_for_backward(x, y)
        context.numbers = mean, deviation, scale
        context.extra, context.residual = extra, residual is not None
        return y

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, y = context.saved_tensors
        mean, deviation, scale = context.numbers
        gradient = gradient.to(x.dtype).contiguous(memory_format=torch.channels_last)
        bits, masked = _bits(x), torch.empty_like(x)
        sums = np.empty((len(x), len(mean)), np.float32)
        products = np.empty_like(sums)
        share(
            relu_backward,
            len(x),
            _bits(gradient),
            _bits(y),
            bits,
            mean.astype(np.float32),
            _bits(masked),
            sums,
            products,
        )
        count = x.numel() // x.shape[1]
        bias_gradient = sums.sum(0, dtype=np.float64)
        weight_gradient = products.sum(0, dtype=np.float64) / deviation
        slope = -scale * weight_gradient / deviation / count
        offset = -scale * bias_gradient / count - slope * mean
        factors = [array.astype(np.float32) for array in (scale, slope, offset)]
        x_gradient = torch.empty_like(x)
        share(combine, len(x), _bits(masked), bits, *factors, _bits(x_gradient))
        extra: Tensor | None = context.extra
        return (
            x_gradient,
            torch.from_numpy(weight_gradient.astype(np.float32)),
            torch.from_numpy(bias_gradient.astype(np.float32)),
            None if extra is None else torch.from_numpy(sums).to(extra.dtype),
            masked if context.residual else None,
            None,
        )


def _statistics(x: Bits, norm: nn.BatchNorm2d) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of each channel; the running ones of `norm` move towards them."""
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.num_batches_tracked is not None and norm.momentum is not None
    centre = norm.running_mean.numpy()
    sums = np.empty((len(x), len(centre)), np.float32)
    squares = np.empty_like(sums)
    share(add_moments, len(x), x, centre, sums, squares)
    count = x.shape[0] * x.shape[1]
    beside = sums.sum(0, dtype=np.float64) / count
    variance = np.maximum(squares.sum(0, dtype=np.float64) / count - beside**2, 0)
    mean = centre + beside
    unbiased = variance * count / max(count - 1, 1)
    norm.running_mean.lerp_(torch.from_numpy(mean.astype(np.float32)), norm.momentum)
    norm.running_var.lerp_(torch.from_numpy(unbiased.astype(np.float32)), norm.momentum)
    norm.num_batches_tracked += 1
    return mean, variance


def _bits(x: Tensor) -> Bits:
    """The bfloat16 activations [B, C, H, W], channels last, as uint16[B, H * W, C]; no copy."""
    rows = x.detach().permute(0, 2, 3, 1).flatten(1, 2)
    return rows.view(torch.int16).numpy().view(np.uint16)
