"""A board as an SVG picture.

The unit of length is a point at a board of 24 points a line; coordinates stand for the centre of a
crossing. Ids carry the theme's name: pictures of one theme share them, so that several may stand in
one HTML page.
"""

import math
import random
import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from gocnn.go.coords import columns
from gocnn.go.handicap import star_points
from gocnn.go.position import Position
from gocnn.render.diagram import Diagram, printable
from gocnn.render.theme import Theme, heat_colour, theme_named

_STEP = 24.0  # between two lines
_STONE = 0.48 * _STEP  # radius
_MARGIN = 1.55 * _STEP  # from the outer lines to the edge, with coordinates
_BARE_MARGIN = 0.85 * _STEP
_CAPTION = 13.0  # font size, on small boards less
_COOLEST = 0.015  # relative heat below this is not drawn
_PALEST = 0.03  # tints below this are not drawn
_TINTS = "#d0161c", "#1f5fc4"  # above zero, below zero
_FONTS = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"
_CAP_HEIGHT = 0.365  # half the height of capitals and digits, in font sizes


def to_svg(
    diagram: Diagram,
    *,
    theme: str = "light",
    width: int | None = None,
    coordinates: bool = True,
    window: tuple[int, int, int, int] | None = None,
) -> str:
    """A diagram as an SVG picture, some 20 kB on 19x19 with a full board.

    >>> from gocnn.go.position import Position
    >>> to_svg(Diagram.of(Position(9))).count("</text>")
    36

    Args:
        diagram: what to draw.
        theme: a name of `gocnn.render.theme.THEMES`.
        width: of the picture in pixels; by default 32 a line.
        coordinates: letters and numbers on all four sides.
        window: top row, left column, bottom row and right column of the part to show, from 0; the
            caption is left out then. None shows all.

    Raises:
        GocnnError: when there is no such theme.
    """
    return _Picture(diagram, theme_named(theme), coordinates).svg(width, window)


def beside(pictures: Sequence[str], *, gap: int = 12) -> str:
    """Pictures of `to_svg` in a row, their tops level, as one picture.

    >>> board = to_svg(Diagram.of(Position(9)), width=200)
    >>> beside([board, board]).count("<svg")
    3

    Args:
        pictures: of one theme.
        gap: pixels between two of them.
    """
    parts, across, height = [], 0, 0
    for picture in pictures:
        sizes = re.match(r'<svg [^>]*?width="(\d+)" height="(\d+)"', picture)
        assert sizes, "a picture begins as to_svg begins it"
        parts.append(picture.replace("<svg ", f'<svg x="{across}" ', 1))
        across, height = across + int(sizes[1]) + gap, max(height, int(sizes[2]))
    across -= gap
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{height}" '
        f'viewBox="0 0 {across} {height}" role="img">'
    )
    return "\n".join([head, *parts, "</svg>\n"])


