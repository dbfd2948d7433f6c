"""Command lines, read ahead by a thread, so that a running command can see what comes next."""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from enum import IntEnum

from gocnn.defaults import PATIENCE

MAX_LINE_BYTES = 1 << 20  # what is beyond is dropped


class PendingInput(IntEnum):
    """What was read while a command runs."""

    NOTHING = 0
    LINE = 1  # any line
    INTERRUPT = 2  # GoGui's comment "# interrupt" is among the lines
    QUIT = 3  # the session ends: `quit` is among the lines, or they have ended


def read_lines(descriptor: int) -> Iterator[bytes]:
    """Lines of a file descriptor, each as soon as it is there.

    It reads the descriptor itself: a thread that waits inside Python's standard input would hold
    the lock that the interpreter needs to end.
    """
    rest = b""
    while data := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        yield from lines
        rest = rest[:MAX_LINE_BYTES]
    if rest:
        yield rest


class InputQueue:
    """Lines in the order in which they came.

    Args:
        lines: read by a thread of its own.
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines: deque[bytes] = deque()
        self._interrupts = self._quits = 0
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def _read(self, lines: Iterable[bytes]) -> None:
        try:
            for line in lines:
                with self._changed:
                    self._lines.append(line)
                    self._interrupts += _is_interrupt(line)
                    self._quits += _is_quit(line)
                    self._changed.notify()
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify()

    def next_line(self) -> bytes | None:
        """Wait for the next line and take it; None at the end of input."""
        with self._changed:
            while not self._changed.wait_for(lambda: self._lines or self._ended, PATIENCE):
                pass
            if not self._lines:
                return None
            line = self._lines.popleft()
            self._interrupts -= _is_interrupt(line)
            self._quits -= _is_quit(line)
            return line

    def pending(self, seconds: float) -> PendingInput:
        """What waits to be taken; where nothing does, wait up to so many seconds for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._ended, seconds)
            if self._interrupts:
                return PendingInput.INTERRUPT
            if self._ended or self._quits:
                return PendingInput.QUIT
            return PendingInput.LINE if self._lines else PendingInput.NOTHING


def _is_interrupt(line: bytes) -> bool:
    return line.split() == [b"#", b"interrupt"]


def _is_quit(line: bytes) -> bool:
    *number, name = line.partition(b"#")[0].split()[:2] or [b""]
    return name == b"quit" and all(word.isdigit() for word in number)
