"""A board as lines of text for the terminal, without colour and in colour.

Plain text shows black as X and white as O, the last move in brackets; with colour the stones are
discs on a wooden board. Both have the same width, so that notes beside a board stay in line.
"""

import math
import os
import shutil
import textwrap
from collections.abc import Mapping
from typing import TextIO

from gocnn.go.coords import columns, vertex
from gocnn.go.handicap import star_points
from gocnn.go.position import Position, colour_name
from gocnn.render.diagram import Diagram, printable
from gocnn.render.diagram import letter as letter

_PLAIN = {1: "X", -1: "O"}
_LINE, _LABEL, _MARK = "\x1b[38;5;94m", "\x1b[1;38;5;88m", "\x1b[38;5;124m"
_ON_HEAT = "\x1b[1;38;5;231m"  # letters, and the marks of empty points
_INK = {1: "\x1b[38;5;16m", -1: "\x1b[38;5;231m"}
_STONE = {1: 16, -1: 231}  # behind a number
_THIN, _RESET = "\x1b[22m", "\x1b[0m"
_WOOD = 179  # colours of the 256
_HEAT = (74, 68, 97, 133, 168, 160)  # from the least likely point to the likeliest
_OWNER = {1: 238, -1: 253}
_COOLEST = 0.015  # relative heat below this is not drawn
_OWNED = 0.5  # of ownership


def wants_colour(stream: TextIO) -> bool:
    """Whether to draw with colours: on a terminal that knows them, unless NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    encoding = (getattr(stream, "encoding", "") or "").lower().replace("-", "")
    return stream.isatty() and encoding == "utf8"


def terminal_width(stream: TextIO) -> int | None:
    """The columns of the terminal that a stream writes to; None for a file or a pipe."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def to_text(diagram: Diagram, *, colour: bool = False, width: int | None = None) -> str:
    """A diagram as lines of text, the top line of the board first, no line feed at the end.

    >>> position = Position(5)
    >>> _ = position.play(12)
    >>> print(to_text(Diagram.of(position, labels={7: "a"})))
        A B C D E
     5  . . . . .   5
     4  . . a . .   4
     3  . .(X). .   3
     2  . . . . .   2
     1  . . . . .   1
        A B C D E

    Without colour a heat is told in digits, the ninths of its largest value; ownership as b and w
    on empty points, and stones that belong to the other side as x and o. Arrows and the caption are
    lines below the board, and so is a last move that has no room for its brackets.

    Args:
        diagram: what to draw; on stones, labels of one character give way to the stone.
        colour: use ANSI colours and discs, see `wants_colour`.
        width: columns that there are. In fewer than 2 * size + 7 the board gives up the numbers on
            its right first, then the space between its points. None is no limit.
    """
    return "\n".join(_Text(diagram, colour, width).lines())


