"""Groups of games by source and strength, and how a run divides its positions between them."""

import numpy as np

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.balance import strength_groups
from gocnn.dataset.loader import Cycle, Stream, interleave
from gocnn.dataset.positions import Positions
from gocnn.features.encoding import FULL
from tests.support.playing import random_corpus


def _records(rows: list[tuple[int, int, int]]) -> np.ndarray:
    fields = [("kind", "u1"), ("black_rank", "u1"), ("white_rank", "u1")]
    return np.array(rows, dtype=fields)


def test_groups_are_the_source_and_the_band_of_the_weaker_player() -> None:
    rows = [(1, 15, 22), (1, 12, 14), (1, 22, 22), (1, 0, 23), (2, 22, 23), (1, 0, 0), (4, 30, 30)]
    groups = strength_groups(_records(rows), np.full(len(rows), 100)).tolist()
    assert groups[0] == groups[1]  # 6k is the weaker of the first, 9k of the second
    assert groups[2] == groups[3]  # 2d; of one known rank that one counts
    assert len(set(groups)) == 5


def test_a_handful_of_games_is_not_a_group_of_its_own() -> None:
    rows = [(1, 22, 22), (2, 10, 10), (3, 5, 5), (2, 29, 29)]
    groups = strength_groups(_records(rows), np.array([1_000_000, 100, 50, 500_000])).tolist()
    assert groups[1] == groups[2]
    assert len(set(groups)) == 3


def test_a_cycle_gives_every_member_its_turns_in_order() -> None:
    cycle = Cycle(interleave([9, 4, 1], 12))
    members, turns = cycle.locate(np.arange(60))
    for member in range(3):
        assert turns[members == member].tolist() == list(range((members == member).sum()))


def _grouped(corpus: Corpus) -> Positions:
    games = np.arange(len(corpus))
    return Positions(corpus, games, groups=(games % 4 == 0).astype(np.int64))


def test_every_batch_draws_from_all_groups_and_every_position_comes() -> None:
    positions = _grouped(random_corpus(16))
    assert sum(len(numbers) for numbers in positions.ranges) == positions.count
    rare = positions.ranges[1]
    stream = Stream(positions=positions, encoding=FULL, batch=64, seed=1)
    shown = [stream.at(number).numbers for number in range(40)]
    shares = [np.isin(numbers, rare).mean() for numbers in shown]
    roots = [len(numbers) ** 0.5 for numbers in positions.ranges]
    assert abs(np.mean(shares) - roots[1] / sum(roots)) < 0.02
    assert min(shares) > 0.2
    assert set(np.concatenate(shown).tolist()) == set(range(positions.count))
    games, _ = positions.locate(np.array(rare))
    assert set((games % 4).tolist()) == {0}


def test_processes_share_a_batch_of_groups() -> None:
    positions = _grouped(random_corpus(16))
    whole = Stream(positions=positions, encoding=FULL, batch=12, seed=1).at(5)
    parts = [
        Stream(positions=positions, encoding=FULL, batch=12, seed=1, rank=rank, processes=3).at(5)
        for rank in range(3)
    ]
    assert np.concatenate([part.numbers for part in parts]).tolist() == whole.numbers.tolist()
