"""Cuts SGF bytes into game trees, as fast as a regular expression runs, without parsing them.

Invariants:

- Every tree is given, whole and in order, whatever stands between them. A variation is a part of
  its tree, also one that names players, and so is a record that a comment quotes.
- A broken tree (a bracket or a parenthesis that never closes) does not swallow its successors:
  it ends where the next root begins.
- Time is linear in the bytes, whatever they are.
- Memory holds one tree and one chunk, however long the stream. Of a tree that is longer than
  `LARGEST_TREE`, or nested deeper than `DEEPEST`, only the beginning is given.

A root is told from a variation by what only roots have: GM, FF, CA, SZ or AP in their first node.
Where a tree never closes, a node that names both players is held to be a root as well.
"""

import codecs
import re
from array import array
from collections.abc import Callable, Iterator
from typing import BinaryIO

CHUNK = 1 << 20
LARGEST_TREE = 1 << 24  # bytes; the longest real ones, full of analysis, have a few million
DEEPEST = 1 << 16  # parentheses inside parentheses
_MARGIN = 1 << 12  # a root's first node may be cut off by the end of a chunk

# What looks ahead stops before the next "(;" at the latest, so that it takes linear time.
_TEXT = rb"\[(?:[^\]\\(]++|\\[^(]|\((?!\s*;))*+\]\s*+"
_NODE = rb"\(\s*;\s*"
_NO_MOVES = rb"(?:(?:[A-Z]{2}|[CN])\s*(?:" + _TEXT + rb")++)*?"
_NAMED_NODE = re.compile(_NODE + rb"[A-Z]")  # what neither of the next two does without
_ROOT = re.compile(_NODE + _NO_MOVES + rb"(?:GM|FF|CA|SZ|AP)\s*\[")
_PLAYERS = re.compile(
    _NODE + rb"(?=" + _NO_MOVES + rb"PB\s*\[)(?=" + _NO_MOVES + rb"PW\s*\[)"
)  # fmt: skip
# A root inside a value that was not closed: in a quoted record the brackets are escaped.
_ROOT_INSIDE = (
    _NODE + rb"(?:[A-Z]{2}\s*\[[^\]\\(]*+\]\s*+)*?"
    rb"(?:GM|FF|CA|SZ|AP|EV|PB|PW)\s*\[[^\]\\(]*+\]"
)  # fmt: skip
_INSIDE = rb"[^\]\\(]*+(?:(?:\\.|(?!" + _ROOT_INSIDE + rb")\()[^\]\\(]*+)*+"
_NODES = rb"[^()\[]*+(?:\[" + _INSIDE + rb"\][^()\[]*+)*+"
_START = re.compile(rb"\(\s*;")
_FLAT = re.compile(_START.pattern + _NODES + rb"\)", re.DOTALL)
_TO_NEXT_SIGN = re.compile(_NODES, re.DOTALL)  # a parenthesis, or a bracket that does not close
_REST_OF_VALUE = re.compile(_INSIDE, re.DOTALL)
_TO_NEXT_BRACKET = re.compile(rb"[^\[\]]*+")
_UTF16 = (
    (re.compile(rb"\xff\xfe|(?:\s\0)*\(\0(?:\s\0)*;\0"), "utf-16-le"),
    (re.compile(rb"\xfe\xff|(?:\0\s)*\0\((?:\0\s)*\0;"), "utf-16-be"),
)


def split_trees(stream: BinaryIO) -> Iterator[bytes]:
    """The game trees of a stream, each from its ``(;`` to its last parenthesis.

    Nothing is checked: a tree may be broken, and the last one unfinished. One that is longer than
    `LARGEST_TREE` is cut to a byte more, one that is nested deeper than `DEEPEST` is cut there, and
    the next one begins at the next root. UTF-16 is turned into UTF-8; all other encodings are ASCII
    as far as SGF goes.
    """
    read = _reader(stream)
    data, at, ended = read(CHUNK), 0, False
    begins, tree = _START, None
    while True:
        if tree is None and (match := begins.search(data, at)):
            at, begins = match.start(), _START
            tree = _Tree(at)
        if tree is not None and tree.read_on(data, ended or len(data) - at > LARGEST_TREE):
            parts, at = tree.parts(), tree.at
            if at == len(data) and not (ended or tree.closed):  # longer than LARGEST_TREE
                first, _ = parts.pop()
                if parts:  # then it is several, and only the last one goes on
                    at = first
                else:
                    parts, at = [(first, first + LARGEST_TREE + 1)], at - _MARGIN
                    begins = _ROOT
            elif tree.too_deep:
                begins = _ROOT  # each of its parentheses would be one more tree
            yield from (data[first:last] for first, last in parts)
            tree = None
            continue
        if tree is None:
            if ended:
                return
            at = max(at, len(data) - _MARGIN)
        elif at > 0:
            tree = None  # looked at anew when it has moved to the beginning
        more = read(max(CHUNK, len(data) - at))
        ended = not more
        data, at = data[at:] + more, 0


