"""Walks files, folders and archives, and hands out the game records in them as bytes.

Invariants:

- Memory does not grow with an archive: its members are read one after another, and a long
  collection tree by tree.
- The order is that of the arguments, then of the sorted paths, then of the archive.
- What cannot be read is told as a `Unreadable` in its place; only a path that does not exist, or
  paths without a single file, are errors.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from gocnn.errors import GocnnError
from gocnn.sgf.splitter import split_trees

_RECORDS = (".sgf", ".sgf.gz", ".sgf.xz", ".sgf.bz2")
_TARS = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz")
_ARCHIVES = (*_TARS, ".zip")
_WHOLE = 1 << 18  # files up to this many bytes are handed out unsplit
_UNREADABLE = (
    OSError, EOFError, RuntimeError, NotImplementedError, UnicodeError,
    lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile,
)  # fmt: skip


class SgfChunk(NamedTuple):
    """Bytes that hold game trees."""

    source: str  # "folder/game.sgf", "archive.zip:folder/game.sgf"
    number: int  # 0: a whole file; 1, 2, ...: this tree of the file
    data: bytes


class Unreadable(NamedTuple):
    """Something that could not be read, in its place."""

    source: str
    reason: str
    detail: str


class RecordFiles:
    """All records under some paths; iterate over it for each `SgfChunk` and `Unreadable`.

    Args:
        paths: SGF files, collections, folders, and archives of them. A file named here is read
            whatever its name; in folders and archives the name tells.

    Raises:
        GocnnError: when a path does not exist, or there is no file to read.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        self.files = [file for path in paths for file in _files(Path(path))]
        self.total = sum(size for _, _, size, _ in self.files)  # bytes on disk
        self.skipped = 0  # files in folders and archives whose names are not those of records
        self._finished = 0
        self._raw: BinaryIO | None = None
        if not self.files:
            raise GocnnError("no games were named: give SGF files, folders or archives")

    @property
    def done(self) -> int:
        """How many of the `total` bytes have been read."""
        return self._finished + (self._raw.tell() if self._raw and not self._raw.closed else 0)

    def signature(self) -> str:
        """A digest of the files' names, sizes and times: another one means other games."""
        digest = hashlib.blake2b(digest_size=16)
        for path, source, size, changed in self.files:
            line = f"{path.resolve()}\0{source}\0{size}\0{changed}\n"
            digest.update(line.encode("utf-8", "surrogateescape"))  # names may be any bytes
        return digest.hexdigest()

    def __iter__(self) -> Iterator[SgfChunk | Unreadable]:
        self._finished = self.skipped = 0
        for path, source, size, _ in self.files:
            try:
                with path.open("rb") as self._raw:
                    yield from self._members(self._raw, source)
            except _UNREADABLE as error:
                archive = source.lower().endswith((*_ARCHIVES, ".gz", ".xz", ".bz2"))
                reason = "broken archive" if archive else "unreadable file"
                yield Unreadable(
                    source, reason, " ".join(str(error).split()) or type(error).__name__
                )
            self._finished += size

    def _members(self, raw: BinaryIO, source: str) -> Iterator[SgfChunk | Unreadable]:
        if raw.read(4) == b"PK\x03\x04":
            yield from self._zip(raw, source)
            return
        raw.seek(0)
        stream = _decompressed(raw)
        is_tar = source.lower().endswith(_TARS) or stream.peek(512)[257:262] == b"ustar"
        if is_tar:
            yield from self._tar(stream, source)
        else:
            yield from _pieces(stream, source)

    def _tar(self, stream: BinaryIO, source: str) -> Iterator[SgfChunk | Unreadable]:
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=1) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # it keeps them all
                if not member.isfile():
                    continue
                opened = archive.extractfile(member)
                if opened is not None:
                    yield from self._member(cast(BinaryIO, opened), f"{source}:{member.name}")
            if stream.tell() <= archive.offset:  # no zeros end it
                raise tarfile.ReadError("the end of the archive is missing")

    def _zip(self, raw: BinaryIO, source: str) -> Iterator[SgfChunk | Unreadable]:
        with zipfile.ZipFile(raw) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                name = f"{source}:{member.filename}"
                try:
                    with archive.open(member) as opened:
                        yield from self._member(cast(BinaryIO, opened), name)
                except _UNREADABLE as error:
                    yield Unreadable(name, "unreadable file", " ".join(str(error).split()))

    def _member(self, stream: BinaryIO, source: str) -> Iterator[SgfChunk | Unreadable]:
        name = source.lower()
        if name.endswith(_ARCHIVES):
            yield Unreadable(source, "archive inside an archive", "unpack the outer one")
        elif name.endswith(_RECORDS):
            try:
                plain = stream if name.endswith(".sgf") else _decompressed(_in_memory(stream))
                yield from _pieces(plain, source)
            except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
                yield Unreadable(source, "unreadable file", " ".join(str(error).split()))
        else:
            self.skipped += 1


def _in_memory(stream: BinaryIO) -> BinaryIO:
    return io.BytesIO(stream.read())  # compressed, so small; decompressors may seek


def _pieces(stream: BinaryIO, source: str) -> Iterator[SgfChunk]:
    head = stream.read(_WHOLE + 1)
    if len(head) <= _WHOLE:
        yield SgfChunk(source, 0, head)
        return
    number = 0
    for number, tree in enumerate(split_trees(cast(BinaryIO, _Rejoined(head, stream))), 1):
        yield SgfChunk(source, number, tree)
    if number == 0:
        yield SgfChunk(source, 0, b"")  # counted as a file without a game tree


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def read(self, count: int = -1) -> bytes:
        head, self._head = self._head, b""
        return head or self._rest.read(count)


def _decompressed(raw: BinaryIO) -> Any:
    head = raw.read(6)
    raw.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if head.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(raw)
    return raw


_File = tuple[Path, str, int, int]  # path, source, size, time of the last change


def _files(path: Path) -> Iterator[_File]:
    if not path.exists():
        raise GocnnError(f"{path}: no such file or folder")
    if not path.is_dir():
        status = path.stat()
        yield path, path.name, status.st_size, status.st_mtime_ns
        return
    name = path.resolve().name
    empty = True
    for folder, folders, files in os.walk(path):
        folders.sort()
        for file in sorted(files):
            found = Path(folder, file)
            if file.lower().endswith((*_RECORDS, *_ARCHIVES)) and found.is_file():
                status = found.stat()
                source = str(Path(name, found.relative_to(path)))
                empty = False
                yield found, source, status.st_size, status.st_mtime_ns
    if empty:
        raise GocnnError(f"{path}: no SGF files or archives of them in this folder")