class _Picture:
    """A drawing in the making, from the board up to the labels."""

    def __init__(self, diagram: Diagram, theme: Theme, coordinates: bool) -> None:
        self.diagram, self.theme, self.coordinates = diagram, theme, coordinates
        self.margin = _MARGIN if coordinates else _BARE_MARGIN
        self.side = (diagram.size - 1) * _STEP + 2 * self.margin
        self.parts: list[str] = []

    def svg(self, width: int | None, window: tuple[int, int, int, int] | None = None) -> str:
        font = min(_CAPTION, self.side / 34)
        lines = _wrapped(self.diagram.caption, self.side / font)
        height = self.side + (len(lines) * 1.4 + 0.8) * font * bool(lines)
        left, top, across = 0.0, 0.0, self.side
        if window is not None:
            left, top, across, height = self._part(*window)
        pixels = width or round(across * 32 / _STEP)
        self._defs()
        self._board(height)
        self._ownership(under_stones=True)
        self._heat()
        self._stones()
        self._ownership(under_stones=False)
        self._tint()
        self._numbers()
        self._last_move()
        self._labels()
        self._arrows()
        for row, line in enumerate(lines):
            down = self.side + (1.1 + 1.4 * row) * font
            self._text(self.side / 2, down, line, font, self.theme.ink, fit=False)
        title = self.diagram.caption or f"A Go board of {self.diagram.size} lines"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels}" '
            f'height="{round(pixels * height / across)}" '
            f'viewBox="{_n(left)} {_n(top)} {_n(across)} {_n(height)}" role="img" '
            f"aria-label={quoteattr(printable(title))} font-family={quoteattr(_FONTS)} "
            'text-anchor="middle">'
        )
        return "\n".join([head, *self.parts, "</svg>\n"])

    def _part(
        self, top: int, left: int, bottom: int, right: int
    ) -> tuple[float, float, float, float]:
        """Left, top, width and height of some rows and columns, half a step around them."""
        room = _STEP / 2
        x, y = self.margin + left * _STEP - room, self.margin + top * _STEP - room
        return x, y, (right - left) * _STEP + 2 * room, (bottom - top) * _STEP + 2 * room

    # -- places -------------------------------------------------------------------------------

    def _centre(self, point: int) -> tuple[float, float]:
        row, column = divmod(point, self.diagram.size)
        return self.margin + column * _STEP, self.margin + row * _STEP

    def _stone_at(self, point: int) -> int:
        return int(self.diagram.stones.flat[point])

    def _contrast(self, point: int) -> str:
        """The colour of text at a point."""
        return {1: "#ffffff", -1: "#000000", 0: self.theme.line}[self._stone_at(point)]

    def _id(self, name: str) -> str:
        return f"gocnn-{self.theme.name}-{name}"

    # -- layers -------------------------------------------------------------------------------

    def _defs(self) -> None:
        theme = self.theme
        parts = []
        for name, (lit, far), rim in (
            ("black", theme.black, theme.black_rim),
            ("white", theme.white, theme.white_rim),
        ):
            fill = lit
            if lit != far:
                fill = f"url(#{self._id(name + '-shade')})"
                parts.append(
                    f'<radialGradient id="{self._id(name + "-shade")}" cx=".36" cy=".32" r=".72">'
                    f'<stop offset="0" stop-color="{lit}"/>'
                    f'<stop offset="1" stop-color="{far}"/></radialGradient>'
                )
            parts.append(
                f'<circle id="{self._id(name)}" r="{_n(_STONE - 0.3)}" fill="{fill}" '
                f'stroke="{rim}" stroke-width=".6"/>'
            )
        if theme.shadow:
            stops = ((0.72, theme.shadow), (0.86, theme.shadow * 0.55), (1, 0))
            parts.append(
                f'<radialGradient id="{self._id("dusk")}">'
                + "".join(f'<stop offset="{o}" stop-opacity="{_n(a)}"/>' for o, a in stops)
                + f'</radialGradient><circle id="{self._id("shadow")}" cx="1.1" cy="1.7" '
                f'r="{_n(_STONE * 1.16)}" fill="url(#{self._id("dusk")})"/>'
            )
        self.parts += ["<defs>", *parts, "</defs>"]

    def _board(self, height: float) -> None:
        theme, side, size = self.theme, _n(self.side), self.diagram.size
        if height > self.side:
            self.parts.append(f'<rect width="{side}" height="{_n(height)}" fill="{theme.page}"/>')
        self.parts.append(f'<rect width="{side}" height="{side}" fill="{theme.board}"/>')
        if theme.grain:
            self.parts += _grain(self.side, theme.grain)
        near, far = self.margin, self.side - self.margin
        places = [near + k * _STEP for k in range(size)]
        inner = "".join(
            f"M{_n(near)} {_n(k)}H{_n(far)}M{_n(k)} {_n(near)}V{_n(far)}" for k in places[1:-1]
        )
        frame = f"M{_n(near)} {_n(near)}H{_n(far)}V{_n(far)}H{_n(near)}Z"
        look = f'fill="none" stroke="{theme.line}"'
        self.parts.append(f'<path d="{inner}" {look} stroke-width=".8"/>')
        self.parts.append(f'<path d="{frame}" {look} stroke-width="1.4"/>')
        for point in star_points(size):
            self._disc(point, 2.3, f'fill="{theme.line}"')
        if not self.coordinates:
            return
        beside = near - 0.97 * _STEP
        for number, (name, place) in enumerate(zip(columns(size), places, strict=True)):
            for edge in (beside, self.side - beside):
                self._text(place, edge, name, 10.5, theme.coordinate)
                self._text(edge, place, str(size - number), 10.5, theme.coordinate)

    def _heat(self) -> None:
        for point, heat in enumerate(self.diagram.relative_heat.flat):
            if heat > _COOLEST:
                shade = math.sqrt(heat)  # so that small chances differ too
                across, down = self._centre(point)
                half = 0.47 * _STEP
                self.parts.append(
                    f'<rect x="{_n(across - half)}" y="{_n(down - half)}" width="{_n(2 * half)}" '
                    f'height="{_n(2 * half)}" rx="4" fill="{heat_colour(self.theme, shade)}" '
                    f'opacity="{_n(0.4 + 0.45 * shade)}"/>'
                )

    def _ownership(self, *, under_stones: bool) -> None:
        """Squares that are the larger the surer the owner is; on stones only where they differ."""
        if self.diagram.ownership is None:
            return
        for point, value in enumerate(self.diagram.ownership.flat):
            stone = self._stone_at(point)
            half = 0.24 * _STEP * math.sqrt(min(abs(float(value)), 1))
            if bool(stone) is under_stones or half < 0.05 * _STEP or stone * value > 0:
                continue
            across, down = self._centre(point)
            fill, rim = ("#000000", "#ffffff") if value > 0 else ("#ffffff", "#000000")
            self.parts.append(
                f'<rect x="{_n(across - half)}" y="{_n(down - half)}" width="{_n(2 * half)}" '
                f'height="{_n(2 * half)}" fill="{fill}" stroke="{rim}" stroke-width=".5"/>'
            )

    def _tint(self) -> None:
        """Squares at empty points, discs on stones; red above zero, blue below."""
        if self.diagram.tint is None:
            return
        for point, value in enumerate(self.diagram.tint.flat):
            strength = min(abs(float(value)), 1.0)
            if strength < _PALEST:
                continue
            fill = _TINTS[0] if value > 0 else _TINTS[1]
            if self._stone_at(point):
                self._disc(point, 0.6 * _STONE, f'fill="{fill}" opacity="{_n(strength)}"')
                continue
            across, down = self._centre(point)
            half = 0.47 * _STEP
            self.parts.append(
                f'<rect x="{_n(across - half)}" y="{_n(down - half)}" width="{_n(2 * half)}" '
                f'height="{_n(2 * half)}" fill="{fill}" opacity="{_n(0.9 * strength)}"/>'
            )

    def _stones(self) -> None:
        stones = [p for p in range(self.diagram.stones.size) if self._stone_at(p)]
        names = [("shadow", p) for p in stones] if self.theme.shadow else []
        names += [("black" if self._stone_at(p) > 0 else "white", p) for p in stones]
        for name, point in names:
            across, down = self._centre(point)
            self.parts.append(f'<use href="#{self._id(name)}" x="{_n(across)}" y="{_n(down)}"/>')

    def _numbers(self) -> None:
        for point, number in self.diagram.numbers.items():
            if point not in self.diagram.labels:
                if not self._stone_at(point):
                    self._disc(point, _STONE * 0.86, f'fill="{self.theme.board}"')
                self._text(*self._centre(point), str(number), 12, self._contrast(point))

    def _last_move(self) -> None:
        point = self.diagram.last_move
        if point is None or point in self.diagram.numbers or point in self.diagram.labels:
            return
        plain = self.theme.name == "print"
        look = f'stroke="{self._contrast(point) if plain else self.theme.accent}"'
        self._disc(point, 0.24 * _STEP, f'fill="none" stroke-width="2.4" {look}')

    def _arrows(self) -> None:
        for start, end in self.diagram.arrows:
            (x, y), (to_x, to_y) = self._centre(start), self._centre(end)
            length = math.hypot(to_x - x, to_y - y)
            if not length:
                continue
            ahead, aside = (to_x - x) / length, (to_y - y) / length  # of unit length
            away = _STONE if start in self.diagram.labels else 0.25 * _STEP
            x, y = x + ahead * away, y + aside * away
            if end in self.diagram.labels:
                to_x, to_y = to_x - ahead * _STONE, to_y - aside * _STONE
            neck_x, neck_y = to_x - ahead * 0.42 * _STEP, to_y - aside * 0.42 * _STEP
            wide = 0.19 * _STEP
            path = (
                f'd="M{_n(x)} {_n(y)}L{_n(neck_x)} {_n(neck_y)}M{_n(to_x)} {_n(to_y)}'
                f"L{_n(neck_x - aside * wide)} {_n(neck_y + ahead * wide)}"
                f'L{_n(neck_x + aside * wide)} {_n(neck_y - ahead * wide)}Z" '
                'stroke-linejoin="round" stroke-linecap="round"'
            )
            for look, width in ((self.theme.board, 4.6), (self.theme.accent, 2.2)):
                self.parts.append(
                    f'<path {path} fill="{look}" stroke="{look}" stroke-width="{width}"/>'
                )

    def _labels(self) -> None:
        best = next((p for p in self.diagram.labels if not self._stone_at(p)), None)
        for point, label in self.diagram.labels.items():
            ink = self._contrast(point)
            if not self._stone_at(point):
                ink = self._candidate(point, best=point == best)
            across, down = self._centre(point)
            note = self.diagram.notes.get(point, "")
            if note:
                self._text(across, down + 0.24 * _STEP, note, 7, ink)
                down -= 0.14 * _STEP
            self._text(across, down, label, 11 if note else 13.5, ink, bold=True)

    def _candidate(self, point: int, *, best: bool) -> str:
        """What stands behind a label on an empty point; returns the colour of the label."""
        theme = self.theme
        if theme.name != "print":
            self._disc(point, _STONE, f'fill="{theme.accent if best else theme.disc}"')
            return "#ffffff" if best else theme.label
        # A black or white disc would be taken for a stone: the point is cleared, the best framed.
        across, down = self._centre(point)
        half = 0.44 * _STEP
        self.parts.append(
            f'<rect x="{_n(across - half)}" y="{_n(down - half)}" width="{_n(2 * half)}" '
            f'height="{_n(2 * half)}" rx="3" fill="{theme.disc}" '
            f'stroke="{theme.label if best else "none"}" stroke-width="1.4"/>'
        )
        return theme.label

    # -- shapes -------------------------------------------------------------------------------

    def _disc(self, point: int, radius: float, look: str) -> None:
        across, down = self._centre(point)
        self.parts.append(f'<circle cx="{_n(across)}" cy="{_n(down)}" r="{_n(radius)}" {look}/>')

    def _text(
        self,
        across: float,
        down: float,
        text: str,
        size: float,
        fill: str,
        *,
        bold: bool = False,
        fit: bool = True,
    ) -> None:
        """A line of text in the middle of a place; what must fit a stone shrinks if need be."""
        if fit:
            size = min(size, 30 / max(len(text), 1))
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{_n(across)}" y="{_n(down + _CAP_HEIGHT * size)}" font-size="{_n(size)}" '
            f'fill="{fill}"{weight}>{escape(printable(text))}</text>'
        )


