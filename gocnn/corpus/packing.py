"""Games as flat arrays: a move in two bytes, a game in a record of 56.

Invariant: games lie one after another without gaps, and records are in the order of the games.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray

from gocnn.files import name_bytes
from gocnn.go.fingerprint import fingerprint
from gocnn.go.game import Game, split_source

RECORD = np.dtype([
    ("offset", "<u8"), ("hash", "<u8"), ("count", "<u4"), ("date", "<u4"), ("source", "<u4"),
    ("number", "<u4"), ("komi", "<f4"), ("margin", "<f4"), ("setup", "<u2"), ("size", "u1"),
    ("first", "i1"), ("black_rank", "u1"), ("white_rank", "u1"), ("winner", "i1"),
    ("handicap", "u1"), ("kind", "u1"), ("spare", "u1", (7,)),
])  # fmt: skip
"""A game: where its entries lie, its fingerprint, and the fields of `gocnn.go.game.Game`.

`count` includes the `setup` stones; komi and margin are NaN where unknown; `source` and `number`
are the file and the place of the game in it, from 1.
"""


class Names(Sequence[str]):
    """The names of the sources, kept as one text and cut when asked for."""

    def __init__(self, blob: bytes, ends: NDArray[np.uint64]) -> None:
        self.blob, self.ends = blob, ends

    @classmethod
    def from_strings(cls, names: Iterable[str]) -> Self:
        """Names from a list."""
        encoded = [name_bytes(name) for name in names]
        ends = np.cumsum([len(name) for name in encoded], dtype=np.uint64)
        return cls(b"".join(encoded), ends)

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        start = int(self.ends[index - 1]) if index else 0
        return self.blob[start : int(self.ends[index])].decode("utf-8", "surrogateescape")


def pack_games(games: Iterable[Game]) -> tuple[NDArray[np.uint16], NDArray[np.void], Names]:
    """(entries, records, names) of some games, as a corpus keeps them."""
    parts, rows, names = [], [], dict[str, int]()
    offset = 0
    for game in games:
        name, number = split_source(game.source)
        rows.append((
            offset, fingerprint(game.entries, game.setup, game.size), len(game.entries),
            game.date, names.setdefault(name, len(names)), number,
            np.nan if game.komi is None else game.komi,
            np.nan if game.margin is None else game.margin,
            game.setup, game.size, game.first, game.black_rank, game.white_rank, game.winner,
            game.handicap, game.kind, (0,) * 7,
        ))  # fmt: skip
        parts.append(game.entries)
        offset += len(game.entries)
    entries = np.concatenate(parts) if parts else np.empty(0, np.uint16)
    return entries, np.array(rows, RECORD), Names.from_strings(names)


def split_sections(
    entries: NDArray[np.uint16], games: NDArray[np.void], sources: Sequence[str]
) -> list[NDArray[np.uint8]]:
    """The bytes of a corpus, as the checksum takes them."""
    names = sources if isinstance(sources, Names) else Names.from_strings(sources)
    return [
        np.ascontiguousarray(entries, "<u2").view(np.uint8),
        np.ascontiguousarray(games).view(np.uint8),
        np.frombuffer(names.blob, np.uint8),
        np.ascontiguousarray(names.ends, "<u8").view(np.uint8),
    ]


def compute_checksum(sections: Iterable[NDArray[np.uint8]]) -> str:
    """The checksum of a corpus, from `split_sections` it: BLAKE2b of 16 bytes, in hexadecimal."""
    digest = hashlib.blake2b(digest_size=16)
    for section in sections:
        digest.update(np.ascontiguousarray(section).data)
    return digest.hexdigest()
