"""Positions to planes and global inputs, a batch at a time."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.features.encoding import ERAS, FULL, KINDS, PLAIN, Encoding, Group
from gocnn.features.planes import write_full, write_plain
from gocnn.go.board import BLACK, WHITE, new_board
from gocnn.go.position import Position
from gocnn.go.ranks import RANKS
from gocnn.prediction import Conditions


@dataclass(frozen=True, slots=True)
class Query:
    """Positions to encode, as places in packed games; all arrays have B elements.

    The game of position b has its set-up stones in ``entries[starts[b] : starts[b] + setups[b]]``
    and the moves up to the position in the `plies[b]` entries behind them.
    """

    entries: NDArray[np.uint16]
    starts: NDArray[np.int64]
    setups: NDArray[np.int64]
    plies: NDArray[np.int64]
    colours: NDArray[np.int8]  # who is to move

    def part(self, start: int, stop: int) -> "Query":
        """The positions from `start` up to `stop`."""
        span = slice(start, stop)
        return Query(
            self.entries, self.starts[span], self.setups[span], self.plies[span], self.colours[span]
        )


def build_query(positions: Sequence[Position]) -> Query:
    """A query for positions that are played on."""
    histories = [position.entries() for position in positions]
    lengths = np.array([len(entries) for entries, _ in histories], np.int64)
    setups = np.array([setup for _, setup in histories], np.int64)
    return Query(
        entries=np.concatenate([entries for entries, _ in histories]),
        starts=np.cumsum(lengths) - lengths,
        setups=setups,
        plies=lengths - setups,
        colours=np.array([position.to_move for position in positions], np.int8),
    )


def encode_planes(
    encoding: Encoding, query: Query, size: int, pool: ThreadPoolExecutor | None = None
) -> NDArray[np.int8]:
    """The planes of every position of a query.

    Args:
        encoding: one of `ENCODINGS`.
        query: B positions on boards of one size.
        size: lines of the board.
        pool: threads that share the work.

    Returns:
        int8[B, plane_count, size, size]; row 0 is the top line.

    Raises:
        GocnnError: when a game cannot be replayed up to its position.
    """
    if encoding.whole is not None:
        planes = encode_planes(encoding.whole, query, size, pool)
        return np.take(planes, _kept(encoding.planes, encoding.whole.planes), axis=1)
    batch = len(query.plies)
    planes = np.zeros((batch, encoding.plane_count, size * size), np.int8)
    write = write_full if encoding is FULL else write_plain

    def run(part: slice) -> int:
        q = query.part(part.start, part.stop)
        board = new_board(size)
        return int(write(board, q.entries, q.starts, q.setups, q.plies, q.colours, planes[part]))

    if pool is None:
        failed = [run(slice(0, batch))]
    else:
        workers = pool._max_workers
        cuts = np.linspace(0, batch, min(batch, workers * 4) + 1).astype(int)
        failed = list(pool.map(run, [slice(a, b) for a, b in pairwise(cuts.tolist())]))
    if any(number >= 0 for number in failed):
        raise GocnnError("a packed game holds an illegal move: prepare the corpus anew")
    return planes.reshape(batch, -1, size, size)


def _kept(groups: Sequence[Group], whole: Sequence[Group]) -> list[int]:
    """The numbers of the planes, or globals, of some groups among those of all groups."""
    ends = accumulate(count for _, count in whole)
    return [
        number
        for group, end in zip(whole, ends, strict=True)
        if group in groups
        for number in range(end - group[1], end)
    ]


def encode_globals(
    encoding: Encoding,
    *,
    colours: NDArray[np.int8],
    ranks: NDArray[np.integer],
    opponent_ranks: NDArray[np.integer],
    komis: NDArray[np.floating],
    handicaps: NDArray[np.integer],
    kinds: NDArray[np.integer],
    dates: NDArray[np.integer],
) -> NDArray[np.float32]:
    """The global inputs of B positions.

    Args:
        encoding: one of `ENCODINGS`.
        colours: who is to move, BLACK or WHITE.
        ranks: rank codes of the player to move; 0 unknown.
        opponent_ranks: rank codes of the opponent.
        komis: points that white gets; NaN unknown.
        handicaps: stones, 0 for even games.
        kinds: source kinds; 0 unknown.
        dates: yyyymmdd; 0 unknown.

    Returns:
        float32[B, global_count].
    """
    black: NDArray[np.float32] = (colours == BLACK).astype(np.float32)[:, None]
    if encoding is PLAIN:
        return black
    known = ~np.isnan(komis)
    eras = np.where(dates > 0, np.searchsorted(ERAS, dates, side="right") + 1, 0)
    komi = np.where(known, komis, 0.0) * np.where(colours == WHITE, 0.1, -0.1)
    columns = (
        _one_hot(ranks, RANKS),
        _one_hot(opponent_ranks, RANKS),
        black,
        known[:, None],
        komi[:, None],
        handicaps[:, None] / 9.0,
        _one_hot(kinds, KINDS),
        _one_hot(eras, len(ERAS) + 2),
    )
    joined: NDArray[np.float32] = np.concatenate(columns, axis=1, dtype=np.float32)
    if encoding.whole is None:
        return joined
    return np.take(joined, _kept(encoding.globals, encoding.whole.globals), axis=1)


def _one_hot(codes: NDArray[np.integer], count: int) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = np.eye(count, dtype=np.float32)[codes]
    return rows


def encode_positions(
    encoding: Encoding, positions: Sequence[Position], conditions: Sequence[Conditions]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Planes and globals of positions of one size that are played on.

    Returns:
        int8[B, plane_count, size, size] and float32[B, global_count].
    """
    query = build_query(positions)
    globals_BG = encode_globals(
        encoding,
        colours=query.colours,
        ranks=np.array([c.rank for c in conditions]),
        opponent_ranks=np.array([c.opponent_rank for c in conditions]),
        komis=np.array([np.nan if c.komi is None else c.komi for c in conditions]),
        handicaps=np.array([c.handicap for c in conditions]),
        kinds=np.array([c.kind for c in conditions]),
        dates=np.array([c.date for c in conditions]),
    )
    return encode_planes(encoding, query, positions[0].size), globals_BG
