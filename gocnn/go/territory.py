"""Who owns which points of a finished board: dead chains, eyes, seki. Compiled."""

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import BLACK, EMPTY, WHITE, Board, is_legal
from gocnn.go.playouts import throws_away
from gocnn.jit import jit

_ROOM = 6  # a single eye of more points can be made into two


@jit
def chain_means(board: Board, ownership: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean ownership of each stone's chain, seen from its own colour.

    Returns:
        float32[P], from -1 lost to +1 safe; 0 at empty points.
    """
    points = board.stones.size - 1
    means = np.zeros(points, np.float32)
    for head in range(points):
        if board.stones[head] == EMPTY or board.head[head] != head:
            continue
        total = 0.0
        stone = head
        for _ in range(board.sizes[head]):
            total += ownership[stone]
            stone = int(board.next[stone])
        for _ in range(board.sizes[head]):
            means[stone] = total * board.stones[head] / board.sizes[head]
            stone = int(board.next[stone])
    return means


@jit
def owners(board: Board, dead: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Who owns each point once the dead stones are gone.

    An empty region, dead stones included, belongs to the one colour that touches it; a region
    that both touch, or none, belongs to neither.

    Returns:
        int8[P]: black 1, white -1, neither 0.
    """
    owner = np.zeros(dead.size, np.int8)
    seen = np.zeros(dead.size, np.bool_)
    region = np.zeros(dead.size, np.int16)
    for start in range(dead.size):
        if board.stones[start] != EMPTY and not dead[start]:
            owner[start] = board.stones[start]
        elif not seen[start]:
            size, touched = _flood(board, dead, start, seen, region)
            for index in range(size):
                owner[region[index]] = touched % 3 - touched // 3
    return owner


@jit
def _flood(
    board: Board,
    dead: NDArray[np.bool_],
    start: int,
    seen: NDArray[np.bool_],
    region: NDArray[np.int16],
) -> tuple[int, int]:
    """List the empty region of a point, dead stones included, in `region`, and mark it as seen.

    Returns:
        Its size, and who touches it: 0 nobody, 1 black, 3 white, 4 both.
    """
    seen[start] = True
    region[0] = start
    size, done = 1, 0
    black = white = 0
    while done < size:
        for k in range(4):
            near = board.neighbours[region[done], k]
            if near == dead.size or seen[near]:
                continue
            if board.stones[near] == EMPTY or dead[near]:
                seen[near] = True
                region[size] = near
                size += 1
            elif board.stones[near] == BLACK:
                black = 1
            else:
                white = 1
        done += 1
    return size, black + 3 * white


@jit
def sekis(board: Board, dead: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[P]: the stones in seki.

    Points between both colours that neither can fill without losing three stones or more hold the
    groups around them in seki, unless one of these has two eyes.
    """
    seki = np.zeros(dead.size, np.bool_)
    seen = np.zeros(dead.size, np.bool_)
    region = np.zeros(dead.size, np.int16)
    for start in range(dead.size):
        if not seen[start] and (board.stones[start] == EMPTY or dead[start]):
            size, touched = _flood(board, dead, start, seen, region)
            locked = touched == 4
            for index in range(size):
                point = region[index]
                locked = locked and not dead[point]
                locked = locked and not _playable(board, point, BLACK)
                locked = locked and not _playable(board, point, WHITE)
            if locked:
                groups = np.zeros(dead.size, np.bool_)
                _mark_chains(board, dead, region[:size], groups)
                if not (_lives(board, dead, groups, BLACK) or _lives(board, dead, groups, WHITE)):
                    seki |= groups
    return seki


@jit
def _playable(board: Board, point: int, colour: int) -> bool:
    return is_legal(board, point, colour) and not throws_away(board, point, colour)


@jit
def _mark_chains(
    board: Board, dead: NDArray[np.bool_], region: NDArray[np.int16], seki: NDArray[np.bool_]
) -> None:
    """Mark the living chains around a region."""
    for point in region:
        for k in range(4):
            near = board.neighbours[point, k]
            if near < dead.size and board.stones[near] != EMPTY and not dead[near]:
                stone = near
                for _ in range(board.sizes[board.head[near]]):
                    seki[stone] = True
                    stone = board.next[stone]


@jit
def _lives(board: Board, dead: NDArray[np.bool_], groups: NDArray[np.bool_], colour: int) -> bool:
    """Whether a colour's marked chains have two eyes; marks what they join through an eye."""
    seen = np.zeros(dead.size, np.bool_)
    region = np.zeros(dead.size, np.int16)
    eyes = points = 0
    start = 0
    while start < dead.size:
        if not seen[start] and (board.stones[start] == EMPTY or dead[start]):
            size, touched = _flood(board, dead, start, seen, region)
            own = touched == (1 if colour == BLACK else 3)
            if own and _touches(board, region[:size], groups):
                eyes += 1
                points += size
                _mark_chains(board, dead, region[:size], groups)
                if eyes > 1 or points > _ROOM:
                    return True
                seen[:] = False  # the chains just marked may touch regions passed over before
                seen[region[:size]] = True
                start = -1
        start += 1
    return False


@jit
def _touches(board: Board, region: NDArray[np.int16], chains: NDArray[np.bool_]) -> bool:
    for point in region:
        for k in range(4):
            near = board.neighbours[point, k]
            if near < chains.size and chains[near]:
                return True
    return False


@jit
def beside(board: Board, dead: NDArray[np.bool_], seki: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool[P]: the points of empty regions, dead stones included, that touch a chain in seki."""
    touching = np.zeros(dead.size, np.bool_)
    seen = np.zeros(dead.size, np.bool_)
    region = np.zeros(dead.size, np.int16)
    for start in range(dead.size):
        if not seen[start] and (board.stones[start] == EMPTY or dead[start]):
            size, _ = _flood(board, dead, start, seen, region)
            touching[region[:size]] = _touches(board, region[:size], seki)
    return touching


_OPEN = 0.3  # an empty point whose mean owner is nearer to zero may still change hands


@jit
def useful_moves(
    board: Board,
    colour: int,
    owner: NDArray[np.int8],
    ownership: NDArray[np.float32],
    unsure: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """bool[P]: moves that may still gain: on open points, or beside stones of open fate."""
    useful = np.zeros(owner.size, np.bool_)
    for point in range(owner.size):
        if is_legal(board, point, colour) and not throws_away(board, point, colour):
            open_point = owner[point] == EMPTY or abs(ownership[point]) < _OPEN
            for k in range(4):
                near = board.neighbours[point, k]
                open_point |= near < owner.size and unsure[near]
            useful[point] = open_point
    return useful
