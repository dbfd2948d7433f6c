"""An endless stream of training batches, a function of the seed and the number of the batch."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gocnn.dataset.conditions import RECORDED_RANKS, ConditionDropout, RankOverride
from gocnn.dataset.positions import Batch, Ints, Positions
from gocnn.errors import GocnnError
from gocnn.features.encoding import Encoding
from gocnn.go.ranks import RANKS

_T = TypeVar("_T")


def permute_index(numbers: Ints, count: int, seed: int | tuple[int, ...]) -> Ints:
    """Where a random permutation of 0, ..., count - 1 sends the numbers; it is never stored.

    A four-round Feistel network on the next power of four, walked until it lands inside (Black and
    Rogaway, "Ciphers with arbitrary finite domains", 2002).
    """
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    mask = np.uint64((1 << half) - 1)
    keys = np.random.default_rng(seed).integers(0, 2**63, 4, np.uint64)
    result = np.asarray(numbers, np.uint64)
    outside = np.ones(len(result), bool)
    while outside.any():
        left, right = result[outside] >> np.uint64(half), result[outside] & mask
        for key in keys:
            mixed = (right + key) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
            left, right = right, left ^ (mixed >> np.uint64(64 - half))
        result[outside] = left << np.uint64(half) | right
        outside = result >= count
    return result.astype(np.int64)


def sample(positions: Positions, most: int | None) -> NDArray[np.int64]:
    """The numbers of that many positions, drawn at random but always the same; None for all."""
    numbers = np.arange(positions.count, dtype=np.int64)
    if most is None or most >= positions.count:
        return numbers
    return np.sort(permute_index(numbers[:most], positions.count, 0))


@dataclass(frozen=True, kw_only=True)
class Stream:
    """An endless stream of training batches.

    Every pass over the positions is shuffled anew. With several processes, each gets the rows
    ``rank * B / processes`` and on of the one global batch. A batch holds boards of one size; of
    several sizes, each has a share of the batches that goes with the square root of its positions,
    so that a few games on small boards are seen beside many on large ones. Where positions are in
    groups, every batch draws from all groups, each likewise by the square root of its positions.
    """

    positions: Positions
    others: tuple[Positions, ...] = ()  # on boards of other sizes
    encoding: Encoding
    batch: int  # positions of the global batch
    seed: int = 0
    dropout: ConditionDropout = field(default_factory=ConditionDropout)
    any_rank: bool = False  # tell both players one rank, drawn anew, in place of the recorded ones
    rank: int = 0  # of this process
    processes: int = 1

    def __post_init__(self) -> None:
        if self.batch < 1 or self.batch % self.processes:
            raise GocnnError(
                f"a batch of {self.batch} cannot be shared by {self.processes} processes"
            )

    def at(self, number: int) -> Batch:
        """The share of this process in batch `number` (from 0)."""
        part, turn = self._turn(number)
        positions = self._parts[part]
        share = self.batch // self.processes
        mine = slice(self.rank * share, (self.rank + 1) * share)
        rng = np.random.default_rng((self.seed, number))
        views = rng.integers(0, 8, self.batch)
        fields = ConditionDropout.__dataclass_fields__
        chances = {field: rng.random(self.batch)[mine] for field in fields}
        index = np.arange(turn * self.batch, (turn + 1) * self.batch, dtype=np.int64)[mine]
        chosen = np.empty_like(index)
        groups, turns = self._group_cycles[part].locate(index)
        for group in np.unique(groups):
            mine_of_group = groups == group
            chosen[mine_of_group] = self._pick(positions.ranges[group], turns[mine_of_group])

        def hide(field: str) -> NDArray[np.bool_]:
            return chances[field] < float(getattr(self.dropout, field))

        ranks = RECORDED_RANKS
        if self.any_rank:
            drawn = rng.integers(1, RANKS, self.batch)[mine]
            ranks = RankOverride(rank=drawn, opponent_rank=drawn)
        batch = positions.encode(self.encoding, chosen, hide=hide, rank_override=ranks)
        return batch._replace(views=views[mine])

    def _pick(self, numbers: range, turns: Ints) -> Ints:
        """The positions of a group that its turns fall on; every pass is shuffled anew."""
        passes, place = np.divmod(turns, len(numbers))
        picked = np.empty_like(place)
        for epoch in np.unique(passes):
            here = passes == epoch
            picked[here] = permute_index(place[here], len(numbers), (self.seed, int(epoch)))
        return picked + numbers.start

    @cached_property
    def _parts(self) -> tuple[Positions, ...]:
        return (self.positions, *self.others)

    @cached_property
    def _size_cycle(self) -> "Cycle":
        return Cycle(interleave([part.count for part in self._parts]))

    @cached_property
    def _group_cycles(self) -> tuple["Cycle", ...]:
        return tuple(
            Cycle(interleave([len(group) for group in part.ranges], 1024)) for part in self._parts
        )

    def _turn(self, number: int) -> tuple[int, int]:
        """Whose turn a batch is, and how many that one has had before."""
        parts, turns = self._size_cycle.locate(np.array([number]))
        return int(parts[0]), int(turns[0])


class Cycle:
    """Members that take turns in a fixed order, over and over.

    Args:
        order: the member of each turn of one round.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = np.array(order, np.int64)
        self._a_round = np.bincount(self._order)
        self._before = np.array([order[:place].count(m) for place, m in enumerate(order)], np.int64)

    def locate(self, numbers: Ints) -> tuple[Ints, Ints]:
        """The member of each turn (from 0), and how many turns it has had before.

        >>> Cycle([0, 0, 1]).locate(np.array([0, 1, 2, 3, 5]))
        (array([0, 0, 1, 0, 1]), array([0, 1, 0, 2, 1]))
        """
        rounds, place = np.divmod(numbers, len(self._order))
        members = self._order[place]
        return members, rounds * self._a_round[members] + self._before[place]


def interleave(counts: Sequence[int], length: int = 64) -> list[int]:
    """A cycle in which sets of so many positions take turns, each spread evenly.

    >>> interleave([64_000_000, 1_000_000], 8)
    [0, 0, 0, 0, 1, 0, 0, 0]
    """
    roots = [count**0.5 for count in counts]
    slots = [max(1, round(length * root / sum(roots))) for root in roots]
    slots[0] = max(1, length - sum(slots[1:]))
    places = [
        ((k + 0.5) / slots[part], part) for part in range(len(slots)) for k in range(slots[part])
    ]
    return [part for _, part in sorted(places)]


def prefetch(
    function: Callable[[int], _T], numbers: Iterator[int], *, threads: int, depth: int
) -> Generator[_T, None, None]:
    """``map(function, numbers)`` in order, computed by threads up to `depth` results ahead."""
    waiting: deque[Future[_T]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="batch") as pool:
        try:
            for number in numbers:
                waiting.append(pool.submit(function, number))
                if len(waiting) >= depth:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
