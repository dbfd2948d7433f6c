"""Fingerprints of games, equal in all eight views of the board, and draws by fingerprint."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import POINT_MASK, WHITE_BIT
from gocnn.go.symmetry import point_maps
from gocnn.jit import jit

FINGERPRINT_MOVES = 60  # games that agree so far, in some view, are one game


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # the step of splitmix64: 2**64 by the golden ratio

_Words = TypeVar("_Words", np.uint64, NDArray[np.uint64])


def _splitmix64(words: _Words) -> _Words:
    """The finaliser of splitmix64 (Steele, Lea, Flood 2014), of one word or of an array."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


_mix = jit(_splitmix64)


@jit
def _fingerprint(entries: NDArray[np.uint16], setup: int, maps: NDArray[np.int16]) -> np.uint64:
    stop = min(entries.size, setup + FINGERPRINT_MOVES)
    least = np.uint64(0xFFFFFFFFFFFFFFFF)
    for view in range(maps.shape[0]):
        stones = np.uint64(maps.shape[1])
        for index in range(setup):  # a sum: the order of set-up stones means nothing
            entry = int(entries[index])
            seen = int(maps[view, entry & POINT_MASK]) | (entry & WHITE_BIT)
            stones += _mix(np.uint64(seen + 1) * _GOLDEN)
        word = _mix(stones + np.uint64(stop - setup) * _GOLDEN)
        for index in range(setup, stop):
            entry = int(entries[index])
            seen = int(maps[view, entry & POINT_MASK]) | (entry & WHITE_BIT)
            word = _mix(word + np.uint64(seen + 1) * _GOLDEN)
        least = min(least, word)
    return least


def fingerprint(entries: NDArray[np.uint16], setup: int, size: int) -> int:
    """What a game is known by, the same in all eight views of the board.

    It covers the size, the set-up stones and the first `FINGERPRINT_MOVES` moves; a shorter game
    counts whole and never equals a longer one that begins alike.

    Returns:
        64 bits; two different games share them by chance once in 2**64 pairs.
    """
    return int(_fingerprint(entries, setup, point_maps(size)))


def hash_fraction(fingerprints: NDArray[np.uint64], purpose: int) -> NDArray[np.float64]:
    """A number from 0 to 1 for each game, fixed by its fingerprint.

    Games below a threshold are a random share of any set of games, and always the same ones.

    Args:
        fingerprints: uint64[N], see `fingerprint`.
        purpose: draws with different purposes are independent.
    """
    with np.errstate(over="ignore"):
        words = _splitmix64(np.asarray(fingerprints, np.uint64) + np.uint64(purpose) * _GOLDEN)
    fractions: NDArray[np.float64] = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return fractions
