"""The tables of the model card: a network measured, as markdown; see `model_card.py`."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rank_match import HEAD, line_of, play, style_of
from rank_tables import BANDS, measure_bands, ranks_of, tables
from situations import situations
from weaknesses import Measured, Network, passes, table

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.evaluation.metrics import HIT, Row, sample, scores_of
from gocnn.go.symmetry import VIEWS
from gocnn.inference.predictor import Predictor
from gocnn.play.style import rank_text
from gocnn.stats import ratio, with_margin
from gocnn.weights.names import resolve

_TOLD = "unknown,10k,1k,2d,4d,6d,8d,9d,pro"
_PLAYED = "20k,15k,10k,5k,1k,1d,5d,9d"
_KYU = ((1, 10), (11, 20))
_FEW = 100  # positions; rows of fewer are left out
_EIGHT = 4  # of so many positions one is shown in all views, too


class Work:
    """What is measured, and on what.

    Args:
        networks: by name; the first is the one that all is measured of.
        sets: games by name, in the order of the card.
        training: the training corpus, for the ranks that no test set has; None without.
        most: positions of a set, at most.
        games: of each rank, in the match.
        folder: of pictures and examples.
    """

    def __init__(
        self,
        networks: dict[str, Network],
        sets: dict[str, Corpus],
        training: Corpus | None,
        most: int,
        games: int,
        folder: Path,
    ) -> None:
        self.networks, self.sets, self.training = networks, sets, training
        self.most, self.games, self.folder = most, games, folder
        self.network = next(iter(networks.values()))
        self._measured: dict[tuple[str, str, int], Measured] = {}

    @cached_property
    def positions(self) -> dict[str, Positions]:
        """Those of each set, passes left out."""
        return {
            name: Positions(games, np.flatnonzero(games.games["size"] == 19), passes=False)
            for name, games in self.sets.items()
        }

    def measured(self, name: str, where: str, symmetries: int = 1) -> Measured:
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
    lines = ["| | " + " | ".join(work.networks) + " |", "|---" * (len(work.networks) + 1) + "|"]
    found = []
    for name, network in work.networks.items():
        path, told = resolve(name), network.passport
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        parameters = sum(p.numel() for p in network.module.parameters())
        found.append(
            {
                "architecture": f"{told.network}, {parameters:,} parameters",
                "input": told.encoding,
                "trained on": f"{told.positions:,} positions; {told.steps:,} updates of its own",
                "corpus": told.corpus,
                "how": told.trained,
                "file": f"{path.stat().st_size:,} bytes, SHA-256 begins with {digest[:16]}",
                "licence": told.licence,
            }
        )
    return "\n".join(
        [*lines, *(f"| {key} | " + " | ".join(f[key] for f in found) + " |" for key in found[0])]
    )


def accuracy(work: Work) -> str:
    """One pass and eight views of all networks on all sets."""
    lines = [
        "| network | games | positions | top-1 % | top-5 % | loss | value % | 8 views, top-1 |"
    ]
    lines.append("|---" * 8 + "|")
    for name in work.networks:
        for where in work.sets:
            one, eight = work.measured(name, where), work.measured(name, where, VIEWS)
            row = scores_of(one.positions, one.numbers, one.rows).total
            cells = [name, where, f"{row.positions:,}", *_figures(row), _gain(one, eight)]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _figures(row: Row) -> list[str]:
    return [
        with_margin(row.top1, row.top1_interval, 100, 1),
        with_margin(row.top5, row.top5_interval, 100, 1),
        with_margin(row.cross_entropy, row.cross_entropy_interval, 1, 3),
        _value(row),
    ]


def _gain(one: Measured, eight: Measured) -> str:
    """What eight views add, on the positions that both were measured on."""
    _, first, second = np.intersect1d(one.numbers, eight.numbers, return_indices=True)
    gain = eight.rows[second, HIT] - one.rows[first, HIT]
    return with_margin(*ratio(gain, eight.games[second]), 100, 1, "+")


def phases(work: Work) -> str:
    """Top-1 by move number, sets side by side."""
    return _side_by_side(work, "moves, top-1 % (positions)", "phases", _top1)


def ranks(work: Work) -> str:
    """Top-1 by the rank of the player to move, sets side by side."""
    return _side_by_side(work, "rank, top-1 % (positions)", "ranks", _top1)


def value(work: Work) -> str:
    """How often the value names the winner, by move number."""
    return _side_by_side(work, "moves, winner named %", "phases", _value)


def certainty(work: Work) -> str:
    """How sure the network is, and how often it is right, sets side by side."""
    return _side_by_side(work, "it says: mean, comes true %", "certainties", _sure)


def _sure(row: Row) -> str:
    return f"{100 * row.sure:.1f}, {with_margin(row.top1, row.top1_interval, 100, 1)}"


def _scores(work: Work, where: str, field: str) -> list[Row]:
    measured = work.measured(work.best, where)
    found: list[Row] = getattr(
        scores_of(measured.positions, measured.numbers, measured.rows), field
    )
    return found


def _side_by_side(work: Work, title: str, field: str, cell: Callable[[Row], str]) -> str:
    """A column a set, a line for the rows of one name; rows of few positions are left blank."""
    columns = [
        {row.name: cell(row) for row in _scores(work, where, field) if row.positions >= _FEW}
        for where in work.sets
    ]
    lines = [f"| {title} | " + " | ".join(work.sets) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in dict.fromkeys(name for column in columns for name in column):
        lines.append(f"| {name} | " + " | ".join(column.get(name, "") for column in columns) + " |")
    return "\n".join(lines)


def _top1(row: Row) -> str:
    return f"{with_margin(row.top1, row.top1_interval, 100, 1)} ({row.positions:,})"


def _value(row: Row) -> str:
    """In percent; a dash where no winner is known."""
    known = row.value_accuracy is not None
    return with_margin(row.value_accuracy or 0, row.value_interval, 100, 1) if known else "-"


def by_situation(work: Work) -> str:
    """Where it is weak, on the first set."""
    where, games = next(iter(work.sets.items()))
    measured = work.measured(work.best, where)
    found = situations(measured.positions, measured.numbers)
    passed = work.network.measure(*passes(games, measured.positions.games))
    return f"{where}:\n\n{table(measured, found, passed)}"


def told(work: Work) -> str:
    """Ranks told by ranks played: strong players on the first set, weak ones in training games."""
    where, games = next(iter(work.sets.items()))
    texts = [f"{where}:\n\n{_told(work, games, where)}"]
    if work.training is not None:
        held_out = work.training.split()[1]
        everything = np.arange(len(work.training))
        seen = work.network.passport.positions / work.training.positions
        texts.append(
            f"No test set has players of kyu ranks, and only {_kyu_games(work.training, held_out)} "
            "games held out of the training have one. So these are all games of the training "
            f"corpus that do, {_kyu_games(work.training, everything):,}; the network was shown "
            f"{seen:.0%} of that corpus, each position once at most:\n\n"
            + _told(work, work.training, "kyu", _KYU)
        )
    return "\n\n".join(texts)


def _kyu_games(corpus: Corpus, games: NDArray[np.int64]) -> int:
    records = corpus.games[games]
    kyu = np.zeros(len(games), bool)
    for side in ("black_rank", "white_rank"):
        kyu |= (records[side] >= _KYU[0][0]) & (records[side] <= _KYU[1][1])
    return int(np.count_nonzero(kyu & (records["size"] == 19)))


def _told(work: Work, games: Corpus, label: str, bands: Sequence[tuple[int, int]] = BANDS) -> str:
    network = work.network
    found = measure_bands(
        network.module,
        network.encoding,
        games,
        np.flatnonzero(games.games["size"] == 19),
        device=network.device,
        told=ranks_of(_TOLD),
        bands=bands,
        most=work.most // _EIGHT,
        label=label,
    )
    return tables(found) if found else "No rank is recorded in these games."


def match(work: Work) -> str:
    """Games of ranks against the network at its best."""
    predictor, opponent = Predictor(work.best), style_of("best")
    lines = [f"{work.games} games of each rank against `best`:\n\n{HEAD}"]
    for style in map(style_of, _PLAYED.split(",")):
        rate = play(predictor.predict, (style, opponent), work.games, label=rank_text(style.rank))
        lines.append(line_of(style, rate, work.games))
    return "\n".join(lines)