class _Text:
    def __init__(self, diagram: Diagram, colour: bool, width: int | None) -> None:
        self.diagram, self.colour = diagram, colour
        size = diagram.size
        self.stars = set(star_points(size))
        self.heat = diagram.relative_heat.reshape(-1)
        self.long = self._long_marks()
        self.room = room = math.inf if width is None else width
        # Columns a point: one more than the longest mark; if that is too wide, no long marks.
        self.pitch = 1 + max((len(mark) for mark in self.long.values()), default=1)
        if self.pitch * size + 4 > room:
            self.long = {}
            self.pitch = 2 if 2 * size + 4 <= room else 1
        self.right_numbers = self.pitch * size + 7 <= room

    def lines(self) -> list[str]:
        size, pitch = self.diagram.size, self.pitch
        header = "   " + "".join(name.rjust(pitch) for name in columns(size))
        lines = [header]
        for row in range(size):
            text = "".join(self._cell(row * size + column) for column in range(size))
            closing = self._gap(row * size + size - 1, None)
            number = f"{size - row:2d}"
            right = f" {number}" if self.right_numbers else ""
            wood = _background(_WOOD) if self.colour else ""
            end = _RESET if self.colour else ""
            line = f"{number} {wood}{text}{closing}{end}{right}"
            lines.append(line if self.colour else line.rstrip())
        return [*lines, header, *self._below()]

    # -- a point ------------------------------------------------------------------------------

    def _cell(self, point: int) -> str:
        mark = self._mark(point)
        left = point - 1 if point % self.diagram.size else None
        gap = self._gap(left, point)
        pad = " " * (self.pitch - len(mark) - len(gap))
        if not self.colour:
            return gap + pad + mark
        back = self._background(point)
        disc = bool(self.diagram.stones.flat[point]) and point not in self.long
        painted = self._ink(point) + ("●" if disc else mark)
        if gap.strip():
            gap = f"{_MARK}{gap}"
        return f"{back}{gap}{pad}{painted}{_THIN}{_background(_WOOD) if back else ''}"

    def _gap(self, left: int | None, right: int | None) -> str:
        """What stands between two neighbours: a space, or a bracket of the last move."""
        last = self.diagram.last_move
        if self.pitch == 1:
            return "" if right is not None else " "
        if last is None or last in self.long or last not in (left, right):
            return " "
        bracket = ")" if last == left else "("
        return f"{_MARK}{bracket}" if self.colour and right is None else bracket

    def _long_marks(self) -> dict[int, str]:
        """Marks of several characters, and the numbers, which hide their stone."""
        numbers = {point: str(number) for point, number in self.diagram.numbers.items()}
        return numbers | {
            point: printable(label)
            for point, label in self.diagram.labels.items()
            if len(printable(label)) > 1
        }

    def _mark(self, point: int) -> str:
        """What stands at a point, without colour."""
        diagram = self.diagram
        if point in self.long:
            return self.long[point]
        if point in diagram.labels and not diagram.stones.flat[point]:
            return printable(diagram.labels[point])[:1] or "."
        owner, stone = self._owner(point), int(diagram.stones.flat[point])
        if stone:
            dead = owner == -stone and not self.colour
            return _PLAIN[stone].lower() if dead else _PLAIN[stone]
        if not self.colour and self.heat[point] > _COOLEST:
            return str(math.ceil(9 * float(self.heat[point])))
        if not self.colour and owner:
            return "b" if owner > 0 else "w"
        return "+" if point in self.stars else "·" if self.colour else "."

    def _owner(self, point: int) -> int:
        """1 or -1 where somebody surely owns a point, else 0."""
        if self.diagram.ownership is None:
            return 0
        value = float(self.diagram.ownership.flat[point])
        return 0 if abs(value) < _OWNED else int(math.copysign(1, value))

    def _background(self, point: int) -> str:
        """The colour behind a point, where it is not the wood."""
        if point in self.long and (stone := int(self.diagram.stones.flat[point])):
            return _background(_STONE[stone])
        if self.heat[point] > _COOLEST:
            shade = math.sqrt(self.heat[point])  # as in pictures
            return _background(_HEAT[min(int(shade * len(_HEAT)), len(_HEAT) - 1)])
        owner = self._owner(point)
        if owner and owner != self.diagram.stones.flat[point]:
            return _background(_OWNER[owner])
        return ""

    def _ink(self, point: int) -> str:
        stone = int(self.diagram.stones.flat[point])
        if stone:
            return _INK[-stone if point in self.long else stone]
        if self.heat[point] > _COOLEST:
            return _ON_HEAT if point in self.diagram.labels else _INK[-1]
        return _LABEL if point in self.diagram.labels else _LINE

    # -- below the board ----------------------------------------------------------------------

    def _below(self) -> list[str]:
        diagram, size = self.diagram, self.diagram.size
        notes = []
        if diagram.heat is not None and not self.colour and (most := float(diagram.heat.max())):
            notes.append(f"The digits are ninths of the highest probability, {most:.1%}.")
        if self.pitch == 1 and diagram.last_move is not None:
            notes.append(f"Last move: {vertex(diagram.last_move, size)}.")
        notes += [f"Arrow: {vertex(a, size)} to {vertex(b, size)}." for a, b in diagram.arrows]
        if diagram.numbers and not (self.colour and self.long):
            notes += [self._moves_line(1), self._moves_line(-1)]
        notes.append(printable(diagram.caption))
        width = int(min(self.room, 80))
        return [line for note in notes for line in textwrap.wrap(note, width)]

    def _moves_line(self, stone: int) -> str:
        """Which numbers are whose: they hide the stones, or have found no room on them."""
        stones, size = self.diagram.stones.flat, self.diagram.size
        moves = sorted((n, p) for p, n in self.diagram.numbers.items() if stones[p] == stone)
        name = colour_name(stone).capitalize()
        if not moves:
            return ""
        if not self.long:
            return f"{name}: {', '.join(f'{n} {vertex(p, size)}' for n, p in moves)}."
        if (rest := {n % 2 for n, _ in moves}) == {0} or rest == {1}:
            return f"{name}: the {'odd' if rest == {1} else 'even'} numbers."
        return f"{name}: {', '.join(str(n) for n, _ in moves)}."


def _background(colour: int) -> str:
    return f"\x1b[48;5;{colour}m"


def board_text(
    position: Position, labels: Mapping[int, str] | None = None, *, colour: bool = False
) -> str:
    """A position as text with its last move and some labels; see `to_text`."""
    return to_text(Diagram.of(position, labels=labels or {}), colour=colour)
