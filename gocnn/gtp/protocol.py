"""GTP framing: a line in, an answer out. This module knows nothing of Go.

After the GTP 2 specification (Farneback 2002), sections 2.5 to 2.9 and 3.1.

A handler returns its answer, or a generator that sends it piece by piece: see `Stream`.

Invariants:

- Every command line gets exactly one answer, ended by one empty line and flushed; comments and
  empty lines get none.
- No answer holds an empty line: controllers stop reading there.
- While `answers_only` holds, nothing else reaches standard output, whatever a library prints.
- A command that fails, in whatever way, leaves the session going.
"""

import codecs
import contextlib
import io
import locale
import os
import re
import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import BinaryIO, NamedTuple, TextIO

from gocnn.errors import GocnnError
from gocnn.gtp.input import InputQueue, PendingInput

# A generator that sends its answer in pieces. Text that it yields is sent at once, after the head
# of the answer; empty text sends the head alone. A number that it yields is a time in seconds that
# it can wait: it is resumed as soon as input is pending, or when that time is over, and is sent
# what is pending. It may then end the answer or go on. What it returns ends the answer, and is the
# whole answer where nothing was sent before.
Stream = Generator[str | float, PendingInput, str]
Answer = str | Stream
Handler = Callable[[list[str]], Answer]  # of the arguments

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ID = re.compile(r"[0-9]+\Z")


class CommandError(GocnnError):
    """A command that cannot be done; the message is GTP's own where there is one."""


class Stop(Exception):
    """Raised by a handler to end the session once its answer, the message, is sent."""


class Command(NamedTuple):
    """A command line, taken apart."""

    id: str  # digits, or empty
    name: str
    arguments: list[str]


def parse(line: str) -> Command | None:
    """Take a line apart; None where it holds no command.

    >>> parse("12 play\\tB D4 # the corner\\r\\n")
    Command(id='12', name='play', arguments=['B', 'D4'])
    >>> parse("  # nothing") is None
    True
    """
    words = _CONTROL.sub("", line.replace("\t", " ")).partition("#")[0].split(" ")
    words = [word for word in words if word]
    if not words:
        return None
    number = words.pop(0) if _ID.match(words[0]) else ""
    return Command(number, words[0] if words else "", words[1:])


def frame(command_id: str, text: str, *, failed: bool = False) -> str:
    """An answer as it goes over the wire.

    >>> frame("7", "D4")
    '=7 D4\\n\\n'
    >>> frame("", "\\nA\\n\\nB")
    '=\\nA\\nB\\n\\n'
    """
    first, *rest = _lines(text) or [""]
    head = f"{'?' if failed else '='}{command_id} {first}".rstrip()
    return "\n".join([head, *filter(None, rest)]) + "\n\n"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\t", " ").splitlines()]


class _Reply:
    """One answer on its way: a head, lines, an empty line."""

    def __init__(self, command_id: str, write: Callable[[str], object]) -> None:
        self._id, self._write = command_id, write
        self._begun = False

    def send(self, text: str) -> None:
        """Send lines of an answer that goes on."""
        head = [] if self._begun else [f"={self._id}"]
        self._begun = True
        self._write("".join(f"{line}\n" for line in head + _lines(text) if line))

    def end(self, text: str, *, failed: bool = False) -> None:
        """Send the last lines and the empty line.

        A failure after lines were sent goes to standard error; GTP has no form for it.
        """
        if not self._begun:
            self._write(frame(self._id, text, failed=failed))
            return
        if failed:
            print(f"gocnn: {text}", file=sys.stderr)
        else:
            self.send(text)
        self._write("\n")


