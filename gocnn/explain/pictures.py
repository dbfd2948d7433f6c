"""The pictures of a report: boards from `gocnn.render`, and planes as small images."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gocnn.explain.attribution import Attribution
from gocnn.explain.fields import Field
from gocnn.explain.maximise import Ascent
from gocnn.explain.probe import Filter, Probe
from gocnn.explain.responses import Strongest
from gocnn.go.position import Position
from gocnn.render.diagram import Diagram
from gocnn.render.svg import to_svg


def signed_image(values: NDArray[Any], largest: float | None = None, scale: int = 8) -> str:
    """Numbers as an <img>: red above zero, blue below, white at zero.

    Args:
        values: float[rows, columns].
        largest: the value of the full colour; None for the largest size there is.
        scale: pixels on the page for each number.
    """
    from matplotlib.image import imsave

    most = largest or float(np.abs(values).max()) or 1.0
    relative = np.clip(values / most, -1, 1)[..., None]
    red, blue, white = np.array([0.80, 0.09, 0.11]), np.array([0.13, 0.36, 0.71]), np.ones(3)
    pixels = np.where(
        relative >= 0, white + relative * (red - white), white - relative * (blue - white)
    )
    data = io.BytesIO()
    imsave(data, np.ascontiguousarray(pixels), format="png")
    code = base64.b64encode(data.getvalue()).decode()
    rows, columns = values.shape
    return (
        f'<img class="planes" width="{columns * scale}" height="{rows * scale}" alt="" '
        f'src="data:image/png;base64,{code}">'
    )


def filter_row(weights: NDArray[Any], largest: float) -> str:
    """Kernels [filters, k, k] side by side, with a gap between them."""
    count, side, _ = weights.shape
    row = np.zeros((side, count * (side + 1) - 1))
    for number in range(count):
        row[:, number * (side + 1) : number * (side + 1) + side] = weights[number]
    return signed_image(row, largest, scale=6)


def seen_board(probe: Probe, filter: Filter, seen: Strongest, width: int = 112) -> str:
    """What a filter saw, cropped to its receptive field."""
    row, column = probe.place(filter.layer, seen.row, seen.column)
    reach = probe.receptive_field(filter.layer) // 2
    window = _window(probe.size, row, column, max(reach, 1))
    stones = np.zeros((probe.size, probe.size), np.int8)
    top, left, bottom, right = window
    shown = probe.stones(seen.planes)
    stones[top : bottom + 1, left : right + 1] = shown[top : bottom + 1, left : right + 1]
    tint = np.zeros(stones.shape)
    tint[row, column] = 1
    last = probe.last_move(seen.planes)
    if last is not None and not _inside(window, *divmod(last, probe.size)):
        last = None
    return to_svg(
        Diagram(stones, tint=tint, last_move=last), width=width, coordinates=False, window=window
    )


def deconvolved_board(
    probe: Probe, filter: Filter, seen: Strongest, signal: NDArray[Any], width: int = 150
) -> str:
    """The same stones; the tint tells what in the planes the response is made of."""
    row, column = probe.place(filter.layer, seen.row, seen.column)
    reach = probe.receptive_field(filter.layer) // 2
    window = _window(probe.size, row, column, max(reach, 1))
    top, left, bottom, right = window
    stones = np.zeros((probe.size, probe.size), np.int8)
    shown = probe.stones(seen.planes)
    stones[top : bottom + 1, left : right + 1] = shown[top : bottom + 1, left : right + 1]
    informative = np.array([not name.startswith("ones") for name in probe.plane_names()])
    parts = (signal * seen.planes)[informative].sum(
        0
    )  # what the signal asks for, where it is there
    return to_svg(
        Diagram(stones, tint=_relative(parts)), width=width, coordinates=False, window=window
    )


def tinted_board(position: Position, values: NDArray[Any], move: int, width: int = 330) -> str:
    """A position whose points carry numbers, and a move marked a."""
    labels = {move: "a"} if move < position.size**2 else {}
    return to_svg(Diagram.of(position, tint=_visible(values), labels=labels), width=width)


def attribution_board(position: Position, attribution: Attribution) -> str:
    """The points of an attribution over the position."""
    return tinted_board(position, attribution.points, attribution.move)


def ascent_board(ascent: Ascent, width: int = 230) -> str:
    """The nearest legal board of an ascent."""
    return to_svg(Diagram.of(ascent.board), width=width, coordinates=False)


def ascent_planes(probe: Probe, ascent: Ascent, scale: int = 8) -> str:
    """The two planes of stones as the ascent left them: own red, the opponent's blue."""
    names = probe.plane_names()
    if "own stones" in names:
        own, other = (
            ascent.planes[names.index(name)] for name in ("own stones", "opponent's stones")
        )
    else:
        own, other = ascent.planes[0], np.zeros_like(ascent.planes[0])
    return signed_image(own - other, 1.0, scale)


def field_board(probe: Probe, field: Field, width: int = 230) -> str:
    """The effect of each point, and the theoretical field as a frame of labels' arrows."""
    stones = np.zeros((probe.size, probe.size), np.int8)
    middle, reach = probe.size // 2, field.theoretical // 2
    low, high = max(0, middle - reach), min(probe.size - 1, middle + reach)
    corners = [(low, low), (low, high), (high, high), (high, low)]
    points = [row * probe.size + column for row, column in corners]
    arrows = list(zip(points, points[1:] + points[:1], strict=True)) if high > low else []
    return to_svg(
        Diagram(stones, tint=np.sqrt(field.effect), arrows=arrows), width=width, coordinates=False
    )


def _visible(values: NDArray[Any]) -> NDArray[np.float64]:
    """Relative to the largest, by square roots, so that the small ones are seen, too."""
    relative = _relative(values)
    visible: NDArray[np.float64] = np.sign(relative) * np.sqrt(np.abs(relative))
    return visible


def _relative(values: NDArray[Any]) -> NDArray[np.float64]:
    most = float(np.abs(values).max())
    relative: NDArray[np.float64] = values / most if most else np.zeros(values.shape)
    return relative


def _window(size: int, row: int, column: int, reach: int) -> tuple[int, int, int, int]:
    """The first and last rows and columns of a square around a point, cut off at the edge."""
    return (
        max(0, row - reach),
        max(0, column - reach),
        min(size - 1, row + reach),
        min(size - 1, column + reach),
    )


def _inside(window: tuple[int, int, int, int], row: int, column: int) -> bool:
    top, left, bottom, right = window
    return top <= row <= bottom and left <= column <= right
