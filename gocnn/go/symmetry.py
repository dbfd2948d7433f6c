"""The eight views of a board, and the way back.

View s of a board is: transpose when s >= 4, then turn s % 4 quarter turns counter-clockwise
(`numpy.rot90`). View 0 is the board itself. A pass stays a pass in every view.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

VIEWS = 8


@cache
def point_maps(size: int) -> NDArray[np.int16]:
    """Where each point goes in each view.

    Returns:
        int16[8, size*size + 1], read-only: ``maps[s, point]`` is the point of view `s` that
        shows `point`; the last column is the pass, which stays.
    """
    points = np.arange(size * size, dtype=np.int16).reshape(size, size)
    maps = np.empty((VIEWS, size * size + 1), np.int16)
    for view in range(VIEWS):
        shown = np.rot90(points.T if view >= 4 else points, view % 4).ravel()
        maps[view, shown] = np.arange(size * size, dtype=np.int16)
        maps[view, -1] = size * size
    maps.flags.writeable = False
    return maps


@cache
def source_maps(size: int) -> NDArray[np.int16]:
    """The way back: ``source_maps(size)[s, p]`` is the point that view `s` shows at `p`.

    So ``board.ravel()[source_maps(size)[s, :-1]]`` is view `s` of a board, and the same gather
    with `point_maps` brings the view back.

    Returns:
        int16[8, size*size + 1], read-only.
    """
    maps = point_maps(size)
    inverse = np.empty_like(maps)
    for view in range(VIEWS):
        inverse[view, maps[view]] = np.arange(maps.shape[1], dtype=np.int16)
    inverse.flags.writeable = False
    return inverse
