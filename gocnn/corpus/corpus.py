"""Checked games packed at two bytes a move, in memory or in a file that is mapped.

Invariants:

- ``entries[r.offset : r.offset + r.count]`` are the entries of game r, set-up stones first, as
  in `gocnn.go.game`.
- No two games of a file that `gocnn.corpus.prepare` wrote have the same fingerprint.
- The arrays are read-only, and so can be shared by threads.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.container import Writer, read_container
from gocnn.corpus.packing import Names, compute_checksum, pack_games, split_sections
from gocnn.defaults import VALIDATION
from gocnn.errors import GocnnError
from gocnn.go.fingerprint import hash_fraction
from gocnn.go.game import Game
from gocnn.go.ranks import Rank

_FOR_VALIDATION = 2  # the purpose of the draw, see gocnn.go.fingerprint.hash_fraction


class Corpus:
    """Games for training and measuring; see `open` and `from_games`.

    Attributes:
        entries: uint16[M], read-only.
        games: `RECORD`[N], read-only.
        sources: names of the files, by the field `source`.
        meta: what the writer of the file noted.
        checksum: of entries, records and names; two corpora with the same one are equal.
    """

    def __init__(
        self,
        entries: NDArray[np.uint16],
        games: NDArray[np.void],
        sources: Sequence[str],
        meta: Mapping[str, Any] | None = None,
        checksum: str = "",
    ) -> None:
        self.entries, self.games, self.sources = entries.view(), games.view(), sources
        self.meta = dict(meta or {})
        self.entries.flags.writeable = self.games.flags.writeable = False
        self.checksum = checksum or compute_checksum(split_sections(entries, games, sources))

    def __len__(self) -> int:
        """Number of games."""
        return len(self.games)

    @cached_property
    def moves(self) -> NDArray[np.int64]:
        """int64[N]: the number of moves of each game, passes included; read only."""
        counts: NDArray[np.int64] = self.games["count"].astype(np.int64) - self.games["setup"]
        counts.flags.writeable = False
        return counts

    @property
    def positions(self) -> int:
        """Number of positions that have a next move: all moves of all games."""
        return int(self.moves.sum())

    def game(self, index: int) -> Game:
        """Game number `index`; its entries are a view into the corpus."""
        record = self.games[index]
        start, number = int(record["offset"]), int(record["number"])
        name = self.sources[int(record["source"])]
        return Game(
            size=int(record["size"]),
            entries=self.entries[start : start + int(record["count"])],
            setup=int(record["setup"]),
            first=int(record["first"]),
            komi=_known(record["komi"]),
            handicap=int(record["handicap"]),
            winner=int(record["winner"]),
            margin=_known(record["margin"]),
            black_rank=Rank(int(record["black_rank"])),
            white_rank=Rank(int(record["white_rank"])),
            date=int(record["date"]),
            kind=int(record["kind"]),
            source=f"{name}#{number}" if number > 1 else name,
        )

    def __iter__(self) -> Iterator[Game]:
        return (self.game(index) for index in range(len(self)))

    def split(self, fraction: float | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(training, validation): the indices of the games on each side.

        A game's side depends on its fingerprint and the fraction alone: other games never move
        it, and a larger fraction only adds games to the validation.

        Args:
            fraction: the share of games for validation, 0 to 1; by default what the corpus was
                prepared with, 0.01 unless told otherwise.

        Raises:
            GocnnError: when the fraction is out of range.
        """
        if fraction is None:
            fraction = float(self.meta.get("validation", VALIDATION))
        if not 0 <= fraction <= 1:
            raise GocnnError(f"the share of validation games is 0 to 1, not {fraction:g}")
        validation = hash_fraction(self.games["hash"], _FOR_VALIDATION) < fraction
        return np.flatnonzero(~validation), np.flatnonzero(validation)

    def select(self, chosen: NDArray[np.bool_] | NDArray[np.int64] | Sequence[int]) -> "Corpus":
        """A new corpus in memory of the chosen games, by mask or by indices."""
        games = self.games[np.asarray(chosen)].copy()
        counts = games["count"].astype(np.int64)
        starts = np.cumsum(counts) - counts
        index = np.repeat(games["offset"].astype(np.int64) - starts, counts)
        entries = self.entries[index + np.arange(len(index))]
        games["offset"] = starts
        used, games["source"] = np.unique(games["source"], return_inverse=True)
        return Corpus(entries, games, Names.from_strings(self.sources[int(i)] for i in used))

    # -- making and reading -------------------------------------------------------------------

    @classmethod
    def from_games(cls, games: Iterable[Game]) -> "Corpus":
        """A corpus in memory of these games as they are; nothing is left out."""
        return cls(*pack_games(games))

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, verify: bool = True, mapped: bool = True
    ) -> "Corpus":
        """Map a corpus file; one that ends in ``.xz`` is unpacked into memory.

        Args:
            path: a file that `Corpus.save` or ``gocnn prepare`` wrote.
            verify: compare the checksum, which reads the whole file once.
            mapped: False reads it into memory, and the file may be removed at once, which Windows
                refuses for one that is mapped.

        Raises:
            GocnnError: when the file is missing, foreign, truncated, damaged or of another
                version.
        """
        return cls(*read_container(Path(path), verify=verify, mapped=mapped))

    def save(self, path: str | os.PathLike[str], *, meta: Mapping[str, Any] | None = None) -> None:
        """Write the corpus; see `Writer`."""
        with Writer(path) as writer:
            writer.add(self.entries, self.games.copy(), list(self.sources))
            writer.finish(self.meta if meta is None else meta)


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
