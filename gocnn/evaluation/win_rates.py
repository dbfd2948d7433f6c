"""Does the win rate judge both sides alike, and does it follow the komi?

The result of a game does not depend on who looks at it. So black's win rate should on average be
the same before and after a move, whoever has moved, and the more komi white gets the less often
black should win. Both are measured on even games: with a handicap the komi tells something else.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE, WHITE_BIT
from gocnn.go.position import colour_name
from gocnn.inference.forward import forward, prepare_for_inference
from gocnn.inference.views import Views
from gocnn.inference.weights import LoadedNetwork
from gocnn.progress import bar
from gocnn.stats import Estimate, clustered_mean, count_text, markdown_table

KOMIS = (-50.0, 0.0, 7.5, 50.0)  # points, told in place of the recorded one
PHASES = ((1, 20), (21, 60), (61, 150), (151, 1000))  # first and last move number
GAMES = 40  # even games, drawn at random but always the same
_KOMI_SHARE = 5  # of so many positions one is shown with other komi; odd, so that sides take turns
_BATCH = 256


@dataclass(frozen=True, slots=True)
class KomiRow:
    """The win rates of a player to move under one komi after another."""

    moves: tuple[int, int]  # first and last number of the move to be played
    to_move: str  # "black" or "white"
    positions: int
    win_rates: dict[float, Estimate]  # by komi; shares, intervals over games


@dataclass(frozen=True, slots=True)
class WinRates:
    """How a network judges the positions of even games."""

    games: int
    positions: int
    # Mean changes of black's win rate between a position and the next, shares with intervals over
    # games: from white's turn to black's, from black's to white's, and half their difference, which
    # is by how much the network flatters whoever is to move.
    to_black: Estimate
    to_white: Estimate
    jump: Estimate
    komi: list[KomiRow]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        rows = [
            {**asdict(row), "win_rates": [asdict(rate) for rate in row.win_rates.values()]}
            for row in self.komi
        ]
        return {**asdict(self), "komi": {"told": list(KOMIS), "rows": rows}}

    def turns_text(self) -> str:
        """The jump between turns in a sentence, in points of a hundred."""
        changes = (rate.text(100, 1, "+") for rate in (self.to_black, self.to_white, self.jump))
        return (
            "In {} ({}), black's win rate changes by {} % when it becomes black's turn and by {} % "
            "when it becomes white's: a jump of {} % for whoever is to move."
        ).format(
            count_text(self.games, "even game"), count_text(self.positions, "position"), *changes
        )

    def komi_table(self) -> str:
        """Markdown: the win rate of the player to move, komi across."""
        head = ["moves, to move", *(f"komi {komi:g}: %" for komi in KOMIS), "positions"]
        rows = []
        for row in self.komi:
            first, last = row.moves
            name = f"{first}-{last}" if last < PHASES[-1][1] else f"{first} and later"
            rates = (row.win_rates[komi].text(100, 1) for komi in KOMIS)
            rows.append([f"{name}, {row.to_move}", *rates, f"{row.positions:,}"])
        return markdown_table(head, rows)


def measure_win_rates(
    network: LoadedNetwork,
    corpus: Corpus,
    games: NDArray[np.int64],
    *,
    most: int = GAMES,
    label: str | None = None,
) -> WinRates:
    """Measure the win rates of a network, in float32, on even games of a corpus.

    Args:
        network: what to measure.
        corpus: the packed games.
        games: int64[N], which of them to draw from; the even ones on boards of one size are used.
        most: so many are drawn, at most.
        label: of the progress bar; None for none.

    Raises:
        GocnnError: when none of them is even, with a known komi and two moves or more.
    """
    positions = Positions(corpus, _even_games(corpus, games, most))
    everything = np.arange(positions.count, dtype=np.int64)
    where, plies = positions.locate(everything)
    white = (positions.next_entries(where, plies) & WHITE_BIT) > 0
    komi_sample = everything[::_KOMI_SHARE]
    module = prepare_for_inference(network.module, network.device, exact=True)
    views = Views(positions.size, network.device)
    total = len(everything) + len(KOMIS) * len(komi_sample)
    progress = bar(label, total, unit="positions") if label else None

    def win_rates(numbers: NDArray[np.int64], komi: float | None) -> NDArray[np.float64]:
        """Of the player to move, a share."""
        rates = []
        for part in _parts(numbers):
            batch = positions.encode(network.encoding, part, komi=komi)
            value = forward(module, batch.planes, batch.globals, views).value
            rates.append(value.double().sigmoid().cpu().numpy())
            if progress:
                progress.update(len(part))
        return np.concatenate(rates)

    recorded = win_rates(everything, None)
    if np.isnan(recorded).any():
        raise GocnnError("the network answers NaN: its training diverged, or it is damaged")
    by_komi = {komi: win_rates(komi_sample, komi) for komi in KOMIS}
    if progress:
        progress.close()
    to_black, to_white, jump = _turns(np.where(white, 1 - recorded, recorded), where, white)
    rows = _komi_rows(by_komi, where[komi_sample], plies[komi_sample] + 1, white[komi_sample])
    return WinRates(len(np.unique(where)), len(everything), to_black, to_white, jump, list(rows))


def _even_games(corpus: Corpus, games: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    records = corpus.games[games]
    even = (records["handicap"] == 0) & ~np.isnan(records["komi"]) & (corpus.moves[games] >= 2)
    if not even.any():
        raise GocnnError("there is no even game with a known komi to measure win rates on")
    sizes, counts = np.unique(records["size"][even], return_counts=True)
    even_games: NDArray[np.int64] = games[even & (records["size"] == sizes[counts.argmax()])]
    if len(even_games) > most:
        even_games = np.sort(np.random.default_rng(0).choice(even_games, most, replace=False))
    return even_games


def _parts(numbers: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(numbers), _BATCH):
        yield numbers[start : start + _BATCH]


def _turns(
    black_wins: NDArray[np.float64], games: NDArray[np.int64], white: NDArray[np.bool_]
) -> tuple[Estimate, Estimate, Estimate]:
    """The changes of black's win rate, as `WinRates` has them, from position to position."""
    change = np.diff(black_wins)
    turn = (games[1:] == games[:-1]) & (white[1:] != white[:-1])
    change, games, to_black = change[turn], games[1:][turn], ~white[1:][turn]
    signed = np.where(to_black, change, -change)
    # Both kinds of turns count alike, also where a game has one more of a kind.
    return (
        clustered_mean(change[to_black], games[to_black]),
        clustered_mean(change[~to_black], games[~to_black]),
        clustered_mean(signed, games),
    )


def _komi_rows(
    by_komi: dict[float, NDArray[np.float64]],
    games: NDArray[np.int64],
    numbers: NDArray[np.int64],
    white: NDArray[np.bool_],
) -> Iterator[KomiRow]:
    for first, last in PHASES:
        for colour in (BLACK, WHITE):
            chosen = (numbers >= first) & (numbers <= last) & (white == (colour == WHITE))
            if not chosen.any():
                continue
            rates = {
                komi: clustered_mean(wins[chosen], games[chosen]) for komi, wins in by_komi.items()
            }
            yield KomiRow((first, last), colour_name(colour), int(chosen.sum()), rates)
