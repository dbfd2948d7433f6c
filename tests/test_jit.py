"""Compiled code is kept, and never outlives the sources that it was made of."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gocnn.jit import cache_folder, jit, lowest_bit, popcount


@jit
def _bits(word: np.uint64) -> tuple[int, int]:
    return popcount(word), lowest_bit(word)


@pytest.mark.parametrize("word", [1, 0b1010000, 2**63, 2**64 - 1])
def test_bits(word: int) -> None:
    count, lowest = _bits(np.uint64(word))
    assert count == word.bit_count()
    assert lowest == (word & -word).bit_length() - 1


def test_a_change_of_what_is_compiled_compiles_anew(tmp_path: Path) -> None:
    package = tmp_path / "gocnn"
    sources = {
        "jit": "",
        "features/fast": "from gocnn.jit import jit\nfrom gocnn.go import numbers\n",
        "go/numbers": "from gocnn.go.deeper import N\n",
        "go/deeper": "N = 1\n",
        "slow": "from gocnn.features.fast import f\n",
    }
    for name, text in sources.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder = cache_folder(package)
    assert folder is not None
    assert cache_folder(package) == folder
    for name in ("jit", "features/fast", "go/numbers", "go/deeper"):
        (folder / "code").write_text("")
        (package / f"{name}.py").write_text(sources[name] + "x = 1\n")
        changed = cache_folder(package)
        assert changed not in (None, folder), name
        assert not folder.exists()
        assert changed is not None
        folder = changed
    (package / "slow.py").write_text("x = 1\n")  # nothing compiled depends on it
    assert cache_folder(package) == folder


CALLED = """
from gocnn.jit import jit

@jit
def step(x):
    return x {sign} 1
"""
CALLS = """
from gocnn.go.called import step
from gocnn.jit import jit

@jit
def walk(x):
    return step(step(x))
"""


def test_an_edit_of_a_compiled_function_is_noticed(tmp_path: Path, root: Path) -> None:
    """The caller keeps its source; only a function that it calls, in another module, changes."""
    package = tmp_path / "gocnn"
    shutil.copytree(
        root / "gocnn", package, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors")
    )
    (package / "go" / "calls.py").write_text(CALLS)
    run = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import gocnn.go.calls as c"
    answers = []
    for sign in "++-":
        (package / "go" / "called.py").write_text(CALLED.format(sign=sign))
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                f"{run}; print(c.walk(5), sum(c.walk.stats.cache_hits.values()))",
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        answers.append(done.stdout.split())
    assert answers == [["7", "0"], ["7", "1"], ["3", "0"]]


CALLER = """
import sys
sys.path.insert(0, {root!r})
from gocnn.go.board import new_board, play
board = new_board(5)
stats = play.stats
play(board, 3, 1)
stats = play.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def test_a_second_start_compiles_nothing(root: Path) -> None:
    called = [sys.executable, "-c", CALLER.format(root=str(root))]
    subprocess.run(called, check=True, capture_output=True)
    second = subprocess.run(called, check=True, capture_output=True, text=True)
    assert second.stdout.split() == ["1", "0"]


FULL_DISK = """
import errno
import numpy as np
from numba.core import caching

def fail(*_arguments):
    raise OSError(errno.ENOSPC, "No space left on device")

caching.IndexDataCacheFile._open_for_write = fail
from gocnn.jit import jit

@jit
def twice(number):
    return 2 * number

print(twice(21))
"""


def test_a_full_disk_costs_time_but_no_move(tmp_path: Path) -> None:
    """The code cannot be kept; it runs all the same."""
    script = tmp_path / "full.py"
    script.write_text(FULL_DISK, encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr


_UNWRITABLE = """
import os, sys
sys.path.insert(0, {package!r})
from gocnn.progress import show_remarks
show_remarks()
from gocnn.go.position import Position
print(Position(5).ply)
"""


def _start(package: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    # An administrator may write everywhere: a file stands where the folder would have to be.
    (package / "gocnn" / "__pycache__").write_text("")
    kept = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-B", "-c", _UNWRITABLE.format(package=str(package))],
        env=kept | environment,
        capture_output=True,
        text=True,
    )


def test_compiled_code_is_kept_elsewhere_where_package_and_home_cannot_be_written(
    tmp_path: Path, root: Path
) -> None:
    shutil.copytree(
        root / "gocnn", tmp_path / "gocnn", ignore=shutil.ignore_patterns("__pycache__", "weights")
    )
    blocked, temporary = tmp_path / "file", tmp_path / "temporary"
    blocked.write_text("")
    temporary.mkdir()
    places = {"HOME": str(blocked), "XDG_CACHE_HOME": str(blocked), "TMPDIR": str(temporary)}
    for told in (1, 0):  # the second start has nothing left to compile, and nothing to tell
        (tmp_path / "gocnn" / "__pycache__").unlink(missing_ok=True)
        done = _start(tmp_path, **places)
        assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
        assert done.stderr.count("\n") == told
        if told:
            assert done.stderr.startswith("gocnn: compiling for this machine; kept in ")
            assert str(temporary) in done.stderr
    assert list(temporary.glob("gocnn-*/compiled-*/**/*.nbi"))


def test_the_folder_that_the_user_names_needs_no_words(tmp_path: Path, root: Path) -> None:
    shutil.copytree(
        root / "gocnn", tmp_path / "gocnn", ignore=shutil.ignore_patterns("__pycache__", "weights")
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", _UNWRITABLE.format(package=str(tmp_path))],
        env=os.environ
        | {"NUMBA_CACHE_DIR": str(tmp_path / "named"), "TMPDIR": str(tmp_path.parent)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == (
        "gocnn: compiling for this machine, which happens once; it takes some ten seconds\n"
    )


def test_a_folder_that_others_may_have_filled_is_not_taken(tmp_path: Path) -> None:
    package, foreign = tmp_path / "package", tmp_path / "link"
    package.mkdir()
    (tmp_path / "theirs").mkdir()
    folder = cache_folder(package, [package])
    assert folder is not None
    foreign.mkdir()
    (foreign / folder.name).symlink_to(tmp_path / "theirs")
    assert cache_folder(package, [foreign]) is None
    assert cache_folder(package, [foreign, package]) == folder
