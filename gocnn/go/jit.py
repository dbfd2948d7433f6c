"""How gocnn compiles: machine code kept on disk, no Python objects, the GIL let go.

A second start pays no compilation. numba itself only notices a change of the file that a function
stands in, not of the functions that it calls; so the code is kept in a folder named after the
sources of all modules that compile and of what these import, and a change of any of them compiles
anew.
"""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

_F = TypeVar("_F", bound=Callable[..., Any])
_JIT = __name__
_FOLDER = "compiled-"
_IMPORTED = re.compile(r"^\s*(?:from|import) (gocnn[\w.]*)(?: import ([\w, ]+))?", re.MULTILINE)
_PACKAGE = Path(__file__).parents[1]


def cache_folder(package: Path) -> Path | None:
    """Where the compiled code of a package's sources, as they are now, is kept.

    Folders of earlier sources are removed.

    Args:
        package: the folder with the Python files.

    Returns:
        A folder in ``__pycache__``; None where that cannot be written, and numba then uses the
        user's cache folder.
    """
    digest = hashlib.blake2b(digest_size=8)
    for text in _compiling(package):
        digest.update(text.encode())
    folder = package / "__pycache__" / f"{_FOLDER}{digest.hexdigest()}"
    try:
        if not folder.is_dir():
            for old in folder.parent.glob(f"{_FOLDER}*"):
                shutil.rmtree(old, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _compiling(package: Path) -> list[str]:
    """The sources of the modules that import this one, and of all that those import."""
    texts = {
        ".".join((package.name, *path.relative_to(package).with_suffix("").parts)): path.read_text(
            encoding="utf-8"
        )
        for path in sorted(package.rglob("*.py"))
    }
    imports = {name: _imports(text) & texts.keys() for name, text in texts.items()}
    wanted = {name for name in texts if _JIT in imports[name]}
    while more := set().union(*(imports[name] for name in wanted)) - wanted:
        wanted |= more
    return [texts[name] for name in sorted(wanted)]


def _imports(text: str) -> set[str]:
    """The modules that a source imports, whether by name or out of their package."""
    found = set()
    for module, names in _IMPORTED.findall(text):
        found |= {module, *(f"{module}.{name.split()[0]}" for name in names.split(",") if name)}
    return found


_config: Any = numba.config
if not _config.CACHE_DIR:  # else the user has said where
    _config.CACHE_DIR = str(cache_folder(_PACKAGE) or "")


def jit(function: _F) -> _F:
    """Compile a function at its first call, or load what an earlier start compiled.

    Where the code cannot be kept or read, as on a full disk, every start compiles.
    """
    compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    compiled._cache._guard_against_spurious_io_errors = lambda: contextlib.suppress(OSError)
    return cast(_F, compiled)


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
