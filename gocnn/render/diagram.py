"""What a picture of a board shows, for all writers: `text`, `svg` and `png`.

A `Diagram` describes the board alone. How it looks (theme, width, colour) is told to the writer.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.go.coords import vertex
from gocnn.go.position import Position

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def letter(points: Iterable[int]) -> dict[int, str]:
    """Letters for up to 26 points, in their order.

    >>> letter([72, 60])
    {72: 'a', 60: 'b'}
    """
    return dict(zip(points, _LETTERS, strict=False))


def printable(text: str) -> str:
    """A text on one line, without what could harm a terminal or an XML file, or turn it around.

    Left out are control characters (which XML 1.0 forbids even when escaped), lone surrogates,
    noncharacters, and the Unicode controls of writing direction.

    >>> printable("a\\x1b[31m\\nb\\u202e")
    'a[31m b'
    """
    return "".join(" " if c in "\t\r\n" else c for c in text if c in "\t\r\n" or _harmless(c))


def _harmless(character: str) -> bool:
    return (
        unicodedata.category(character) not in ("Cc", "Cs")
        and ord(character) & 0xFFFE != 0xFFFE
        and unicodedata.bidirectional(character) not in _TURNING
    )


@dataclass(frozen=True, eq=False)
class Diagram:
    """A board and what is drawn on it. Points are row * size + column, from the upper left.

    >>> diagram = Diagram(np.zeros((9, 9), np.int8), labels={40: "a"})
    >>> diagram.size
    9

    Args:
        stones: int8[size, size], black 1, white -1, empty 0, for boards of 2 to 25 lines.
        last_move: the point to mark as the last move.
        labels: a short text for each named point, the best candidate first. Labels on empty points
            stand in discs, and the first disc stands out.
        notes: a second, smaller line for labelled points, such as "47%". The text writer leaves
            them out.
        numbers: move numbers. On an empty point the number stands alone.
        heat: float[size, size], not negative, such as the policy without its pass. It is drawn on
            empty points, relative to its largest value.
        ownership: float[size, size] from -1 (white's) to 1 (black's).
        tint: float[size, size] from -1 (blue) to 1 (red), drawn at every point, the stronger the
            further from 0. The text writer leaves it out.
        arrows: pairs of points, from and to.
        caption: text below the board, wrapped.

    Raises:
        GocnnError: when a shape or a point does not fit the board.
    """

    stones: NDArray[np.int8]
    _: KW_ONLY
    last_move: int | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)
    numbers: Mapping[int, int] = field(default_factory=dict)
    heat: NDArray[np.floating[Any]] | None = None
    ownership: NDArray[np.floating[Any]] | None = None
    tint: NDArray[np.floating[Any]] | None = None
    arrows: Sequence[tuple[int, int]] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        shape = self.stones.shape
        if len(shape) != 2 or shape[0] != shape[1] or not 2 <= shape[0] <= 25:
            raise GocnnError(f"a diagram has 2 to 25 lines each way, not stones of shape {shape}")
        if not np.isin(self.stones, (-1, 0, 1)).all():
            raise GocnnError("the stones of a diagram are 1 (black), -1 (white) or 0 (empty)")
        for name, values in (
            ("heat", self.heat),
            ("ownership", self.ownership),
            ("tint", self.tint),
        ):
            if values is None:
                continue
            if values.shape != shape:
                raise GocnnError(f"{name} has shape {values.shape}, the stones {shape}")
            least, most = (0, np.inf) if name == "heat" else (-1, 1)
            if not np.isfinite(values).all() or values.min() < least or values.max() > most:
                raise GocnnError(f"{name} has values that are not finite or out of range")
        last = [] if self.last_move is None else [self.last_move]
        ends = [end for arrow in self.arrows for end in arrow]
        for point in (*last, *self.labels, *self.notes, *self.numbers, *ends):
            if not 0 <= point < self.stones.size:
                raise GocnnError(f"point {point} is not on a board of {self.size} lines")

    @property
    def size(self) -> int:
        """Number of lines."""
        return len(self.stones)

    @property
    def relative_heat(self) -> NDArray[np.float64]:
        """float64[size, size]: the heat divided by its largest value; zeros without a heat."""
        heat = (
            np.zeros(self.stones.shape)
            if self.heat is None
            else self.heat.astype(np.float64, copy=True)
        )
        heat[self.stones != 0] = 0
        most = float(heat.max())
        return heat / most if most else heat

    @classmethod
    def of(cls, position: Position, **marks: Any) -> "Diagram":
        """The stones of a position with its last move marked; `marks` are the other fields.

        >>> position = Position(9)
        >>> _ = position.play(40)
        >>> Diagram.of(position, labels={30: "a"}).last_move
        40
        """
        if position.ply and position.moves[-1][1] < position.size**2:
            marks.setdefault("last_move", position.moves[-1][1])
        return cls(position.stones, **marks)

    @classmethod
    def of_sequence(cls, position: Position, start: int, **marks: Any) -> "Diagram":
        """The moves of a position from number `start` (from 1) on as numbered stones.

        As in printed diagrams no stone is taken off, and a move at a point that holds a stone
        already, or a pass, is told in the caption.

        >>> position = Position(9)
        >>> for point in (40, 30, 81):
        ...     _ = position.play(point)
        >>> diagram = Diagram.of_sequence(position, 2)
        >>> diagram.numbers, diagram.caption
        ({30: 2}, '3: pass')

        Raises:
            GocnnError: when the position has no move of that number.
        """
        if not 1 <= start <= position.ply:
            raise GocnnError(f"there are moves 1 to {position.ply}, and no move {start}")
        before, numbers, elsewhere = position.copy(), dict[int, int](), list[str]()
        while before.ply >= start:
            before.undo()
        stones = before.stones
        flat = stones.reshape(-1)
        for number, (colour, point) in enumerate(position.moves[start - 1 :], start):
            if point == flat.size:
                elsewhere.append(f"{number}: pass")
            elif flat[point]:
                at = numbers.get(point, vertex(point, position.size))
                elsewhere.append(f"{number} at {at}")
            else:
                flat[point], numbers[point] = colour, number
        caption = ". ".join(filter(None, (marks.pop("caption", ""), ", ".join(elsewhere))))
        return cls(stones, numbers=numbers, caption=caption, **marks)
