"""Records between files and the page: SGF in, SGF out.

The page holds a game as ``{"size", "komi", "rules", "handicap", "info", "nodes"}``. A node is
``{"parent", "step", "comment", "properties"}``, where a step is as in `gocnn.web.boards`; to the
page also ``labels`` and ``marks`` are told, which are among the properties.
"""

import re
from collections.abc import Sequence
from io import BytesIO
from itertools import islice
from typing import Any

from gocnn.defaults import KOMI
from gocnn.sgf.details import TEXTS
from gocnn.sgf.foreign import as_sgf
from gocnn.sgf.parser import BadRecord, points_of_value
from gocnn.sgf.splitter import split_trees
from gocnn.sgf.tree import MAX_NODES, GameTree, Setup, TreeNode, read_info, read_tree
from gocnn.sgf.writer import sgf_tree
from gocnn.web.boards import read_header
from gocnn.web.fields import (
    BadRequest,
    Fields,
    as_colour,
    as_integer,
    as_list,
    as_object,
    as_points,
    as_text,
)

MAX_GAMES = 5000  # of a collection, to choose from
_TITLE = ("PB", "PW", "BR", "WR", "RE", "DT", "EV", "GN")
_MARKS = {"TR": "triangle", "SQ": "square", "CR": "circle", "MA": "cross"}
_RULES = (
    ("japanese", re.compile(r"jap|kor|日本|韩|韓", re.IGNORECASE)),
    ("aga", re.compile(r"aga|bga|ffg", re.IGNORECASE)),
    ("tromp-taylor", re.compile(r"tromp|zealand|nz", re.IGNORECASE)),
    ("chinese", re.compile(r"chin|中|goe|ing", re.IGNORECASE)),
)
_NAME = re.compile(r"[A-Z]{1,12}")
_RAW = re.compile(r"[^\]\\]*+(?:\\.[^\]\\]*+)*+", re.DOTALL)
_MAX_MARKS = 20_000  # values that may be labels and marks to the page, in one game
_MAX_TEXT = 100_000
_MAX_VALUES = 2000


def open_record(data: bytes, number: int) -> dict[str, Any]:
    """A game of a file, and the list of all its games.

    Args:
        data: the file.
        number: which game, from 1.

    Raises:
        BadRequest: when there is no such game, or it is broken.
    """
    try:
        trees = list(islice(split_trees(BytesIO(as_sgf(data))), MAX_GAMES))
    except BadRecord as error:
        raise BadRequest(str(error), "broken-game", 422) from None
    if not trees:
        raise BadRequest("there is no game in it: nothing begins with (;", "no-game", 422)
    if number > len(trees):
        raise BadRequest(f"there is no game {number} in it", "no-game", 422)
    try:
        tree = read_tree(trees[number - 1])
    except BadRecord as error:
        raise BadRequest(str(error), "broken-game", 422) from None
    titles = [read_info(each) for each in trees] if len(trees) > 1 else [tree.info]
    return {
        "games": [{name: t[name] for name in _TITLE if name in t} for t in titles],
        "number": number,
        "game": _as_json(tree),
    }


def _as_json(tree: GameTree) -> dict[str, Any]:
    rules = tree.info.get("RU", "")
    return {
        "size": tree.size,
        "komi": KOMI if tree.komi is None else tree.komi,
        "rules": next((name for name, pattern in _RULES if pattern.search(rules)), "chinese"),
        "handicap": tree.handicap,
        "info": tree.info,
        "nodes": _nodes_as_json(tree),
        "left_out": tree.left_out,
        "objection": tree.objection,
    }


def _nodes_as_json(tree: GameTree) -> list[dict[str, Any]]:
    nodes, budget = [], _MAX_MARKS
    for node in tree.nodes:
        data = _node_as_json(node)
        budget -= sum(map(len, node.properties.values()))
        if node.properties and budget > 0:
            data["labels"], data["marks"] = _labels(node, tree.size), _marks(node, tree.size)
        nodes.append(data)
    return nodes


