"""Where a network is weak: its scoreboard by situation, and where it is surest of a wrong move.

``scripts/weaknesses.py default kgs.gocnn`` prints a table. ``--examples 3`` adds the positions of
each situation in which the network gave most to a move that was not played, as GAME:MOVE, which
``--draw GAME:MOVE -o picture.svg`` draws. A situation is found by the rules (`situations.py`); what
is "played:" is a property of the move, which the network does not know. Intervals are of 95 %, over
games. "sure %" is the mean probability of the network's first choice: above top-1 it is too sure.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from situations import situations
from torch import nn

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.prepare import open_or_prepare
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import CHOICE, HIT, LOSS, SURE, Row, measure, row_of, sample
from gocnn.features.encoding import Encoding
from gocnn.go.board import BLACK
from gocnn.go.coords import vertex
from gocnn.go.position import Position
from gocnn.inference.weights import Passport, load_weights
from gocnn.network.device import choose_device, settle
from gocnn.render.svg import board_svg
from gocnn.stats import with_margin

FEW = 30  # positions; a situation with fewer is left out of the table
_PASSES = 1000  # positions in which a pass was played, at most


@dataclass(frozen=True)
class Measured:
    """What a network said of some positions."""

    positions: Positions
    numbers: NDArray[np.int64]  # [N] which
    rows: NDArray[np.float64]  # [N, 6], see `gocnn.evaluation.metrics.measure`

    @property
    def games(self) -> NDArray[np.int64]:
        """[N] the game of each position, in the corpus."""
        return self.positions.locate(self.numbers)[0]


@dataclass(frozen=True)
class Network:
    """A network ready to be measured."""

    module: nn.Module
    encoding: Encoding
    passport: Passport
    device: torch.device

    @classmethod
    def load(cls, weights: str) -> "Network":
        """The network of a weights file, or of shipped weights by name.

        Raises:
            GocnnError: when it cannot be loaded.
        """
        device = choose_device("auto")
        module, encoding, passport = load_weights(weights)
        return cls(settle(module, device).eval(), encoding, passport, device)

    def measure(
        self,
        positions: Positions,
        numbers: NDArray[np.int64],
        label: str | None = None,
        symmetries: int = 1,
    ) -> Measured:
        """Measure it on the positions with these numbers."""
        rows = measure(
            self.module,
            self.encoding,
            positions,
            numbers,
            device=self.device,
            symmetries=symmetries,
            label=label,
        )
        return Measured(positions, numbers, rows)


def passes(corpus: Corpus, games: NDArray[np.int64]) -> tuple[Positions, NDArray[np.int64]]:
    """The positions in which a pass was played, some of them where there are many."""
    positions = Positions(corpus, games)
    moves = positions.moves(np.arange(positions.count))
    numbers = np.flatnonzero(moves == positions.size**2)
    return positions, numbers[:: max(1, len(numbers) // _PASSES)][:_PASSES]


def table(measured: Measured, found: dict[str, NDArray[np.bool_]], passed: Measured) -> str:
    """Markdown: a line for all positions, one for each situation, one for passes."""
    rows, games = measured.rows, measured.games
    lines = ["| situation | positions | games | sure % | top-1 % | top-5 % | loss |"]
    lines.append("|---|---|---|---|---|---|---|")
    lines.append(_line(row_of("all moves", rows, games)))
    for name, holds in found.items():
        if np.count_nonzero(holds) >= FEW:
            lines.append(_line(row_of(name, rows[holds], games[holds])))
    if len(passed.numbers) >= FEW:
        lines.append(_line(row_of("played: a pass (not counted above)", passed.rows, passed.games)))
    return "\n".join(lines)


def _line(row: Row) -> str:
    cells = [
        row.name,
        f"{row.positions:,}",
        f"{row.games:,}",
        f"{100 * row.sure:.1f}",
        with_margin(row.top1, row.top1_interval, 100, 1),
        with_margin(row.top5, row.top5_interval, 100, 1),
        with_margin(row.cross_entropy, row.cross_entropy_interval, 1, 3),
    ]
    return f"| {' | '.join(cells)} |"


def surest_errors(measured: Measured, holds: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """The rows where a situation holds and the first choice is wrong, the surest first."""
    wrong = np.flatnonzero(holds & (measured.rows[:, HIT] == 0))
    order: NDArray[np.int64] = wrong[np.argsort(-measured.rows[wrong, SURE], kind="stable")][:most]
    return order


@dataclass(frozen=True)
class Case:
    """One position: what the network wanted, and what was played."""

    position: Position
    choice: int
    sure: float
    played: int
    likely: float  # what the network gave to the move played

    @classmethod
    def of(cls, measured: Measured, row: int) -> "Case":
        """A row of what was measured."""
        number = measured.numbers[row : row + 1]
        game, ply = (int(n[0]) for n in measured.positions.locate(number))
        values = measured.rows[row]
        return cls(
            measured.positions.corpus.game(game).position(ply),
            int(values[CHOICE]),
            float(values[SURE]),
            int(measured.positions.moves(number)[0]),
            float(np.exp(-values[LOSS])),
        )

    def svg(self) -> str:
        """A picture, A on the network's choice and B on the move played."""
        labels = {self.played: "B"} | {self.choice: "A"}
        labels.pop(self.position.size**2, None)
        return board_svg(self.position, labels)

    def __str__(self) -> str:
        """In a sentence."""
        mover = "Black" if self.position.to_move == BLACK else "White"
        wanted, played = (vertex(p, self.position.size) for p in (self.choice, self.played))
        return (
            f"{mover} to move: the network wants {wanted} (A) with {self.sure:.0%}; "
            f"played was {played} (B), which it gives {self.likely:.1%}"
        )


