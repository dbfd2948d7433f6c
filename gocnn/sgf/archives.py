"""Walks files, folders and archives, and hands out the game records in them as bytes.

Invariants:

- Memory does not grow with an archive: its members are read one after another, and a long
  collection tree by tree. What a file unpacks to has a limit, see `gocnn.sgf.unpack`.
- The order is that of the arguments, then of the sorted paths, then of the archive.
- What cannot be read is told as a `Unreadable` in its place; only a path that does not exist, or
  paths without a single file, are errors.
"""

import hashlib
import io
import lzma
import os
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from gocnn.errors import GocnnError
from gocnn.files import name_bytes
from gocnn.sgf.foreign import ENDINGS, LARGEST, foreign_format
from gocnn.sgf.splitter import split_trees
from gocnn.sgf.unpack import (
    Budget,
    TooLarge,
    decompressed,
    open_zip,
    tar_members,
    zip_member,
)
from gocnn.stats import count_text

_PACKED = (".gz", ".xz", ".bz2")
_RECORDS = tuple(end + packed for end in (".sgf", *ENDINGS) for packed in ("", *_PACKED))
_TARS = (".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tbz2", ".txz")
_ARCHIVES = (*_TARS, ".zip")
_OTHERS = (".ugz", ".7z", ".rar", ".zst")  # games that are not read
_WHOLE = 1 << 18  # files up to this many bytes are handed out unsplit
_UNREADABLE = (
    OSError, EOFError, RuntimeError, NotImplementedError, ValueError, OverflowError, LookupError,
    struct.error, lzma.LZMAError, zlib.error, tarfile.TarError, zipfile.BadZipFile, TooLarge,
)  # fmt: skip


