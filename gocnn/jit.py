"""How gocnn compiles: machine code kept on disk, no Python objects, the GIL let go.

A second start pays no compilation. numba itself only notices a change of the file that a function
stands in, not of the functions that it calls; so the code is kept in a folder named after the
sources of all modules that compile and of what these import, and a change of any of them compiles
anew.
"""

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import event, types
from numba.extending import intrinsic
from platformdirs import user_cache_path

from gocnn.progress import remark

_F = TypeVar("_F", bound=Callable[..., Any])
_JIT = __name__
_FOLDER = "compiled-"
_IMPORTED = re.compile(r"^\s*(?:from|import) (gocnn[\w.]*)(?: import ([\w, ]+))?", re.MULTILINE)
_PACKAGE = Path(__file__).parent
# Half of the time goes into reading ladders, and another process can do that: the module that has
# it and the function to call there, and the function after which the result is needed.
_BESIDE = ("gocnn.features.planes", "compile_ladders")
_IS_HELPER = "GOCNN_COMPILES_BESIDE"
_BEFORE = "gocnn.features.planes._write_moves"


def cache_folder(package: Path, places: Sequence[Path] | None = None) -> Path | None:
    """Where the compiled code of a package's sources, as they are now, is kept.

    Folders of earlier sources are removed.

    Args:
        package: the folder with the Python files.
        places: folders to keep it in; the first that can be written is taken. By default the
            package's ``__pycache__``, the user's cache and a folder for temporary files.

    Returns:
        A folder; None where none of the places can be written.
    """
    digest = hashlib.blake2b(digest_size=8)
    for text in _compiling(package):
        digest.update(text.encode())
    name = f"{_FOLDER}{digest.hexdigest()}"
    for place in _places(package) if places is None else places:
        folder = place / name
        try:
            if not folder.is_dir():
                for old in place.glob(f"{_FOLDER}*"):
                    shutil.rmtree(old, ignore_errors=True)
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.access(folder, os.W_OK) and _is_own(folder):
                return folder
        except OSError:
            continue
    return None


def _places(package: Path) -> Iterator[Path]:
    yield package / "__pycache__"
    with contextlib.suppress(RuntimeError):  # no home
        yield user_cache_path("gocnn")
    temporary = _temporary_place()
    with contextlib.suppress(OSError):
        temporary.mkdir(mode=0o700, exist_ok=True)
        if _is_own(temporary):  # compiled code is run: nobody else may have put it there
            yield temporary


def _temporary_place() -> Path:
    return Path(tempfile.gettempdir()) / f"gocnn-{_user()}"


def _is_own(folder: Path) -> bool:
    """Whether a folder is not a link, and this user's or the administrator's."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid in (_user(), 0)


def _user() -> int:
    """The number of the user; 0 on Windows, where every user has a folder for temporary files."""
    number: int = getattr(os, "getuid", int)()
    return number


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
    modules = set()
    for module, names in _IMPORTED.findall(text):
        modules |= {module, *(f"{module}.{name.split()[0]}" for name in names.split(",") if name)}
    return modules


_config: Any = numba.config
# Where the user wants it, or where it can be.
_folder = Path(_config.CACHE_DIR) if _config.CACHE_DIR else cache_folder(_PACKAGE)
if _folder is not None:
    _config.CACHE_DIR = str(_folder)


def _told_where() -> str:
    """What the user should know of the place where compiled code is kept."""
    if _folder is None:
        return "; no folder can be written to keep it in, so every start does; set NUMBA_CACHE_DIR"
    if _folder.parent == _temporary_place():
        return f"; kept in {_folder}, since neither {_PACKAGE} nor ~/.cache can be written"
    return ", which happens once"


class _Announcer(event.Listener):
    """Says that a start takes long because it compiles, and lets another process compile beside."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[bytes] | None = None
        self._said = False

    def on_start(self, happened: Any) -> None:
        """A function is about to be compiled; what the cache has does not come here."""
        if self._said or not _name(happened).startswith("gocnn."):
            return
        self._said = True
        remark(f"compiling for this machine{_told_where()}; it takes some ten seconds")
        alone = _folder is None or _IS_HELPER in os.environ or (os.cpu_count() or 1) == 1
        if _BESIDE[0] in sys.modules and not alone:
            words = [sys.executable, "-c", f"import {_BESIDE[0]} as m; m.{_BESIDE[1]}()"]
            environment = os.environ | {"NUMBA_CACHE_DIR": str(_folder), _IS_HELPER: "1"}
            with contextlib.suppress(OSError):
                self._helper = subprocess.Popen(
                    words,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                atexit.register(self._end)

    def _end(self) -> None:
        if self._helper is not None:
            self._helper.kill()
            self._helper.wait()

    def on_end(self, happened: Any) -> None:
        """Before what the other process compiles is asked for, wait for it."""
        if self._helper is not None and _name(happened) == _BEFORE:
            self._helper.wait()
            self._helper = None


def _name(happened: Any) -> str:
    function = happened.data["dispatcher"].py_func
    return f"{function.__module__}.{function.__qualname__}"


cast(Any, event).register("numba:compile", _Announcer())


def jit(function: _F) -> _F:
    """Compile a function at its first call, or load what an earlier start compiled.

    Where the code cannot be kept or read, as on a full disk, every start compiles.
    """
    keep = _folder is not None
    compiled: Any = numba.njit(cache=keep, nogil=True, error_model="numpy")(function)
    if keep:
        compiled._cache._guard_against_spurious_io_errors = lambda: contextlib.suppress(OSError)
    return cast(_F, compiled)


def _wide(number: Any) -> Any:
    return np.int64(number)


# A number as int64, in compiled functions. numba compiles a function anew for every kind of integer
# that it is called with, so what comes out of arrays of smaller ones is widened first.
wide = cast(Callable[[Any], int], jit(_wide))


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
