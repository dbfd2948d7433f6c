"""Compressed streams and archives: none takes more time or memory than its size allows.

Invariants:

- What a file unpacks to is counted: `Budget` ends it at `FREE` bytes, or at `GROWTH` times its size
  where that is more. Game records shrink to a tenth or a thirtieth; zeros to a thousandth.
- Nothing is read in a step that could unpack to much: compressed bytes go in by `STEP`.
- Streams are read forward only, so that one may lie in another.
"""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO, cast

FREE = 1 << 28
GROWTH = 200
STEP = 1 << 12
_LONGEST_HEADER = 1 << 20  # bytes; of a tar, where a name stands
_LONGEST_DIRECTORY = 1 << 25  # bytes; of a zip, 300,000 files or more


class TooLarge(Exception):
    """A file or a member that grows beyond its limit, which the message names."""


class Budget:
    """What a file of `size` bytes may unpack to."""

    def __init__(self, size: int) -> None:
        self.most = max(FREE, GROWTH * size)
        self.left = self.most

    def take(self, count: int) -> None:
        """Count bytes that were unpacked, or are about to be.

        Raises:
            TooLarge: when it is more than the file may hold.
        """
        self.left -= count
        if self.left < 0 or count < 0:
            raise TooLarge(
                f"it unpacks to over {self.most >> 20:,} MB, the most for a file of its size"
            )


class _Counted(io.RawIOBase):
    """A stream whose bytes are taken from a budget."""

    def __init__(self, read: Callable[[int], bytes], budget: Budget) -> None:
        self._read, self._budget = read, budget
        self._at = 0

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._read(min(len(buffer), STEP))
        self._budget.take(len(part))
        self._at += len(part)
        buffer[: len(part)] = part
        return len(part)


class _Gunzip:
    """Reads gzip: one member after another, up to the end or to what is not gzip."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._member, self._waiting = raw, zlib.decompressobj(31), b""

    def read(self, count: int) -> bytes:
        while True:
            if self._member.eof:
                waiting = self._member.unused_data or self._raw.read(STEP)
                waiting += self._raw.read(STEP) if len(waiting) == 1 else b""
                if not waiting.startswith(b"\x1f\x8b"):
                    return b""  # trailing bytes, as gzip itself passes over them
                self._member, self._waiting = zlib.decompressobj(31), waiting
            data = self._waiting or self._raw.read(STEP)
            if not data:
                raise EOFError("it ends before its end is marked")
            part = self._member.decompress(data, count)
            self._waiting = self._member.unconsumed_tail
            if part:
                return part


def decompressed(raw: IO[bytes], budget: Budget) -> io.BufferedReader:
    """A stream without the compression that its first bytes tell (gzip, bzip2, xz), if any."""
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(Any, raw))
    head = buffered.peek(6)[:6]
    if head.startswith(b"\x1f\x8b"):
        read: Callable[[int], bytes] = _Gunzip(buffered).read
    elif head.startswith(b"BZh"):
        read = bz2.BZ2File(buffered).read
    elif head.startswith(b"\xfd7zXZ\x00"):
        read = lzma.LZMAFile(buffered).read  # noqa: SIM115
    else:
        return buffered
    return io.BufferedReader(_Counted(read, budget), 1 << 16)


class _TarMember(tarfile.TarInfo):
    """Refuses headers that would be read into memory whatever their length."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if not self.isfile() and self.size > _LONGEST_HEADER and self.type not in (
            tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
        ):  # fmt: skip
            raise TooLarge(f"a header of over {_LONGEST_HEADER >> 20} MB")
        return super()._proc_member(archive)  # type: ignore[misc]

    def _proc_sparse(self, archive: tarfile.TarFile) -> Any:
        raise tarfile.ReadError("a sparse file, which no game record is")

    def _proc_gnusparse_10(self, *_: Any) -> Any:
        raise tarfile.ReadError("a sparse file, which no game record is")


def tar_members(stream: IO[bytes], budget: Budget) -> Iterator[tuple[str, BinaryIO]]:
    """(name, bytes) of the files in a tar, in order; each is read before the next one is asked for.

    Raises:
        TooLarge: when a member says that it is larger than the archive can be.
        tarfile.TarError: when the archive is broken.
    """
    with tarfile.open(fileobj=stream, mode="r|", errorlevel=1, tarinfo=_TarMember) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it keeps them all
            archive.pax_headers.clear()  # type: ignore[attr-defined]
            if not 0 <= member.size <= budget.left:
                raise TooLarge(
                    f"{member.name[:80]} says that it has {member.size:,} bytes, over "
                    f"{budget.most >> 20:,} MB, the most for an archive of its size"
                )
            opened = archive.extractfile(member) if member.isreg() else None
            if opened is not None and not member.issparse():
                yield member.name, cast(BinaryIO, opened)
        if cast(Any, stream).tell() <= cast(Any, archive).offset:  # no zeros end it
            raise tarfile.ReadError("the end of the archive is missing")


class _Guarded:
    """A file of which not all can be read at once: zipfile reads a directory so."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.seek, self.tell, self.seekable = raw.seek, raw.tell, raw.seekable

    def read(self, count: int = -1) -> bytes:
        if count > _LONGEST_DIRECTORY:
            raise TooLarge(f"its directory has over {_LONGEST_DIRECTORY >> 20} MB")
        return self._raw.read(count)


def open_zip(raw: IO[bytes]) -> zipfile.ZipFile:
    """A zip archive.

    Raises:
        TooLarge: when its directory is larger than any folder of games.
        zipfile.BadZipFile: when it is broken.
    """
    return zipfile.ZipFile(cast(IO[bytes], _Guarded(raw)))


def zip_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget) -> BinaryIO:
    """The bytes of a member of a zip."""
    return cast(BinaryIO, io.BufferedReader(_Counted(archive.open(member).read, budget), 1 << 16))
