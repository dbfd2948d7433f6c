"""Does it help to tell the network the right rank? Ranks told by ranks played, on the same moves.

``scripts/rank_tables.py default kgs.gocnn`` takes the moves of the players of each band of ranks
and tells the network one rank after another for them. The first line of a table tells each
player's recorded rank; the others are differences to that, position by position, with intervals of
95 % over games. The opponent's rank stays as recorded, unless ``--opponent`` says otherwise: who
plays whom is part of a game, and few games of weak players with strong ones are even.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.prepare import open_or_prepare
from gocnn.dataset.positions import AS_RECORDED, Positions, Told
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import HIT, LOSS, measure, ranks_to_move
from gocnn.features.encoding import Encoding
from gocnn.go.ranks import PRO, UNKNOWN, rank_name
from gocnn.inference.weights import load_weights
from gocnn.network.device import choose_device, settle
from gocnn.play.style import rank_code
from gocnn.stats import ratio, with_margin

BANDS = ((1, 10), (11, 20), (21, 23), (24, 26), (27, 29), (PRO, PRO))  # weakest and strongest code
TOLD = "unknown,20k,10k,5k,1k,1d,3d,5d,7d,9d,pro"
OPPONENTS = ("recorded", "same", "unknown")
MOST_GAMES = 3000  # of a band; of many games a few positions each
FEW = 300  # positions; a band with fewer is left out
_MEASURES = (("loss", LOSS, 1, 3), ("top-1 %", HIT, 100, 1))  # name, column, scale, digits


@dataclass(frozen=True)
class Played:
    """The moves of the players of one band, and what the network said of them."""

    name: str
    games: NDArray[np.int64]  # [N] the game of each position
    recorded: NDArray[np.float64]  # [N, 6] told the recorded rank, see `evaluation.measure`
    told: dict[int, NDArray[np.float64]]  # [N, 6] told this rank


def band_name(band: tuple[int, int]) -> str:
    """A band as people write it.

    >>> band_name((21, 23)), band_name((30, 30))
    ('1d-3d', 'pro')
    """
    low, high = (rank_name(code) for code in band)
    return low if low == high else f"{low}-{high}"


def of_band(
    corpus: Corpus, games: NDArray[np.int64], band: tuple[int, int], most: int
) -> tuple[Positions, NDArray[np.int64]] | None:
    """Positions with a player of the band to move, drawn at random but always the same."""
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
    network: nn.Module,
    encoding: Encoding,
    corpus: Corpus,
    games: NDArray[np.int64],
    *,
    device: torch.device,
    told: Sequence[int],
    opponent: str = OPPONENTS[0],
    bands: Sequence[tuple[int, int]] = BANDS,
    most: int = 6000,
    label: str | None = None,
) -> list[Played]:
    """Tell the network one rank after another for the moves of each band.

    Args:
        network: in evaluation mode, on `device`.
        encoding: what it sees.
        corpus: games on boards of one size.
        games: int64[N], which of them.
        device: where to compute.
        told: rank codes.
        opponent: one of `OPPONENTS`: what to tell of the opponent's rank.
        bands: whose moves: the weakest and the strongest rank code of each.
        most: positions of a band, at most.
        label: of the progress bars; None for none.
    """
    found = []
    for band in bands:
        part = of_band(corpus, games, band, most)
        if part is None:
            continue
        positions, numbers = part
        name = band_name(band)
        recorded, *others = (
            measure(
                network,
                encoding,
                positions,
                numbers,
                device=device,
                label=f"{label} {name}" if label else None,
                told=ranks,
            )
            for ranks in (AS_RECORDED, *(_told(rank, opponent) for rank in told))
        )
        by_rank = dict(zip(told, others, strict=True))
        found.append(Played(name, positions.locate(numbers)[0], recorded, by_rank))
    return found


def _told(rank: int, opponent: str) -> Told:
    others = {"recorded": None, "same": rank, "unknown": UNKNOWN}
    return Told(rank=rank, opponent_rank=others[opponent])


def tables(found: Sequence[Played]) -> str:
    """Markdown: a table of the loss and one of top-1; ranks told down, ranks played across."""
    return "\n\n".join(_table(found, *how) for how in _MEASURES)


def _table(found: Sequence[Played], title: str, column: int, scale: float, digits: int) -> str:
    heads = [f"{p.name}, {len(np.unique(p.games))} games" for p in found]
    recorded = [with_margin(*ratio(p.recorded[:, column], p.games), scale, digits) for p in found]
    lines = [
        f"| {title}, told | played by " + " | ".join(heads) + " |",
        "|---" * (len(found) + 1) + "|",
        "| as recorded | " + " | ".join(recorded) + " |",
    ]
    for rank in found[0].told:
        cells = [
            with_margin(
                *ratio(p.told[rank][:, column] - p.recorded[:, column], p.games), scale, digits, "+"
            )
            for p in found
        ]
        lines.append(f"| {rank_name(rank)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def ranks_of(text: str) -> list[int]:
    """Rank codes out of names with commas between.

    Raises:
        GocnnError: when one of them is no rank.
    """
    return [rank_code(name.strip()) for name in text.split(",") if name.strip()]


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", help="a file, or the name of shipped weights")
    parser.add_argument("games", nargs="+", type=Path)
    parser.add_argument("--told", default=TOLD, help="ranks with commas between")
    parser.add_argument("--opponent", choices=OPPONENTS, default=OPPONENTS[0])
    parser.add_argument("--positions", type=int, default=6000, help="of each band, at most")
    parser.add_argument(
        "--held-out", action="store_true", help="of a training corpus, the games held out only"
    )
    options = parser.parse_args()
    try:
        told = ranks_of(options.told)
        device = choose_device("auto")
        network, encoding, _ = load_weights(options.weights)
        with tempfile.TemporaryDirectory() as scratch:
            filters = Filters(min_moves=1)
            corpus, _ = open_or_prepare(
                options.games, Path(scratch) / "games.gocnn", filters=filters
            )
            games = corpus.split()[1] if options.held_out else np.arange(len(corpus))
            found = measure_bands(
                settle(network, device).eval(),
                encoding,
                corpus,
                games[corpus.games["size"][games] == 19],
                device=device,
                told=told,
                opponent=options.opponent,
                most=options.positions,
                label="ranks",
            )
        if not found:
            raise GocnnError("no rank is recorded in these games")
    except GocnnError as error:
        sys.exit(f"rank_tables: {error}")
    print(tables(found))


if __name__ == "__main__":
    main()
