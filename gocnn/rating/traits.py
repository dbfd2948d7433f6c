"""What each move of a game tells of the strength of its player.

The network is told neither ranks nor server nor date, so that the same moves always tell the same.
"""

import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import RankOverride
from gocnn.dataset.loader import prefetch
from gocnn.dataset.positions import Batch, Positions
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.ranks import UNKNOWN
from gocnn.inference.forward import Answers, forward, prepare_for_inference
from gocnn.inference.views import Views
from gocnn.inference.weights import LoadedNetwork
from gocnn.network.fused import FusedResNet
from gocnn.network.resnet import ResNet

_UNKNOWN_RANKS = RankOverride(rank=UNKNOWN, opponent_rank=UNKNOWN)
_BATCH = 256
_NOWHERE = -1.0  # the distance to a move that does not exist, and of a pass


class MoveTraits(NamedTuple):
    """The moves of some games, in the order of the games, and in each in the order of play."""

    games: NDArray[np.int64]  # [N] which game of those asked for
    plies: NDArray[np.int64]  # [N] moves played before
    colours: NDArray[np.int8]  # [N] who plays
    surprise: NDArray[np.float32]  # [N] -ln of the probability of the move, nats
    best: NDArray[np.float32]  # [N] -ln of the probability of the first choice, nats
    place: NDArray[np.int64]  # [N] of the move among the choices, from 1
    entropy: NDArray[np.float32]  # [N] of the probabilities, nats
    win: NDArray[np.float32]  # [N] win rate of the mover before the move
    after: NDArray[np.float32]  # [N] the same after it; NaN for the last move of a game
    lead: NDArray[np.float32]  # [N] points by which the mover leads before the move; NaN without
    lead_after: NDArray[np.float32]  # [N] the same after it
    distance: NDArray[np.float32]  # [N] to the opponent's last move, points; -1 without one
    own_distance: NDArray[np.float32]  # [N] to the mover's own last move, likewise
    line: NDArray[np.float32]  # [N] of the board, 1 at the edge; -1 for a pass
    board: NDArray[np.float16]  # [N, C] what the network's tower answers, its mean over the board
    point: NDArray[np.float16]  # [N, C] the same at the point of the move; 0 for a pass


def measure_traits(
    network: LoadedNetwork,
    corpus: Corpus,
    games: NDArray[np.int64],
    *,
    exact: bool = True,
    progress: Callable[[int], object] = lambda positions: None,
) -> MoveTraits:
    """Ask a network about every move of some games.

    Args:
        network: a residual one.
        corpus: the packed games.
        games: int64[G], which of them; all on boards of one size.
        exact: whether it computes in float32, or in what is quickest there.
        progress: called with the number of positions of each part that is done.

    Raises:
        GocnnError: when the boards differ in size, there is no move, or the network answers NaN or
            is no residual one.
    """
    positions = Positions(corpus, games)
    module = prepare_for_inference(network.module, network.device, exact=exact)
    tower = _Tower(module)
    views = Views(positions.size, network.device)
    numbers = np.arange(positions.count, dtype=np.int64)
    parts = [numbers[i : i + _BATCH] for i in range(0, len(numbers), _BATCH)]
    threads = min(8, os.cpu_count() or 1)

    def hide(field: str) -> NDArray[np.bool_]:
        return np.asarray(field in ("kind", "date"))

    def load(part: int) -> Batch:
        return positions.encode(
            network.encoding, parts[part], hide=hide, rank_override=_UNKNOWN_RANKS
        )

    answers = []
    for batch in prefetch(load, iter(range(len(parts))), threads=threads, depth=2 * threads):
        said = forward(module, batch.planes, batch.globals, views)
        moves = torch.from_numpy(batch.moves)
        answers.append((*_of_answers(said, moves), *tower.heard(moves)))
        progress(len(batch.moves))
    surprise, best, place, entropy, win, lead, board, point = (
        np.concatenate(column) for column in zip(*answers, strict=True)
    )
    if np.isnan(surprise).any():
        raise GocnnError("the network answers NaN: its training diverged, or it is damaged")
    where, plies = positions.locate(numbers)
    entries = positions.next_entries(where, plies)
    colours = np.where(entries & WHITE_BIT, WHITE, BLACK).astype(np.int8)
    distance, own_distance, line = _of_points(entries, plies, colours, positions.size)
    return MoveTraits(
        games=_ordinals(games, where),
        plies=plies,
        colours=colours,
        surprise=surprise,
        best=best,
        place=place,
        entropy=entropy,
        win=win,
        after=_after(win, 1 - win, plies, colours),
        lead=lead,
        lead_after=_after(lead, -lead, plies, colours),
        distance=distance,
        own_distance=own_distance,
        line=line,
        board=board,
        point=point,
    )


