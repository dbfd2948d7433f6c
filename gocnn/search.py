"""Thinking ahead: which moves are worth what, by the network alone or by a search on top of it.

A `Thinker` is a `gocnn.player.Predict`, and says what it thinks move by move. It needs neither
weights nor torch.

Invariants:

- A position given is never changed.
- Every move of every line is legal, superko included where the position asks for it, and fills no
  own eye.
- The same calls give the same answers.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gocnn.features import Conditions
from gocnn.player import Prediction, PredictMany, candidates
from gocnn.position import Position

_PLIES = 8  # a line that is likely is followed so far
_LIKELY = 0.02  # moves below this probability get no line
_PSEUDO_VISITS = 1000  # for controllers that scale by visits, shared out by probability


class Line(NamedTuple):
    """One move that is thought of."""

    point: int  # size * size is a pass
    visits: int  # of a search; of the network alone 1000 times the probability, at least 1
    win: float  # win rate for the player to move, after this move
    prior: float  # the network's probability
    lcb: float  # lower confidence bound of `win`; of the network alone the same
    pv: tuple[int, ...]  # the likely sequence; begins with `point`


class Analysis(NamedTuple):
    """What is thought of a position."""

    visits: int  # made so far; the network alone makes one
    win: float  # win rate for the player to move
    lines: tuple[Line, ...]  # best first
    prediction: Prediction  # what the network says of the position


class Thinker:
    """Thinks about one game after another; call `new_game` between them.

    Args:
        predict: the network.
        visits: how many positions a search looks at; 1 is the network alone.
    """

    def __init__(self, predict: PredictMany, visits: int = 1) -> None:
        self.predict = predict
        self.visits = visits

    def new_game(self) -> None:
        """Forget the game so far."""

    def __call__(self, position: Position, conditions: Conditions) -> Prediction:
        """What is thought of a position, as a network would say it."""
        return self.predict([position], [conditions])[0]

    def analyse(
        self, position: Position, conditions: Conditions, *, most: int = 20
    ) -> Iterator[Analysis]:
        """Think, and tell after each small piece of work; the first answer comes at once.

        Args:
            position: may change between two answers without harm.
            conditions: as the network is told them, for the player to move.
            most: how many moves to tell of.
        """
        yield from self._network_alone(position.copy(), conditions, most)

    def _network_alone(
        self, position: Position, conditions: Conditions, most: int
    ) -> Iterator[Analysis]:
        """The likeliest moves; then what the network says after each; then how it may go on."""
        root = self.predict([position], [conditions])[0]
        points = likeliest(position, root, most)
        ends = [position.copy() for _ in points]
        pvs = [[point] for point in points]
        wins = [root.win] * len(points)
        followed = list(range(len(points)))
        for ply in range(_PLIES):
            yield Analysis(1, root.win, _lines(root, pvs, wins), root)
            for number in followed:
                ends[number].play(pvs[number][-1])
            conditions = swapped(conditions)
            told = self.predict([ends[n] for n in followed], [conditions] * len(followed))
            if not ply:
                wins = [1 - reply.win for reply in told]
            for number, reply in zip(followed, told, strict=True):
                if root.policy[points[number]] >= _LIKELY and not is_over(ends[number]):
                    pvs[number] += likeliest(ends[number], reply, 1)
            followed = [n for n in followed if len(pvs[n]) == ply + 2]
            if not followed:
                break
        yield Analysis(1, root.win, _lines(root, pvs, wins), root)


def swapped(conditions: Conditions) -> Conditions:
    """The same game seen by the other player."""
    return replace(conditions, rank=conditions.opponent_rank, opponent_rank=conditions.rank)


def is_over(position: Position) -> bool:
    """Whether the last two moves were passes."""
    last = position.moves[-2:]
    return len(last) == 2 and all(point == position.size**2 for _, point in last)


def likeliest(position: Position, prediction: Prediction, most: int) -> list[int]:
    """The likeliest moves, best first: legal ones that fill no own eye, and the pass."""
    shares = prediction.policy.astype(np.float64)
    shares[:-1][~candidates(position)] = -1
    order = np.argsort(-shares, kind="stable")[:most]
    return [int(point) for point in order if shares[point] >= 0]


def _lines(root: Prediction, pvs: list[list[int]], wins: list[float]) -> tuple[Line, ...]:
    lines = []
    for pv, win in zip(pvs, wins, strict=True):
        prior = float(root.policy[pv[0]])
        visits = max(round(_PSEUDO_VISITS * prior), 1)
        lines.append(Line(pv[0], visits, win, prior, win, tuple(pv)))
    return tuple(lines)
