"""The corpus file: sections of raw arrays behind a preamble, and a JSON header that finds them.

Invariants:

- A file is written beside its name and moved there when it is whole, or not at all.
- A reader tells a foreign, truncated, damaged or newer file by name before it uses a byte.

Version 1, little-endian; `docs/formats.md` has the table: 64 bytes of preamble, the entries, the
records, the names with their ends, the header. With the suffix ``.xz`` all of it is compressed.
"""

import hashlib
import json
import lzma
import os
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.packing import RECORD, Names, compute_checksum, split_sections
from gocnn.errors import GocnnError
from gocnn.files import cannot_write, draft_path, move_over, require_regular
from gocnn.go.board import MAX_SIZE, MIN_SIZE, POINT_MASK, WHITE_BIT
from gocnn.go.game import SourceKind
from gocnn.go.ranks import RANKS

MAGIC = b"GOCNN\r\n\x1a"  # like PNG's: a transfer as text breaks it at once
VERSION = 1
_PREAMBLE = struct.Struct("<8sIIQQ16s16x")  # magic, version, 0, header offset, length, digest
_PART = 1 << 24
_GROWTH, _FREE = 20, 1 << 26  # a corpus unpacks to so many times its size, or to so many bytes


class Writer:
    """Writes a corpus file as its games come, in the memory of their records.

    Use it as a context manager: without `finish`, or after an error, nothing is left on disk.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._temporary = draft_path(self.path)
        self._records: list[NDArray[np.void]] = []
        self._names: list[str] = []
        self._hash = hashlib.blake2b(digest_size=16)
        self._moves = 0
        self._file: IO[bytes] | None = None

    @property
    def games(self) -> int:
        """How many games have been added."""
        return sum(map(len, self._records))

    def __enter__(self) -> Self:
        try:
            self._file = self._temporary.open("x+b")  # x: a new file, never what a link leads to
        except OSError as error:
            reason = error.strerror or str(error)
            raise GocnnError(f"{self.path}: cannot be written ({reason})") from None
        self._file.write(bytes(_PREAMBLE.size))
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # it writes what is left, which a full disk refuses once more
                self._file.close()
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(self._temporary)):
            raise cannot_write(self.path, error) from error

    def add(
        self, entries: NDArray[np.uint16], records: NDArray[np.void], names: Sequence[str]
    ) -> None:
        """Append games; `offset` and `source` of the records count from 0 and are shifted."""
        records["offset"] += np.uint64(self._moves)
        records["source"] += np.uint32(len(self._names))
        self._write(np.ascontiguousarray(entries, "<u2").view(np.uint8))
        self._records.append(records)
        self._names += names
        self._moves += len(entries)

    def _write(self, part: NDArray[np.uint8]) -> None:
        assert self._file is not None
        self._hash.update(part.data)
        self._file.write(part.data)

    def finish(self, meta: Mapping[str, Any]) -> str:
        """Complete the file and move it to its place; returns the checksum."""
        assert self._file is not None
        file = self._file
        records = np.concatenate([np.empty(0, RECORD), *self._records])
        sections: dict[str, tuple[int, int]] = {
            "entries": (_PREAMBLE.size, file.tell() - _PREAMBLE.size)
        }
        parts = split_sections(np.empty(0, np.uint16), records, Names.from_strings(self._names))[1:]
        for name, part in zip(("games", "names", "ends"), parts, strict=True):
            file.write(bytes(-file.tell() % 64))
            sections[name] = (file.tell(), part.nbytes)
            self._write(part)
        header = json.dumps({
            "sections": sections, "record": RECORD.descr, "games": len(records),
            "entries": self._moves, "checksum": self._hash.hexdigest(), "meta": dict(meta),
        }).encode()  # fmt: skip
        digest = hashlib.blake2b(header, digest_size=16).digest()
        place = file.tell()
        file.write(header)
        file.seek(0)
        file.write(_PREAMBLE.pack(MAGIC, VERSION, 0, place, len(header), digest))
        file.flush()
        os.fsync(file.fileno())
        file.close()  # Windows moves no open file
        if self.path.suffix == ".xz":
            self._compress()
        move_over(self._temporary, self.path)
        return self._hash.hexdigest()

    def _compress(self) -> None:
        squeezed = draft_path(self.path)
        try:
            with self._temporary.open("rb") as file, lzma.open(squeezed, "xb", preset=6) as out:
                while part := file.read(_PART):
                    out.write(part)
            with squeezed.open("rb+") as done:
                os.fsync(done.fileno())
            move_over(squeezed, self._temporary)
        finally:
            squeezed.unlink(missing_ok=True)


class Contents(NamedTuple):
    """What a corpus file holds; the arrays are read-only."""

    entries: NDArray[np.uint16]
    games: NDArray[np.void]
    names: Names
    meta: dict[str, Any]
    checksum: str


def read_container(path: Path, *, verify: bool = True, mapped: bool = True) -> Contents:
    """Map a corpus file, or read it into memory: one that ends in ``.xz``, or if not `mapped`.

    Raises:
        GocnnError: when the file is missing, foreign, truncated, damaged or of another version.
    """
    data = _file_bytes(path, mapped)
    header = _header(path, data)
    try:
        sections = {name: data[slice(*_span(header, name, len(data)))] for name in _SECTIONS}
        contents = Contents(
            sections["entries"].view("<u2"),
            sections["games"].view(RECORD),
            Names(sections["names"].tobytes(), sections["ends"].view("<u8")),
            dict(header["meta"]),
            str(header["checksum"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GocnnError(
            f"{path}: the corpus is damaged (its header says {str(error)[:80]}); prepare it anew"
        ) from None
    if verify and compute_checksum(sections.values()) != contents.checksum:
        raise GocnnError(f"{path}: the corpus is damaged (wrong checksum); prepare it anew")
    wrong = _wrong_records(contents) or (_wrong_entries(contents) if verify else "")
    if wrong:
        raise GocnnError(f"{path}: the corpus is damaged ({wrong}); prepare it anew")
    return contents


_SECTIONS = ("entries", "games", "names", "ends")
_WINNERS = (1, -1, 0, 2)


def _span(header: Mapping[str, Any], name: str, size: int) -> tuple[int, int]:
    start, length = header["sections"][name]
    if not 0 <= start <= start + length <= size:
        raise ValueError(f"{name} from {start} to {start + length}")
    return start, start + length


def _wrong_records(contents: Contents) -> str:
    """What in the records would lead outside of the arrays, in words; empty if all is well."""
    games, ends = contents.games, contents.names.ends.astype(np.int64)
    counts, offsets = games["count"].astype(np.uint64), games["offset"]
    moves = np.uint64(len(contents.entries))
    checks = {
        "a game lies outside of the entries": (offsets <= moves) & (counts <= moves - offsets),
        "a game has more stones than entries": games["setup"] <= games["count"],
        "a board has another size": (games["size"] >= MIN_SIZE) & (games["size"] <= MAX_SIZE),
        "a colour is none": np.isin(games["first"], (1, -1)) & np.isin(games["winner"], _WINNERS),
        "a rank is none": np.maximum(games["black_rank"], games["white_rank"]) < RANKS,
        "a source is none": games["source"] < max(len(ends), 1),
        "a kind is none": games["kind"] < len(SourceKind),
        "a name lies outside of the names": np.diff(ends, prepend=0) >= 0,
    }
    if len(ends) and int(ends[-1]) != len(contents.names.blob):
        return "a name lies outside of the names"
    return next((what for what, right in checks.items() if not np.all(right)), "")


def _wrong_entries(contents: Contents) -> str:
    """Whether a point lies outside of its board: compiled code takes it without a look."""
    games = contents.games[contents.games["count"] > 0]
    if len(games) == 0:
        return ""
    points = contents.entries & POINT_MASK
    starts = games["offset"].astype(np.int64)
    most = np.maximum.reduceat(points, starts)  # up to the next start; games lie without gaps
    gaps = np.any(starts[1:] != (starts + games["count"])[:-1]) or starts[0] != 0
    outside = most > games["size"].astype(np.int64) ** 2
    strange = np.any(contents.entries & ~np.uint16(POINT_MASK | WHITE_BIT))
    return "a point lies outside of its board" if gaps or outside.any() or strange else ""


def _unpacked(path: Path) -> NDArray[np.uint8]:
    """A compressed corpus, of which no more is unpacked than its preamble tells."""
    most = max(_FREE, _GROWTH * path.stat().st_size)
    with lzma.open(path) as file:
        head = file.read(_PREAMBLE.size)
        if head[: len(MAGIC)] != MAGIC or len(head) < _PREAMBLE.size:
            return np.frombuffer(head, np.uint8)
        _, _, _, place, length, _ = _PREAMBLE.unpack(head)
        if place + length > most:
            raise GocnnError(
                f"{path}: unpacks to over {most >> 20:,} MB, the most for a corpus of its size"
            )
        data = bytearray(head)
        while len(data) < place + length and (part := file.read(_PART)):
            data += part
    return np.frombuffer(data, np.uint8)


def _file_bytes(path: Path, mapped: bool) -> NDArray[np.uint8]:
    try:
        require_regular(path)
        if path.suffix == ".xz":
            return _unpacked(path)
        if path.stat().st_size == 0:
            return np.empty(0, np.uint8)
        if not mapped:
            return np.frombuffer(path.read_bytes(), np.uint8)
        return np.asarray(np.memmap(path, np.uint8, "r"))
    except FileNotFoundError:
        raise GocnnError(f"{path}: no such file; gocnn prepare makes a corpus") from None
    except (EOFError, lzma.LZMAError) as error:
        raise GocnnError(f"{path}: truncated or damaged ({error}); prepare it anew") from None
    except OSError as error:
        raise GocnnError(f"{path}: cannot be read ({error.strerror})") from None


def _header(path: Path, data: NDArray[np.uint8]) -> dict[str, Any]:
    head = data[: _PREAMBLE.size].tobytes()
    if head[: len(MAGIC)] != MAGIC or len(head) < _PREAMBLE.size:
        raise GocnnError(f"{path}: this is not a gocnn corpus; gocnn prepare makes one from games")
    _, version, _, place, length, digest = _PREAMBLE.unpack(head)
    if version != VERSION:
        raise GocnnError(
            f"{path}: corpus version {version}, this gocnn reads {VERSION}; prepare it anew"
        )
    header = data[place : place + length].tobytes()
    if len(header) < length:
        raise GocnnError(f"{path}: the corpus is truncated; prepare it anew or copy it again")
    if hashlib.blake2b(header, digest_size=16).digest() != digest:
        raise GocnnError(f"{path}: the corpus is damaged (wrong header); prepare it anew")
    try:
        decoded: dict[str, Any] = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise GocnnError(
            f"{path}: the corpus is damaged ({error!s:.80}); prepare it anew"
        ) from None
    if not isinstance(decoded, dict):
        raise GocnnError(f"{path}: the corpus is damaged (no header); prepare it anew")
    return decoded
