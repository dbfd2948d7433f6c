"""Thinking ahead: which moves are worth what, by the network alone or by a search on top of it.

A `Thinker` is a `gocnn.prediction.Predict`, and says what it thinks move by move. It needs neither
weights nor torch.

Invariants:

- A position given is never changed.
- Every move of every line is legal, superko included where the position asks for it, and fills no
  own eye.
- The same calls give the same answers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from gocnn.go.board import BLACK, WHITE
from gocnn.go.playouts import sample
from gocnn.go.position import Position
from gocnn.go.rules import RULESETS, Ruleset, compensation
from gocnn.go.scoring import judge, score
from gocnn.play.mcts import Tree, main_line
from gocnn.prediction import Conditions, Prediction, PredictMany
from gocnn.stats import Z95

_BATCH = 8  # positions evaluated at once, once a search has
_PARTS = 4  # times as many visits
_VERDICT = 100  # playouts that tell the score at the end of a line
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


class _Search:
    """One search: a position and its place in the tree."""

    def __init__(self, tree: Tree, position: Position) -> None:
        self.tree, self.position = tree, position
        self.node, self.network = tree.root(position)

    @property
    def visits(self) -> int:
        return self.node.count

    def grow(self, most: int) -> None:
        """A few visits more, up to a number in all."""
        visits = self.node.count
        self.tree.grow(
            self.node, self.position, min(max(visits // _PARTS, 1), _BATCH, most - visits)
        )

    def prediction(self) -> Prediction:
        """The share of each move in the visits, with one visit shared out by the network."""
        policy = self.network.policy.copy()
        policy[self.node.points] += self.node.visits
        return Prediction(policy / policy.sum(), self.node.mean)

    def analysis(self, most: int) -> Analysis:
        """The moves visited, or the likeliest ones as long as there is none."""
        node = self.node
        if not node.visits.any():
            pvs = [[point] for point in likeliest(self.position, self.network, most)]
            lines = _lines(self.network, pvs, [node.win] * len(pvs))
            return Analysis(1, node.win, lines, self.network)
        order = np.argsort(-node.visits, kind="stable")[:most]
        found = [self._line(int(number)) for number in order if node.visits[number]]
        return Analysis(node.count, node.mean, tuple(found), self.network)

    def _line(self, number: int) -> Line:
        node = self.node
        visits = int(node.visits[number])
        win = float(node.totals[number]) / visits
        spread = max(float(node.squares[number]) / visits - win * win, 0.0) + 0.25 / visits
        return Line(
            point=int(node.points[number]),
            visits=visits,
            win=win,
            prior=float(self.network.policy[node.points[number]]),
            lcb=max(win - Z95 * (spread / visits) ** 0.5, 0.0),
            pv=main_line(node, self.position, number, _PLIES),
        )


class Thinker:
    """Thinks about one game after another; call `new_game` between them.

    Args:
        predict: the network.
        visits: how many positions a search looks at; 1 is the network alone.
        rules: how a search counts a game that both sides have ended.
        trust: weight of playouts beside the network's value, in a search.
        playouts: how many, for each position of a search.
    """

    def __init__(
        self,
        predict: PredictMany,
        visits: int = 1,
        *,
        rules: Ruleset = RULESETS["chinese"],
        trust: float = 0.5,
        playouts: int = 8,
    ) -> None:
        self.predict = predict
        self.visits = visits
        self.rules = rules
        self.trust, self.playouts = trust, playouts
        self._tree: Tree | None = None
        self._setting: tuple[object, ...] = ()

    def new_game(self) -> None:
        """Forget the game so far."""
        self._tree = None

    def __call__(self, position: Position, conditions: Conditions) -> Prediction:
        """What is thought of a position, as a network would say it."""
        if self.visits == 1:
            return self.predict([position], [conditions])[0]
        search = _Search(self._tree_for(position, conditions), position)
        while search.visits < self.visits:
            search.grow(self.visits)
        return search.prediction()

    def analyse(
        self, position: Position, conditions: Conditions, *, most: int = 20
    ) -> Iterator[Analysis]:
        """Think, and tell after each small piece of work; the first answer comes at once.

        Args:
            position: may change between two answers without harm.
            conditions: as the network is told them, for the player to move.
            most: how many moves to tell of.
        """
        position = position.copy()
        if self.visits == 1:
            yield from self._network_alone(position, conditions, most)
            return
        search = _Search(self._tree_for(position, conditions), position)
        yield search.analysis(most)
        while search.visits < self.visits:
            search.grow(self.visits)
            yield search.analysis(most)

    def _tree_for(self, position: Position, conditions: Conditions) -> Tree:
        """The tree so far, or a new one where it was made for another game."""
        told = {position.to_move: conditions, -position.to_move: swapped(conditions)}
        setting = (
            *(position.size, position.komi, position.superko, position.handicap),
            *(told[BLACK], told[WHITE], self.rules, self.trust, self.playouts),
        )
        if self._tree is None or setting != self._setting:
            self._setting = setting
            self._tree = Tree(partial(self._evaluate, told), self._finish)
        return self._tree

    def _evaluate(
        self, told: dict[int, Conditions], positions: Sequence[Position]
    ) -> list[tuple[Prediction, float]]:
        """The network's answers, and its value mixed with what playouts say."""
        predictions = self.predict(positions, [told[p.to_move] for p in positions])
        return [
            (prediction, self._mix(position, prediction.win))
            for position, prediction in zip(positions, predictions, strict=True)
        ]

    def _mix(self, position: Position, win: float) -> float:
        win = win if 0 <= win <= 1 else 0.5
        if not self.trust:
            return win
        played = sample(
            position.board, position.to_move, playouts=self.playouts, seed=position.hash
        )
        margins = played.margins - position.komi - compensation(position, self.rules)
        won = float((np.sign(margins) * position.to_move).mean() + 1) / 2
        return (1 - self.trust) * win + self.trust * won

    def _finish(self, position: Position) -> float:
        verdict = judge(position, playouts=_VERDICT, seed=position.hash)
        counted = score(position, verdict.owner, verdict.dead, self.rules, verdict.seki)
        return (counted.winner * position.to_move + 1) / 2

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
                if root.policy[points[number]] >= _LIKELY and ends[number].passes < 2:
                    pvs[number] += likeliest(ends[number], reply, 1)
            followed = [n for n in followed if len(pvs[n]) == ply + 2]
            if not followed:
                break
        yield Analysis(1, root.win, _lines(root, pvs, wins), root)


def swapped(conditions: Conditions) -> Conditions:
    """The same game seen by the other player."""
    return replace(conditions, rank=conditions.opponent_rank, opponent_rank=conditions.rank)


def likeliest(position: Position, prediction: Prediction, most: int) -> list[int]:
    """The likeliest moves, best first: legal ones that fill no own eye, and the pass."""
    shares = prediction.policy.astype(np.float64)
    shares[:-1][~position.candidate_moves()] = -1
    order = np.argsort(-shares, kind="stable")[:most]
    return [int(point) for point in order if shares[point] >= 0]


def _lines(root: Prediction, pvs: list[list[int]], wins: list[float]) -> tuple[Line, ...]:
    lines = []
    for pv, win in zip(pvs, wins, strict=True):
        prior = float(root.policy[pv[0]])
        visits = max(round(_PSEUDO_VISITS * prior), 1)
        lines.append(Line(pv[0], visits, win, prior, win, tuple(pv)))
    return tuple(lines)
