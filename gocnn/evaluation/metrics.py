"""The scoreboard: how often the network's first choice was the move played, and more.

The protocol is that of the published results (Maddison et al. 2014, arXiv:1412.6564): positions of
held-out games, passes not counted. The positions of one game hang together, so every interval is
taken over games: the variance of a ratio of sums over clusters (Cochran, "Sampling Techniques",
1977, section 6.3).
"""

import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gocnn.dataset.loader import ahead, shuffled
from gocnn.dataset.positions import AS_RECORDED, Batch, Positions, Told
from gocnn.errors import GocnnError
from gocnn.features.encoding import Encoding
from gocnn.go.board import WHITE_BIT
from gocnn.go.ranks import rank_name
from gocnn.inference.forward import check_symmetries, infer, ready
from gocnn.inference.views import Views
from gocnn.progress import bar
from gocnn.stats import ratio

PHASE = 50  # moves
HIT, FIVE, LOSS, RIGHT, SURE, CHOICE = range(6)  # columns of `measure`


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the scoreboard; shares are 0 to 1.

    Intervals are +- at 95 percent, None where there is but one game.
    """

    name: str
    positions: int
    games: int
    top1: float
    top1_interval: float | None
    top5: float
    top5_interval: float | None
    cross_entropy: float  # nats
    cross_entropy_interval: float | None
    value_accuracy: float | None  # of positions whose winner is known; None without any
    value_interval: float | None
    sure: float  # mean probability of the network's first choice: top1, if it knows itself


@dataclass(frozen=True, slots=True)
class Scores:
    """The scoreboard of one network on one set of games."""

    total: Row
    phases: list[Row]  # moves 1-50, 51-100, ...
    ranks: list[Row]  # by the rank of the player to move
    certainties: list[Row]  # by the probability of the network's first choice
    symmetries: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def table(self) -> str:
        """Lines of text; percentages with their intervals."""
        head = f"{'':16}{'positions':>10}{'games':>7}{'sure %':>8}{'top-1 %':>14}{'top-5 %':>14}"
        lines = [head + f"{'loss':>15}{'value %':>14}"]
        for title, rows in (
            ("", [self.total]),
            ("by move", self.phases),
            ("by rank", self.ranks),
            ("by how sure the network is", self.certainties),
        ):
            lines += [title] if title else []
            lines += [_line(row) for row in rows]
        return "\n".join(lines)


def _line(row: Row) -> str:
    text = f"{row.name:16}{row.positions:10,}{row.games:7,}{100 * row.sure:8.1f}"
    for share, interval in ((row.top1, row.top1_interval), (row.top5, row.top5_interval)):
        text += f"{100 * share:7.2f}{_margin(interval, 100, 2)}"
    text += f"{row.cross_entropy:8.3f}{_margin(row.cross_entropy_interval, 1, 3)}"
    if row.value_accuracy is not None:
        text += f"{100 * row.value_accuracy:7.2f}{_margin(row.value_interval, 100, 2)}"
    return text


def _margin(interval: float | None, scale: float, digits: int) -> str:
    return " " * 7 if interval is None else f" ±{scale * interval:5.{digits}f}"


def evaluate(
    network: nn.Module,
    encoding: Encoding,
    positions: Positions,
    *,
    device: torch.device,
    most: int | None = None,
    symmetries: int = 1,
    batch: int = 256,
    label: str | None = "evaluate",
) -> Scores:
    """Measure a network on positions.

    Args:
        network: in evaluation mode, on `device`.
        encoding: what it sees.
        positions: made with ``passes=False``, as the published protocols ask.
        device: where to compute.
        most: use a random sample of that many positions, always the same one.
        symmetries: 1, or 8 to average the probabilities over the eight views.
        batch: positions at a time.
        label: of the progress bar; None for no bar.

    Raises:
        GocnnError: when `symmetries` is neither 1 nor 8.
    """
    numbers = sample(positions, most)
    measured = measure(
        network,
        encoding,
        positions,
        numbers,
        device=device,
        symmetries=symmetries,
        batch=batch,
        label=label,
    )
    return scores_of(positions, numbers, measured, symmetries)


def scores_of(
    positions: Positions,
    numbers: NDArray[np.int64],
    measured: NDArray[np.float64],
    symmetries: int = 1,
) -> Scores:
    """The scoreboard of what `measure` said of the positions with these numbers."""
    games, plies = positions.locate(numbers)
    phases = plies // PHASE
    tenths = np.minimum(measured[:, SURE] * 10, 9).astype(int)
    ranks = ranks_to_move(positions, games, plies)
    return Scores(
        total=row_of("all", measured, games),
        phases=[
            row_of(f"{p * PHASE + 1}-{(p + 1) * PHASE}", measured[phases == p], games[phases == p])
            for p in np.unique(phases)
        ],
        ranks=[
            row_of(rank_name(int(r)), measured[ranks == r], games[ranks == r])
            for r in np.unique(ranks)
        ],
        certainties=[
            row_of(f"{10 * t}-{10 * t + 10}%", measured[tenths == t], games[tenths == t])
            for t in np.unique(tenths)
        ],
        symmetries=symmetries,
    )


def ranks_to_move(
    positions: Positions, games: NDArray[np.int64], plies: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The recorded rank of who plays in games of the corpus at plies, int64[B]; 0 unknown."""
    records = positions.corpus.games[games]
    white = (positions.next_entries(games, plies) & WHITE_BIT) > 0
    ranks: NDArray[np.int64] = np.where(white, records["white_rank"], records["black_rank"])
    return ranks.astype(np.int64)


