"""One checked game: set-up stones and moves in 16 bits each, and what is known about it.

Invariants of a `Game` that `gocnn.sgf.reader` or a corpus hands out:

- ``entries[:setup]`` are the stones that stand before the first move, in order of their points;
  no chain of them lacks a liberty.
- ``entries[setup:]`` are the moves in order, each with its own colour: legal under simple ko,
  no suicide. Colours need not alternate (handicap by extra moves, a pass left out).
- `first` plays at ply 0; the game's result and komi are what its record says, unchecked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gocnn.defaults import KOMI
from gocnn.errors import GocnnError, IllegalMove
from gocnn.go.board import (
    BLACK,
    POINT_MASK,
    WHITE,
    WHITE_BIT,
    Board,
    clear_board,
    new_board,
    place,
    replay,
)
from gocnn.go.position import Position
from gocnn.go.ranks import UNKNOWN, Rank
from gocnn.jit import jit

UNKNOWN_RESULT = 2


class SourceKind(IntEnum):
    """Where a game comes from: servers differ in how their players play."""

    UNKNOWN = 0
    KGS = 1
    TYGEM = 2
    FOX = 3
    PRO = 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Game:
    """A game, its moves packed; the fields after `first` are what its record claims."""

    size: int  # lines of the board
    entries: NDArray[np.uint16]  # [setup + moves] point | WHITE_BIT if white; pass = size * size
    setup: int = 0  # how many of the entries are set-up stones
    first: int = BLACK  # who plays at ply 0
    komi: float | None = None  # points white gets; None unknown
    handicap: int = 0  # stones black got, set up or played; 0 even
    winner: int = UNKNOWN_RESULT  # BLACK, WHITE, 0 draw, UNKNOWN_RESULT
    margin: float | None = None  # points; None by resignation, on time, or unknown
    black_rank: Rank = UNKNOWN  # see gocnn.go.ranks
    white_rank: Rank = UNKNOWN
    date: int = 0  # yyyymmdd, unknown parts 0
    kind: int = SourceKind.UNKNOWN
    source: str = ""  # "archive.tar.xz:game.sgf", "collection.sgf#17"
    black_name: str = ""  # the players; a corpus does not keep them
    white_name: str = ""

    @property
    def moves(self) -> NDArray[np.uint16]:
        """The moves without the set-up stones, packed."""
        return self.entries[self.setup :]

    def __len__(self) -> int:
        """Number of moves and passes."""
        return len(self.entries) - self.setup

    def to_move(self, ply: int) -> int:
        """The colour that plays at a ply; after the last move, the other one's turn.

        >>> Game(size=9, entries=np.array([40, 41 | WHITE_BIT], np.uint16)).to_move(2)
        1
        """
        if ply < len(self):
            return _colour(self.moves[ply]) if ply else self.first
        return -_colour(self.moves[-1]) if len(self) else self.first

    def rank_of(self, colour: int) -> Rank:
        """The rank of the player with a colour, as the record claims it."""
        return self.black_rank if colour == BLACK else self.white_rank

    def position(self, ply: int | None = None) -> Position:
        """The position before the move at `ply` (by default: after the last move).

        Raises:
            GocnnError: when the game is shorter.
            IllegalMove: when the moves were never checked and one is illegal.
        """
        ply = self._check(ply)
        position = Position(self.size, komi=KOMI if self.komi is None else self.komi)
        stones = self.entries[: self.setup]
        white = stones >= WHITE_BIT
        position.setup(
            (stones[~white] & POINT_MASK).tolist(), (stones[white] & POINT_MASK).tolist()
        )
        position.play_entries(self.moves[:ply])
        position.to_move = self.to_move(ply)
        position.handicap = self.handicap
        return position

    def positions(self) -> Iterator[Position]:
        """Every position of the game, before its first move to after its last: len(self) + 1.

        Raises:
            IllegalMove: when the moves were never checked and one is illegal.
        """
        position = self.position(0)
        for ply, entry in enumerate(self.moves.tolist(), 1):
            yield position
            position = position.copy()
            position.play(entry & POINT_MASK, _colour(entry))
            position.to_move = self.to_move(ply)
        yield position

    def stones(self, ply: int | None = None) -> NDArray[np.int8]:
        """The stones before the move at `ply` (by default: after the last move).

        >>> game = Game(size=3, entries=np.array([4, 0 | WHITE_BIT], np.uint16))
        >>> game.stones(2).tolist()
        [[-1, 0, 0], [0, 1, 0], [0, 0, 0]]

        Returns:
            int8[size, size]: black 1, white -1, empty 0; row 0 is the top line.

        Raises:
            GocnnError: when the game is shorter.
            IllegalMove: when the moves were never checked and one is illegal.
        """
        stop = self.setup + self._check(ply)
        board = new_board(self.size)
        bad = check_moves(board, self.entries[:stop], self.setup)
        if bad != stop:
            raise IllegalMove(f"{self.source or 'game'}: entry {bad} is illegal")
        return board.stones[:-1].reshape(self.size, self.size).copy()

    def _check(self, ply: int | None) -> int:
        ply = len(self) if ply is None else ply
        if not 0 <= ply <= len(self):
            name = f"{self.source}: " if self.source else ""
            raise GocnnError(f"{name}the game has moves 0 to {len(self)}, not {ply}")
        return ply


_NUMBERED = re.compile(r"(.+)#([1-9][0-9]{0,8})", re.DOTALL)  # a file may have any name itself


def split_source(source: str) -> tuple[str, int]:
    """The file that a game comes from, and the number of the game in it, from 1.

    >>> split_source("collection.sgf#17"), split_source("archive.zip:game.sgf")
    (('collection.sgf', 17), ('archive.zip:game.sgf', 1))
    """
    match = _NUMBERED.fullmatch(source)
    number = int(match[2]) if match else 1
    return (match[1], number) if match and number > 1 else (source, 1)


def _colour(entry: int) -> int:
    return WHITE if entry & WHITE_BIT else BLACK


@jit
def check_moves(board: Board, entries: NDArray[np.uint16], setup: int) -> int:
    """Replay packed entries from the empty board.

    Returns:
        The number of entries if all are legal; else the index of the first illegal one, which
        is below `setup` for a bad set-up stone; -1 - point for one that has no liberty.
    """
    clear_board(board)
    placed = place(board, entries, 0, setup)
    if placed != setup:
        return placed
    return replay(board, entries, setup, entries.size)
