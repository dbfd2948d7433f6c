"""How gocnn compiles: machine code kept on disk, no Python objects, the GIL let go.

A second start pays no compilation: numba keeps the code in ``__pycache__`` beside the module (or
in the user's cache folder where that cannot be written).
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_F = TypeVar("_F", bound=Callable[..., Any])


def jit(function: _F) -> _F:
    """Compile a function at its first call, or load what an earlier start compiled."""
    return cast(_F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def _popcount(_context: Any, _word: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


def _lowest_bit(_context: Any, _word: Any) -> Any:
    def generate(_target: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


# The number of set bits of a word; one machine instruction, for compiled functions only.
popcount = cast(Callable[[np.uint64], int], intrinsic(_popcount))
# The number of the lowest set bit of a word that is not zero; likewise.
lowest_bit = cast(Callable[[np.uint64], int], intrinsic(_lowest_bit))