def sample(positions: Positions, most: int | None) -> NDArray[np.int64]:
    """The numbers of that many positions, drawn at random but always the same; None for all."""
    numbers = np.arange(positions.count, dtype=np.int64)
    if most is None or most >= positions.count:
        return numbers
    return np.sort(shuffled(numbers[:most], positions.count, 0))


def measure(
    network: nn.Module,
    encoding: Encoding,
    positions: Positions,
    numbers: NDArray[np.int64],
    *,
    device: torch.device,
    symmetries: int = 1,
    batch: int = 256,
    label: str | None = None,
    told: Told = AS_RECORDED,
) -> NDArray[np.float64]:
    """What `evaluate` counts, position by position; its arguments, and which positions.

    Args:
        told: ranks to tell the network instead of the recorded ones.

    Returns:
        float64[N, 6], columns HIT, FIVE, ...: hit first (0 or 1), hit in five, cross-entropy in
        nats, right value, certainty, and the first choice as a point; the value is NaN where the
        winner is unknown.

    Raises:
        GocnnError: when `symmetries` is neither 1 nor 8.
    """
    check_symmetries(symmetries)
    network = ready(network, device)
    parts = [numbers[i : i + batch] for i in range(0, len(numbers), batch)]
    threads = min(8, os.cpu_count() or 1)

    def load(part: int) -> Batch:
        return positions.encode(encoding, parts[part], told=told)

    batches = ahead(load, iter(range(len(parts))), threads=threads, depth=2 * threads)
    views = Views(positions.size, device)
    progress = bar(label, len(numbers), unit="positions") if label else None
    rows = []
    for loaded in batches:
        rows.append(_measured(network, loaded, device, views, symmetries))
        if progress:
            progress.update(len(loaded.moves))
    if progress:
        progress.close()
    return np.concatenate(rows)


def _measured(
    network: nn.Module, loaded: Batch, device: torch.device, views: Views, symmetries: int
) -> NDArray[np.float64]:
    """The rows of `measure` for one batch."""
    log_policy, value = infer(network, loaded.planes, loaded.globals, device, views, symmetries)
    moves = torch.from_numpy(loaded.moves).to(device)
    played = log_policy.gather(1, moves[:, None])
    if log_policy.isnan().any():
        raise GocnnError("the network answers NaN: its training diverged, or it is damaged")
    # Ties count against the network: one that answers the same everywhere predicts nothing.
    better = (log_policy >= played).sum(1) - 1
    right = ((value > 0).float() == torch.from_numpy(loaded.results).to(device)).double()
    known = torch.from_numpy(loaded.known * (loaded.results != 0.5)).to(device)
    right[known == 0] = torch.nan
    first = log_policy.max(1)
    columns = (better == 0, better < 5, -played[:, 0], right, first.values.exp(), first.indices)
    return torch.stack([c.double() for c in columns], dim=1).cpu().numpy()


def row_of(name: str, measured: NDArray[np.float64], games: NDArray[np.int64]) -> Row:
    """A line of the scoreboard from rows of `measure` and the games they are of."""
    first, five, loss = (ratio(measured[:, column], games) for column in (HIT, FIVE, LOSS))
    known = ~np.isnan(measured[:, RIGHT])
    right, margin = ratio(measured[known, RIGHT], games[known]) if known.any() else (None, None)
    sure = float(measured[:, SURE].mean())
    return Row(name, len(games), len(np.unique(games)), *first, *five, *loss, right, margin, sure)
