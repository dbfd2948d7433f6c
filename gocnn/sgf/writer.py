"""A game as SGF that any Go program reads: a position with its history, or a tree."""

from collections.abc import Mapping

from gocnn.go.board import BLACK, POINT_MASK, WHITE, WHITE_BIT
from gocnn.go.coords import sgf_letters
from gocnn.go.position import Position
from gocnn.sgf.tree import GameTree, TreeNode
from gocnn.version import __version__

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
    head = "(;" + "".join(f"{name}[{escaped(value)}]" for name, value in root.items() if value)
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


def sgf_tree(tree: GameTree) -> str:
    """A game tree with its variations, comments and all other properties.

    Args:
        tree: as `gocnn.sgf.tree.read_tree` gives it. Its further properties are written as they
            are, so their values must be escaped.
    """
    root = {"GM": "1", "FF": "4", "CA": "UTF-8", "AP": f"gocnn:{__version__}"}
    root |= {"SZ": str(tree.size)} | ({} if tree.komi is None else {"KM": f"{tree.komi:g}"})
    root |= ({"HA": str(tree.handicap)} if tree.handicap else {}) | tree.info
    head = "".join(f"{name}[{escaped(value)}]" for name, value in root.items() if value)
    children: list[list[int]] = [[] for _ in tree.nodes]
    for index, node in enumerate(tree.nodes):
        if node.parent >= 0:
            children[node.parent].append(index)
    parts: list[str] = []
    waiting: list[int | str] = [")\n", 0, "("]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        node = tree.nodes[item]
        parts.append(";" + (head if item == 0 else "") + _node(node, tree.size))
        if item and item % _IN_A_LINE == 0:
            parts.append("\n")
        following = reversed(children[item])
        if len(children[item]) > 1:
            waiting += [part for child in following for part in (")", child, "\n(")]
        else:
            waiting += following
    return "".join(parts)


def _node(node: TreeNode, size: int) -> str:
    """All that a node has, without the information of a root."""
    text = ""
    if node.move is not None:
        text += f"{_SIGNS[node.move[0]]}[{sgf_letters(node.move[1], size)}]"
    if node.setup is not None:
        for name, points in zip(("AB", "AW", "AE"), node.setup[:3], strict=True):
            letters = "".join(f"[{sgf_letters(point, size)}]" for point in points)
            text += f"{name}{letters}" if letters else ""
        if node.setup.to_move is not None:
            text += f"PL[{_SIGNS[node.setup.to_move]}]"
    for name, values in node.properties.items():
        text += name + "".join(f"[{value}]" for value in values)
    return text + _comment(node.comment)


def _set_up(entries: list[int], size: int, first: int) -> str:
    """The stones that stand before the first move, and who plays it."""
    text = ""
    for sign, white in (("B", 0), ("W", WHITE_BIT)):
        points = [entry & POINT_MASK for entry in entries if entry & WHITE_BIT == white]
        stones = "".join(f"[{sgf_letters(point, size)}]" for point in points)
        text += f"A{sign}{stones}" if stones else ""
    return f"{text}PL[{_SIGNS[first]}]"


def _comment(text: str) -> str:
    return f"C[{escaped(text)}]" if text else ""


def escaped(text: str) -> str:
    """Text as a property's value, its brackets escaped (FF[4], SimpleText)."""
    return text.replace("\\", "\\\\").replace("]", "\\]")
