"""Groups of games between which a training run divides its positions evenly.

Most records come from a few strong servers. Drawn evenly by position, a network sees the moves of
weak players once in a hundred times, and learns little of what they play. Games are therefore put
into groups by their source and the rank of the weaker player, and each group gets a share of the
positions that goes with the square root of its size (see `gocnn.dataset.loader.interleave`).
"""

import numpy as np
from numpy.typing import NDArray

from gocnn.go.ranks import UNKNOWN, parse_rank

_BAND_STARTS = np.array([parse_rank(rank) for rank in ("20k", "10k", "5k", "1d", "4d", "7d", "9p")])
_SMALLEST = 1 / 4000  # share of the moves; what is smaller joins the other small groups


def strength_groups(records: NDArray[np.void], moves: NDArray[np.int64]) -> NDArray[np.int64]:
    """The group of each game: its source and the band of the weaker player's rank.

    Bands begin at 20k, 10k, 5k, 1d, 4d, 7d and with professionals; unknown ranks are a band.

    Args:
        records: `gocnn.corpus.packing.RECORD`[N].
        moves: int64[N], moves of each game.

    Returns:
        int64[N], numbers from 0. Groups with less than 1/4000 of the moves are one group together,
        so that a handful of games is not shown over and over.
    """
    ranks = np.stack((records["black_rank"], records["white_rank"])).astype(np.int64)
    weaker = np.where((ranks == UNKNOWN).any(0), ranks.max(0), ranks.min(0))
    bands = np.searchsorted(_BAND_STARTS, weaker, side="right")
    keys = records["kind"].astype(np.int64) * (len(_BAND_STARTS) + 1) + bands
    _, groups = np.unique(keys, return_inverse=True)
    sizes = np.bincount(groups, weights=moves)
    small = sizes < _SMALLEST * max(1.0, sizes.sum())
    _, groups = np.unique(np.where(small[groups], -1, groups), return_inverse=True)
    return groups.astype(np.int64)
