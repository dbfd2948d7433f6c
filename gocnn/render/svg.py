"""A board as an SVG picture: coordinates, last move, labelled points."""

from collections.abc import Mapping

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import columns
from gocnn.go.handicap import star_points
from gocnn.go.position import Position

_STEP = 14  # between two lines of a picture
_DISCS = {BLACK: 'fill="#111"', WHITE: 'fill="#fff" stroke="#333" stroke-width=".5"'}


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
