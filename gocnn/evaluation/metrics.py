"""The scoreboard: how often the network's first choice was the move played, and more.

The protocol is that of the published results (Maddison et al. 2014, arXiv:1412.6564): positions of
held-out games, passes not counted. The positions of one game hang together, so every interval is
taken over games (`gocnn.stats.clustered_mean`).

Networks are measured in float32 on every machine, since in bfloat16 several moves often get the
same number. Moves are ranked by their probabilities, and the move that was played stands behind
all that tie with it: a network that answers the same everywhere predicts nothing.
"""

import os
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gocnn.dataset.conditions import RECORDED_RANKS, RankOverride
from gocnn.dataset.loader import prefetch, sample
from gocnn.dataset.positions import Batch, Positions
from gocnn.errors import GocnnError
from gocnn.go.board import WHITE_BIT
from gocnn.go.ranks import Rank, rank_name
from gocnn.inference.forward import check_symmetries, forward, prepare_for_inference
from gocnn.inference.views import Views
from gocnn.inference.weights import LoadedNetwork
from gocnn.progress import bar
from gocnn.stats import Estimate, clustered_mean, count_text

FEW = 50  # positions; figures of fewer say nothing
PHASE = 50  # moves in a row of the table by move number
_TENTHS = 10  # rows of the table by confidence


