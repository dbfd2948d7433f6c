"""The tables of the model card: networks measured, as Markdown."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.evaluation.metrics import Measurements, Row, measure, score, summarise
from gocnn.evaluation.rank_conditioning import measure_bands, parse_ranks, rank_tables
from gocnn.evaluation.situations import find_situations
from gocnn.evaluation.weaknesses import sample_passes, situation_table
from gocnn.evaluation.win_rates import measure_win_rates
from gocnn.go.ranks import parse_rank
from gocnn.go.symmetry import VIEWS
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.network.device import choose_device
from gocnn.stats import clustered_mean, markdown_table
from gocnn.weights.names import resolve

_TOLD = "unknown,10k,1k,2d,4d,6d,8d,9d,pro"
_FEW = 100  # positions; rows of fewer are left out
_EVEN = 40  # games that win rates are measured on, every position of them
_EIGHT = 4  # of so many positions one is shown in all views, too


@dataclass(frozen=True)
class Network:
    """A network ready to be measured."""

    loaded: LoadedNetwork

    @classmethod
    def load(cls, weights: str) -> "Network":
        """The network of a weights file, or of shipped weights by name.

        Raises:
            GocnnError: when it cannot be loaded.
        """
        return cls(load_network(weights, choose_device("auto")))

    def measure(
        self,
        positions: Positions,
        numbers: NDArray[np.int64],
        label: str | None = None,
        symmetries: int = 1,
    ) -> Measurements:
        """Measure it on the positions with these numbers."""
        return measure(
            self.loaded,
            positions,
            numbers,
            symmetries=symmetries,
            label=label,
        )


class Work:
    """What is measured, and on what.

    Args:
        networks: by name; the first is the one that all is measured of.
        sets: games by name, in the order of the card.
        most: positions of a set, at most.
        games: of each rank, in the match.
        folder: of pictures and examples.
    """

    def __init__(
        self,
        networks: dict[str, Network],
        sets: dict[str, Corpus],
        most: int,
        folder: Path,
    ) -> None:
        self.networks, self.sets = networks, sets
        self.most, self.folder = most, folder
        self.network = next(iter(networks.values()))
        self._measured: dict[tuple[str, str, int], Measurements] = {}

    @cached_property
    def positions(self) -> dict[str, Positions]:
        """Those of each set, passes left out."""
        return {
            name: Positions(games, np.flatnonzero(games.games["size"] == 19), passes=False)
            for name, games in self.sets.items()
        }

    def measured(self, name: str, where: str, symmetries: int = 1) -> Measurements:
        """A network on a sample of a set; a smaller one in eight views. Each is measured once."""
        key = name, where, symmetries
        if key not in self._measured:
            positions = self.positions[where]
            most = self.most if symmetries == 1 else self.most // _EIGHT
            label = f"{name} {where} {symmetries}"
            numbers = sample(positions, most)
            self._measured[key] = self.networks[name].measure(positions, numbers, label, symmetries)
        return self._measured[key]

    @property
    def best(self) -> str:
        """The name of the network that all is measured of."""
        return next(iter(self.networks))


def about_weights(work: Work) -> str:
    """What the files say of themselves."""
    columns = []
    for name, network in work.networks.items():
        path, passport = resolve(name), network.loaded.info
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        parameters = sum(p.numel() for p in network.loaded.module.parameters())
        columns.append(
            {
                "architecture": f"{passport.network}, {parameters:,} parameters",
                "input": passport.encoding,
                "trained on": (
                    f"{passport.positions:,} positions; {passport.steps:,} updates of its own"
                ),
                "corpus": passport.corpus,
                "how": passport.trained,
                "file": f"{path.stat().st_size:,} bytes, SHA-256 begins with {digest[:16]}",
                "licence": passport.licence,
            }
        )
    rows = [[key, *(column[key] for column in columns)] for key in columns[0]]
    return markdown_table(["", *work.networks], rows)


def accuracy(work: Work) -> str:
    """One pass and eight views of all networks on all sets."""
    head = ["network", "games", "positions", "top-1 %", "top-5 %", "loss", "value %"]
    rows = []
    for name in work.networks:
        for where in work.sets:
            one, eight = work.measured(name, where), work.measured(name, where, VIEWS)
            row = summarise(where, one)
            rows.append([name, where, f"{row.positions:,}", *_figures(row), _gain(one, eight)])
    return markdown_table([*head, "8 views, top-1"], rows)


def _figures(row: Row) -> list[str]:
    return [
        row.top1.text(100, 1),
        row.top5.text(100, 1),
        row.cross_entropy.text(1, 3),
        _value(row),
    ]


def _gain(one: Measurements, eight: Measurements) -> str:
    """What eight views add, on the positions that both were measured on."""
    _, first, second = np.intersect1d(one.numbers, eight.numbers, return_indices=True)
    gain = eight.top1[second].astype(float) - one.top1[first]
    return clustered_mean(gain, eight.games[second]).text(100, 1, "+")


def phases(work: Work) -> str:
    """Top-1 by move number, sets side by side."""
    return _side_by_side(work, "moves, top-1 % (positions)", "phases", _top1)


def ranks(work: Work) -> str:
    """Top-1 by the rank of the player to move, sets side by side."""
    return _side_by_side(work, "rank, top-1 % (positions)", "ranks", _top1)


def value(work: Work) -> str:
    """How often the value names the winner, by move number."""
    return _side_by_side(work, "moves, winner named %", "phases", _value)


def calibration(work: Work) -> str:
    """How confident the network is, and how often it is right, sets side by side."""
    return _side_by_side(
        work, "probability of the first choice: mean, comes true %", "calibration", _confidence
    )


def _confidence(row: Row) -> str:
    return f"{100 * row.confidence:.1f}, {row.top1.text(100, 1)}"


def _side_by_side(work: Work, title: str, field: str, cell: Callable[[Row], str]) -> str:
    """A column a set, a line for the rows of one name; rows of few positions are left blank."""
    columns = []
    for where in work.sets:
        rows: list[Row] = getattr(score(work.measured(work.best, where)), field)
        columns.append({row.name: cell(row) for row in rows if row.positions >= _FEW})
    names = sorted({name for column in columns for name in column}, key=_order)
    return markdown_table(
        [title, *work.sets],
        [[name, *(column.get(name, "") for column in columns)] for name in names],
    )


def _order(name: str) -> int:
    """Ranges from the lowest, ranks from the weakest, an unknown one first."""
    first = name.partition("-")[0]
    return int(first) if first.isdigit() else 0 if name == "unknown" else parse_rank(name)


def _top1(row: Row) -> str:
    return f"{row.top1.text(100, 1)} ({row.positions:,})"


def _value(row: Row) -> str:
    """In percent; a dash where no winner is known."""
    return "-" if row.value_accuracy is None else row.value_accuracy.text(100, 1)


def win_rates(work: Work) -> str:
    """Whether the value judges both sides alike and follows the komi, on the first set."""
    where, games = next(iter(work.sets.items()))
    measured = measure_win_rates(
        work.network.loaded, games, work.positions[where].games, most=_EVEN, label="win rates"
    )
    return f"{where}: {measured.turns_text()}\n\n{measured.komi_table()}"


def by_situation(work: Work) -> str:
    """Where it is weak, on the first set."""
    where, games = next(iter(work.sets.items()))
    measured = work.measured(work.best, where)
    situations = find_situations(work.positions[where], measured.numbers)
    passes = work.network.measure(*sample_passes(games, work.positions[where].games))
    return f"{where}:\n\n{situation_table(measured, situations, passes)}"


def told(work: Work) -> str:
    """Ranks told by ranks played, on each set that has enough moves of a band of ranks."""
    tables = {where: _told(work, games, where) for where, games in work.sets.items()}
    texts = [f"{where}:\n\n{table}" for where, table in tables.items() if table]
    return "\n\n".join(texts) or "No rank is recorded in these games."


def _told(work: Work, games: Corpus, label: str) -> str:
    measured = measure_bands(
        work.network.loaded,
        games,
        np.flatnonzero(games.games["size"] == 19),
        ranks=parse_ranks(_TOLD),
        most=work.most // _EIGHT,
        label=label,
    )
    return rank_tables(measured) if measured else ""
