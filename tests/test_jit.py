"""Compiled code is kept, and never outlives the sources that it was made of."""

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
    sources = {
        "jit": "",
        "fast": "from gocnn.jit import jit\nfrom gocnn.numbers import N\n",
        "numbers": "from gocnn.deeper import N\n",
        "deeper": "N = 1\n",
        "slow": "from gocnn.fast import f\n",
    }
    for name, text in sources.items():
        (tmp_path / f"{name}.py").write_text(text)
    folder = cache_folder(tmp_path)
    assert folder is not None
    assert cache_folder(tmp_path) == folder
    for name in ("jit", "fast", "numbers", "deeper"):
        (folder / "code").write_text("")
        (tmp_path / f"{name}.py").write_text(sources[name] + "x = 1\n")
        changed = cache_folder(tmp_path)
        assert changed not in (None, folder), name
        assert not folder.exists()
        assert changed is not None
        folder = changed
    (tmp_path / "slow.py").write_text("x = 1\n")  # nothing compiled depends on it
    assert cache_folder(tmp_path) == folder


CALLER = """
import sys
sys.path.insert(0, {root!r})
from gocnn import rules
board = rules.new_board(5)
stats = rules.play.stats
rules.play(board, 3, 1)
stats = rules.play.stats
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