@dataclass(frozen=True, eq=False, kw_only=True)
class Measurements:
    """What a network said of N positions, position by position."""

    numbers: NDArray[np.int64]  # [N] which position, see `Positions`
    games: NDArray[np.int64]  # [N] the game of the corpus
    plies: NDArray[np.int64]  # [N] moves played before, in that game
    ranks: NDArray[np.int64]  # [N] the recorded rank of the player to move; 0 unknown
    top1: NDArray[np.bool_]  # [N] the move played is the network's first choice
    top5: NDArray[np.bool_]  # [N] it is among the first five
    cross_entropy: NDArray[np.float64]  # [N] of the move played, nats
    value_correct: NDArray[np.float64]  # [N] 1 the winner was named, 0 the loser, NaN unknown
    confidence: NDArray[np.float64]  # [N] probability of the first choice
    choice: NDArray[np.int64]  # [N] the first choice, a point; size * size is a pass

    def __len__(self) -> int:
        return len(self.games)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "Measurements":
        """Those of some positions, by mask or by number."""
        return Measurements(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the scoreboard; shares are 0 to 1, intervals over games."""

    name: str
    positions: int
    games: int
    top1: Estimate
    top5: Estimate
    cross_entropy: Estimate  # nats
    value_accuracy: Estimate | None  # of positions whose winner is known; None without any
    confidence: float  # mean probability of the first choice; that of a calibrated network is top1


@dataclass(frozen=True, slots=True)
class Scores:
    """The scoreboard of one network on one set of games."""

    total: Row
    phases: list[Row]  # moves 1-50, 51-100, ...
    ranks: list[Row]  # by the rank of the player to move
    calibration: list[Row]  # by the probability of the network's first choice
    symmetries: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def table(self) -> str:
        """Lines of text; percentages with their intervals. Parts of few positions are left out.

        Where there are few in all, figures stand without intervals, which would say nothing.
        """
        head = (
            f"{'':16}{'positions':>10}{'games':>7}{'confid. %':>11}{'top-1 %':>14}{'top-5 %':>14}"
        )
        lines = [head + f"{'loss':>15}{'value %':>14}"]
        left_out = 0
        for title, rows in (
            ("", [self.total]),
            ("by move", self.phases),
            ("by rank", self.ranks),
            ("by the probability of the first choice", self.calibration),
        ):
            shown = [row for row in rows if row is self.total or row.positions >= FEW]
            lines += [title] if title and shown else []
            lines += [_line(row) for row in shown]
            left_out += len(rows) - len(shown)
        if self.total.positions < FEW:
            lines.append(f"fewer than {FEW} positions: too few for an interval")
        if left_out:
            lines.append(f"{count_text(left_out, 'row')} of fewer than {FEW} positions left out")
        return "\n".join(lines)


def _line(row: Row) -> str:
    text = f"{row.name:16}{row.positions:10,}{row.games:7,}{100 * row.confidence:11.1f}"
    few = row.positions < FEW
    text += f"{_columns(row.top1, 100, 2, few)}{_columns(row.top5, 100, 2, few)}"
    text += f" {_columns(row.cross_entropy, 1, 3, few)}"
    if row.value_accuracy is not None:
        text += _columns(row.value_accuracy, 100, 2, few)
    return text.rstrip()


def _columns(estimate: Estimate, scale: float, digits: int, few: bool) -> str:
    """Mean and margin, each in columns of its own."""
    margin = "" if few or estimate.margin is None else f" ±{scale * estimate.margin:5.{digits}f}"
    return f"{scale * estimate.mean:7.{digits}f}{margin:7}"


def evaluate(
    network: LoadedNetwork,
    positions: Positions,
    *,
    most: int | None = None,
    symmetries: int = 1,
    batch: int = 256,
    label: str | None = "evaluate",
) -> Scores:
    """Measure a network on positions.

    Args:
        network: what to measure.
        positions: made with ``passes=False``, as the published protocols ask.
        most: use a random sample of that many positions, always the same one.
        symmetries: 1, or 8 to average the probabilities over the eight views.
        batch: positions at a time.
        label: of the progress bar; None for no bar.

    Raises:
        GocnnError: when `symmetries` is neither 1 nor 8.
    """
    measured = measure(
        network,
        positions,
        sample(positions, most),
        symmetries=symmetries,
        batch=batch,
        label=label,
    )
    return score(measured, symmetries)


def score(measured: Measurements, symmetries: int = 1) -> Scores:
    """The scoreboard of what was measured, in all and by parts."""
    phases = measured.plies // PHASE
    tenths = np.minimum(measured.confidence * _TENTHS, _TENTHS - 1).astype(int)
    return Scores(
        total=summarise("all", measured),
        phases=[
            summarise(f"{p * PHASE + 1}-{(p + 1) * PHASE}", measured[phases == p])
            for p in np.unique(phases)
        ],
        ranks=[
            summarise(rank_name(Rank(int(r))), measured[measured.ranks == r])
            for r in np.unique(measured.ranks)
        ],
        calibration=[
            summarise(f"{10 * t}-{10 * t + 10}%", measured[tenths == t]) for t in np.unique(tenths)
        ],
        symmetries=symmetries,
    )


def summarise(name: str, measured: Measurements) -> Row:
    """A line of the scoreboard."""
    games = measured.games
    known = ~np.isnan(measured.value_correct)
    return Row(
        name=name,
        positions=len(games),
        games=len(np.unique(games)),
        top1=clustered_mean(measured.top1, games),
        top5=clustered_mean(measured.top5, games),
        cross_entropy=clustered_mean(measured.cross_entropy, games),
        value_accuracy=(
            clustered_mean(measured.value_correct[known], games[known]) if known.any() else None
        ),
        confidence=float(measured.confidence.mean()),
    )


def ranks_to_move(
    positions: Positions, games: NDArray[np.int64], plies: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The recorded rank of who plays in games of the corpus at plies, int64[B]; 0 unknown."""
    records = positions.corpus.games[games]
    white = (positions.next_entries(games, plies) & WHITE_BIT) > 0
    ranks: NDArray[np.int64] = np.where(white, records["white_rank"], records["black_rank"])
    return ranks.astype(np.int64)


def measure(
    network: LoadedNetwork,
    positions: Positions,
    numbers: NDArray[np.int64],
    *,
    symmetries: int = 1,
    batch: int = 256,
    label: str | None = None,
    rank_override: RankOverride = RECORDED_RANKS,
) -> Measurements:
    """What `evaluate` counts, position by position; its arguments, and which positions.

    Args:
        rank_override: ranks to tell the network instead of the recorded ones.

    Raises:
        GocnnError: when `symmetries` is neither 1 nor 8, or the network answers NaN.
    """
    check_symmetries(symmetries)
    module = prepare_for_inference(network.module, network.device, exact=True)
    parts = [numbers[i : i + batch] for i in range(0, len(numbers), batch)]
    threads = min(8, os.cpu_count() or 1)

    def load(part: int) -> Batch:
        return positions.encode(network.encoding, parts[part], rank_override=rank_override)

    batches = prefetch(load, iter(range(len(parts))), threads=threads, depth=2 * threads)
    views = Views(positions.size, network.device)
    progress = bar(label, len(numbers), unit="positions") if label else None
    answers = []
    for loaded in batches:
        log_policy, value = forward(module, loaded.planes, loaded.globals, views, symmetries)[:2]
        answers.append(_compare(log_policy, value, loaded))
        if progress:
            progress.update(len(loaded.moves))
    if progress:
        progress.close()
    games, plies = positions.locate(numbers)
    return Measurements(
        numbers=numbers,
        games=games,
        plies=plies,
        ranks=ranks_to_move(positions, games, plies),
        **{key: np.concatenate([answer[key] for answer in answers]) for key in answers[0]},
    )


def _compare(log_policy: Tensor, value: Tensor, loaded: Batch) -> dict[str, NDArray[Any]]:
    """The fields of `Measurements` that a network's answer to a batch decides."""
    if log_policy.isnan().any():
        raise GocnnError("the network answers NaN: its training diverged, or it is damaged")
    played = log_policy.gather(1, torch.from_numpy(loaded.moves).to(log_policy.device)[:, None])
    # Ties count against the network: one that answers the same everywhere predicts nothing.
    better = ((log_policy >= played).sum(1) - 1).cpu().numpy()
    first = log_policy.max(1)
    correct = ((value.cpu().numpy() > 0) == loaded.results).astype(np.float64)
    correct[(loaded.known == 0) | (loaded.results == 0.5)] = np.nan
    return {
        "top1": better == 0,
        "top5": better < 5,
        "cross_entropy": -played[:, 0].double().cpu().numpy(),
        "value_correct": correct,
        "confidence": first.values.double().exp().cpu().numpy(),
        "choice": first.indices.cpu().numpy(),
    }
