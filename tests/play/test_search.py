"""Thinking ahead: legal lines, a tree that finds more than the network, kept and bounded."""

from collections.abc import Sequence

import numpy as np
import pytest

from gocnn.go.board import BLACK, WHITE
from gocnn.go.position import Position
from gocnn.go.ranks import Rank
from gocnn.play.mcts import Outcome, Tree, node_key
from gocnn.play.player import Player
from gocnn.play.search import Analysis, Search, swap_players
from gocnn.play.style import Style
from gocnn.prediction import Conditions, Prediction
from tests.support.boards import board, point
from tests.support.playing import random_game

KNOWN = Conditions(rank=Rank(20), opponent_rank=Rank(10), komi=7.5)


class Oracle:
    """A network that likes certain moves, and counts stones to tell who is ahead."""

    def __init__(self, *liked: int, weight: int = 1000, win: float | None = None) -> None:
        self.liked, self.weight, self.win = liked, weight, win
        self.batches: list[int] = []
        self.conditions: set[Conditions] = set()

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        self.batches.append(len(positions))
        self.conditions.update(conditions)
        return [self.look(position) for position in positions]

    def look(self, position: Position) -> Prediction:
        policy = np.ones(position.size**2 + 1, np.float32)
        policy[list(self.liked)] = self.weight
        lead = int(position.board.stones[:-1].sum()) * position.to_move
        win = 1 / (1 + np.exp(-lead / 4)) if self.win is None else self.win
        return Prediction(policy / policy.sum(), float(win))


def last(search: Search, position: Position, known: Conditions = KNOWN) -> Analysis:
    *_, analysis = search.analyse(position, known)
    return analysis


def follow(position: Position, points: Sequence[int]) -> None:
    """Play a line; an illegal move raises."""
    line = position.copy()
    for move in points:
        line.play(move)


# -- the network alone ---------------------------------------------------------------------


def test_the_network_alone_tells_its_own_probabilities() -> None:
    network = Oracle(point("C3", 9), point("G7", 9))
    analyses = list(Search(network).analyse(Position(9), KNOWN, max_moves=5))
    assert [line.point for line in analyses[0].moves][:2] == [point("G7", 9), point("C3", 9)]
    for analysis in analyses:
        assert analysis.visits == 1
        assert len(analysis.moves) == 5
        assert analysis.moves[0].prior == pytest.approx(1000 / 2080)
        assert [line.visits for line in analysis.moves] == [481, 481, 1, 1, 1]
    assert analyses[0].moves[0].win == analyses[0].win == 0.5


def test_the_network_alone_tells_what_each_move_is_worth() -> None:
    position = board("X O . . / . . . . / . . . . / . . . X", to_move=WHITE)
    network = Oracle(4)
    first, *_, analysis = Search(network).analyse(position, KNOWN, max_moves=20)
    wins = {line.point: line.win for line in analysis.moves}
    assert max(wins.values()) > first.win  # a stone more
    assert wins[16] == pytest.approx(first.win)  # a pass changes nothing
    assert network.conditions == {KNOWN, swap_players(KNOWN)}
    assert max(network.batches) == len(analysis.moves)
    line = analysis.moves[0]
    assert line.point == 4
    assert len(line.pv) > 3
    follow(position, line.pv)


def test_thinking_alone_is_the_network() -> None:
    position = Position(9)
    thought = Search(Oracle(7))([position], [KNOWN])[0]
    assert np.array_equal(thought.policy, Oracle(7).look(position).policy)


# -- a search ------------------------------------------------------------------------------

CAPTURE = """
    . . . . . . .
    . O O O O O .
    . O X X X X .
    . O X X X X O
    . . O O O O .
    . . . . . . .
    X . X . X . .
"""


@pytest.mark.parametrize("playout_weight", [0.0, 0.5])
def test_a_search_finds_a_capture_that_the_network_does_not(playout_weight: float) -> None:
    position = board(CAPTURE, to_move=WHITE)
    capture = point("G5", 7)
    network = Oracle(point("A4", 7), point("D1", 7), weight=5)
    search = Search(network, 300, playout_weight=playout_weight)
    analysis = last(search, position)
    best = analysis.moves[0]
    assert best.point == capture
    assert best.win > analysis.moves[-1].win
    assert best.lcb < best.win
    policy = search([position], [KNOWN])[0].policy
    assert policy.argmax() == best.point
    assert analysis.visits == 300
    assert sum(line.visits for line in analysis.moves) < 300
    shares = [policy[line.point] for line in analysis.moves]
    assert shares == sorted(shares, reverse=True)
    assert best.visits == max(line.visits for line in analysis.moves)
    assert max(network.batches) == 8


def test_a_move_found_to_win_is_preferred_before_it_is_visited_most() -> None:
    position = board(CAPTURE, to_move=WHITE)
    network = Oracle(point("A4", 7), point("D1", 7), weight=5)
    analysis = last(Search(network, 60, playout_weight=0), position)
    best, policy = analysis.moves[0], analysis.prediction.policy
    assert best.point == point("G5", 7) == policy.argmax()
    assert 1 < best.visits < max(line.visits for line in analysis.moves)
    assert best.win > 0.8 > 0.7 > max(line.win for line in analysis.moves[1:])
    unseen = set(range(49)) - {line.point for line in analysis.moves}
    allowed = [each for each in unseen if position.candidate_moves()[each]]
    assert len(allowed) > 5
    assert np.ptp(policy[allowed]) < 1e-6, "alike to the network, and nothing else is known"


def test_the_first_answer_comes_before_any_visit() -> None:
    analyses = Search(Oracle(3), 1000).analyse(Position(9), KNOWN)
    first = next(analyses)
    assert first.visits == 1
    assert first.moves[0].point == 3
    assert [next(analyses).visits for _ in range(3)] == [2, 3, 4]


