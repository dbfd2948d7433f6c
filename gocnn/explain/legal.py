"""From planes of real numbers to the nearest board that could be: stones with liberties."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gocnn.explain.probe import Probe
from gocnn.go.board import BLACK, EMPTY, WHITE
from gocnn.go.position import Position

_THRESHOLD = 0.5  # of a plane of stones, above which a stone stands


def nearest_position(probe: Probe, planes: Tensor) -> Position:
    """The board whose stones planes [C, S, S] show best, chains without liberties left out.

    Black, who is to move, stands for the player to move. Where both planes of stones are above one
    half, the larger one counts. The position has no history.
    """
    names = probe.plane_names()
    values = planes.detach().cpu().numpy()
    if "own stones" in names:
        own, other = (values[names.index(name)] for name in ("own stones", "opponent's stones"))
    else:
        own, other = values[0], -values[0]
    stones = np.where(
        np.maximum(own, other) < _THRESHOLD, EMPTY, np.where(own >= other, BLACK, WHITE)
    )
    stones = _with_liberties(stones)
    position = Position(len(stones))
    flat = stones.reshape(-1)
    position.setup(np.flatnonzero(flat == BLACK).tolist(), np.flatnonzero(flat == WHITE).tolist())
    return position


def _with_liberties(stones: NDArray[np.integer]) -> NDArray[np.int8]:
    """The stones less all chains without a liberty, int8[S, S]."""
    board = stones.astype(np.int8)
    for colour in (BLACK, WHITE):  # what is taken off gives liberties, so one round each is enough
        alive = np.zeros_like(board, bool)
        near = _beside(board == EMPTY) & (board == colour)
        while (near & ~alive).any():
            alive |= near
            near = _beside(alive) & (board == colour)
        board[(board == colour) & ~alive] = EMPTY
    return board


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The points next to those of a mask."""
    padded = np.pad(mask, 1)
    result: NDArray[np.bool_] = (
        padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    )
    return result


def planes_of(probe: Probe, position: Position) -> Tensor:
    """float[1, C, S, S]: how the network is shown a position."""
    return probe.encode(position)[0].to(torch.float32)
