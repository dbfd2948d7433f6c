"""Where a network is weak: its scoreboard by situation, and its most confident mistakes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Measurements, Row, summarise
from gocnn.go.board import POINT_MASK
from gocnn.go.coords import vertex
from gocnn.go.position import Position, colour_name
from gocnn.render.svg import board_svg
from gocnn.stats import markdown_table

FEW = 30  # positions; a situation with fewer is left out of the table
MOST_PASSES = 1000  # positions in which a pass was played, at most


def sample_passes(corpus: Corpus, games: NDArray[np.int64]) -> tuple[Positions, NDArray[np.int64]]:
    """The positions in which a pass was played: every k-th, so that they are few enough."""
    positions = Positions(corpus, games)
    moves = positions.moves(np.arange(positions.count))
    numbers = np.flatnonzero(moves == positions.size**2)
    return positions, numbers[:: max(1, len(numbers) // MOST_PASSES)][:MOST_PASSES]


def situation_table(
    measured: Measurements,
    situations: dict[str, NDArray[np.bool_]],
    passes: Measurements | None = None,
) -> str:
    """Markdown: a line for all positions, one for each situation, one for passes.

    Args:
        measured: of N positions in which no pass was played.
        situations: bool[N] by name, see `find_situations`.
        passes: of positions in which a pass was played.
    """
    rows = [summarise("all moves", measured)]
    for name, holds in situations.items():
        if np.count_nonzero(holds) >= FEW:
            rows.append(summarise(name, measured[holds]))
    if passes is not None and len(passes) >= FEW:
        rows.append(summarise("played: a pass (not counted above)", passes))
    head = ["situation", "positions", "games", "confidence %", "top-1 %", "top-5 %", "loss"]
    return markdown_table(head, map(_cells, rows))


def _cells(row: Row) -> list[str]:
    return [
        row.name,
        f"{row.positions:,}",
        f"{row.games:,}",
        f"{100 * row.confidence:.1f}",
        row.top1.text(100, 1),
        row.top5.text(100, 1),
        row.cross_entropy.text(1, 3),
    ]


def find_mistakes(measured: Measurements, holds: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """Which positions of a situation have a wrong first choice, the most confident ones first."""
    wrong = np.flatnonzero(holds & ~measured.top1)
    order: NDArray[np.int64] = wrong[np.argsort(-measured.confidence[wrong], kind="stable")][:most]
    return order


@dataclass(frozen=True)
class Case:
    """One position, with what the network wanted and what was played."""

    position: Position
    choice: int  # the network's, a point; size * size is a pass
    confidence: float  # probability of that
    played: int
    likelihood: float  # probability that the network gave to the move played

    @classmethod
    def of(cls, corpus: Corpus, measured: Measurements, index: int) -> "Case":
        """A position that was measured, by its number there."""
        game, ply = corpus.game(int(measured.games[index])), int(measured.plies[index])
        return cls(
            game.position(ply),
            int(measured.choice[index]),
            float(measured.confidence[index]),
            int(game.moves[ply]) & POINT_MASK,
            float(np.exp(-measured.cross_entropy[index])),
        )

    def svg(self) -> str:
        """A picture, A on the network's choice and B on the move played."""
        labels = {self.played: "B"} | {self.choice: "A"}
        labels.pop(self.position.size**2, None)
        return board_svg(self.position, labels)

    def __str__(self) -> str:
        """In a sentence."""
        mover = colour_name(self.position.to_move).capitalize()
        wanted, played = (vertex(p, self.position.size) for p in (self.choice, self.played))
        return (
            f"{mover} to move: the network wants {wanted} (A) with {self.confidence:.0%}; "
            f"played was {played} (B), which it gives {self.likelihood:.1%}"
        )


def parse_place(text: str, corpus: Corpus) -> tuple[int, int]:
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
