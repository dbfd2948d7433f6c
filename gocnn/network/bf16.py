"""bfloat16 in compiled functions: arrays of its bits, uint16, each widened to float32 to compute.

A bfloat16 is the upper half of a float32. The kernels take activations channels last, as
uint16[B, P, C] for B positions of P points, and work on the positions from ``first`` up to but not
``last``, so that threads may share a batch. They sum over the points of a position, in float32;
sums over positions are the caller's.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from gocnn.jit import jit

Bits: TypeAlias = NDArray[np.uint16]
Floats: TypeAlias = NDArray[np.float32]

_SIGN = 0x8000


def _as_float(_context: Any, _bits: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.uint32), generate


def _as_bits(_context: Any, _number: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.uint32(types.float32), generate


# The float32 with these 32 bits, and the bits of a float32; for compiled functions only.
_float_of = cast(Callable[[np.uint32], np.float32], intrinsic(_as_float))
_bits_of = cast(Callable[[np.float32], np.uint32], intrinsic(_as_bits))


@jit
def widen(half: np.uint16) -> np.float32:
    """The number that the bits of a bfloat16 stand for."""
    return _float_of(np.uint32(np.uint32(half) << np.uint32(16)))


@jit
def narrow(number: np.float32) -> np.uint16:
    """The bits of the nearest bfloat16, of two the even one."""
    bits = _bits_of(np.float32(number))
    odd = np.uint32(np.uint32(bits >> np.uint32(16)) & np.uint32(1))
    return np.uint16(np.uint32(bits + np.uint32(odd + np.uint32(0x7FFF))) >> np.uint32(16))


@jit
def add_moments(
    x: Bits, centre: Floats, sums: Floats, squares: Floats, first: int, last: int
) -> None:
    """Of each position and channel, the sum of x - centre and that of its square.

    Args:
        x: [B, P, C].
        centre: [C], near the means, so that the squares lose no digits.
        sums: [B, C], written.
        squares: [B, C], written.
    """
    channels = x.shape[2]
    for b in range(first, last):
        total, square = sums[b], squares[b]
        for c in range(channels):
            total[c] = square[c] = 0
        for p in range(x.shape[1]):
            for c in range(channels):
                value = widen(x[b, p, c]) - centre[c]
                total[c] += value
                square[c] += value * value


@jit
def scale_shift_relu(x: Bits, scale: Floats, shift: Floats, y: Bits, first: int, last: int) -> None:
    """y = relu(x * scale + shift).

    Args:
        x: [B, P, C].
        scale: [C].
        shift: [B, C].
        y: [B, P, C], written.
    """
    zero = np.float32(0)
    for b in range(first, last):
        here = shift[b]
        for p in range(x.shape[1]):
            for c in range(x.shape[2]):
                value = widen(x[b, p, c]) * scale[c] + here[c]
                y[b, p, c] = narrow(zero if value < zero else value)  # NaN stays


@jit
def scale_shift_add_relu(
    x: Bits, scale: Floats, shift: Floats, residual: Bits, y: Bits, first: int, last: int
) -> None:
    """y = relu(x * scale + shift + residual); see `scale_shift_relu`."""
    zero = np.float32(0)
    for b in range(first, last):
        here = shift[b]
        for p in range(x.shape[1]):
            for c in range(x.shape[2]):
                value = widen(x[b, p, c]) * scale[c] + here[c] + widen(residual[b, p, c])
                y[b, p, c] = narrow(zero if value < zero else value)


@jit
def relu_backward(
    gradient: Bits,
    y: Bits,
    x: Bits,
    mean: Floats,
    masked: Bits,
    sums: Floats,
    products: Floats,
    first: int,
    last: int,
) -> None:
    """The gradient before the ReLU, and what the gradients of a normalisation are made of.

    Args:
        gradient: [B, P, C], of y.
        y: [B, P, C], what the ReLU answered.
        x: [B, P, C], what was normalised.
        mean: [C], of x.
        masked: [B, P, C], written: the gradient where y is not zero, else 0.
        sums: [B, C], written: the sum of the masked gradient.
        products: [B, C], written: the sum of the masked gradient times x - mean.
    """
    channels = x.shape[2]
    for b in range(first, last):
        total, product = sums[b], products[b]
        for c in range(channels):
            total[c] = product[c] = 0
        for p in range(x.shape[1]):
            for c in range(channels):
                half = gradient[b, p, c] if y[b, p, c] & ~_SIGN else np.uint16(0)
                masked[b, p, c] = half
                value = widen(half)
                total[c] += value
                product[c] += value * (widen(x[b, p, c]) - mean[c])


@jit
def combine(
    gradient: Bits,
    x: Bits,
    factor: Floats,
    slope: Floats,
    offset: Floats,
    out: Bits,
    first: int,
    last: int,
) -> None:
    """out = factor * gradient + slope * x + offset, with three numbers for each channel."""
    for b in range(first, last):
        for p in range(x.shape[1]):
            for c in range(x.shape[2]):
                product = factor[c] * widen(gradient[b, p, c])
                out[b, p, c] = narrow(product + slope[c] * widen(x[b, p, c]) + offset[c])
