"""What each move is worth, by the network alone or by a search on top of it.

A `Search` is a `gocnn.prediction.Evaluator` itself: its policy is the network's, improved by what
the visits found. It also reports the candidate moves while it runs. It needs neither weights nor
torch.

Invariants:

- A position given is never changed.
- Every move of every line is legal, superko included where the position asks for it, and fills no
  own eye.
- The same calls give the same answers.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from gocnn.go.board import BLACK, WHITE
from gocnn.go.playouts import sample
from gocnn.go.position import Position
from gocnn.go.rules import RULESETS, Ruleset
from gocnn.go.scoring import judge, lead, score
from gocnn.play.endgame import nearly_finished
from gocnn.play.mcts import MAX_NODES, Outcome, Tree, main_line
from gocnn.play.outlook import has_lead, judge_outlook
from gocnn.play.style import Style
from gocnn.prediction import Conditions, Evaluator, Prediction
from gocnn.stats import Z95

_MAX_BATCH = 8  # positions evaluated at once; a young tree takes fewer:
_VISITS_PER_BATCH = 4  # one position for so many visits made
_SCORE_PLAYOUTS = 100  # for the score at the end of a line
_WIN_NATS = 40.0  # by which a move is preferred whose win rate is higher by 1
_MEAN_VISITS = 3.0  # beside those of a move, as good as the position's mean
_MAX_PV_PLIES = 8
_MIN_PV_POLICY = 0.02  # of the network alone: a less likely move gets no line
_PSEUDO_VISITS = 1000  # for controllers that scale by visits, distributed by probability


class CandidateMove(NamedTuple):
    """One move that an analysis reports."""

    point: int  # size * size is a pass
    visits: int  # of a search; of the network alone 1000 times the probability, at least 1
    win: float  # win rate for the player to move, after this move
    prior: float  # the network's probability
    lcb: float  # lower confidence bound of `win`; of the network alone the same as `win`
    pv: tuple[int, ...]  # principal variation: the likely sequence, which begins with `point`
    lead: float | None = None  # points by which the player to move leads after it, if judged
    deviation: float | None = None  # standard deviation of the result after it, in points


class Analysis(NamedTuple):
    """What a search has found about a position so far."""

    visits: int  # made so far; the network alone makes one
    win: float  # win rate for the player to move
    moves: tuple[CandidateMove, ...]  # best first
    prediction: Prediction  # to choose a move by, as `Search` called as an evaluator gives it


class _TreeSearch:
    """One search: a position and its node in the tree."""

    def __init__(self, tree: Tree, position: Position) -> None:
        self._tree, self._position = tree, position
        self._root, self._network = tree.root(position)

    @property
    def visits(self) -> int:
        return self._root.count

    def grow(self, max_visits: int) -> None:
        """Make a few visits more, up to a number in all."""
        visits = self.visits
        batch = min(max(visits // _VISITS_PER_BATCH, 1), _MAX_BATCH, max_visits - visits)
        self._tree.grow(self._root, self._position, batch)

    def prediction(self) -> Prediction:
        """What to play, and the mean of win rate, lead and owners over the visits.

        The policy is the network's, each move multiplied by e to the nats that its advantage is
        worth: the win rate found for it less the position's mean, drawn to 0 where its visits are
        few. Its likeliest move plays better than the one visited most (docs/experiments.md). It is
        the improved policy of Danihelka et al. 2022 ("Policy improvement by planning with Gumbel",
        ICLR) and that of Jacob et al. 2022 (arXiv:2112.07544), for play like people's.
        """
        root = self._root
        policy = np.nan_to_num(self._network.policy.astype(np.float64))
        wins = (root.totals + _MEAN_VISITS * root.mean) / (root.visits + _MEAN_VISITS)
        policy[root.points] = root.priors * np.exp(_WIN_NATS * (wins - root.mean))
        shares = (policy / policy.sum()).astype(np.float32)
        win, lead, square, ownership = root.mean_outcome
        if not has_lead(self._network):
            return Prediction(shares, win)
        return Prediction(shares, win, lead, _deviation(lead, square), ownership)

    def analysis(self, max_moves: int) -> Analysis:
        """The moves visited, the one to play first; the likeliest ones as long as none was."""
        root, prediction = self._root, self.prediction()
        if root.visits.any():
            visited = np.flatnonzero(root.visits)
            order = np.argsort(-prediction.policy[root.points[visited]], kind="stable")[:max_moves]
            moves = tuple(self._candidate(index) for index in visited[order].tolist())
        else:
            pvs = [[point] for point in likeliest(self._position, self._network, max_moves)]
            moves = _network_candidates(self._network, pvs, [prediction] * len(pvs))
        return Analysis(root.count, root.mean, moves, prediction)

    def _candidate(self, index: int) -> CandidateMove:
        root = self._root
        visits = int(root.visits[index])
        win = float(root.totals[index]) / visits
        variance = max(float(root.squares[index]) / visits - win * win, 0.0) + 0.25 / visits
        lead = deviation = None
        if has_lead(self._network):
            lead = float(root.leads[index]) / visits
            deviation = _deviation(lead, float(root.lead_squares[index]) / visits)
        return CandidateMove(
            point=int(root.points[index]),
            visits=visits,
            win=win,
            prior=float(self._network.policy[root.points[index]]),
            lcb=max(win - Z95 * (variance / visits) ** 0.5, 0.0),
            pv=main_line(root, self._position, index, _MAX_PV_PLIES),
            lead=lead,
            deviation=deviation,
        )


class Search:
    """Searches the positions of one game after another; call `new_game` between them.

    Args:
        network: predicts positions.
        visits: how many positions a search looks at; 1 is the network alone.
        rules: how a search counts a game that both sides have ended.
        playout_weight: weight of playouts beside the network's value, in a search.
        playouts: how many, for each position of a search.
        max_nodes: positions of the game that are remembered.
    """

    def __init__(
        self,
        network: Evaluator,
        visits: int = 1,
        *,
        rules: Ruleset = RULESETS["chinese"],
        playout_weight: float = 0.5,
        playouts: int = 8,
        max_nodes: int = MAX_NODES,
    ) -> None:
        self._network = network
        self._max_nodes = max_nodes
        self.visits = visits
        self.rules = rules
        self.playout_weight, self.playouts = playout_weight, playouts
        self._tree: Tree | None = None
        self._tree_settings: tuple[object, ...] = ()

    @property
    def network(self) -> Evaluator:
        """The network alone, without any search."""
        return self._network

    def with_network(self, network: Evaluator) -> "Search":
        """A search with the same settings, a tree of its own and another network."""
        return Search(
            network,
            self.visits,
            rules=self.rules,
            playout_weight=self.playout_weight,
            playouts=self.playouts,
            max_nodes=self._max_nodes,
        )

    def follow(self, style: Style, size: int) -> None:
        """Look as far as a style does on boards of `size` lines, and count by its rules."""
        self.visits, self.rules = style.visits_on(size), style.rules

    def new_game(self) -> None:
        """Forget the game so far."""
        self._tree = None

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions], /
    ) -> list[Prediction]:
        """Search each position, or ask the network where a search has one visit."""
        if self.visits == 1:
            return self._network(positions, conditions)
        return [
            self._search(position, known)
            for position, known in zip(positions, conditions, strict=True)
        ]

    def _search(self, position: Position, conditions: Conditions) -> Prediction:
        tree_search = _TreeSearch(self._tree_for(position, conditions), position)
        while tree_search.visits < self.visits:
            tree_search.grow(self.visits)
        return tree_search.prediction()

    def analyse(
        self, position: Position, conditions: Conditions, *, max_moves: int = 20
    ) -> Iterator[Analysis]:
        """Search, and report after each small piece of work; the first report comes at once.

        Args:
            position: may change between two reports without harm.
            conditions: as the network is given them, for the player to move.
            max_moves: how many moves to report.
        """
        position = position.copy()
        if self.visits == 1:
            yield from self._analyse_network(position, conditions, max_moves)
            return
        tree_search = _TreeSearch(self._tree_for(position, conditions), position)
        yield tree_search.analysis(max_moves)
        while tree_search.visits < self.visits:
            tree_search.grow(self.visits)
            yield tree_search.analysis(max_moves)

    def _tree_for(self, position: Position, conditions: Conditions) -> Tree:
        """The tree so far, or a new one where it was made for another game."""
        by_mover = {position.to_move: conditions, -position.to_move: swap_players(conditions)}
        settings = (
            *(position.size, position.komi, position.superko, position.handicap),
            *(by_mover[BLACK], by_mover[WHITE], self.rules, self.playout_weight, self.playouts),
        )
        if self._tree is None or settings != self._tree_settings:
            self._tree_settings = settings
            evaluate = partial(self._evaluate, by_mover)
            self._tree = Tree(evaluate, self._score_game, self._max_nodes)
        return self._tree

    def _evaluate(
        self, by_mover: dict[int, Conditions], positions: Sequence[Position]
    ) -> list[tuple[Prediction, Outcome]]:
        """The network's predictions, and the outcomes to expect."""
        predictions = self._network(positions, [by_mover[p.to_move] for p in positions])
        return [
            (prediction, self._expect(position, prediction))
            for position, prediction in zip(positions, predictions, strict=True)
        ]

    def _expect(self, position: Position, prediction: Prediction) -> Outcome:
        """The outcome to expect, by the network and by playouts.

        A network that answers a lead is alone its judge until the game is nearly over.
        """
        outcome = Outcome(prediction.win if 0 <= prediction.win <= 1 else 0.5)
        if has_lead(prediction):
            leading, deviation = prediction.lead or 0.0, prediction.deviation or 0.0
            square = leading**2 + deviation**2
            outcome = outcome._replace(lead=leading, square=square, ownership=prediction.ownership)
            if not nearly_finished(position, prediction.policy):
                return outcome
        return self._mix_playouts(position, outcome) if self.playout_weight else outcome

    def _mix_playouts(self, position: Position, outcome: Outcome) -> Outcome:
        played = sample(
            position.board, position.to_move, playouts=self.playouts, seed=position.hash
        )
        leads = lead(position, played.margins, self.rules) * position.to_move
        won = float(np.sign(leads).mean() + 1) / 2
        weight = self.playout_weight
        win = (1 - weight) * outcome.win + weight * won
        if outcome.ownership is None:
            return Outcome(win)
        return Outcome(
            win,
            (1 - weight) * outcome.lead + weight * float(leads.mean()),
            (1 - weight) * outcome.square + weight * float(np.square(leads).mean()),
            np.float32(1 - weight) * outcome.ownership + np.float32(weight) * played.ownership,
        )

    def _score_game(self, position: Position) -> Outcome:
        verdict = judge(position, playouts=_SCORE_PLAYOUTS, seed=position.hash)
        counted = score(position, verdict.owner, verdict.dead, self.rules, verdict.seki)
        leading = counted.margin * position.to_move
        win = (counted.winner * position.to_move + 1) / 2
        return Outcome(win, leading, leading**2, verdict.owner.astype(np.float32))

    def _judge(
        self, positions: Sequence[Position], predictions: Sequence[Prediction]
    ) -> list[Prediction]:
        """Predictions that have a lead, counted by playouts where the game is nearly over."""
        judged = []
        for position, prediction in zip(positions, predictions, strict=True):
            if has_lead(prediction) and nearly_finished(position, prediction.policy):
                outlook = judge_outlook(
                    position,
                    prediction,
                    self.rules,
                    playouts=_SCORE_PLAYOUTS,
                    seed=position.hash,
                )
                prediction = outlook.predict(prediction.policy)
            judged.append(prediction)
        return judged

    def _analyse_network(
        self, position: Position, conditions: Conditions, max_moves: int
    ) -> Iterator[Analysis]:
        """Report the likeliest moves, then the win rate after each, then longer variations."""
        (root,) = self._judge([position], self._network([position], [conditions]))
        points = likeliest(position, root, max_moves)
        ends = [position.copy() for _ in points]
        pvs = [[point] for point in points]
        after = [root] * len(points)  # seen by the player to move at the root
        followed = list(range(len(points)))
        for ply in range(_MAX_PV_PLIES):
            yield Analysis(1, root.win, _network_candidates(root, pvs, after), root)
            for index in followed:
                ends[index].play(pvs[index][-1])
            conditions = swap_players(conditions)
            replies = self._network([ends[n] for n in followed], [conditions] * len(followed))
            if not ply:
                after = [_reversed(reply) for reply in self._judge(ends, replies)]
            for index, reply in zip(followed, replies, strict=True):
                if root.policy[points[index]] >= _MIN_PV_POLICY and ends[index].passes < 2:
                    pvs[index] += likeliest(ends[index], reply, 1)
            followed = [n for n in followed if len(pvs[n]) == ply + 2]
            if not followed:
                break
        yield Analysis(1, root.win, _network_candidates(root, pvs, after), root)


