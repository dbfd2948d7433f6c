"""A position that you can play on, undo and print.

The moves are the truth: the board follows from the set-up stones and the moves since, and `undo`
replays them (a whole game takes some 50 microseconds).
"""

import re
from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gocnn.defaults import BOARD_SIZE, KOMI
from gocnn.errors import GocnnError, IllegalMove
from gocnn.go.board import (
    BLACK,
    EMPTY,
    HASH,
    KO,
    KO_COLOUR,
    POINT_MASK,
    TAKEN_BY_BLACK,
    TAKEN_BY_WHITE,
    WHITE,
    WHITE_BIT,
    Board,
    candidate_moves,
    clear_board,
    copy_board,
    hashes_after,
    is_legal,
    legal_moves,
    new_board,
    pack,
    place,
    play,
    replay,
    replay_hashes,
)
from gocnn.go.coords import BadVertex, columns, point_at, point_of_vertex, vertex
from gocnn.go.handicap import handicap_points, star_points

_COLOUR = re.compile(r"([bw]|black|white)", re.IGNORECASE)
_COLOUR_NAMES = {BLACK: "black", WHITE: "white", EMPTY: "empty"}


class Position:
    """A Go position with its history.

    >>> from gocnn.go.coords import point_of_vertex
    >>> position = Position(9)
    >>> position.play(point_of_vertex("E5", 9))
    0
    >>> position.to_move == WHITE, position.ply
    (True, 1)

    Args:
        size: 2 to 25 lines.
        komi: points added to white's score.
        superko: also forbid moves that repeat an earlier whole-board position of the history
            (positional superko); simple ko always holds.

    Raises:
        GocnnError: when the size is out of range.
    """

    def __init__(
        self, size: int = BOARD_SIZE, *, komi: float = KOMI, superko: bool = False
    ) -> None:
        self.size = size
        self.komi = komi
        self.superko = superko
        self.handicap = 0
        self.to_move = BLACK
        self.board = new_board(size)
        self._scratch: Board | None = None
        self._setup: list[int] = []
        self._moves: list[int] = []
        self._hashes = [0]

    @classmethod
    def from_moves(cls, moves: str, size: int = BOARD_SIZE, *, komi: float = KOMI) -> Self:
        """The position after moves given as vertices, parted by spaces, commas or line feeds.

        >>> Position.from_moves("D4 Q16, b D16 pass").ply
        4

        Args:
            moves: black begins and the colours alternate, unless a colour stands before a vertex.
            size: 2 to 25 lines.
            komi: points added to white's score.

        Raises:
            GocnnError: naming the first move that cannot be read or played.
        """
        position = cls(size, komi=komi)
        colour: int | None = None
        for word in re.split(r"[\s,;]+", moves.strip()):
            if _COLOUR.fullmatch(word):
                colour = BLACK if word[0] in "bB" else WHITE
            elif word:
                try:
                    position.play(point_of_vertex(word, size), colour)
                except (BadVertex, IllegalMove) as error:
                    raise GocnnError(f"move {position.ply + 1} of the list: {error}") from None
                colour = None
        return position

    # -- what stands on the board ---------------------------------------------------------

    @property
    def stones(self) -> NDArray[np.int8]:
        """int8[size, size], a copy: black 1, white -1, empty 0; row 0 is the top line."""
        return self.board.stones[:-1].reshape(self.size, self.size).copy()

    @property
    def ply(self) -> int:
        """Number of moves and passes since the set-up."""
        return len(self._moves)

    @property
    def passes(self) -> int:
        """Number of passes since the last stone."""
        count = 0
        for entry in reversed(self._moves):
            if entry & POINT_MASK != self.size**2:
                break
            count += 1
        return count

    @property
    def ko(self) -> int | None:
        """The point that simple ko forbids to the player to move, if there is one."""
        point = int(self.board.state[KO])
        forbidden = point < self.size**2 and self.board.state[KO_COLOUR] == self.to_move
        return point if forbidden else None

    @property
    def prisoners(self) -> tuple[int, int]:
        """(stones taken by black, stones taken by white)."""
        state = self.board.state
        return int(state[TAKEN_BY_BLACK]), int(state[TAKEN_BY_WHITE])

    @property
    def hash(self) -> int:
        """Zobrist hash of the stones alone, 64 bits."""
        return int(self.board.state[HASH])

    @property
    def moves(self) -> list[tuple[int, int]]:
        """(colour, point) of every move since the set-up; a pass is size * size."""
        return [(WHITE if e & WHITE_BIT else BLACK, e & POINT_MASK) for e in self._moves]

    def entries(self) -> tuple[NDArray[np.uint16], int]:
        """The history as packed entries, set-up stones first, and the number of these."""
        return np.array(self._setup + self._moves, np.uint16), len(self._setup)

    # -- playing --------------------------------------------------------------------------

    def is_legal(self, point: int, colour: int | None = None) -> bool:
        """Whether a move (or a pass) is legal."""
        return self.objection(point, self.to_move if colour is None else colour) is None

    def legal_points(self, colour: int | None = None) -> NDArray[np.int64]:
        """All legal moves but the pass, in order."""
        colour = self.to_move if colour is None else colour
        return self.fresh(np.flatnonzero(legal_moves(self.board, colour)), colour)

    def candidate_moves(self) -> NDArray[np.bool_]:
        """The legal moves that fill no own eye, as bool[size * size]; pass is not among them."""
        moves = np.zeros(self.size**2, np.bool_)
        moves[self.fresh(np.flatnonzero(candidate_moves(self.board, self.to_move)))] = True
        return moves

    def fresh(self, points: NDArray[np.int64], colour: int | None = None) -> NDArray[np.int64]:
        """Those of some moves, legal but for superko, that superko does not forbid."""
        if not self.superko:
            return points
        colour = self.to_move if colour is None else colour
        hashes = hashes_after(self.board, self._twin(), points, colour)
        return points[~np.isin(hashes, self._hashes)]

    def play(self, point: int, colour: int | None = None) -> int:
        """Play a move; the other colour is to move next.

        Returns:
            The number of stones captured.

        Raises:
            IllegalMove: with the reason; the position stays as it was.
        """
        colour = self.to_move if colour is None else colour
        objection = self.objection(point, colour)
        if objection is not None:
            where = vertex(point, self.size) if 0 <= point <= self.size**2 else f"point {point}"
            raise IllegalMove(f"{colour_name(colour)} may not play {where}: {objection}")
        captured = int(play(self.board, point, colour))
        self._moves.append(pack(point, colour))
        self._hashes.append(self.hash)
        self.to_move = -colour
        return captured

    def play_entries(self, entries: NDArray[np.uint16]) -> None:
        """Play packed moves, see `gocnn.go.board.pack`, one after another; quicker than `play`.

        Raises:
            IllegalMove: with the reason; the moves before the illegal one have been played.
        """
        played = 0
        if not self.superko:
            hashes = np.empty(len(entries), np.int64)
            played = replay_hashes(self.board, entries, hashes)
            self._moves += entries[:played].tolist()
            self._hashes += hashes[:played].tolist()
            if played:
                self.to_move = WHITE if self._moves[-1] & WHITE_BIT == 0 else BLACK
        for entry in entries[played:].tolist():
            self.play(entry & POINT_MASK, WHITE if entry & WHITE_BIT else BLACK)

    def pass_(self, colour: int | None = None) -> None:
        """Pass; the other colour is to move next."""
        self.play(self.size**2, colour)

    def undo(self) -> None:
        """Take the last move back.

        Raises:
            IllegalMove: when no move has been played since the set-up.
        """
        if not self._moves:
            raise IllegalMove("there is no move to take back")
        last = self._moves.pop()
        self._hashes.pop()
        self._rebuild()
        self.to_move = WHITE if last & WHITE_BIT else BLACK

    def objection(self, point: int, colour: int) -> str | None:
        """Why a move or a pass is illegal, in a few words; None where it is legal."""
        if not 0 <= point <= self.size**2:
            return "it is off the board"
        if point == self.size**2:
            return None
        if self.board.stones[point] != EMPTY:
            return "the point is taken"
        state = self.board.state
        if state[KO] == point and state[KO_COLOUR] == colour:
            return "ko"
        if not is_legal(self.board, point, colour):
            return "suicide"
        if self.superko and not len(self.fresh(np.array([point]), colour)):
            return "it repeats an earlier position (superko)"
        return None

    def _twin(self) -> Board:
        """A board of the same size to try moves on."""
        if self._scratch is None:
            self._scratch = new_board(self.size)
        return self._scratch

    # -- setting up -----------------------------------------------------------------------

    def setup(
        self,
        black: Iterable[int] = (),
        white: Iterable[int] = (),
        empty: Iterable[int] = (),
        to_move: int | None = None,
    ) -> None:
        """Add and remove stones; what stands then is the new beginning, without history.

        Args:
            black: points that get a black stone, whatever stands there.
            white: points that get a white stone.
            empty: points that are cleared.
            to_move: who moves next; by default that stays as it is.

        Raises:
            IllegalMove: when a chain would have no liberty; the position stays as it was.
        """
        stones = self.board.stones[:-1].copy()
        for points, colour in ((black, BLACK), (white, WHITE), (empty, EMPTY)):
            for point in points:
                if not 0 <= point < stones.size:
                    raise IllegalMove(f"point {point} is off the board")
                stones[point] = colour
        before = self._setup, self._moves
        self._setup = [pack(int(p), int(stones[p])) for p in np.flatnonzero(stones)]
        self._moves = []
        dead = self._rebuild()
        if dead is not None:
            self._setup, self._moves = before
            self._rebuild()
            raise IllegalMove(f"the stone set up at {vertex(dead, self.size)} has no liberty")
        self._hashes = [self.hash]
        self.to_move = self.to_move if to_move is None else to_move

    def place_handicap(self, stones: int) -> list[int]:
        """Set up a fixed handicap on the empty board; white moves next.

        Returns:
            The points, in the order of the GTP 2 specification, section 4.1.1.

        Raises:
            GocnnError: when the board cannot hold that many.
            IllegalMove: when the board is not empty.
        """
        points = handicap_points(self.size, stones)
        self.set_handicap(points)
        return points

    def set_handicap(self, points: Iterable[int]) -> None:
        """Set up a free handicap on the empty board; white moves next.

        Raises:
            IllegalMove: when the board is not empty.
        """
        if self._moves or self._setup:
            raise IllegalMove("a handicap is placed on an empty board")
        chosen = list(points)
        self.setup(black=chosen, to_move=WHITE)
        self.handicap = len(chosen)

    def _rebuild(self) -> int | None:
        """Bring the board in line with the entries; returns a point without liberties, if any."""
        entries, count = self.entries()
        clear_board(self.board)
        placed = int(place(self.board, entries, 0, count))
        if placed < 0:
            return -1 - placed
        replay(self.board, entries, count, len(entries))
        return None

    # -- copies and print -----------------------------------------------------------------

    def copy(self) -> "Position":
        """An independent copy, history included."""
        twin = Position(self.size, komi=self.komi, superko=self.superko)
        copy_board(twin.board, self.board)
        twin._setup, twin._moves = list(self._setup), list(self._moves)
        twin._hashes = list(self._hashes)
        twin.to_move, twin.handicap = self.to_move, self.handicap
        return twin

    def __str__(self) -> str:
        header = "   " + " ".join(columns(self.size))
        stars = set(star_points(self.size))
        lines = [header]
        for row in range(self.size):
            cells = []
            for column in range(self.size):
                point = point_at(row, column, self.size)
                mark = {BLACK: "X", WHITE: "O"}.get(int(self.board.stones[point]))
                cells.append(mark or ("+" if point in stars else "."))
            number = self.size - row
            lines.append(f"{number:2d} {' '.join(cells)} {number:2d}")
        return "\n".join([*lines, header])


def colour_name(colour: int) -> str:
    """The name of what is on a point, or of a player.

    >>> colour_name(BLACK), colour_name(WHITE), colour_name(EMPTY)
    ('black', 'white', 'empty')
    """
    return _COLOUR_NAMES[colour]
