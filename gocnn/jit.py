"""How gocnn compiles: machine code kept on disk, no Python objects, the GIL let go.

A second start pays no compilation: numba keeps the code in ``__pycache__`` beside the module (or
in the user's cache folder where that cannot be written).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_F = TypeVar("_F", bound=Callable[..., Any])


def jit(function: _F) -> _F:
    """Compile a function at its first call, or load what an earlier start compiled."""
    return cast(_F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def popcount(_context: Any, _word: Any) -> Any:
    """The number of set bits of a uint64, one machine instruction."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def lowest_bit(_context: Any, _word: Any) -> Any:
    """The number of the lowest set bit of a uint64 that is not zero."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate
