"""Files that are written whole or not at all."""

import os
from pathlib import Path

from gocnn.errors import GocnnError


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that at any moment the old one or the new one is whole.

    Raises:
        GocnnError: when the disk is full or the folder cannot be written; an old file stays.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise GocnnError(
            f"{path}: cannot write ({error.strerror}); what stood there before is untouched: "
            "make room or name another folder, and go on"
        ) from error
