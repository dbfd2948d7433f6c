"""GTP framing: a line in, an answer out; knows no Go.

After the GTP 2 specification (Farneback 2002), sections 2.5 to 2.9 and 3.1.

Invariants:

- Every command line gets exactly one answer, ended by one empty line and flushed; comments and
  empty lines get none.
- No answer holds an empty line: controllers stop reading there.
- While `answers_only` holds, nothing else reaches standard output, whatever a library prints.
- A command that fails, in whatever way, leaves the session going.
"""

import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple

from gocnn.errors import GocnnError

Handler = Callable[[list[str]], str]  # arguments to answer

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
    first, *rest = [line.rstrip() for line in text.replace("\t", " ").splitlines()] or [""]
    head = f"{'?' if failed else '='}{command_id} {first}".rstrip()
    return "\n".join([head, *filter(None, rest)]) + "\n\n"


def answer(command: Command, find: Callable[[str], Handler | None]) -> tuple[str, bool]:
    """Carry a command out.

    Args:
        command: what was asked.
        find: the handler of a name, if there is one.

    Returns:
        (the framed answer, whether the session goes on).
    """
    handler = find(command.name)
    if handler is None:
        return frame(command.id, "unknown command", failed=True), True
    try:
        return frame(command.id, handler(command.arguments)), True
    except Stop as stop:
        return frame(command.id, str(stop)), False
    except GocnnError as error:
        return frame(command.id, " ".join(str(error).split()), failed=True), True
    except Exception as error:  # the controller must never wait for an answer that does not come
        traceback.print_exc(file=sys.stderr)
        said = f"internal error: {type(error).__name__}: {error}"
        return frame(command.id, " ".join(said.split()), failed=True), True


def serve(
    find: Callable[[str], Handler | None], lines: Iterable[bytes], write: Callable[[str], object]
) -> None:
    """Answer command lines until they end or a handler stops the session.

    Args:
        find: the handler of a command name, if there is one.
        lines: raw lines; bytes that are not UTF-8 are replaced.
        write: sends an answer at once.
    """
    for line in lines:
        command = parse(line.decode("utf-8", "replace"))
        if command is None:
            continue
        text, going_on = answer(command, find)
        write(text)
        if not going_on:
            return


@contextlib.contextmanager
def answers_only() -> Iterator[Callable[[str], None]]:
    """Keep standard output for answers; what anything else prints goes to standard error.

    Yields:
        A function that writes an answer and flushes it.
    """
    sys.stdout.flush()
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    python_stdout = sys.stdout
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    try:
        yield lambda text: _write_all(channel, text.encode("utf-8", "replace"))
    finally:
        sys.stdout = python_stdout
        os.dup2(channel.fileno(), 1)
        channel.close()


def _write_all(channel: BinaryIO, data: bytes) -> None:
    while data:
        data = data[channel.write(data) :]
