"""Reading what a page sent: every field is checked, whoever sent it.

A page that sends a wrong field has a fault, or is not ours; so these messages are in English, while
what a user can bring about (an illegal move, a broken file) has a code that the page translates.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from gocnn.errors import GocnnError

Fields = Mapping[str, Any]


class BadRequest(GocnnError):
    """A request that cannot be answered, with the HTTP status and a code for the page."""

    def __init__(self, message: str, code: str = "bad-request", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def parse_object(body: bytes) -> Fields:
    """A JSON object.

    Raises:
        BadRequest: when the bytes are anything else.
    """
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadRequest("the JSON is nested too deeply") from None
    except ValueError as error:  # also of bytes that are no UTF-8
        raise BadRequest(f"not JSON: {error}") from None
    return as_object(data, "the request")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def as_object(value: object, name: str) -> Fields:
    """A JSON object.

    Raises:
        BadRequest: when the value is anything else.
    """
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object")
    return value


def as_list(value: object, name: str, most: int) -> Sequence[Any]:
    """A list of at most so many values.

    Raises:
        BadRequest: when the value is anything else.
    """
    if not isinstance(value, list):
        raise BadRequest(f"{name} must be a list")
    if len(value) > most:
        raise BadRequest(f"{name} has {len(value)} values; the most is {most}")
    return value


def as_integer(value: object, name: str, low: int, high: int) -> int:
    """A whole number in a range, both ends included.

    Raises:
        BadRequest: when the value is anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRequest(f"{name} must be a whole number from {low} to {high}")
    return value


def as_number(value: Any, name: str, low: float, high: float) -> float:
    """A finite number in a range, both ends included.

    Raises:
        BadRequest: when the value is anything else.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:  # a NaN is in no range
        raise BadRequest(f"{name} must be a number from {low:g} to {high:g}")
    return float(value)


def as_text(value: object, name: str, most: int = 200) -> str:
    """A text of at most so many characters.

    Raises:
        BadRequest: when the value is anything else.
    """
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest(f"{name} must be a text of at most {most} characters")
    return value


def as_colour(value: object, name: str) -> int:
    """1 for black or -1 for white.

    Raises:
        BadRequest: when the value is anything else.
    """
    colour = as_integer(value, name, -1, 1)
    if colour == 0:
        raise BadRequest(f"{name} must be 1 or -1")
    return colour


def as_points(value: object, name: str, size: int) -> list[int]:
    """Points of a board of this size, without the pass.

    Raises:
        BadRequest: when the value is anything else.
    """
    points = as_list(value, name, size * size)
    return [as_integer(point, name, 0, size * size - 1) for point in points]