def swap_players(conditions: Conditions) -> Conditions:
    """The same game seen by the other player."""
    return replace(conditions, rank=conditions.opponent_rank, opponent_rank=conditions.rank)


def likeliest(position: Position, prediction: Prediction, max_moves: int) -> list[int]:
    """The likeliest moves, best first: legal ones that fill no own eye, and the pass."""
    policy = prediction.policy.astype(np.float64)
    policy[:-1][~position.candidate_moves()] = -1
    order = np.argsort(-policy, kind="stable")[:max_moves]
    return [int(point) for point in order if policy[point] >= 0]


def _network_candidates(
    root: Prediction, pvs: list[list[int]], after: list[Prediction]
) -> tuple[CandidateMove, ...]:
    """The moves of the network alone.

    Args:
        root: the prediction of the position.
        pvs: a line of points for each move.
        after: what follows each move, seen by the player to move at the root.
    """
    moves = []
    for pv, (_, win, leading, deviation, _) in zip(pvs, after, strict=True):
        prior = float(root.policy[pv[0]])
        visits = max(round(_PSEUDO_VISITS * prior), 1)
        moves.append(CandidateMove(pv[0], visits, win, prior, win, tuple(pv), leading, deviation))
    return tuple(moves)


def _reversed(prediction: Prediction) -> Prediction:
    """A prediction of a position seen by the other player."""
    lead = None if prediction.lead is None else -prediction.lead
    return prediction._replace(win=1 - prediction.win, lead=lead)


def _deviation(mean: float, square: float) -> float:
    """The standard deviation of what has a mean and a mean square."""
    return math.sqrt(max(square - mean * mean, 0.0))
