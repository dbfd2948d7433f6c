"""Games at the same time: one batch for all that wait, in an order that chance does not change."""

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from gocnn.go.position import Position
from gocnn.go.ranks import Rank
from gocnn.match.together import Together
from gocnn.prediction import Conditions, Prediction


class Network:
    """Answers each position with its number of plies, and remembers what a batch held."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        assert len(positions) == len(conditions)
        self.batches.append([known.rank for known in conditions])
        return [Prediction(np.zeros(26, np.float32), position.ply) for position in positions]


def game(together: Together, number: int, moves: int, at_once: int = 1) -> Callable[[], None]:
    def play() -> None:
        position = Position(5)
        for ply in range(moves):
            answers = together([position] * at_once, [Conditions(rank=Rank(number))] * at_once)
            assert [answer.win for answer in answers] == [ply] * at_once
            position.play(ply)

    return play


def test_all_that_wait_are_answered_in_one_batch() -> None:
    network = Network()
    together = Together(network)
    together.run([game(together, 0, 3), game(together, 1, 1), game(together, 2, 2, at_once=2)])
    assert network.batches == [[0, 1, 2, 2], [0, 2, 2], [0]]
    together.run([game(together, 5, 1), lambda: None])  # and again, also for one that asks nothing
    assert network.batches[-1] == [5]


def test_what_fails_ends_all_games() -> None:
    together = Together(Network())

    def fail() -> None:
        together([Position(5)], [Conditions()])
        raise ValueError("a move that cannot be")

    before = threading.active_count()
    with pytest.raises(ValueError, match="a move that cannot be"):
        together.run([game(together, 0, 1000), fail, game(together, 1, 1000)])
    assert threading.active_count() == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_network_that_fails_ends_all_games(error: type[BaseException]) -> None:
    def fail(_positions: Sequence[Position], _told: Sequence[Conditions]) -> list[Prediction]:
        raise error

    together = Together(fail)
    before = threading.active_count()
    with pytest.raises(error):
        together.run([game(together, 0, 2), game(together, 1, 2)])
    assert threading.active_count() == before