def place(text: str, corpus: Corpus) -> tuple[int, int]:
    """(game of the corpus, ply) that GAME:MOVE names, both counted from 1 there.

    Raises:
        GocnnError: when there is no such move.
    """
    game, colon, move = text.partition(":")
    if not (colon and game.isdigit() and move.isdigit()):
        raise GocnnError(f"{text!r}: write GAME:MOVE, two numbers from 1")
    if not (0 < int(game) <= len(corpus) and 0 < int(move) <= corpus.moves[int(game) - 1]):
        raise GocnnError(f"{text}: the games have no such move")
    return int(game) - 1, int(move) - 1


def _draw(network: Network, corpus: Corpus, where: str, output: Path) -> str:
    game, ply = place(where, corpus)
    one = network.measure(Positions(corpus, np.array([game])), np.array([ply]), "draw")
    case = Case.of(one, 0)
    try:
        output.write_text(case.svg(), encoding="utf-8")
    except OSError as error:
        raise GocnnError(f"{output}: cannot write ({error.strerror})") from error
    return str(case)


def _report(network: Network, corpus: Corpus, most: int, examples: int) -> str:
    games = np.flatnonzero(corpus.games["size"] == 19)
    positions = Positions(corpus, games, passes=False)
    measured = network.measure(positions, sample(positions, most), "weaknesses")
    found = situations(positions, measured.numbers)
    lines = [table(measured, found, network.measure(*passes(corpus, games), "passes"))]
    for name, holds in found.items() if examples else ():
        lines += ["", name]
        for row in surest_errors(measured, holds, examples).tolist():
            game, ply = (int(n[row]) for n in positions.locate(measured.numbers))
            lines.append(f"{game + 1}:{ply + 1} {Case.of(measured, row)}")
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", help="a file, or the name of shipped weights")
    parser.add_argument("games", nargs="+", type=Path)
    parser.add_argument("--positions", type=int, default=20_000, help="at most")
    parser.add_argument("--examples", type=int, default=0, help="of each situation")
    parser.add_argument("--draw", metavar="GAME:MOVE", help="draw this position instead")
    parser.add_argument("-o", "--output", type=Path, default=Path("position.svg"))
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            filters = Filters(min_moves=1)
            corpus, _ = open_or_prepare(
                options.games, Path(scratch) / "games.gocnn", filters=filters
            )
            network = Network.load(options.weights)
            if options.draw:
                print(_draw(network, corpus, options.draw, options.output))
            else:
                print(_report(network, corpus, options.positions, options.examples))
    except GocnnError as error:
        sys.exit(f"weaknesses: {error}")


if __name__ == "__main__":
    main()