def _node_as_json(node: TreeNode) -> dict[str, Any]:
    data: dict[str, Any] = {"parent": node.parent}
    if node.move is not None:
        data["step"] = list(node.move)
    if node.setup is not None:
        black, white, empty, to_move = node.setup
        data["step"] = {"black": black, "white": white, "empty": empty, "to_move": to_move}
    if node.comment:
        data["comment"] = node.comment
    if node.properties:
        data["properties"] = node.properties
    return data


def _labels(node: TreeNode, size: int) -> dict[int, str]:
    labels = {}
    for value in node.properties.get("LB", ()):
        place, _, text = value.partition(":")
        for point in _points(place, size):
            labels[point] = re.sub(r"\\(.)", r"\1", text)
    return labels


def _marks(node: TreeNode, size: int) -> dict[int, str]:
    return {
        point: mark
        for name, mark in _MARKS.items()
        for value in node.properties.get(name, ())
        for point in _points(value, size)
    }


def _points(value: str, size: int) -> Sequence[int]:
    """The points of a value; none where it is not understood: a mark is not worth a message."""
    try:
        return points_of_value(value.encode(), size)
    except BadRecord:
        return ()


# -- from the page ------------------------------------------------------------------------------


def save_record(data: object) -> str:
    """A game of the page as SGF.

    Raises:
        BadRequest: when a field is missing or wrong.
    """
    fields = as_object(data, "game")
    header = read_header(fields)
    tree = GameTree(size=header.size, komi=header.komi, handicap=header.handicap, nodes=[])
    for name, value in as_object(fields.get("info", {}), "info").items():
        if name in TEXTS:
            tree.info[name] = as_text(value, name, _MAX_TEXT)
    rules_name = tree.info.get("RU", "")
    if not any(
        name == header.rules.name and pattern.search(rules_name) for name, pattern in _RULES
    ):
        tree.info["RU"] = header.rules.name.capitalize()
    nodes = as_list(fields.get("nodes"), "nodes", MAX_NODES)
    if not nodes:
        raise BadRequest("nodes must have a root")
    for index, node in enumerate(nodes):
        tree.nodes.append(_read_node(as_object(node, f"node {index}"), index, header.size))
    return sgf_tree(tree)


def _read_node(fields: Fields, index: int, size: int) -> TreeNode:
    name = f"node {index}"
    node = TreeNode(parent=-1)
    if index:
        node.parent = as_integer(fields.get("parent"), f"{name}, parent", 0, index - 1)
    step = fields.get("step")
    if isinstance(step, list):
        if len(step) != 2:
            raise BadRequest(f"{name}, step must be [colour, point]")
        point = as_integer(step[1], f"{name}, point", 0, size * size)
        node.move = as_colour(step[0], f"{name}, colour"), point
    elif step is not None:
        node.setup = _read_setup(as_object(step, f"{name}, step"), name, size)
    node.comment = as_text(fields.get("comment", ""), f"{name}, comment", _MAX_TEXT)
    for key, values in as_object(fields.get("properties", {}), f"{name}, properties").items():
        texts = [
            as_text(value, f"{name}, {key}", _MAX_TEXT)
            for value in as_list(values, f"{name}, {key}", _MAX_VALUES)
        ]
        if not (_NAME.fullmatch(key) and texts and all(map(_RAW.fullmatch, texts))):
            raise BadRequest(f"{name}, {key} is not a property of SGF")
        node.properties[key] = texts
    return node


def _read_setup(fields: Fields, name: str, size: int) -> Setup:
    black, white, empty = (
        tuple(as_points(fields.get(key) or [], f"{name}, {key}", size))
        for key in ("black", "white", "empty")
    )
    mover = fields.get("to_move")
    return Setup(black, white, empty, None if mover is None else as_colour(mover, name))
