"""The tree of a search: PUCT over policy and value, with leaves evaluated several at a time.

A node is a position with its player to move, its ko and whether the last move was a pass. A
position that is reached by several orders of moves has one node. A node counts how often each of
its moves was tried and sums the outcomes. The rule that chooses among the moves is that of
AlphaGo Zero (Silver et al. 2017). The value assumed for an untried move (first play urgency) is
the position's mean less a reduction, which grows with the share of the policy already tried.

Invariants:

- Every move tried is legal in the line that leads to it, superko included, and fills no own eye.
  A line ends after two passes, with the score.
- Outcomes are seen by the player to move at the node; owners are black's or white's.
- Between calls no visit is pending.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import candidate_moves
from gocnn.go.position import Position
from gocnn.prediction import Prediction

MAX_NODES = 40_000  # some 4 KB each, and 2 KB more of networks that answer owners
_MAX_CHILDREN = 60  # moves of a node, the likeliest
_EXPLORATION = 0.9  # weight of the prior beside the outcomes, c_puct
_FPU_REDUCTION = 0.15  # by how much an untried move counts as worse, once all likely ones are tried
_MAX_PLIES = 200  # of a line


class Outcome(NamedTuple):
    """What is expected of a position, seen by its player to move."""

    win: float  # from 0, lost, to 1, won
    lead: float = 0.0  # points; 0 where there is no judge of it
    square: float = 0.0  # mean square of the result in points, for its deviation
    ownership: NDArray[np.float32] | None = None  # [P] from -1, white's, to 1, black's

    def reversed(self) -> "Outcome":
        """The same seen by the other player."""
        return Outcome(1 - self.win, -self.lead, self.square, self.ownership)


NodeKey = tuple[int, int, int | None, bool]
# A prediction of each position, and the outcome to expect for its player to move.
EvaluateLeaves = Callable[[Sequence[Position]], list[tuple[Prediction, Outcome]]]
ScoreGame = Callable[[Position], Outcome]  # of a finished game


class Node:
    """A position and its K moves; arrays have K elements, the likeliest move first."""

    def __init__(
        self, key: NodeKey, position: Position, prediction: Prediction, outcome: Outcome
    ) -> None:
        policy = np.nan_to_num(prediction.policy.astype(np.float64))
        policy[:-1][~candidate_moves(position.board, position.to_move)] = -1
        policy[-1] = max(policy[-1], 0.0)
        order = np.argsort(-policy, kind="stable")
        order = order[policy[order] >= 0][:_MAX_CHILDREN]
        pass_point = len(policy) - 1
        if pass_point not in order:
            order[-1] = pass_point
        self.key = key
        self.outcome = outcome  # as evaluated, before any visit below this node
        self.points = order.astype(np.int16)
        self.priors = (policy[order] + 1e-6) / (policy[order] + 1e-6).sum()
        self.visits = np.zeros(len(order), np.int32)
        self.pending = np.zeros(len(order), np.int32)
        self.totals = np.zeros(len(order))  # sums of win rates
        self.squares = np.zeros(len(order))  # sums of their squares
        self.leads = np.zeros(len(order))  # sums of leads
        self.lead_squares = np.zeros(len(order))  # sums of `Outcome.square`
        self._owners = outcome.ownership  # a sum over the visits that have owners
        self._owned = int(outcome.ownership is not None)  # how many these are
        self.children: dict[int, Node] = {}

    @property
    def count(self) -> int:
        """Visits of this position: its own evaluation and those of its moves."""
        return 1 + int(self.visits.sum())

    @property
    def mean(self) -> float:
        """The mean win rate of all visits."""
        return float(self.outcome.win + self.totals.sum()) / self.count

    @property
    def mean_outcome(self) -> Outcome:
        """The mean outcome of all visits."""
        lead = float(self.outcome.lead + self.leads.sum()) / self.count
        square = float(self.outcome.square + self.lead_squares.sum()) / self.count
        owners = None if self._owners is None else self._owners / np.float32(self._owned)
        return Outcome(self.mean, lead, square, owners)

    def add(self, index: int, outcome: Outcome) -> None:
        """Count a visit of a move, with the outcome for the player to move here."""
        self.visits[index] += 1
        self.totals[index] += outcome.win
        self.squares[index] += outcome.win * outcome.win
        self.leads[index] += outcome.lead
        self.lead_squares[index] += outcome.square
        if outcome.ownership is not None:
            owners = outcome.ownership
            self._owners = owners if self._owners is None else self._owners + owners
            self._owned += 1

    def choose(self, position: Position) -> int:
        """The index of the move to try next; a visit that is pending counts as lost."""
        tried = self.visits + self.pending
        untried_value = self.mean - _FPU_REDUCTION * self.priors[tried > 0].sum() ** 0.5
        scores = np.where(tried > 0, self.totals / np.maximum(tried, 1), untried_value)
        scores += _EXPLORATION * self.priors * (1 + tried.sum()) ** 0.5 / (1 + tried)
        index = int(scores.argmax())
        while position.superko and not position.is_legal(int(self.points[index])):
            scores[index] = -np.inf
            index = int(scores.argmax())
        return index


class _Descent(NamedTuple):
    """A way from the root to a leaf."""

    steps: list[tuple[Node, int]]  # from the root: a node and the index of its move
    position: Position  # at the leaf
    outcome: Outcome | None  # at the leaf; None until it is evaluated


class Tree:
    """Nodes by position, kept from one move of a game to the next.

    Args:
        evaluate: predicts leaves.
        score_game: the outcome of a game that is over.
        max_nodes: nodes to keep; positions beyond are evaluated each time they are reached.
    """

    def __init__(
        self, evaluate: EvaluateLeaves, score_game: ScoreGame, max_nodes: int = MAX_NODES
    ) -> None:
        self._evaluate, self._score_game, self._max_nodes = evaluate, score_game, max_nodes
        self.nodes: dict[NodeKey, Node] = {}
        self._outcomes: dict[tuple[int, ...], Outcome] = {}

    def root(self, position: Position) -> tuple[Node, Prediction]:
        """The node of a position and its prediction; drops unreachable nodes when half full."""
        prediction, outcome = self._evaluate([position])[0]
        key = node_key(position)
        node = self.nodes.get(key) or Node(key, position, prediction, outcome)
        self.nodes[key] = node
        if len(self.nodes) > self._max_nodes // 2:
            self.nodes = {reachable.key: reachable for reachable in _reachable(node)}
        return node, prediction

    def grow(self, root: Node, position: Position, visits: int) -> None:
        """Visit leaves below a node, all evaluated at once.

        Args:
            root: from `root`, of this position.
            position: left as it is.
            visits: the most to make; fewer are made when one leaf is reached twice.
        """
        descents: list[_Descent] = []
        new_leaves: dict[NodeKey, int] = {}  # index of the descent that reached each
        for _ in range(visits):
            descent = self._descend(root, position.copy())
            descents.append(descent)
            if descent.outcome is None:
                key = node_key(descent.position)
                if key in new_leaves:
                    break
                new_leaves[key] = len(descents) - 1
        leaves = [descents[index].position for index in new_leaves.values()]
        try:
            evaluations = dict(
                zip(new_leaves, self._evaluate(leaves) if leaves else [], strict=True)
            )
        finally:
            for descent in descents:
                for node, index in descent.steps:
                    node.pending[index] -= 1
        for key, (prediction, outcome) in evaluations.items():
            if len(self.nodes) < self._max_nodes:
                leaf = descents[new_leaves[key]].position
                self.nodes[key] = Node(key, leaf, prediction, outcome)
        for descent in descents:
            outcome = descent.outcome or evaluations[node_key(descent.position)][1]
            for node, index in reversed(descent.steps):
                outcome = outcome.reversed()
                node.add(index, outcome)

    def _descend(self, node: Node, position: Position) -> _Descent:
        """Follow the choices to a leaf, the end of the game or a repetition."""
        steps: list[tuple[Node, int]] = []
        visited = {node.key}
        while True:
            index = node.choose(position)
            node.pending[index] += 1
            steps.append((node, index))
            position.play(int(node.points[index]))
            if position.passes > 1:
                return _Descent(steps, position, self._outcome(position))
            child = node.children.get(index) or self.nodes.get(node_key(position))
            if child is None:
                return _Descent(steps, position, None)
            node.children[index] = child
            if child.key in visited or len(steps) == _MAX_PLIES:
                return _Descent(steps, position, child.outcome)
            visited.add(child.key)
            node = child

    def _outcome(self, position: Position) -> Outcome:
        """The outcome of a game that is over, remembered."""
        key = (position.hash, position.to_move, *position.prisoners)
        if key not in self._outcomes:
            if len(self._outcomes) == self._max_nodes:
                self._outcomes.clear()
            self._outcomes[key] = self._score_game(position)
        return self._outcomes[key]


def node_key(position: Position) -> NodeKey:
    """What a node is stored under; the same for all orders of moves that lead to a position."""
    return position.hash, position.to_move, position.ko, position.passes > 0


def main_line(node: Node, position: Position, index: int, max_plies: int) -> tuple[int, ...]:
    """The most visited moves from a position on.

    Args:
        node: of the position.
        position: left as it is.
        index: of the first move, among the moves of the node.
        max_plies: the length of the line at most.
    """
    end = position.copy()
    points: list[int] = []
    while True:
        points.append(int(node.points[index]))
        end.play(points[-1])
        child = node.children.get(index)
        if child is None or end.passes > 1 or len(points) == max_plies or not child.visits.any():
            return tuple(points)
        node, index = child, int(child.visits.argmax())
        if not end.is_legal(int(node.points[index])):  # superko, in this order of moves
            return tuple(points)


def _reachable(root: Node) -> list[Node]:
    reached = {root.key: root}
    queue = [root]
    while queue:
        for child in queue.pop().children.values():
            if child.key not in reached:
                reached[child.key] = child
                queue.append(child)
    return list(reached.values())
