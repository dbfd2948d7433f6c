"""A board as text for the terminal or as an SVG picture: coordinates, last move, lettered points.

Plain text shows black as X and white as O, the last move in brackets; with colour the stones are
discs on a wooden board. Both have the same width, so that notes beside a board stay in line.
"""

import os
from collections.abc import Iterable, Mapping
from typing import TextIO

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import columns
from gocnn.go.handicap import star_points
from gocnn.go.position import Position

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PLAIN = {BLACK: "X", WHITE: "O"}
_WOOD = "\x1b[48;5;179m"
_STONES = {BLACK: "\x1b[38;5;16m●", WHITE: "\x1b[38;5;231m●"}
_LINE, _LABEL, _MARK = "\x1b[38;5;94m", "\x1b[1;38;5;88m", "\x1b[38;5;124m"
_THIN, _RESET = "\x1b[22m", "\x1b[0m"


def wants_colour(stream: TextIO) -> bool:
    """Whether to draw with colours: on a terminal that knows them, unless NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
    return stream.isatty() and encoding == "utf8"


def letter(points: Iterable[int]) -> dict[int, str]:
    """Letters for up to 26 points, in their order.

    >>> letter([72, 60])
    {72: 'a', 60: 'b'}
    """
    return dict(zip(points, _LETTERS, strict=False))


def board_text(
    position: Position, labels: Mapping[int, str] | None = None, *, colour: bool = False
) -> str:
    """A position as lines of text, the top line of the board first, no line feed at the end.

    >>> position = Position(5)
    >>> _ = position.play(12)
    >>> print(board_text(position, {7: "a"}))
        A B C D E
     5  . . . . .   5
     4  . . a . .   4
     3  . .(X). .   3
     2  . . . . .   2
     1  . . . . .   1
        A B C D E

    Args:
        position: what to draw; its last move is marked.
        labels: one character for each point to be named; stones keep their own.
        colour: use ANSI colours and discs, see `wants_colour`.
    """
    size = position.size
    stars = set(star_points(size))
    last = position.moves[-1][1] if position.ply else size * size
    lines = ["    " + " ".join(columns(size))]
    for row in range(size):
        cells = ["(" if row * size == last else " "]
        for point in range(row * size, row * size + size):
            cells.append(_cell(position, point, labels or {}, point in stars, colour))
            nearby = ")" if point == last else "(" if point + 1 == last else " "
            cells.append(nearby if (point + 1) % size else nearby.replace("(", " "))
        text = "".join(_mark(cell, colour) for cell in cells)
        number = f"{size - row:2d}"
        lines.append(
            f"{number} {_WOOD}{text}{_RESET} {number}" if colour else f"{number} {text} {number}"
        )
    return "\n".join([*lines, lines[0]])


def _cell(
    position: Position, point: int, labels: Mapping[int, str], star: bool, colour: bool
) -> str:
    stone = int(position.board.stones[point])
    if stone:
        return _STONES[stone] if colour else _PLAIN[stone]
    if point in labels:
        return f"{_LABEL}{labels[point]}{_THIN}" if colour else labels[point]
    mark = "+" if star else "." if not colour else "·"
    return f"{_LINE}{mark}" if colour else mark


def _mark(cell: str, colour: bool) -> str:
    """The brackets of the last move stand out in colour."""
    return f"{_MARK}{cell}" if colour and cell in ("(", ")") else cell
