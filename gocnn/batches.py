"""From packed games to training batches, without a plane ever stored.

Everything is a function of (seed, batch number): which positions a batch holds, in which view each
is shown, what the network is not told. So a run can stop anywhere and go on exactly, and any number
of processes share one stream, each taking its slice of every batch.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.features import Encoding, Query, encode_globals, encode_planes
from gocnn.game import UNKNOWN_RESULT
from gocnn.rules import BLACK, POINT_MASK, WHITE, WHITE_BIT

_T = TypeVar("_T")
Ints = NDArray[np.int64]


class Batch(NamedTuple):
    """B positions, each with the move that was played."""

    planes: NDArray[np.int8]  # [B, C, S, S]
    globals: NDArray[np.float32]  # [B, G]
    moves: Ints  # [B] the point played; size * size is a pass
    results: NDArray[np.float32]  # [B] 1 the player to move won the game, 0 lost, 0.5 drawn
    known: NDArray[np.float32]  # [B] 1 where the result is known, else 0
    views: Ints  # [B] the symmetry to show each position in; the planes are in view 0
    numbers: Ints  # [B] which position this is, see `Positions`


@dataclass(frozen=True, kw_only=True)
class Hiding:
    """How often a network in training is not told a condition, so that it can do without."""

    ranks: float = 0.15  # both ranks together
    kind: float = 0.3
    date: float = 0.3
    komi: float = 0.1


NOTHING_HIDDEN = Hiding(ranks=0.0, kind=0.0, date=0.0, komi=0.0)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Ranks to tell the network whatever the records say, codes of gocnn.ranks.

    None tells the recorded one.
    """

    rank: int | None = None  # of the player to move
    opponent_rank: int | None = None


AS_RECORDED = Told()


class Positions:
    """All positions of some games that have a next move, numbered from 0.

    Args:
        corpus: the packed games.
        games: int64[N], numbers of games of the corpus; all on boards of one size.
        passes: whether positions in which the player passed count.

    Raises:
        GocnnError: when there is no position, or the boards differ in size.
    """

    def __init__(self, corpus: Corpus, games: Ints, *, passes: bool = True) -> None:
        self.corpus = corpus
        self.games = np.asarray(games, np.int64)
        sizes = np.unique(corpus.games["size"][self.games])
        if len(sizes) != 1:
            found = ", ".join(f"{s}x{s}" for s in sizes) or "no games"
            raise GocnnError(f"training takes boards of one size; found {found}")
        self.size = int(sizes[0])
        self._ends = np.cumsum(corpus.moves[self.games])
        self._numbers: Ints | None = None
        if not passes:
            everything = np.arange(self.count, dtype=np.int64)
            self._numbers = everything[self.moves(everything) != self.size**2]
        if self.count == 0:
            raise GocnnError("the games hold no moves")

    @classmethod
    def by_size(
        cls, corpus: Corpus, games: Ints, *, passes: bool = True
    ) -> tuple["Positions", ...]:
        """The positions of games on boards of any size: one object a size, the largest set first.

        Raises:
            GocnnError: when there is no position.
        """
        games = np.asarray(games, np.int64)
        sizes = corpus.games["size"][games]
        parts = [cls(corpus, games[sizes == size], passes=passes) for size in np.unique(sizes)]
        if not parts:
            raise GocnnError("the games hold no moves")
        return tuple(sorted(parts, key=lambda part: -part.count))

    @property
    def count(self) -> int:
        """How many positions there are."""
        if self._numbers is not None:
            return len(self._numbers)
        return int(self._ends[-1]) if len(self._ends) else 0

    def locate(self, numbers: Ints) -> tuple[Ints, Ints]:
        """(number of the game in the corpus, ply) of each position."""
        if self._numbers is not None:
            numbers = self._numbers[numbers]
        place = np.searchsorted(self._ends, numbers, side="right")
        before = np.where(place > 0, self._ends[place - 1], 0)
        return self.games[place], numbers - before

    def moves(self, numbers: Ints) -> Ints:
        """The point played at each position."""
        games, plies = self.locate(numbers)
        return (self.next_entries(games, plies) & POINT_MASK).astype(np.int64)

    def next_entries(self, games: Ints, plies: Ints) -> NDArray[np.uint16]:
        """The packed moves played in games of the corpus at plies, uint16[B]."""
        records = self.corpus.games[games]
        first = records["offset"].astype(np.int64) + records["setup"]
        entries: NDArray[np.uint16] = self.corpus.entries[first + plies]
        return entries

    def encode(
        self,
        encoding: Encoding,
        numbers: Ints,
        *,
        hide: Callable[[str], NDArray[np.bool_]] | None = None,
        told: Told = AS_RECORDED,
        pool: ThreadPoolExecutor | None = None,
    ) -> Batch:
        """A batch of these positions, in view 0.

        Args:
            encoding: what the network sees.
            numbers: int64[B], which positions.
            hide: for each field of `Hiding`, a mask bool[B] of the positions not told.
            told: ranks to tell instead of the recorded ones.
            pool: threads that share the work.
        """
        games, plies = self.locate(numbers)
        records = self.corpus.games[games]
        entries = self.next_entries(games, plies)
        colours = np.where(entries & WHITE_BIT, WHITE, BLACK).astype(np.int8)
        query = Query(
            self.corpus.entries,
            records["offset"].astype(np.int64),
            records["setup"].astype(np.int64),
            plies,
            colours,
        )
        shown = _Shown(hide, len(numbers))
        ranks, opponents = _ranks(records, colours == BLACK, told)
        globals_BG = encode_globals(
            encoding,
            colours=colours,
            ranks=shown("ranks", ranks, 0),
            opponent_ranks=shown("ranks", opponents, 0),
            komis=shown("komi", records["komi"].astype(np.float64), np.nan),
            handicaps=records["handicap"],
            kinds=shown("kind", records["kind"], 0),
            dates=shown("date", records["date"], 0),
        )
        winners = records["winner"].astype(np.float32)
        return Batch(
            planes=encode_planes(encoding, query, self.size, pool),
            globals=globals_BG,
            moves=(entries & POINT_MASK).astype(np.int64),
            results=((winners * colours + 1) / 2).astype(np.float32),
            known=(winners != UNKNOWN_RESULT).astype(np.float32),
            views=np.zeros(len(numbers), np.int64),
            numbers=numbers,
        )


