"""Records that are no SGF: GIB, NGF and UGF. They become SGF, and are read like all others."""

import re
from collections.abc import Callable
from typing import NamedTuple

from gocnn.sgf import gib, ngf, ugf
from gocnn.sgf.parser import BadRecord

LARGEST = 1 << 22  # bytes; the longest real ones have ten thousand, or some 100,000 with pictures


class Format(NamedTuple):
    """How records of servers are written."""

    name: str
    endings: tuple[str, ...]  # of file names
    begins: re.Pattern[bytes]
    as_sgf: Callable[[bytes], bytes]  # raises BadRecord


FORMATS = (
    Format("GIB", (".gib",), gib.BEGINS, gib.gib_as_sgf),
    Format("NGF", (".ngf",), ngf.BEGINS, ngf.ngf_as_sgf),
    Format("UGF", (".ugf", ".ugi"), ugf.BEGINS, ugf.ugf_as_sgf),
)
ENDINGS = tuple(ending for known in FORMATS for ending in known.endings)
_MARK = b"\xef\xbb\xbf"  # UTF-8's
_TREE = re.compile(rb"\(\s*+;")


def foreign_format(data: bytes, name: str = "") -> Format | None:
    """The format of a record, by how it begins, else by its name; None where it may be SGF.

    Args:
        data: the record, or its first bytes.
        name: of its file, also of one that was compressed.
    """
    data = _plain(data[:LARGEST])
    for known in FORMATS:
        if known.begins.match(data):
            return known
    if _TREE.search(data):
        return None
    stem = re.sub(r"\.(?:gz|xz|bz2)\Z", "", name.lower())
    return next((known for known in FORMATS if stem.endswith(known.endings)), None)


def as_sgf(data: bytes, name: str = "") -> bytes:
    """A record as SGF in UTF-8 where it is in another format; else as it is.

    Args:
        data: the whole file.
        name: of its file; see `foreign_format`.

    Raises:
        BadRecord: when it is in another format and broken, or too large.
    """
    known = foreign_format(data, name)
    if known is None:
        return data
    if len(data) > LARGEST:
        raise BadRecord("too large", f"over {LARGEST >> 20} MB, the most for a {known.name} file")
    return known.as_sgf(_plain(data))


def _plain(data: bytes) -> bytes:
    """The bytes as ASCII goes: without a mark, and UTF-16 with one as UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(_MARK)
