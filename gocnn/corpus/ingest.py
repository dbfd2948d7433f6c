"""Reads and packs games on all cores; what comes out does not depend on how many there are.

Invariants:

- Chunks are cut by their bytes alone and come back in order.
- Processes start only when there is work for them, and end with their parent, however it ends.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from multiprocessing import connection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.packing import pack_games
from gocnn.defaults import PATIENCE
from gocnn.errors import GocnnError
from gocnn.go.game import Game
from gocnn.sgf.archives import RecordFiles, SgfChunk, Unreadable
from gocnn.sgf.reader import Reject, read_chunk

CHUNK = 1 << 20  # bytes of records that a process takes at a time
MOST = 61  # processes: Windows waits for no more at once, and they keep one writer busy
ALONE = 3  # so many chunks are read before other processes could have started


class Packed(NamedTuple):
    """What a process returns for a chunk: the games that pass, and the records that do not."""

    entries: NDArray[np.uint16]
    records: NDArray[np.void]
    names: list[str]
    rejects: list[Reject]

    def source(self, index: int) -> str:
        """Where a game comes from."""
        name, number = self.names[self.records["source"][index]], self.records["number"][index]
        return f"{name}#{number}" if number > 1 else name

    def only(self, mask: NDArray[np.bool_]) -> "Packed":
        """The games of a mask, with all rejects."""
        if mask.all():
            return self
        part = Corpus(self.entries, self.records, self.names, checksum="-").select(mask)
        return self._replace(
            entries=part.entries, records=part.games.copy(), names=list(part.sources)
        )


def packed_games(
    walk: RecordFiles, size: int | None, filters: Filters, jobs: int
) -> Generator[Packed, None, None]:
    """Read and pack all records of a walk, in its order.

    Args:
        walk: where the records are.
        size: reject other board sizes; None takes all.
        filters: which games to keep.
        jobs: how many processes share the work; 1 works in this one.

    Raises:
        GocnnError: when a process was ended from outside.
    """
    waiting: deque[Future[Packed] | Packed] = deque()
    alone = float("inf") if jobs == 1 else ALONE
    with ExitStack() as stack:
        pool: ProcessPoolExecutor | None = None
        for chunk in _chunks(walk):
            if isinstance(chunk, Reject):
                waiting.append(_pack((), size, filters)._replace(rejects=[chunk]))
            elif alone > 0:
                alone -= 1
                waiting.append(_pack(chunk, size, filters))
            else:
                pool = pool or _pool(stack, jobs)
                waiting.append(pool.submit(_pack, chunk, size, filters))
            while len(waiting) > 3 * jobs:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _pack(pieces: Iterable[SgfChunk], size: int | None, filters: Filters) -> Packed:
    games: list[Game] = []
    rejects: list[Reject] = []
    for piece in pieces:
        for record in read_chunk(piece, size=size):
            if isinstance(record, Game):
                games.append(record)
            else:
                rejects.append(record)
    entries, records, names = pack_games(games)
    codes = filters.judge(records)
    for index in np.flatnonzero(codes):
        detail = f"{len(games[index])} moves" if codes[index] == 1 else ""
        rejects.append(Reject(games[index].source, filters.reasons[codes[index]], detail))
    return Packed(entries, records, list(names), rejects).only(codes == 0)


def _chunks(walk: RecordFiles) -> Iterator[list[SgfChunk] | Reject]:
    """The pieces in parcels of about `CHUNK` bytes; what is broken comes in its place."""
    parcel: list[SgfChunk] = []
    weight = 0
    for piece in walk:
        if isinstance(piece, Unreadable):
            yield Reject(*piece)
            continue
        parcel.append(piece)
        weight += len(piece.data) + 100
        if weight >= CHUNK:
            yield parcel
            parcel, weight = [], 0
    if parcel:
        yield parcel


def _pool(stack: ExitStack, jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # forking a process with threads may hang
    pool = ProcessPoolExecutor(min(jobs, MOST), context, _start)
    stack.callback(pool.shutdown, wait=True, cancel_futures=True)
    return pool


def _result(packed: "Future[Packed] | Packed") -> Packed:
    if isinstance(packed, Packed):
        return packed
    while not wait([packed], PATIENCE).done:
        pass
    try:
        return packed.result()
    except BrokenProcessPool:
        raise GocnnError(
            "a reading process was ended from outside, perhaps for want of memory; try --jobs 1"
        ) from None


def _start() -> None:
    """Begin a reading process: Ctrl-C is for the parent, and without a parent there is no work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()


def _follow(sentinel: int) -> None:
    connection.wait([sentinel])
    sys.stderr.flush()
    os._exit(1)
