"""A game as SGF: a position with its history, written so that any Go program reads it."""

from collections.abc import Mapping

from gocnn import __version__
from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.coords import sgf_letters
from gocnn.go.position import Position

_IN_A_LINE = 12  # moves
_SIGNS = {BLACK: "B", WHITE: "W"}


def sgf(
    position: Position,
    properties: Mapping[str, str] | None = None,
    comments: Mapping[int, str] | None = None,
) -> str:
    r"""One game tree: the set-up stones, then every move.

    >>> position = Position(9, komi=5.5)
    >>> position.pass_()
    >>> print(sgf(position, {"PB": "A [1]", "RE": "W+R"}, {1: "why?"}).partition("SZ")[2])
    [9]KM[5.5]PB[A [1\]]RE[W+R]
    ;B[]C[why?])
    <BLANKLINE>

    Args:
        position: its size, komi, handicap, set-up stones and moves.
        properties: more of the root, as plain text by name, such as PB, RE, DT; empty ones are
            left out.
        comments: by the number of moves played before, 0 for the root.
    """
    comments = comments or {}
    size, moves = position.size, position.moves
    entries, setup = position.entries()
    root = {"GM": "1", "FF": "4", "CA": "UTF-8", "AP": f"gocnn:{__version__}", "SZ": str(size)}
    root |= {"KM": f"{position.komi:g}", **(properties or {})}
    head = "(;" + "".join(f"{name}[{_text(value)}]" for name, value in root.items() if value)
    if position.handicap:
        head += f"HA[{position.handicap}]"
    if setup:
        first = moves[0][0] if moves else position.to_move
        head += _set_up(entries[:setup].tolist(), size, first)
    nodes = [
        f";{_SIGNS[colour]}[{sgf_letters(point, size)}]" + _comment(comments.get(number, ""))
        for number, (colour, point) in enumerate(moves, 1)
    ]
    lines = ["".join(nodes[at : at + _IN_A_LINE]) for at in range(0, len(nodes), _IN_A_LINE)]
    return "\n".join([head + _comment(comments.get(0, "")), *lines]) + ")\n"


def _set_up(entries: list[int], size: int, first: int) -> str:
    """The stones that stand before the first move, and who plays it."""
    text = ""
    for sign, white in (("B", 0), ("W", WHITE_BIT)):
        points = [entry & POINT_MASK for entry in entries if entry & WHITE_BIT == white]
        stones = "".join(f"[{sgf_letters(point, size)}]" for point in points)
        text += f"A{sign}{stones}" if stones else ""
    return f"{text}PL[{_SIGNS[first]}]"


def _comment(text: str) -> str:
    return f"C[{_text(text)}]" if text else ""


def _text(text: str) -> str:
    """Text as a property's value, its brackets escaped (FF[4], SimpleText)."""
    return text.replace("\\", "\\\\").replace("]", "\\]")
