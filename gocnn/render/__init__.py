"""Boards as text, SVG and PNG: one description of what to draw, a `Diagram`, and three writers."""

from gocnn.render.diagram import Diagram, letter
from gocnn.render.png import to_png, write_picture
from gocnn.render.svg import beside, to_svg
from gocnn.render.text import terminal_width, to_text, wants_colour
from gocnn.render.theme import THEMES

__all__ = [
    "THEMES",
    "Diagram",
    "beside",
    "letter",
    "terminal_width",
    "to_png",
    "to_svg",
    "to_text",
    "wants_colour",
    "write_picture",
]
