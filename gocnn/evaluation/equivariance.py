"""Does a prediction move with the position? Local shapes that are moved, and positions mirrored.

`shift_test` cuts the stones around the move played out of real positions, moves them by one, two
and three points over the board, and asks whether the first choice among the points of the cut-out
moves along. `symmetry_test`
turns and mirrors whole positions. What is measured is of the network alone, in one view.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.errors import IllegalMove
from gocnn.features.encode import Query, encode_planes
from gocnn.go.board import BLACK, EMPTY, POINT_MASK, WHITE, new_board, pack, replay
from gocnn.go.position import Position
from gocnn.go.symmetry import VIEWS
from gocnn.inference.forward import forward, prepare_for_inference
from gocnn.inference.views import Views
from gocnn.inference.weights import LoadedNetwork
from gocnn.stats import Estimate, clustered_mean

SHIFTS = (1, 2, 3)
RADIUS = 4  # a cut-out has 9 by 9 points
_DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))
_TRIED = 60  # positions looked at for each cut-out that is wanted; moves in the middle are rare


@dataclass(frozen=True, slots=True)
class Cutouts:
    """N local shapes, each alone on a board, the move played in the middle of it."""

    size: int
    numbers: NDArray[np.int64]  # [N] which position, see `Positions`
    games: NDArray[np.int64]  # [N] its game
    setups: list[NDArray[np.uint16]]  # N arrays of packed stones
    lasts: NDArray[np.int64]  # [N] the packed move before, or -1 where it lies outside
    moves: NDArray[np.int64]  # [N] the point played
    colours: NDArray[np.int8]  # [N] who played it

    def __len__(self) -> int:
        return len(self.numbers)

    def moved(self, down: int, right: int) -> tuple[Query, NDArray[np.int64]]:
        """The shapes further down and to the right, ready to encode, and where the moves are."""
        step = down * self.size + right
        parts, plies = [], (self.lasts >= 0).astype(np.int64)
        for setup, last in zip(self.setups, self.lasts, strict=True):
            entries = setup if last < 0 else np.append(setup, np.uint16(last))
            parts.append((entries.astype(np.int64) + step).astype(np.uint16))
        lengths = np.array([len(part) for part in parts], np.int64)
        query = Query(
            entries=np.concatenate(parts),
            starts=np.cumsum(lengths) - lengths,
            setups=lengths - plies,
            plies=plies,
            colours=self.colours,
        )
        return query, self.moves + step


def cut_out(
    positions: Positions, most: int, *, radius: int = RADIUS, reach: int = max(SHIFTS)
) -> Cutouts:
    """Local shapes from the middle of the board, always the same ones.

    Args:
        positions: where they are from.
        most: how many, at most.
        radius: points that stay on each side of the move.
        reach: how far they will be moved; so far from the edge they are taken.
    """
    size = positions.size
    inner = range(radius + reach, size - radius - reach)
    chosen = sample(positions, most * _TRIED)
    moves = positions.moves(chosen)
    middle = np.isin(moves // size, inner) & np.isin(moves % size, inner)
    cutouts = []
    for number in chosen[middle].tolist():
        shape = _cut(positions, number, radius, reach)
        if shape is not None:
            cutouts.append((number, *shape))
        if len(cutouts) == most:
            break
    numbers = np.array([each[0] for each in cutouts], np.int64)
    games = positions.locate(numbers)[0] if cutouts else numbers
    return Cutouts(
        size=size,
        numbers=numbers,
        games=games,
        setups=[each[1] for each in cutouts],
        lasts=np.array([each[2] for each in cutouts], np.int64),
        moves=np.array([each[3] for each in cutouts], np.int64),
        colours=np.array([each[4] for each in cutouts], np.int8),
    )


def _cut(
    positions: Positions, number: int, radius: int, reach: int
) -> tuple[NDArray[np.uint16], int, int, int] | None:
    """The packed stones around a move, the move before, the move, its colour; None: no shape.

    Without the stones around it, a chain may have no liberty, or have its last one beyond the edge
    once it is moved there; such shapes are left out, and so are those in which the move before
    would now capture, and empty ones.
    """
    size = positions.size
    (game,), (ply,) = positions.locate(np.array([number]))
    record = positions.corpus.games[game]
    first = int(record["offset"])
    start = first + int(record["setup"])
    board = new_board(size)
    entries = positions.corpus.entries
    replay(board, entries, first, start + int(ply))
    move = int(entries[start + ply]) & POINT_MASK
    colour = BLACK if int(entries[start + ply]) == move else WHITE
    stones = board.stones[:-1].reshape(size, size)
    row, column = divmod(move, size)
    window = np.zeros((size, size), bool)
    window[row - radius : row + radius + 1, column - radius : column + radius + 1] = True
    kept = np.where(window, stones, EMPTY).reshape(-1)
    before = int(entries[start + ply - 1]) if ply else -1
    last = before & POINT_MASK
    seen = before >= 0 and last < size**2 and kept[last] == -colour
    rest = kept.copy()
    if seen:
        rest[last] = EMPTY
    steps = (0, *(reach * (down * size + right) for down, right in _DIRECTIONS))
    if not kept.any() or not all(
        _stands(np.roll(rest, step), last + step if seen else None, np.roll(kept, step), colour)
        for step in steps
    ):
        return None
    setup = np.array([pack(int(p), int(rest[p])) for p in np.flatnonzero(rest)], np.uint16)
    return setup, before if seen else -1, move, colour


def _stands(rest: NDArray[np.int8], last: int | None, kept: NDArray[np.int8], colour: int) -> bool:
    """Whether stones can be set up, and the last move of the opponent leads from them to `kept`."""
    position = Position(math.isqrt(rest.size))
    try:
        black, white = (np.flatnonzero(rest == each) for each in (BLACK, WHITE))
        position.setup(black, white, to_move=-colour)
        if last is not None:
            position.play(last, -colour)
    except IllegalMove:
        return False
    return bool((position.stones.reshape(-1) == kept).all())


@dataclass(frozen=True, slots=True)
class Shift:
    """What a network says of shapes that were moved by so many points, over four directions."""

    points: int
    top1: Estimate  # the move played is the first choice among the points of the cut-out
    lost: Estimate  # top-1 where the shape was, less top-1 where it is now
    follows: Estimate  # the first choice moved by just as much
    change: Estimate  # of the log-probability of the move played among these, without its sign

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def shift_test(
    network: LoadedNetwork,
    positions: Positions,
    most: int = 500,
    *,
    radius: int = RADIUS,
    shifts: tuple[int, ...] = SHIFTS,
) -> list[Shift]:
    """Move local shapes over the board, and see whether the prediction moves along.

    Args:
        network: what to measure.
        positions: where the shapes are from, made with ``passes=False``.
        most: shapes.
        radius: points that stay on each side of the move played.
        shifts: by how many points they are moved, up, down, left and right.

    Returns:
        The shapes where they were (0 points), then each of `shifts`; nothing when the positions
        have no shape that far from the edge.
    """
    shapes = cut_out(positions, most, radius=radius, reach=max(shifts))
    if not len(shapes):
        return []
    module = prepare_for_inference(network.module, network.device)
    views = Views(positions.size, network.device)
    context = positions.encode(network.encoding, shapes.numbers).globals
    around = np.arange(-radius, radius + 1)
    window = (around[:, None] * positions.size + around).reshape(-1)  # from the move played
    middle = len(window) // 2

    def ask(down: int, right: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        query, moves = shapes.moved(down, right)
        planes = encode_planes(network.encoding, query, positions.size)
        log_policy = forward(module, planes, context, views).log_policy.cpu()
        # On a board that is empty but for the shape, the first choice of all is often a corner.
        local = log_policy.gather(1, torch.from_numpy(moves[:, None] + window)).log_softmax(1)
        choice = local.argmax(1).numpy()
        return choice, choice == middle, local[:, middle].numpy()

    choices, hits, own = ask(0, 0)
    none = np.zeros(len(shapes))
    games = np.tile(shapes.games, len(_DIRECTIONS))
    rows = [
        Shift(
            0,
            clustered_mean(hits, shapes.games),
            clustered_mean(none, shapes.games),
            clustered_mean(none + 1, shapes.games),
            clustered_mean(none, shapes.games),
        )
    ]
    for points in shifts:
        moved = [ask(points * down, points * right) for down, right in _DIRECTIONS]
        moved_hits = np.concatenate([each[1] for each in moved])
        lost = np.concatenate([hits.astype(float) - each[1] for each in moved])
        follows = np.concatenate([each[0] == choices for each in moved])
        change = np.concatenate([np.abs(each[2] - own) for each in moved]).astype(np.float64)
        rows.append(
            Shift(points, *(clustered_mean(v, games) for v in (moved_hits, lost, follows, change)))
        )
    return rows


@dataclass(frozen=True, slots=True)
class Mirrors:
    """What a network says of positions in all eight views."""

    top1: Estimate  # in the view of the record
    top1_others: Estimate  # over the other seven
    agrees: Estimate  # share of the other views in which the first choice is the same point
    change: Estimate  # of the log-probability of the move played among these, without its sign

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def symmetry_test(network: LoadedNetwork, positions: Positions, most: int = 1000) -> Mirrors:
    """Turn and mirror positions, and see whether the prediction turns along.

    Args:
        network: what to measure.
        positions: made with ``passes=False``.
        most: of them.
    """
    module = prepare_for_inference(network.module, network.device)
    views = Views(positions.size, network.device)
    numbers = sample(positions, most)
    games, _ = positions.locate(numbers)
    batch = positions.encode(network.encoding, numbers)
    planes = torch.from_numpy(batch.planes).to(network.device)
    moves = torch.from_numpy(batch.moves)
    choices, own = [], []
    for view in range(VIEWS):
        which = torch.full((len(numbers),), view, device=network.device)
        turned = views.planes(planes, which).cpu().numpy()
        log_policy = forward(module, turned, batch.globals, views).log_policy
        log_policy = views.logits_back(log_policy, which).cpu()
        choices.append(log_policy.argmax(1).numpy())
        own.append(log_policy.gather(1, moves[:, None])[:, 0].numpy())
    others = np.tile(games, VIEWS - 1)
    hits = [choice == batch.moves for choice in choices]
    change = np.concatenate([np.abs(each - own[0]) for each in own[1:]]).astype(np.float64)
    return Mirrors(
        clustered_mean(hits[0], games),
        clustered_mean(np.concatenate(hits[1:]), others),
        clustered_mean(np.concatenate([choice == choices[0] for choice in choices[1:]]), others),
        clustered_mean(change, others),
    )
