"""The tree of a search: PUCT over policy and value, its leaves evaluated several at a time.

A node is a position with its player to move, its ko and whether the last move was a pass; however
it is reached, it is one node. It knows how often each of its moves was tried and what came of it.
The rule that chooses among them is that of AlphaGo Zero (Silver et al. 2017); a move not yet tried
counts as somewhat worse than its position, the more so the more has been tried.

Invariants:

- Every move tried is legal in the line that leads to it, superko included, and fills no own eye.
  A line ends after two passes, with the score.
- Outcomes are from 0 to 1, and those of a node's moves are its player's.
- Between calls nothing is pending.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gocnn.go.board import candidate_moves
from gocnn.go.position import Position
from gocnn.prediction import Prediction

_NODES = 40_000  # some 4 KB each
_WIDTH = 60  # moves of a node, the likeliest
_CURIOSITY = 0.9  # how much the prior counts beside the outcomes
_CAUTION = 0.15  # by how much an untried move counts as worse, once all likely ones are tried
_LONGEST = 200  # plies of a line

Key = tuple[int, int, int | None, bool]
Evaluate = Callable[[Sequence[Position]], list[tuple[Prediction, float]]]  # and the mover's outcome
Finish = Callable[[Position], float]  # the mover's outcome of a game that is over


class Node:
    """A position and its K moves; arrays have K elements, the likeliest move first."""

    def __init__(self, key: Key, position: Position, prediction: Prediction, win: float) -> None:
        shares = np.nan_to_num(prediction.policy.astype(np.float64))
        shares[:-1][~candidate_moves(position.board, position.to_move)] = -1
        shares[-1] = max(shares[-1], 0.0)
        order = np.argsort(-shares, kind="stable")
        order = order[shares[order] >= 0][:_WIDTH]
        passing = len(shares) - 1
        if passing not in order:
            order[-1] = passing
        self.key = key
        self.win = win  # the evaluation's
        self.points = order.astype(np.int16)
        self.priors = (shares[order] + 1e-6) / (shares[order] + 1e-6).sum()
        self.visits = np.zeros(len(order), np.int32)
        self.pending = np.zeros(len(order), np.int32)
        self.totals = np.zeros(len(order))  # sums of outcomes
        self.squares = np.zeros(len(order))  # sums of their squares
        self.children: dict[int, Node] = {}

    @property
    def count(self) -> int:
        """Visits of this position: its own evaluation and those of its moves."""
        return 1 + int(self.visits.sum())

    @property
    def mean(self) -> float:
        """The mean outcome of all visits."""
        return float(self.win + self.totals.sum()) / self.count

    def choose(self, position: Position) -> int:
        """The number of the move to try next; a visit that is pending counts as lost."""
        tried = self.visits + self.pending
        untried = self.mean - _CAUTION * self.priors[tried > 0].sum() ** 0.5
        worth = np.where(tried > 0, self.totals / np.maximum(tried, 1), untried)
        worth += _CURIOSITY * self.priors * (1 + tried.sum()) ** 0.5 / (1 + tried)
        number = int(worth.argmax())
        while position.superko and not position.is_legal(int(self.points[number])):
            worth[number] = -np.inf
            number = int(worth.argmax())
        return number


class _Line(NamedTuple):
    steps: list[tuple[Node, int]]  # from the root: a node and the number of its move
    position: Position  # at the end of the line
    win: float | None  # of the player to move there; None until it is evaluated


class Tree:
    """Nodes by position, kept from one move of a game to the next.

    Args:
        evaluate: the network, or what stands on it.
        finish: the score of a game.
        most: nodes to keep; later ones are evaluated each time they are met.
    """

    def __init__(self, evaluate: Evaluate, finish: Finish, most: int = _NODES) -> None:
        self._evaluate, self._finish, self._most = evaluate, finish, most
        self.nodes: dict[Key, Node] = {}
        self._ends: dict[tuple[int, ...], float] = {}

    def root(self, position: Position) -> tuple[Node, Prediction]:
        """The node of a position and what the evaluation says of it; makes room in the tree."""
        prediction, win = self._evaluate([position])[0]
        key = key_of(position)
        node = self.nodes.get(key) or Node(key, position, prediction, win)
        self.nodes[key] = node
        if len(self.nodes) > self._most // 2:
            self.nodes = {below.key: below for below in _reachable(node)}
        return node, prediction

    def grow(self, root: Node, position: Position, visits: int) -> None:
        """Visit leaves below a node, all evaluated at once.

        Args:
            root: from `root`, of this position.
            position: left as it is.
            visits: how many at most; fewer when one leaf is met twice.
        """
        lines: list[_Line] = []
        keys: dict[Key, int] = {}
        for _ in range(visits):
            line = self._descend(root, position.copy())
            lines.append(line)
            if line.win is None:
                key = key_of(line.position)
                if key in keys:
                    break
                keys[key] = len(lines) - 1
        leaves = [lines[number].position for number in keys.values()]
        try:
            found = dict(zip(keys, self._evaluate(leaves) if leaves else [], strict=True))
        finally:
            for line in lines:
                for node, number in line.steps:
                    node.pending[number] -= 1
        for key, (prediction, win) in found.items():
            if len(self.nodes) < self._most:
                self.nodes[key] = Node(key, lines[keys[key]].position, prediction, win)
        for line in lines:
            win = found[key_of(line.position)][1] if line.win is None else line.win
            for node, number in reversed(line.steps):
                win = 1 - win
                node.visits[number] += 1
                node.totals[number] += win
                node.squares[number] += win * win

    def _descend(self, node: Node, position: Position) -> _Line:
        """Follow the choices to a leaf, the end of the game or a repetition."""
        steps: list[tuple[Node, int]] = []
        met = {node.key}
        while True:
            number = node.choose(position)
            node.pending[number] += 1
            steps.append((node, number))
            position.play(int(node.points[number]))
            if position.passes > 1:
                return _Line(steps, position, self._outcome(position))
            below = node.children.get(number) or self.nodes.get(key_of(position))
            if below is None:
                return _Line(steps, position, None)
            node.children[number] = below
            if below.key in met or len(steps) == _LONGEST:
                return _Line(steps, position, below.win)
            met.add(below.key)
            node = below

    def _outcome(self, position: Position) -> float:
        """The score of a game that is over, remembered."""
        key = (position.hash, position.to_move, *position.prisoners)
        if key not in self._ends:
            if len(self._ends) == self._most:
                self._ends.clear()
            self._ends[key] = self._finish(position)
        return self._ends[key]


def key_of(position: Position) -> Key:
    """What a node is known by; the same for all ways to a position."""
    return position.hash, position.to_move, position.ko, position.passes > 0


def main_line(node: Node, position: Position, number: int, most: int) -> tuple[int, ...]:
    """The most visited moves from a position on, its own move being given; at most so many."""
    at = position.copy()
    points: list[int] = []
    while True:
        points.append(int(node.points[number]))
        at.play(points[-1])
        below = node.children.get(number)
        if below is None or at.passes > 1 or len(points) == most or not below.visits.any():
            return tuple(points)
        node, number = below, int(below.visits.argmax())
        if not at.is_legal(int(node.points[number])):  # superko, in this order of moves
            return tuple(points)


def _reachable(root: Node) -> list[Node]:
    found = {root.key: root}
    waiting = [root]
    while waiting:
        for below in waiting.pop().children.values():
            if below.key not in found:
                found[below.key] = below
                waiting.append(below)
    return list(found.values())
