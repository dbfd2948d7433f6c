"""Files that are written whole or not at all.

A file is written under a name beside its own, `draft_path`, and moved there when whole. Nobody can
guess that name, so no link waits there, and it tells which process writes: what killed processes
left is removed when the file is written again.
"""

import os
import platform
import re
import secrets
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from gocnn.errors import GocnnError

_WINDOWS = os.name == "nt"
_ABANDONED = 24 * 3600.0  # seconds after which a draft is nobody's, whoever wrote it
_IN_USE = 2.0  # seconds that another program, such as a virus scanner, may hold a file on Windows
_DRAFT = r"\.{name}\.(?P<machine>[0-9a-f]{{8}})-(?P<process>\d{{1,9}})-[0-9a-f]{{16}}\.part"


def draft_path(path: Path) -> Path:
    """A new name for the next version of a file; drafts of killed processes are removed."""
    remove_abandoned(path)
    return path.with_name(
        f".{path.name}.{_machine()}-{os.getpid()}-{secrets.token_hex(8)}.part"
    )  # fmt: skip


def remove_abandoned(path: Path) -> None:
    """Remove what processes that are gone left of a file that they did not finish."""
    pattern = re.compile(_DRAFT.format(name=re.escape(path.name)), re.DOTALL)
    with suppress(OSError):
        for draft in path.parent.iterdir():
            match = pattern.fullmatch(draft.name)
            if match and _is_abandoned(draft, match["machine"], int(match["process"])):
                draft.unlink(missing_ok=True)


def _is_abandoned(draft: Path, machine: str, process: int) -> bool:
    if time.time() - draft.lstat().st_mtime > _ABANDONED:
        return True
    if os.name != "posix" or machine != _machine():
        return False  # there, a signal would end the process that is asked after
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode('utf-8', 'replace')):08x}"


def name_bytes(text: str) -> bytes:
    """The bytes of a file name or of text with one in it, of whatever it is made.

    Names need not be UTF-8 on Linux, nor whole UTF-16 on Windows; Python holds what is not as
    surrogates.
    """
    try:
        return text.encode("utf-8", "surrogateescape")  # the very bytes, on Linux and macOS
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def require_regular(path: Path) -> None:
    """Refuse a pipe, a device or a folder, which are no files to read.

    Raises:
        OSError: when there is nothing of that name.
        GocnnError: when it is not a file.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise GocnnError(f"{path}: a folder, not a file")
    if not stat.S_ISREG(mode):
        raise GocnnError(f"{path}: a pipe or a device, not a file; copy what it gives into a file")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that at any moment the old one or the new one is whole.

    Raises:
        GocnnError: when the disk is full or the folder cannot be written; an old file stays.
    """
    with written_atomically(path) as file:
        file.write(data)


@contextmanager
def written_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A file to write part by part; it takes its place when all of it was written without error.

    A pipe or a device has no old version to keep, and is written directly.

    Raises:
        GocnnError: when the disk is full or the folder cannot be written; an old file stays.
    """
    direct = _is_special(path)
    draft = path if direct else draft_path(path)
    try:
        with draft.open("wb" if direct else "xb") as file:  # x: never what a link leads to
            yield file
            file.flush()
            if not direct:
                os.fsync(file.fileno())
        if not direct:
            move_over(draft, path)
    except OSError as error:
        if error.filename not in (None, str(draft)):
            raise  # of another file
        raise cannot_write(path, error) from error
    finally:
        if not direct:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def _is_special(path: Path) -> bool:
    """Whether something is there that is no file; a name that no system takes is nothing."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def move_over(draft: Path, path: Path) -> None:
    """Let a draft, which must be closed, take the place of a file.

    On Windows a file that any program has open cannot be replaced; those that look at each new
    file, such as virus scanners, let go of it soon.

    Raises:
        OSError: when it cannot be done.
    """
    end = time.monotonic() + _IN_USE
    while True:
        try:
            draft.replace(path)
            return
        except PermissionError:
            if not _WINDOWS or time.monotonic() > end:
                raise
            time.sleep(0.05)


def cannot_write(path: Path, error: OSError) -> GocnnError:
    """What to tell when the next version of a file could not be written."""
    return GocnnError(
        f"{path}: cannot write ({error.strerror}); what stood there before is untouched: "
        "make room or name another folder, and go on"
    )
