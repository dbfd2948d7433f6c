"""What Windows forbids and Linux does not: to move or remove a file that is open or mapped.

`FORBID` is the source of a hook that refuses it, to be put into programs that tests start; within
a test, `open_files_stay` installs it for a block.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc")
FORBID = '''
import os as _os, sys as _sys

def _is_used(path):
    """Whether this process has a file open or mapped, as Linux tells."""
    path = _os.path.realpath(path)
    if _os.path.isdir(path):
        return False
    for number in _os.listdir("/proc/self/fd"):
        try:
            if _os.readlink("/proc/self/fd/" + number) == path:
                return True
        except OSError:
            pass
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        return any(line.rstrip("\\n").endswith(" " + path) for line in maps)

def _within(path, folder):
    base = _os.readlink(f"/proc/self/fd/{folder}") if folder not in (-1, None) else ""
    return _os.path.join(base, _os.fsdecode(path))

def _forbid(event, arguments):
    places = ()
    if event == "os.rename":
        source, target, source_folder, target_folder = arguments
        places = (_within(source, source_folder), _within(target, target_folder))
    elif event == "os.remove":
        places = (_within(*arguments),)
    for path in places:
        if forbidding and _is_used(path):
            raise PermissionError(13, "the file is in use", places[0], None, *places[1:])

forbidding = True
_sys.addaudithook(_forbid)
'''

_installed: dict[str, Any] = {}


@contextmanager
def open_files_stay() -> Iterator[None]:
    """Within the block, to move, replace or remove a file in use raises PermissionError.

    Linux only: it looks into /proc.
    """
    if not _installed:
        exec(FORBID, _installed)  # a hook cannot be taken away again, so it is told to rest
    _installed["forbidding"] = True
    try:
        yield
    finally:
        _installed["forbidding"] = False