def test_a_search_leaves_the_position_and_repeats_itself() -> None:
    position = random_game(9, 50, 4).position(30)
    before = str(position), position.moves, position.to_move, position.hash
    found = [last(Search(Oracle(), 120), position).moves for _ in range(2)]
    assert found[0] == found[1]
    assert (str(position), position.moves, position.to_move, position.hash) == before


@pytest.mark.parametrize("superko", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_all_lines_are_legal_and_fill_no_eye(seed: int, superko: bool) -> None:
    """On a board so small that captures, kos and repetitions abound."""
    position = Position(4, komi=0.5, superko=superko)
    for entry in random_game(4, 14, seed).position().moves:
        if position.is_legal(entry[1], entry[0]):
            position.play(entry[1], entry[0])
    analysis = last(Search(Oracle(), 400, playout_weight=0), position)
    sensible = position.candidate_moves()
    for line in analysis.moves:
        assert line.point == 16 or sensible[line.point]
        follow(position, line.pv)


def ko_fight(superko: bool) -> Position:
    """Black took a ko, white passed, black passed: taking back repeats an earlier position."""
    position = Position(4, superko=superko)
    for name in ("B4", "C4", "A3", "D3", "B2", "C2", "D1", "B3", "C3"):
        position.play(point(name, 4))
    position.pass_()
    position.pass_()
    return position


@pytest.mark.parametrize("superko", [False, True])
def test_superko_holds_in_the_tree(superko: bool) -> None:
    position = ko_fight(superko)
    back = point("B3", 4)
    assert position.board.stones[back] == 0
    assert position.is_legal(back) is not superko
    tried = {line.point for line in last(Search(Oracle(back), 60), position).moves}
    assert (back in tried) is not superko


def test_both_orders_of_moves_lead_to_one_node() -> None:
    a, b, c = 0, 1, 2
    network = Oracle(a, b, c, win=0.5)
    search = Search(network, 200, playout_weight=0)
    position = Position(9)
    last(search, position)
    nodes = search._tree.nodes  # type: ignore[union-attr]
    ends = []
    for order in ((a, b, c), (c, b, a)):
        line = position.copy()
        for move in order:
            line.play(move)
        ends.append(node_key(line))
    assert ends[0] == ends[1]
    assert ends[0] in nodes
    assert sum(network.batches) < 200  # visits that found a node cost nothing


def test_two_passes_are_scored_and_not_guessed() -> None:
    """The network gives the game up; the score on the board says otherwise."""
    position = board(
        ". X . X . / X X X X X / O O O O O / . O . O . / O O O O O", komi=0.5, to_move=WHITE
    )
    search = Search(Oracle(25, win=0.05), 50, playout_weight=0)
    assert search([position], [KNOWN])[0].win > 0.8
    position.komi = -10.5
    assert search([position], [KNOWN])[0].win < 0.2


def test_the_tree_is_kept_between_moves_and_forgotten_between_games() -> None:
    search = Search(Oracle(40, 41, 30, 31), 200)
    position = Position(9)
    line = last(search, position).moves[0]
    for move in line.pv[:2]:
        position.play(move)
    kept = next(search.analyse(position, KNOWN)).visits
    assert 1 < kept < line.visits
    assert next(search.analyse(position, Conditions())).visits == 1
    search([position], [KNOWN])
    assert next(search.analyse(position, KNOWN)).visits == 200
    search.new_game()
    assert next(search.analyse(position, KNOWN)).visits == 1


def test_a_tree_keeps_no_more_than_it_may() -> None:
    network = Oracle()
    tree = Tree(
        lambda positions: [(network.look(p), Outcome(0.5)) for p in positions],
        lambda _: Outcome(0.5),
        60,
    )
    position = Position(5)
    for _ in range(4):
        root, _ = tree.root(position)
        while root.count < 300:
            tree.grow(root, position, 8)
        assert len(tree.nodes) <= 60
        assert not any(node.pending.any() for node in tree.nodes.values())
        position.play(int(root.points[root.visits.argmax()]))


def test_a_network_that_fails_leaves_a_tree_to_go_on_with() -> None:
    network = Oracle()

    def evaluate(positions: Sequence[Position]) -> list[tuple[Prediction, Outcome]]:
        if len(positions) == 5:
            raise MemoryError
        return [(network.look(p), Outcome(0.5)) for p in positions]

    tree = Tree(evaluate, lambda _: Outcome(0.5))
    root, _ = tree.root(Position(5))
    with pytest.raises(MemoryError):
        tree.grow(root, Position(5), 5)
    assert root.count == 1
    assert not root.pending.any()
    tree.grow(root, Position(5), 4)
    assert root.count == 5


def test_a_broken_network_breaks_no_search() -> None:
    def broken(positions: Sequence[Position], _: Sequence[Conditions]) -> list[Prediction]:
        return [Prediction(np.full(26, np.nan, np.float32), np.nan) for _ in positions]

    thought = Search(broken, 30)([Position(5)], [KNOWN])[0]
    assert 0 <= thought.win <= 1


def test_a_player_that_searches_plays_a_game_to_its_end() -> None:
    position = Position(5, komi=0.5)
    player = Player(Search(Oracle(), 16, playouts=2), Style(seed=1, playouts=30, resign=False))
    while position.passes < 2:
        choice = player.choose(position)
        assert choice.point == 25 or position.candidate_moves()[choice.point]
        position.play(choice.point)
        assert position.ply < 150
    assert position.board.stones[:-1].any()
    assert BLACK in position.board.stones