def _grain(side: float, colour: str) -> list[str]:
    """The grain of the wood: long, slightly bent lines, the same in every picture."""
    draw = random.Random(361)
    parts = []
    for width, opacity, count in ((5.0, 0.05, 14), (2.2, 0.08, 26), (0.8, 0.13, 44)):
        lines = []
        for _ in range(count):
            at, bend, lean = draw.uniform(0, side), draw.uniform(-9, 9), draw.uniform(-6, 6)
            lines.append(
                f"M{at:.0f} 0C{at + bend:.0f} {side / 3:.0f} {at - bend + lean:.0f} "
                f"{side * 2 / 3:.0f} {at + lean:.0f} {side:.0f}"
            )
        parts.append(
            f'<path d="{"".join(lines)}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}" opacity="{opacity}"/>'
        )
    return parts


def _wrapped(caption: str, room: float) -> list[str]:
    """The lines of a caption in a room of so many font sizes."""
    wide = any(unicodedata.east_asian_width(c) in "WF" for c in caption)
    return textwrap.wrap(printable(caption), max(int(room / (1.0 if wide else 0.58)), 8))


def _n(number: float) -> str:
    """A number as short as it may be: at most two decimals."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def board_svg(position: Position, labels: Mapping[int, str] | None = None) -> str:
    """A position as an SVG picture with its last move and some labels; see `to_svg`."""
    return to_svg(Diagram.of(position, labels=labels or {}))