def _ranks(
    records: NDArray[np.void], black: NDArray[np.bool_], told: Told
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The ranks of the players to move and of their opponents, as recorded or as told."""
    recorded = records["black_rank"], records["white_rank"]
    movers, opponents = np.where(black, *recorded), np.where(black, *recorded[::-1])
    if told.rank is not None:
        movers = np.full_like(movers, told.rank)
    if told.opponent_rank is not None:
        opponents = np.full_like(opponents, told.opponent_rank)
    return movers, opponents


class _Shown:
    """Replaces what is hidden by what stands for unknown."""

    def __init__(self, hide: Callable[[str], NDArray[np.bool_]] | None, count: int) -> None:
        self._masks = {} if hide is None else {k: hide(k) for k in Hiding.__dataclass_fields__}
        self._none = np.zeros(count, bool)

    def __call__(self, field: str, values: NDArray[_T], unknown: float) -> NDArray[_T]:  # type: ignore[type-var]
        return np.where(self._masks.get(field, self._none), unknown, values).astype(values.dtype)


def shuffled(numbers: Ints, count: int, seed: int | tuple[int, ...]) -> Ints:
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


@dataclass(frozen=True, kw_only=True)
class Stream:
    """An endless stream of training batches.

    Every pass over the positions is shuffled anew. With several processes, each gets the rows
    ``rank * B / processes`` and on of the one global batch. A batch holds boards of one size; of
    several sizes, each has a share of the batches that goes with the square root of its positions,
    so that a few games on small boards are seen beside many on large ones.
    """

    positions: Positions
    others: tuple[Positions, ...] = ()  # on boards of other sizes
    encoding: Encoding
    batch: int  # positions of the global batch
    seed: int = 0
    hiding: Hiding = Hiding()
    rank: int = 0  # of this process
    processes: int = 1

    def __post_init__(self) -> None:
        if self.batch < 1 or self.batch % self.processes:
            raise GocnnError(
                f"a batch of {self.batch} cannot be shared by {self.processes} processes"
            )

    def at(self, number: int) -> Batch:
        """The share of this process in batch `number` (from 0)."""
        positions, turn = self._turn(number)
        count = positions.count
        share = self.batch // self.processes
        mine = slice(self.rank * share, (self.rank + 1) * share)
        rng = np.random.default_rng((self.seed, number))
        views = rng.integers(0, 8, self.batch)
        chances = {field: rng.random(self.batch)[mine] for field in Hiding.__dataclass_fields__}
        index = np.arange(turn * self.batch, (turn + 1) * self.batch, dtype=np.int64)[mine]
        passes, place = np.divmod(index, count)
        chosen = np.empty_like(place)
        for epoch in np.unique(passes):
            here = passes == epoch
            chosen[here] = shuffled(place[here], count, (self.seed, int(epoch)))

        def hide(field: str) -> NDArray[np.bool_]:
            return chances[field] < float(getattr(self.hiding, field))

        batch = positions.encode(self.encoding, chosen, hide=hide)
        return batch._replace(views=views[mine])

    @cached_property
    def _cycle(self) -> list[int]:
        return turns([part.count for part in (self.positions, *self.others)])

    def _turn(self, number: int) -> tuple[Positions, int]:
        """Whose turn a batch is, and how many that one has had before."""
        parts, cycle = (self.positions, *self.others), self._cycle
        rounds, place = divmod(number, len(cycle))
        part = cycle[place]
        return parts[part], rounds * cycle.count(part) + cycle[:place].count(part)


def turns(counts: Sequence[int], length: int = 64) -> list[int]:
    """A cycle in which sets of so many positions take turns, each spread evenly.

    >>> turns([64_000_000, 1_000_000], 8)
    [0, 0, 0, 0, 1, 0, 0, 0]
    """
    roots = [count**0.5 for count in counts]
    slots = [max(1, round(length * root / sum(roots))) for root in roots]
    slots[0] = max(1, length - sum(slots[1:]))
    places = [
        ((k + 0.5) / slots[part], part) for part in range(len(slots)) for k in range(slots[part])
    ]
    return [part for _, part in sorted(places)]


def ahead(
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
