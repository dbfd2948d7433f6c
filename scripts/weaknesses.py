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
from numpy.typing import NDArray
from situations import situations

from gocnn.batches import Positions
from gocnn.coords import vertex
from gocnn.corpus import Corpus
from gocnn.devices import choose_device, settle
from gocnn.draw import board_svg
from gocnn.errors import GocnnError
from gocnn.evaluation import CHOICE, HIT, LOSS, SURE, Row, measure, row_of, sample
from gocnn.filters import Filters
from gocnn.rules import BLACK
from gocnn.sources import corpus_of
from gocnn.weights import load_weights

FEW = 30  # positions; a situation with fewer is left out of the table
_PASSES = 1000  # positions in which a pass was played, at most


@dataclass(frozen=True)
class Measured:
    """What a network said of some positions."""

    positions: Positions
    numbers: NDArray[np.int64]  # [N] which
    rows: NDArray[np.float64]  # [N, 6], see `gocnn.evaluation.measure`

    @property
    def games(self) -> NDArray[np.int64]:
        """[N] the game of each position, in the corpus."""
        return self.positions.locate(self.numbers)[0]


@dataclass(frozen=True)
class Network:
    """A network ready to be measured."""

    weights: str

    def measure(self, positions: Positions, numbers: NDArray[np.int64], label: str) -> Measured:
        """Measure it on the positions with these numbers."""
        device = choose_device("auto")
        network, encoding, _ = load_weights(self.weights)
        network = settle(network, device).eval()
        rows = measure(network, encoding, positions, numbers, device=device, label=label)
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
        _with_margin(100 * row.top1, row.top1_interval, 100, 1),
        _with_margin(100 * row.top5, row.top5_interval, 100, 1),
        _with_margin(row.cross_entropy, row.cross_entropy_interval, 1, 3),
    ]
    return f"| {' | '.join(cells)} |"


def _with_margin(value: float, margin: float | None, scale: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return text if margin is None else f"{text} ± {scale * margin:.{digits}f}"


def surest_errors(measured: Measured, holds: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """The rows where a situation holds and the first choice is wrong, the surest first."""
    wrong = np.flatnonzero(holds & (measured.rows[:, HIT] == 0))
    order: NDArray[np.int64] = wrong[np.argsort(-measured.rows[wrong, SURE], kind="stable")][:most]
    return order


def told(measured: Measured, row: int) -> str:
    """One position in a line: where it is, what the network wanted, what was played."""
    game, ply = (int(n[0]) for n in measured.positions.locate(measured.numbers[row : row + 1]))
    size = measured.positions.size
    choice, sure, loss = (measured.rows[row, column] for column in (CHOICE, SURE, LOSS))
    played = int(measured.positions.moves(measured.numbers[row : row + 1])[0])
    return (
        f"{game + 1}:{ply + 1} wanted {vertex(int(choice), size)} with {sure:.0%}, "
        f"played was {vertex(played, size)}, which it gave {np.exp(-loss):.1%}"
    )


def picture(measured: Measured, row: int) -> tuple[str, str]:
    """A position as SVG, A on the network's choice and B on the move played; and a line on it."""
    number = measured.numbers[row : row + 1]
    game, ply = (int(n[0]) for n in measured.positions.locate(number))
    position = measured.positions.corpus.game(game).position(ply)
    labels = {int(measured.positions.moves(number)[0]): "B"}
    labels[int(measured.rows[row, CHOICE])] = "A"
    labels.pop(position.size**2, None)
    mover = "Black" if position.to_move == BLACK else "White"
    return board_svg(position, labels), f"{mover} to move; {told(measured, row)}"


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
    svg, line = picture(one, 0)
    try:
        output.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise GocnnError(f"{output}: cannot write ({error.strerror})") from error
    return line


def _report(network: Network, corpus: Corpus, most: int, examples: int) -> str:
    games = np.flatnonzero(corpus.games["size"] == 19)
    positions = Positions(corpus, games, passes=False)
    measured = network.measure(positions, sample(positions, most), "weaknesses")
    found = situations(positions, measured.numbers)
    lines = [table(measured, found, network.measure(*passes(corpus, games), "passes"))]
    for name, holds in found.items() if examples else ():
        lines += ["", name]
        lines += [told(measured, int(row)) for row in surest_errors(measured, holds, examples)]
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
            corpus, _ = corpus_of(options.games, Path(scratch) / "games.gocnn", filters=filters)
            network = Network(options.weights)
            if options.draw:
                print(_draw(network, corpus, options.draw, options.output))
            else:
                print(_report(network, corpus, options.positions, options.examples))
    except GocnnError as error:
        sys.exit(f"weaknesses: {error}")


if __name__ == "__main__":
    main()
