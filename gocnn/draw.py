"""A board as text for the terminal or as an SVG picture: coordinates, last move, lettered points.

Plain text shows black as X and white as O, the last move in brackets; with colour the stones are
discs on a wooden board. Both have the same width, so that notes beside a board stay in line.
"""

import os
from collections.abc import Iterable, Mapping
from typing import TextIO

from gocnn.coords import columns
from gocnn.errors import GocnnError
from gocnn.position import Position, handicap_points
from gocnn.rules import BLACK, WHITE

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PLAIN = {BLACK: "X", WHITE: "O"}
_WOOD = "\x1b[48;5;179m"
_STONES = {BLACK: "\x1b[38;5;16m●", WHITE: "\x1b[38;5;231m●"}
_LINE, _LABEL, _MARK = "\x1b[38;5;94m", "\x1b[1;38;5;88m", "\x1b[38;5;124m"
_STEP = 14  # between two lines of a picture
_DISCS = {BLACK: 'fill="#111"', WHITE: 'fill="#fff" stroke="#333" stroke-width=".5"'}
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


def board_svg(position: Position, labels: Mapping[int, str] | None = None) -> str:
    """A position as an SVG picture, some 10 kB on 19x19.

    >>> board_svg(Position(9), {40: "A"}).count("</text>")
    37

    Args:
        position: what to draw; its last move is marked by a ring.
        labels: a character or two for each empty point to be named.
    """
    size, step = position.size, _STEP
    side, whole = (size + 1) * step, (size + 2) * step
    paths = "".join(
        f"M{step} {k}H{side - step}M{k} {step}V{side - step}"
        for k in range(step, side - step + 1, step)
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * whole}" '
        f'viewBox="{-step // 2} {-step // 2} {whole} {whole}" '
        'font-family="sans-serif" text-anchor="middle">',
        f'<rect x="{-step}" y="{-step}" width="{2 * whole}" height="{2 * whole}" fill="#e3b868"/>',
        f'<path d="{paths}" stroke="#6b4a17" stroke-width=".7"/>',
    ]
    for number, name in enumerate(columns(size), 1):
        for down in (0.3, size + 1.05):
            parts.append(_text(number, down, name, 7))
        for across in (0.1, size + 0.9):
            parts.append(_text(across, number + 0.15, str(size + 1 - number), 7))
    parts += [_disc(point, size, 1.6, 'fill="#6b4a17"') for point in star_points(size)]
    for point in range(size * size):
        if stone := int(position.board.stones[point]):
            parts.append(_disc(point, size, 6.6, _DISCS[stone]))
    if position.ply and (last := position.moves[-1][1]) < size * size:
        parts.append(_disc(last, size, 3, 'fill="none" stroke="#d22" stroke-width="1.4"'))
    for point, label in (labels or {}).items():
        row, column = divmod(point, size)
        parts.append(_disc(point, size, 6, 'fill="#e3b868"'))
        parts.append(_text(column + 1, row + 1.3, label, 12, 'fill="#b00" font-weight="bold"'))
    return "\n".join([*parts, "</svg>\n"])


def _text(across: float, down: float, text: str, size: int, look: str = 'fill="#6b4a17"') -> str:
    where = f'x="{_STEP * across:g}" y="{_STEP * down:g}"'
    return f'<text {where} font-size="{size}" {look}>{text}</text>'


def _disc(point: int, size: int, radius: float, look: str) -> str:
    row, column = divmod(point, size)
    return f'<circle cx="{_STEP * (column + 1)}" cy="{_STEP * (row + 1)}" r="{radius}" {look}/>'


def star_points(size: int) -> list[int]:
    """The points marked on a board: nine, on small ones five, where no middle line is four."""
    for stones in (9 if size >= 13 else 5, 4):
        try:
            return handicap_points(size, stones)
        except GocnnError:
            continue
    return []


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