class _Tree:
    """One tree, whose end is looked for as more of the stream comes.

    Attributes:
        at: how far it was read; in the end, where the next one may begin.
        closed: whether its last parenthesis stands before `at`.
        too_deep: whether it was given up at a parenthesis that would be deeper than `DEEPEST`.
    """

    def __init__(self, start: int) -> None:
        self.at, self.closed, self.too_deep = start, False, False
        self._start = start
        self._opened = array("Q")  # where the parentheses are that are open
        self._roots: list[tuple[int, int]] = []  # nodes that name both players, and what is around
        self._quoted = 0  # where the first record is that a value quotes without escapes

    def read_on(self, data: bytes, final: bool) -> bool:
        """Look for the end; False when only more bytes can tell, which `final` rules out."""
        flat = _FLAT.match(data, self.at) if self.at == self._start else None
        if flat:
            self.at, self.closed = flat.end(), True
            return True
        while True:
            nodes = _TO_NEXT_SIGN.match(data, self.at)
            self.at = nodes.end() if nodes else self.at
            sign = data[self.at : self.at + 1]
            if sign == b")":
                self.at += 1
                self._opened.pop()
                self.closed = not self._opened
                if self.closed:
                    return True
            elif sign == b"(":
                if not final and self.at > len(data) - _MARGIN:
                    return False
                if not self._open(data):
                    return True
            elif sign == b"[":
                known, passed = self._pass_value(data, final)
                if not passed:
                    return known
            else:
                return final

    def _open(self, data: bytes) -> bool:
        """Enter a parenthesis, unless the next tree begins with it."""
        if self._opened:
            self.too_deep = len(self._opened) > DEEPEST
            if self.too_deep:
                return False
            if _NAMED_NODE.match(data, self.at):
                if _ROOT.match(data, self.at):
                    return False
                if _PLAYERS.match(data, self.at):
                    self._roots.append((self.at, self._opened[-1]))
        self._opened.append(self.at)
        self.at += 1
        return True

    def _pass_value(self, data: bytes, final: bool) -> tuple[bool, bool]:
        """(what happens here is known, a value that quotes records is left behind).

        A record in a value is a quotation when the next bracket behind it closes; else the value
        was never closed, and the next tree begins.
        """
        rest = _REST_OF_VALUE.match(data, self.at + 1)
        at = quoted = rest.end() if rest else self.at + 1
        while at < len(data) and data[at : at + 1] != b"]":
            record = _FLAT.match(data, at)
            behind = _TO_NEXT_BRACKET.match(data, record.end()) if record else None
            end = behind.end() if behind else len(data)
            if not final and end == len(data):
                return False, False
            if record is None or data[end : end + 1] != b"]":
                self.at = at
                return True, False
            rest = _REST_OF_VALUE.match(data, record.end())
            at = rest.end() if rest else record.end()
        if at == len(data):
            self.at = at if final else self.at
            return final, False
        self._quoted = self._quoted or quoted
        self.at = at + 1
        return True, True

    def parts(self) -> list[tuple[int, int]]:
        """From where to where trees lie in what was read: one, or several where none closed."""
        if self._quoted:
            return [(self._start, self._quoted)]
        if self.closed:
            return [(self._start, self.at)]
        around = set(self._opened)
        starts = [self._start, *(root for root, outer in self._roots if outer in around)]
        return list(zip(starts, [*starts[1:], self.at], strict=True))


def _reader(stream: BinaryIO) -> Callable[[int], bytes]:
    head = stream.read(CHUNK)
    pending = [head]

    def read(count: int) -> bytes:
        return pending.pop() if pending else stream.read(count)

    encoding = next((name for pattern, name in _UTF16 if pattern.match(head)), None)
    if encoding is None:
        return read
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read_utf8(count: int) -> bytes:
        while raw := read(count):  # half a character may decode to nothing
            if text := decoder.decode(raw):
                return text.encode()
        return b""

    return read_utf8
