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


def test_a_change_of_any_source_compiles_anew(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "b.py").write_text("y = 1")
    first = cache_folder(tmp_path)
    assert first is not None
    assert cache_folder(tmp_path) == first
    (first / "code").write_text("")
    (tmp_path / "b.py").write_text("y = 2")
    second = cache_folder(tmp_path)
    assert second not in (None, first)
    assert not first.exists()


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