class SgfChunk(NamedTuple):
    """Bytes that hold game trees, or one record of another format."""

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
        paths: files of game records, collections, folders, and archives of them. A file named here
            is read whatever its name; in folders and archives the name tells.

    Raises:
        GocnnError: when a path does not exist, or there is no file to read.
    """

    def __init__(self, paths: Sequence[str | os.PathLike[str]]) -> None:
        self._in_folders = Counter[str]()
        self._closed: list[Unreadable] = []  # folders that cannot be listed
        self.files = [file for path in paths for file in self._files(Path(path))]
        self.unread = +self._in_folders  # what else there is: how many of "linked folder" and so on
        self.total = sum(size for _, _, size, _ in self.files)  # bytes on disk
        self.skipped = 0  # files in folders and archives whose names are not those of records
        self._finished = 0
        self._raw: BinaryIO | None = None
        if not self.files:
            raise GocnnError("no games were named: give game records, folders or archives")

    @property
    def done(self) -> int:
        """How many of the `total` bytes have been read."""
        return self._finished + (self._raw.tell() if self._raw and not self._raw.closed else 0)

    def signature(self) -> str:
        """A digest of the files' names, sizes and times: another one means other games."""
        digest = hashlib.blake2b(digest_size=16)
        for path, source, size, changed in self.files:
            line = f"{path.resolve()}\0{source}\0{size}\0{changed}\n"
            digest.update(name_bytes(line))
        return digest.hexdigest()

    def __iter__(self) -> Iterator[SgfChunk | Unreadable]:
        self._finished = self.skipped = 0
        self.unread = +self._in_folders
        yield from self._closed
        for path, source, size, _ in self.files:
            try:
                with path.open("rb") as self._raw:
                    yield from self._members(self._raw, source, Budget(size))
            except _UNREADABLE as error:
                archive = source.lower().endswith((*_ARCHIVES, *_PACKED))
                yield _unreadable(source, error, "broken archive" if archive else "unreadable file")
            self._finished += size

    def _members(
        self, raw: BinaryIO, source: str, budget: Budget
    ) -> Iterator[SgfChunk | Unreadable]:
        if raw.read(4) == b"PK\x03\x04":
            yield from self._zip(raw, source, budget)
            return
        raw.seek(0)
        stream = decompressed(raw, budget)
        if source.lower().endswith(_TARS) or stream.peek(512)[257:262] == b"ustar":
            for name, member in tar_members(stream, budget):
                yield from self._member(member, f"{source}:{name}", budget)
        else:
            yield from _pieces(cast(BinaryIO, stream), source)

    def _zip(self, raw: BinaryIO, source: str, budget: Budget) -> Iterator[SgfChunk | Unreadable]:
        with open_zip(raw) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                name = f"{source}:{member.filename}"
                try:
                    yield from self._member(zip_member(archive, member, budget), name, budget)
                except TooLarge:
                    raise
                except _UNREADABLE as error:
                    yield _unreadable(name, error, "unreadable file")

    def _member(
        self, stream: BinaryIO, source: str, budget: Budget
    ) -> Iterator[SgfChunk | Unreadable]:
        name = source.lower()
        if _is_apple_double(name):
            self.skipped += 1
        elif name.endswith(_ARCHIVES):
            yield Unreadable(source, "archive inside an archive", "unpack the outer one")
        elif name.endswith(_RECORDS):
            try:
                plain = decompressed(stream, budget) if name.endswith(_PACKED) else stream
                yield from _pieces(plain, source)
            except (EOFError, lzma.LZMAError, zlib.error) as error:
                yield _unreadable(source, error, "unreadable file")
        elif name.endswith(_OTHERS):
            self.unread[_archive_kind(name)] += 1
        else:
            self.skipped += 1

    def _files(self, path: Path) -> Iterator["_File"]:
        if not path.exists():
            raise GocnnError(f"{path}: no such file or folder")
        if not path.is_dir():
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise GocnnError(
                    f"{path}: a pipe or a device, which has no end; write its games into a file"
                )
            yield path, path.name, status.st_size, status.st_mtime_ns
            return
        name = path.resolve().name
        has_records = False
        for folder, folders, files in os.walk(path, onerror=self._cannot_list):
            folders.sort()
            self._in_folders["linked folder"] += sum(Path(folder, f).is_symlink() for f in folders)
            for file in sorted(files):
                member = Path(folder, file)
                if _is_apple_double(file):
                    continue
                if file.lower().endswith((*_RECORDS, *_ARCHIVES)) and member.is_file():
                    status = member.stat()
                    source = Path(name, member.relative_to(path)).as_posix()
                    has_records = True
                    yield member, source, status.st_size, status.st_mtime_ns
                elif file.lower().endswith(_OTHERS):
                    self._in_folders[_archive_kind(file)] += 1
        if not has_records:
            left_out = [
                f"{count_text(n, what)} not read" for what, n in (+self._in_folders).items()
            ]
            left_out += [f"{source} cannot be listed" for source, _, _ in self._closed]
            raise GocnnError(
                f"{path}: no game records (SGF, GIB, NGF, UGF) or archives of them in this folder"
                + (f" ({', '.join(left_out)})" if left_out else "")
            )

    def _cannot_list(self, error: OSError) -> None:
        self._closed.append(
            Unreadable(str(error.filename), "unreadable folder", error.strerror or "")
        )


def _is_apple_double(name: str) -> bool:
    """Whether macOS keeps what it knows of a file there, beside it: "._game.sgf" is no record."""
    return re.split(r"[/:]", name)[-1].startswith("._")


def _archive_kind(name: str) -> str:
    return f"{name[name.rindex('.') :].lower()} file"


def _unreadable(source: str, error: Exception, reason: str) -> Unreadable:
    message = " ".join(str(error).split())[:300] or type(error).__name__
    return Unreadable(source, "too large" if isinstance(error, TooLarge) else reason, message)


def _pieces(stream: BinaryIO, source: str) -> Iterator[SgfChunk]:
    head = stream.read(_WHOLE + 1)
    if len(head) <= _WHOLE:
        yield SgfChunk(source, 0, head)
        return
    if foreign_format(head, source):
        yield SgfChunk(source, 0, head + stream.read(LARGEST + 1 - len(head)))
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


_File = tuple[Path, str, int, int]  # path, source, size, time of the last change
