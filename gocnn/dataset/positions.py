"""From packed games to training batches, without a plane ever stored.

Everything is a function of (seed, batch number): which positions a batch holds, in which view each
is shown, what the network is not told. So a run can stop anywhere and go on exactly, and any number
of processes share one stream, each taking its slice of every batch.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import RECORDED_RANKS, ConditionDropout, RankOverride
from gocnn.dataset.owners import FinalOwners, counted_leads
from gocnn.errors import GocnnError
from gocnn.features.encode import Query, encode_globals, encode_planes
from gocnn.features.encoding import Encoding
from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.game import UNKNOWN_RESULT

_T = TypeVar("_T")
Ints = NDArray[np.int64]


NO_REPLY = -1
"""In place of a point: the game ends with the move played, or the same side moves again."""


class Batch(NamedTuple):
    """B positions, each with the move that was played."""

    planes: NDArray[np.int8]  # [B, C, S, S]
    globals: NDArray[np.float32]  # [B, G]
    moves: Ints  # [B] the point played; size * size is a pass
    results: NDArray[np.float32]  # [B] 1 the player to move won the game, 0 lost, 0.5 drawn
    known: NDArray[np.float32]  # [B] 1 where the result is known, else 0
    komi_known: NDArray[np.float32]  # [B] 1 where the komi is known, else 0
    views: Ints  # [B] the symmetry to show each position in; the planes are in view 0
    numbers: Ints  # [B] which position this is, see `Positions`
    leads: NDArray[np.float32]  # [B] counted result for the mover, komi not counted; NaN unknown
    owners: NDArray[np.int8] | None = None  # [B, S * S] see `FinalOwners`; None: not asked for
    replies: Ints | None = None  # [B] the opponent's next move likewise, or `NO_REPLY`


class Positions:
    """All positions of some games that have a next move, numbered from 0.

    Args:
        corpus: the packed games.
        games: int64[N], numbers of games of the corpus; all on boards of one size.
        passes: whether positions in which the player passed count.
        owners: tells the final owners of the points; None: batches hold none.
        groups: int64[N], the group of each game (see `gocnn.dataset.balance`); None: one group.
        movers: int8[N], the colour whose moves count in each game; None: both. Not with groups.

    Raises:
        GocnnError: when there is no position, or the boards differ in size.
    """

    def __init__(
        self,
        corpus: Corpus,
        games: Ints,
        *,
        passes: bool = True,
        owners: FinalOwners | None = None,
        groups: Ints | None = None,
        movers: NDArray[np.int8] | None = None,
    ) -> None:
        self.corpus = corpus
        self.owners = owners
        self.games = np.asarray(games, np.int64)
        if groups is not None:  # games of one group lie together, and so do their positions
            order = np.argsort(groups, kind="stable")
            self.games, groups = self.games[order], groups[order]
        sizes = np.unique(corpus.games["size"][self.games])
        if len(sizes) != 1:
            present = ", ".join(f"{s}x{s}" for s in sizes) or "no games"
            raise GocnnError(f"training takes boards of one size; found {present}")
        self.size = int(sizes[0])
        self._ends = np.cumsum(corpus.moves[self.games])
        self._numbers: Ints | None = None
        if not passes or movers is not None:
            everything = np.arange(self.count, dtype=np.int64)
            counted = np.ones(len(everything), bool)
            if not passes:
                counted &= self.moves(everything) != self.size**2
            if movers is not None:
                counted &= self._colours(everything) == np.repeat(movers, corpus.moves[self.games])
            self._numbers = everything[counted]
        if self.count == 0:
            raise GocnnError("the games hold no moves")
        self.ranges = self._ranges(groups)

    def _ranges(self, groups: Ints | None) -> tuple[range, ...]:
        """The numbers of the positions of each group that has any."""
        if groups is None:
            return (range(self.count),)
        if self._numbers is not None:
            raise GocnnError("groups are for training, where all moves count")
        last = np.flatnonzero(np.diff(groups, append=groups[-1] + 1))
        stops = self._ends[last].tolist()
        return tuple(range(a, b) for a, b in zip([0, *stops], stops, strict=False) if b > a)

    @classmethod
    def by_size(
        cls,
        corpus: Corpus,
        games: Ints,
        *,
        passes: bool = True,
        owners: FinalOwners | None = None,
        groups: Ints | None = None,
    ) -> tuple["Positions", ...]:
        """The positions of games on boards of any size: one object a size, the largest set first.

        Raises:
            GocnnError: when there is no position.
        """
        games = np.asarray(games, np.int64)
        sizes = corpus.games["size"][games]
        parts = [
            cls(
                corpus,
                games[sizes == size],
                passes=passes,
                owners=owners,
                groups=None if groups is None else groups[sizes == size],
            )
            for size in np.unique(sizes)
        ]
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

    def _colours(self, numbers: Ints) -> NDArray[np.int8]:
        """Who plays at each position."""
        white = (self.next_entries(*self.locate(numbers)) & WHITE_BIT) > 0
        return np.where(white, WHITE, BLACK).astype(np.int8)

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
        rank_override: RankOverride = RECORDED_RANKS,
        komi: float | None = None,
        pool: ThreadPoolExecutor | None = None,
    ) -> Batch:
        """A batch of these positions, in view 0.

        Args:
            encoding: what the network sees.
            numbers: int64[B], which positions.
            hide: for each field of `ConditionDropout`, a mask bool[B] of the positions not told.
            rank_override: ranks to tell instead of the recorded ones.
            komi: points to tell instead of the recorded ones; None tells these.
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
        ranks, opponents = _ranks(records, colours == BLACK, rank_override)
        komis = records["komi"].astype(np.float64)
        if komi is not None:
            komis = np.full_like(komis, komi)
        globals_BG = encode_globals(
            encoding,
            colours=colours,
            ranks=shown("ranks", ranks, 0),
            opponent_ranks=shown("ranks", opponents, 0),
            komis=shown("komi", komis, np.nan),
            handicaps=records["handicap"],
            kinds=shown("kind", records["kind"], 0),
            dates=shown("date", records["date"], 0),
        )
        winners = records["winner"].astype(np.float32)
        leads = counted_leads(records) * colours
        return Batch(
            planes=encode_planes(encoding, query, self.size, pool),
            globals=globals_BG,
            moves=(entries & POINT_MASK).astype(np.int64),
            results=((winners * colours + 1) / 2).astype(np.float32),
            known=(winners != UNKNOWN_RESULT).astype(np.float32),
            komi_known=(~np.isnan(records["komi"])).astype(np.float32),
            views=np.zeros(len(numbers), np.int64),
            numbers=numbers,
            leads=leads.astype(np.float32),
            owners=None if self.owners is None else self.owners(games, colours),
            replies=self._replies(games, plies, colours),
        )

    def _replies(self, games: Ints, plies: Ints, colours: NDArray[np.int8]) -> Ints:
        """The opponent's move after each position's, see `Batch.replies`."""
        last = plies + 1 >= self.corpus.moves[games]
        entries = self.next_entries(games, np.where(last, plies, plies + 1))
        movers = np.where(entries & WHITE_BIT, WHITE, BLACK)
        none = last | (movers == colours)
        return np.where(none, NO_REPLY, (entries & POINT_MASK).astype(np.int64))


def _ranks(
    records: NDArray[np.void], black: NDArray[np.bool_], override: RankOverride
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The ranks of the players to move and of their opponents, as recorded or as overridden."""
    recorded = records["black_rank"], records["white_rank"]
    movers, opponents = np.where(black, *recorded), np.where(black, *recorded[::-1])
    if override.rank is not None:
        movers = np.full_like(movers, override.rank)
    if override.opponent_rank is not None:
        opponents = np.full_like(opponents, override.opponent_rank)
    return movers, opponents


class _Shown:
    """Replaces what is hidden by what stands for unknown."""

    def __init__(self, hide: Callable[[str], NDArray[np.bool_]] | None, count: int) -> None:
        fields = ConditionDropout.__dataclass_fields__
        self._masks = {} if hide is None else {field: hide(field) for field in fields}
        self._none = np.zeros(count, bool)

    def __call__(self, field: str, values: NDArray[_T], unknown: float) -> NDArray[_T]:  # type: ignore[type-var]
        return np.where(self._masks.get(field, self._none), unknown, values).astype(values.dtype)