class _Tower:
    """Hears what the tower of a network answers."""

    def __init__(self, module: nn.Module) -> None:
        self._answers: list[Tensor] = []

        def note(_module: nn.Module, _inputs: object, answer: Tensor) -> None:
            self._answers.append(answer)

        _tower_end(module).register_forward_hook(note)

    def heard(self, moves: Tensor) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
        """What it answered since the last call: over the board, and at the point of each move."""
        answers = torch.cat(self._answers).float().cpu().flatten(2)
        self._answers.clear()
        count, channels, points = answers.shape
        where = moves.clamp(max=points - 1)[:, None, None].expand(count, channels, 1)
        here = answers.gather(2, where)[:, :, 0] * (moves < points)[:, None]
        return answers.mean(2).half().numpy(), here.half().numpy()


def _tower_end(module: nn.Module) -> nn.Module:
    for part in module.modules():
        if isinstance(part, FusedResNet):
            return part.tower_end
        if isinstance(part, ResNet):
            return part.tower[-1]
    raise GocnnError("the moves of a game can be asked about with a residual network alone")


def _ordinals(games: NDArray[np.int64], where: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of the games asked for each number of the corpus is."""
    order = np.argsort(games, kind="stable")
    ordinals: NDArray[np.int64] = order[np.searchsorted(games[order], where)]
    return ordinals


def _of_answers(said: Answers, moves: Tensor) -> tuple[NDArray[np.float32], ...]:
    log_policy, value = said.log_policy.float().cpu(), said.value.float().cpu()
    lead = torch.full_like(value, torch.nan) if said.lead is None else said.lead.float().cpu()
    played = log_policy.gather(1, moves[:, None])[:, 0]
    place = 1 + (log_policy > played[:, None]).sum(1)
    likely = log_policy.exp()
    entropy = -(likely * log_policy.clamp(min=-50.0)).sum(1)
    columns = (-played.clamp(min=-20.0), -log_policy.amax(1), place, entropy, value.sigmoid(), lead)
    return tuple(column.numpy() for column in columns)


def _after(
    mover: NDArray[np.float32],
    opponent: NDArray[np.float32],
    plies: NDArray[np.int64],
    colours: NDArray[np.int8],
) -> NDArray[np.float32]:
    """What holds for the mover before the next move of the game; NaN after the last."""
    after = np.full_like(mover, np.nan)
    goes_on = plies[1:] == plies[:-1] + 1
    same = colours[1:] == colours[:-1]  # where a side moved twice
    after[:-1][goes_on] = np.where(same, mover[1:], opponent[1:])[goes_on]
    return after


def _of_points(
    entries: NDArray[np.uint16],
    plies: NDArray[np.int64],
    colours: NDArray[np.int8],
    size: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Distances to the move before and to the one before that, and the line of each move."""
    points = (entries & POINT_MASK).astype(np.int64)
    on_board = points < size * size
    rows, columns = np.divmod(points, size)

    def back(steps: int) -> NDArray[np.float32]:
        far = np.full(len(points), _NOWHERE, np.float32)
        down, across = (np.abs(v[steps:] - v[:-steps]).astype(np.float32) for v in (rows, columns))
        known = on_board[steps:] & on_board[:-steps] & (plies[steps:] == plies[:-steps] + steps)
        far[steps:][known] = (down + across + np.maximum(down, across))[known]
        return far

    nearest = np.minimum(np.minimum(rows, size - 1 - rows), np.minimum(columns, size - 1 - columns))
    line = np.where(on_board, nearest + 1, _NOWHERE).astype(np.float32)
    return back(1), back(2), line
