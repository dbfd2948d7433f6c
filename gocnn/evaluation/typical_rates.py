"""How often a network's first choice is the move of a player of each rank, by phase of the game.

This is what the match rate of a reviewed game stands beside. A network that was told the ranks
would find more of the moves of everyone, so here, as in a review, it is told none.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import RankOverride
from gocnn.evaluation.metrics import Measurements, measure
from gocnn.evaluation.rank_conditioning import sample_band
from gocnn.go.game import SourceKind
from gocnn.go.phases import PHASES, phase_ends
from gocnn.go.ranks import PRO, UNKNOWN
from gocnn.inference.weights import LoadedNetwork
from gocnn.stats import Estimate, clustered_mean

Band = tuple[int, int]  # the weakest and the strongest rank code
_DANS = tuple((code, code) for code in range(21, 30))


class Scale(NamedTuple):
    """A scale of ranks: servers differ by several stones in what they call 1 dan."""

    name: str
    kinds: tuple[SourceKind, ...]  # where its games are played
    bands: tuple[Band, ...]


SCALES = (
    Scale("fox", (SourceKind.FOX,), ((16, 18), (19, 20), *_DANS)),
    Scale(
        "kgs",
        (SourceKind.KGS, SourceKind.UNKNOWN),
        ((17, 20), (12, 16), (21, 22), (7, 11), (25, 26), (2, 6), (23, 24), (1, 1), (27, 29)),
    ),
    Scale("pro", (SourceKind.PRO,), ((PRO, PRO),)),
)


class TypicalRate(NamedTuple):
    """What is typical of the players of one band of ranks, in one phase or in all."""

    scale: str
    low: int  # the weakest rank code of the band
    high: int
    phase: str  # one of `gocnn.go.phases.PHASES`, or "all"
    positions: int
    games: int
    top1: Estimate  # share of moves that are the network's first choice
    top5: Estimate  # share of moves that are among its first five
    surprise: Estimate  # mean of -ln(probability), nats

    def as_dict(self) -> dict[str, Any]:
        """As plain data, rounded to what the intervals let one tell."""
        estimates = ("top1", "top5", "surprise")
        row = {name: value for name, value in self._asdict().items() if name not in estimates}
        for name in estimates:
            mean, margin = getattr(self, name).mean, getattr(self, name).margin
            row[name] = [round(mean, 4), None if margin is None else round(margin, 4)]
        return row


def typical_rates(
    network: LoadedNetwork,
    corpus: Corpus,
    scale: Scale,
    band: Band,
    *,
    size: int = 19,
    most: int = 1200,
) -> list[TypicalRate]:
    """Measure what is typical of a band of ranks, told nothing of the ranks.

    Args:
        network: what to measure with.
        corpus: games, of which those on boards of `size` lines without handicap are taken.
        scale: whose ranks.
        band: whose moves, of `scale`.
        size: lines of the boards.
        most: positions at most.

    Returns:
        A row for all moves, and one a phase; nothing where there are too few games.
    """
    games = np.flatnonzero(
        (corpus.games["size"] == size)
        & (corpus.games["handicap"] == 0)
        & np.isin(corpus.games["kind"], scale.kinds)
    )
    part = sample_band(corpus, games, band, most)
    if part is None:
        return []
    unknown_ranks = RankOverride(rank=UNKNOWN, opponent_rank=UNKNOWN)
    measured = measure(network, *part, rank_override=unknown_ranks)
    return list(_by_phase(scale.name, band, measured, size))


def _by_phase(scale: str, band: Band, measured: Measurements, size: int) -> Iterator[TypicalRate]:
    phases = np.searchsorted(phase_ends(size), measured.plies, side="right")
    chosen: list[tuple[str, NDArray[np.bool_]]] = [("all", np.ones(len(phases), bool))]
    chosen += [(name, phases == number) for number, name in enumerate(PHASES)]
    for name, mask in chosen:
        part = measured[mask]
        if not len(part):
            continue
        top1, top5, surprise = (
            clustered_mean(values, part.games)
            for values in (part.top1, part.top5, part.cross_entropy)
        )
        games = len(np.unique(part.games))
        yield TypicalRate(scale, *band, name, len(part), games, top1, top5, surprise)
