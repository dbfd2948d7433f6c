"""Does it help to tell a network the right rank? Ranks told by ranks played, on the same moves.

The moves of the players of each band of ranks are predicted again and again, with the network told
one rank after another for them. The opponent's rank stays as recorded, unless it is asked
otherwise: who plays whom is part of a game, and few games of weak players with strong ones are
even.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import RECORDED_RANKS, RankOverride
from gocnn.dataset.positions import Positions
from gocnn.evaluation.metrics import Measurements, measure, ranks_to_move
from gocnn.go.ranks import PRO, UNKNOWN, Rank, rank_name
from gocnn.inference.weights import LoadedNetwork
from gocnn.play.style import rank_code
from gocnn.stats import clustered_mean, count_text, markdown_table

BANDS = ((1, 10), (11, 20), (21, 23), (24, 26), (27, 29), (PRO, PRO))  # weakest and strongest code
TOLD = "unknown,20k,10k,5k,1k,1d,3d,5d,7d,9d,pro"
OPPONENTS = ("recorded", "same", "unknown")  # what the network is told of the opponent's rank
MOST_GAMES = 3000  # of a band; of many games a few positions each
FEW = 300  # positions; a band with fewer is left out


@dataclass(frozen=True)
class Band:
    """The moves of the players of one band, and what the network said of them."""

    name: str
    recorded: Measurements  # told the recorded rank
    by_rank: dict[int, Measurements]  # of the same positions, told this rank


def band_name(band: tuple[int, int]) -> str:
    """A band as people write it.

    >>> band_name((21, 23)), band_name((30, 30))
    ('1d-3d', 'pro')
    """
    low, high = (rank_name(Rank(code)) for code in band)
    return low if low == high else f"{low}-{high}"


def sample_band(
    corpus: Corpus, games: NDArray[np.int64], band: tuple[int, int], most: int
) -> tuple[Positions, NDArray[np.int64]] | None:
    """Positions with a player of the band to move, drawn at random but always the same.

    Returns:
        The positions of some games, and int64[N], which of them; None where they are too few.
    """
    records = corpus.games[games]
    low, high = band
    sides = (records[side] for side in ("black_rank", "white_rank"))
    black, white = ((ranks >= low) & (ranks <= high) for ranks in sides)
    chosen = games[black | white]
    if not len(chosen):
        return None
    rng = np.random.default_rng(0)
    if len(chosen) > MOST_GAMES:
        chosen = np.sort(rng.choice(chosen, MOST_GAMES, replace=False))
    positions = Positions(corpus, chosen, passes=False)
    ranks = ranks_to_move(positions, *positions.locate(np.arange(positions.count)))
    numbers = np.flatnonzero((ranks >= low) & (ranks <= high))
    if len(numbers) > most:
        numbers = np.sort(rng.choice(numbers, most, replace=False))
    return (positions, numbers) if len(numbers) >= FEW else None


def measure_bands(
    network: LoadedNetwork,
    corpus: Corpus,
    games: NDArray[np.int64],
    *,
    ranks: Sequence[int],
    opponent: str = OPPONENTS[0],
    bands: Sequence[tuple[int, int]] = BANDS,
    most: int = 6000,
    label: str | None = None,
) -> list[Band]:
    """Tell the network one rank after another for the moves of each band.

    Args:
        network: what to measure.
        corpus: games on boards of one size.
        games: int64[N], which of them.
        ranks: rank codes to tell.
        opponent: one of `OPPONENTS`.
        bands: whose moves: the weakest and the strongest rank code of each.
        most: positions of a band, at most.
        label: of the progress bars; None for none.
    """
    measured = []
    for band in bands:
        part = sample_band(corpus, games, band, most)
        if part is None:
            continue
        positions, numbers = part
        name = band_name(band)
        recorded, *others = (
            measure(
                network,
                positions,
                numbers,
                label=f"{label} {name}" if label else None,
                rank_override=override,
            )
            for override in (RECORDED_RANKS, *(_override(rank, opponent) for rank in ranks))
        )
        measured.append(Band(name, recorded, dict(zip(ranks, others, strict=True))))
    return measured


def _override(rank: int, opponent: str) -> RankOverride:
    others = {"recorded": None, "same": rank, "unknown": UNKNOWN}
    return RankOverride(rank=rank, opponent_rank=others[opponent])


def rank_tables(bands: Sequence[Band]) -> str:
    """Markdown: a table of the loss and one of top-1; ranks told down, ranks played across.

    The first line is measured with the recorded ranks; the others are differences to it, taken
    position by position.
    """
    return "\n\n".join(
        (
            _table(bands, "loss", lambda measured: measured.cross_entropy, 1, 3),
            _table(bands, "top-1 %", lambda measured: measured.top1.astype(float), 100, 1),
        )
    )


def _table(
    bands: Sequence[Band],
    title: str,
    pick: Callable[[Measurements], NDArray[np.float64]],
    scale: float,
    digits: int,
) -> str:
    head = [f"{title}, told"]
    recorded = ["as recorded"]
    for number, band in enumerate(bands):
        games = count_text(len(np.unique(band.recorded.games)), "game")
        head.append(f"{'played by ' * (number == 0)}{band.name}, {games}")
        mean = clustered_mean(pick(band.recorded), band.recorded.games)
        recorded.append(mean.text(scale, digits))
    rows = [recorded]
    for rank in bands[0].by_rank:
        differences = (
            clustered_mean(pick(band.by_rank[rank]) - pick(band.recorded), band.recorded.games)
            for band in bands
        )
        rows.append([rank_name(Rank(rank)), *(d.text(scale, digits, "+") for d in differences)])
    return markdown_table(head, rows)


def parse_ranks(text: str) -> list[int]:
    """Rank codes out of names with commas between.

    Raises:
        GocnnError: when one of them is not a rank.
    """
    return [rank_code(name.strip()) for name in text.split(",") if name.strip()]
