"""What a review finds in a game, as plain data.

Invariants:

- Win rates and leads are seen from black; losses are seen by the player who moved.
- Moves are numbered from 1; a point of size * size is a pass.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from gocnn.go.phases import phase
from gocnn.go.ranks import Rank
from gocnn.sgf.reader import Record

MATCHED, NEAR = 1, 5  # places that count as found: the first choice, and among the first five
_BAD_LOSS = 0.15  # win rate that a bad move costs; a doubtful one costs less
_UNEXPECTED = 0.05  # probability below which a move is a surprise
_GOOD_GAIN = 0.05  # win rate that a surprise must bring to be called good


class Candidate(NamedTuple):
    """A move that was likely."""

    point: int
    probability: float


@dataclass(frozen=True, kw_only=True)
class MoveReview:
    """One move of a game, beside what was likely."""

    number: int
    colour: int
    point: int
    probability: float  # of this move
    place: int  # among all moves by probability, from 1; moves that tie with it stand before it
    surprise: float  # -ln(probability), nats
    candidates: tuple[Candidate, ...]  # the likeliest moves, best first
    line: tuple[int, ...] = ()  # how the game might have gone on with the first of them
    loss: float = 0.0  # win rate lost by this move, by the network's value alone; 0 and more
    unprimed_place: int  # likewise `place` and `surprise`, told nothing of the players' ranks
    unprimed_surprise: float


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A move that cost much."""

    number: int
    loss: float  # win rate lost by the player who moved
    win_before: float  # black's win rate with the best move
    win_after: float  # black's win rate with the move that was played
    line: tuple[int, ...]  # the best move, and how the game might have gone on
    searched: bool  # whether a search stands behind these figures, or the network alone

    @property
    def turned(self) -> bool:
        """Whether the player who was ahead fell behind."""
        return (self.win_before - 0.5) * (self.win_after - 0.5) < 0


@dataclass(frozen=True, kw_only=True)
class GameReview:
    """A game of N moves, reviewed."""

    record: Record
    moves: tuple[MoveReview, ...]  # N
    win_rates: tuple[float, ...]  # N + 1, from before the first move on
    leads: tuple[float, ...] | None  # N + 1, points, komi counted; None: the network answers none
    moments: tuple[Moment, ...]  # in order of play
    advice_rank: Rank | None  # the rank whose moves are expected; None: the players' own
    visits: int  # of the searches behind `moments`; 1 is the network alone


@dataclass(frozen=True, kw_only=True)
class MatchRate:
    """How many of some moves were found by the network, told nothing of ranks."""

    moves: int
    matched: int  # were its first choice
    near: int  # were among its first five
    surprise: float  # mean, nats


def match_rate(moves: Iterable[MoveReview]) -> MatchRate:
    """The match rate of some moves; see `moves_of`."""
    chosen = list(moves)
    return MatchRate(
        moves=len(chosen),
        matched=sum(move.unprimed_place <= MATCHED for move in chosen),
        near=sum(move.unprimed_place <= NEAR for move in chosen),
        surprise=sum(move.unprimed_surprise for move in chosen) / max(len(chosen), 1),
    )


def moves_of(review: GameReview, colour: int, of_phase: int | None = None) -> list[MoveReview]:
    """The moves of a player without passes, in one phase (`gocnn.go.phases`) or in all."""
    size = review.record.game.size
    return [
        move
        for move in review.moves
        if move.colour == colour
        and move.point != size * size
        and of_phase in (None, phase(move.number - 1, size))
    ]


class Mark(StrEnum):
    """What is to say of a move in one word."""

    BAD = "bad"
    DOUBTFUL = "doubtful"
    GOOD = "good"
    SURPRISING = "surprising"
    NONE = ""


def mark_of(review: GameReview, number: int) -> Mark:
    """The mark of move `number`, from 1.

    Good is a move that hardly anybody would have played and after which the player who moved is
    better off than before.
    """
    moment = next((m for m in review.moments if m.number == number), None)
    if moment is not None:
        return Mark.BAD if moment.loss >= _BAD_LOSS else Mark.DOUBTFUL
    move = review.moves[number - 1]
    if move.place == MATCHED or move.probability >= _UNEXPECTED:
        return Mark.NONE
    gain = (review.win_rates[number] - review.win_rates[number - 1]) * move.colour
    return Mark.GOOD if gain >= _GOOD_GAIN else Mark.SURPRISING
