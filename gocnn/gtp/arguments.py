"""What stands behind a command's name: colours, vertices and numbers, with GTP's error texts."""

import math

from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import BadVertex, point_of_vertex
from gocnn.go.coords import vertex as vertex_name
from gocnn.gtp.protocol import CommandError

__all__ = ["COLOURS", "SYNTAX", "colour", "expect", "integer", "real", "vertex", "vertex_name"]

SYNTAX = "syntax error"
COLOURS = {"b": BLACK, "black": BLACK, "w": WHITE, "white": WHITE}


def expect(arguments: list[str], least: int, most: int | None = None) -> None:
    """Check the number of arguments: at least `least`, and at most `most` (default `least`).

    Raises:
        CommandError: syntax error.
    """
    if not least <= len(arguments) <= (least if most is None else most):
        raise CommandError(SYNTAX)


def colour(text: str) -> int:
    """BLACK or WHITE.

    Raises:
        CommandError: syntax error.
    """
    try:
        return COLOURS[text.lower()]
    except KeyError:
        raise CommandError(SYNTAX) from None


def vertex(text: str, size: int) -> int:
    """A point, or size * size for pass.

    Raises:
        CommandError: invalid coordinates.
    """
    try:
        return point_of_vertex(text, size)
    except BadVertex:
        raise CommandError("invalid coordinates") from None


def integer(text: str) -> int:
    """A whole number of up to nine digits.

    Raises:
        CommandError: syntax error.
    """
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        return int(text)
    raise CommandError(SYNTAX)


def real(text: str) -> float:
    """A finite number.

    Raises:
        CommandError: syntax error.
    """
    try:
        number = float(text)
    except ValueError:
        raise CommandError(SYNTAX) from None
    if not math.isfinite(number) or "_" in text:
        raise CommandError(SYNTAX)
    return number
