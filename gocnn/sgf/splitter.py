"""Cuts SGF bytes into game trees, as fast as a regular expression runs, without parsing them.

Invariants:

- Every tree is given, whole and in order, whatever stands between them.
- A broken tree (a bracket or a parenthesis that never closes) does not swallow its successors:
  it ends where the next root begins, which is ``(;`` and a property that only roots have.
- Memory holds one tree and one chunk, however long the stream.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

CHUNK = 1 << 20
LARGEST_TREE = 1 << 26  # a "tree" longer than this is no game record
_MARGIN = 64  # a root's beginning may be cut off by the end of a chunk

# Properties that stand first in roots and nowhere else (SGF FF[4], root and game-info properties).
_ROOT = rb"\(\s*;\s*(?:GM|FF|CA|SZ|AP|EV|PB|PW)\s*\["
_VALUE = rb"\[[^\]\\(]*+(?:(?:\\.|(?!" + _ROOT + rb")\()[^\]\\(]*+)*+\]"  # without a root in it
_START = re.compile(rb"\(\s*;")
_FLAT = re.compile(rb"\(\s*;[^()\[]*+(?:" + _VALUE + rb"[^()\[]*+)*+\)", re.DOTALL)
_TOKEN = re.compile(
    rb"[^()\[]*+(?:(?P<value>" + _VALUE + rb")|(?P<root>" + _ROOT + rb")"
    rb"|(?P<open>\()|(?P<close>\))|(?P<unclosed>\[))",
    re.DOTALL,
)
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def split_trees(stream: BinaryIO) -> Iterator[bytes]:
    """The game trees of a stream, each from its ``(;`` to its last parenthesis.

    Nothing is checked: a tree may be broken, and the last one unfinished. UTF-16 with a byte
    order mark is turned into UTF-8; all other encodings are ASCII as far as SGF goes.
    """
    read = _reader(stream)
    data, at, ended = read(CHUNK), 0, False
    while True:
        start = _START.search(data, at)
        if start:
            at = start.start()
            stop = _end(data, at, ended or len(data) - at > LARGEST_TREE)
            if stop:
                yield data[at:stop]
                at = stop
                continue
        elif ended:
            return
        else:
            at = max(at, len(data) - _MARGIN)
        more = read(max(CHUNK, len(data) - at))
        ended = not more
        data, at = data[at:] + more, 0


def _reader(stream: BinaryIO) -> Callable[[int], bytes]:
    head = stream.read(CHUNK)
    pending = [head]

    def read(count: int) -> bytes:
        return pending.pop() if pending else stream.read(count)

    encoding = _UTF16.get(head[:2])
    if encoding is None:
        return read
    decoder = codecs.getincrementaldecoder(encoding)("replace")

    def read_utf8(count: int) -> bytes:
        while raw := read(count):  # half a character may decode to nothing
            if text := decoder.decode(raw):
                return text.encode()
        return b""

    return read_utf8


def _end(data: bytes, start: int, final: bool) -> int:
    """Where the tree that starts at `start` ends; 0 when only more data can tell."""
    flat = _FLAT.match(data, start)
    if flat:
        return flat.end()
    depth = 0
    for token in _TOKEN.finditer(data, start):
        kind = token.lastgroup
        begin = token.start(token.lastindex or 0)
        if not final and begin > len(data) - _MARGIN:
            return 0
        if kind == "close":
            depth -= 1
            if depth == 0:
                return token.end()
        elif kind == "root" and depth:
            return begin
        elif kind in ("root", "open"):
            depth += 1
        elif kind == "unclosed" and not final and not _START.search(data, begin):
            return 0
    return len(data) if final else 0