def _answer(
    command: Command, find: Callable[[str], Handler | None], reply: _Reply, queue: InputQueue
) -> bool:
    """Carry a command out.

    Returns:
        Whether the session goes on.
    """
    handler = find(command.name)
    if handler is None:
        reply.end("unknown command", failed=True)
        return True
    try:
        answer = handler(command.arguments)
        reply.end(answer if isinstance(answer, str) else _stream(answer, reply, queue))
    except Stop as stop:
        reply.end(str(stop))
        return False
    except BrokenPipeError:  # the controller has gone
        raise
    except GocnnError as error:
        reply.end(" ".join(str(error).split()), failed=True)
    except Exception as error:  # the controller must never wait for an answer that does not come
        traceback.print_exc(file=sys.stderr)
        message = f"internal error: {type(error).__name__}: {error}"
        reply.end(" ".join(message.split()), failed=True)
    return True


def _stream(stream: Stream, reply: _Reply, queue: InputQueue) -> str:
    """Send what a generator yields; returns what it returns."""
    with contextlib.closing(stream):
        try:
            item = next(stream)
            while True:
                if isinstance(item, str):
                    reply.send(item)
                    item = next(stream)
                else:
                    item = stream.send(queue.pending(item))
        except StopIteration as end:
            return str(end.value)


def serve(
    find: Callable[[str], Handler | None], lines: Iterable[bytes], write: Callable[[str], object]
) -> None:
    """Answer command lines until they end or a handler stops the session.

    Args:
        find: the handler of a command name, if there is one.
        lines: raw lines, read by a thread of its own; bytes that are neither UTF-8 nor the system's
            encoding are replaced.
        write: sends a piece of an answer at once.
    """
    queue = InputQueue(lines)
    mark = codecs.BOM_UTF8  # some editors begin a file of commands with it
    while (line := queue.next_line()) is not None:
        line, mark = line.removeprefix(mark), b""
        command = parse(_decoded(line))
        if command and not _answer(command, find, _Reply(command.id, write), queue):
            return


def _decoded(line: bytes) -> str:
    """UTF-8, else the system's own encoding, in which programs on Windows may name files."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode(locale.getencoding(), "replace")


@contextlib.contextmanager
def answers_only() -> Iterator[Callable[[str], None]]:
    """Keep standard output for answers; what anything else prints goes to standard error.

    Where standard error cannot be written, what would go there is dropped.

    Yields:
        A function that writes an answer and flushes it.

    Raises:
        GocnnError: when standard output was closed before the program began.
    """
    python_stdout, python_stderr = sys.stdout, sys.stderr
    if python_stdout is None:
        raise GocnnError("standard output is closed: there is nowhere to answer to")
    python_stdout.flush()
    if python_stderr is None and not _is_open(2):
        _lead_nowhere(2)  # else the next file gets this number, and what C says goes there
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    if python_stderr is None:
        _lead_nowhere(1)
    else:
        os.dup2(2, 1)
    sys.stdout = sys.stderr = _Remarks(python_stderr)
    try:
        yield lambda text: _write_all(channel, text.encode("utf-8", "replace"))
    finally:
        sys.stdout, sys.stderr = python_stdout, python_stderr
        os.dup2(channel.fileno(), 1)
        channel.close()


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _lead_nowhere(*descriptors: int) -> None:
    """Drop whatever is written to some descriptors from now on."""
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    if null not in descriptors:
        os.close(null)


class _Remarks(io.TextIOBase):
    """Standard error that may be closed, full, or a pipe that nobody reads any more.

    Args:
        stream: Python's standard error; None where it was closed from the start.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text at once, or drop it."""
        if self._stream is not None:
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):
                self._stream = None
                _lead_nowhere(1, 2)  # also for C, and for Python, which flushes it when it ends
        return len(text)

    def writable(self) -> bool:
        """True: as far as callers can tell, it is never closed."""
        return True

    def fileno(self) -> int:
        """The descriptor of standard error."""
        return 2

    def isatty(self) -> bool:
        """Whether a person reads along."""
        return self._stream is not None and self._stream.isatty()


def _write_all(channel: BinaryIO, data: bytes) -> None:
    while data:
        data = data[channel.write(data) :]
