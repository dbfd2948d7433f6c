"""Go engines as processes that speak GTP, seen from the controller's side.

Invariants:

- `EngineProcess.ask` returns or raises within its time, whatever the engine does.
- A process that died, hangs or does not speak GTP is ended, and stays so until `start`.
- Ctrl-C in the terminal does not reach the engines: who started them ends them.
"""

import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from gocnn.defaults import MOVE_TIMEOUT
from gocnn.errors import GocnnError

_START = 10.0  # seconds that any program has to start and to say its name
_GOODBYE = 1.0  # seconds to leave after quit
_ANSWER = re.compile(r"([=?])(\d*)[ \t]*(.*)")


class EngineError(GocnnError):
    """A command that an engine refuses."""


class EngineGone(EngineError):
    """An engine that has been ended because it failed; `fault` says how in one or two words."""

    def __init__(self, message: str, fault: str) -> None:
        super().__init__(message)
        self.fault = fault


WINDOWS = os.name == "nt"  # where a backslash is part of a path


def find_gnugo(name: str = "gnugo") -> str | None:
    """The GNU Go program; Debian puts games where not every PATH looks."""
    return shutil.which(name) or shutil.which("/usr/games/gnugo")


def split_command(command: str) -> list[str]:
    """The words of a command line; gocnn is this very gocnn, and gnugo is looked for.

    Raises:
        GocnnError: when there are none, or a quotation mark stands alone.
    """
    try:
        words = _split_for_windows(command) if WINDOWS else shlex.split(command)
    except ValueError as error:
        raise GocnnError(f"{command!r}: {error}") from None
    if not words:
        raise GocnnError("an engine needs a command line, such as 'gnugo --mode gtp'")
    if words[0] == "gocnn":
        words[:1] = [sys.executable, "-m", "gocnn"]
    elif words[0] == "gnugo":
        words[0] = find_gnugo() or words[0]
    return words


def _split_for_windows(command: str) -> list[str]:
    r"""Words between spaces; double quotes hold a word together, and nothing is escaped.

    >>> _split_for_windows(r'"C:\Program Files\GNU Go\gnugo.exe" --mode gtp')
    ['C:\\Program Files\\GNU Go\\gnugo.exe', '--mode', 'gtp']
    """
    if command.count('"') % 2:
        raise ValueError("No closing quotation")
    return [word.replace('"', "") for word in re.findall(r'(?:[^\s"]|"[^"]*")+', command)]


def check_command(command: str) -> None:
    """Find what is wrong with a command line before anything is started.

    Raises:
        GocnnError: when `split_command` raises it, or the program is known to want an option.
    """
    words = split_command(command)
    if Path(words[0]).stem.lower() == "gnugo" and not any("gtp" in word for word in words[1:]):
        mended = f"{command} --mode gtp"
        raise GocnnError(
            f"{command!r}: GNU Go speaks GTP only when it is told to; write {mended!r}"
        )


class EngineProcess:
    """One engine process; a context manager that ends it.

    Args:
        words: the program and its arguments.
        label: what messages call it; the command line by default.

    Raises:
        GocnnError: when the program cannot be started.
    """

    def __init__(self, words: Sequence[str], label: str = "") -> None:
        self.words, self.label = list(words), label or shlex.join(words)
        self.start()

    def start(self) -> None:
        """Start the process, anew if there is one.

        Raises:
            GocnnError: when the program cannot be started.
        """
        if hasattr(self, "_process"):
            self.kill()
        try:
            self._process = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C is for the controller; on Windows the flags say so
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise GocnnError(f"{self.words[0]}: {error.strerror}") from error
        self._number = 0
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._remarks: deque[str] = deque(maxlen=20)
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read(self, stream: IO[str]) -> None:
        lines = self._lines
        with stream:
            for line in stream:
                lines.put(line)
        lines.put(None)

    def _listen(self, stream: IO[str]) -> None:
        remarks = self._remarks
        with stream:
            for line in stream:
                if line.strip():
                    remarks.append(line.strip())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def close(self) -> None:
        """Ask the engine to leave; end it if it does not."""
        with suppress(OSError, subprocess.TimeoutExpired, ValueError):
            assert self._process.stdin
            self._process.stdin.write("quit\n")
            self._process.stdin.close()
            self._process.wait(_GOODBYE)
        self.kill()

    def kill(self) -> None:
        """End the process and those it started; any thread may."""
        _kill_tree(self._process)
        self._process.wait()
        for thread in self._threads:
            thread.join(_GOODBYE)
        with suppress(OSError, ValueError):
            assert self._process.stdin
            self._process.stdin.close()

    def ask(self, command: str, timeout: float = MOVE_TIMEOUT) -> str:
        """The answer without its ``=`` and number.

        Args:
            command: one line of GTP, without a number.
            timeout: seconds to wait for the whole answer.

        Raises:
            EngineError: for an error answer; the engine goes on.
            EngineGone: when the engine has died, gives no answer in time, or says what is not GTP.
        """
        self._number += 1
        deadline = time.monotonic() + timeout
        with suppress(OSError, ValueError):  # that it is gone shows when it does not answer
            assert self._process.stdin
            self._process.stdin.write(f"{self._number} {command}\n")
            self._process.stdin.flush()
        lines: list[str] = []
        while True:
            line = self._line(command, deadline, timeout)
            if line.strip():
                lines.append(line.rstrip())
                if len(lines) == 1:
                    self._check(line.strip(), command)
            elif lines:
                break
        sign, _, text = _ANSWER.fullmatch(lines[0]).groups()  # type: ignore[union-attr]
        text = "\n".join([text, *lines[1:]])
        if sign == "?":
            raise EngineError(f"{self.label} answers {text!r} to {command!r}")
        return text

    def greet(self, timeout: float = MOVE_TIMEOUT) -> str:
        """The engine's name, which is the first thing to ask.

        Args:
            timeout: seconds to wait for it; not less than it takes to start a program.

        Raises:
            EngineError: as `ask` does; of a program that does not answer, how that may be mended.
        """
        try:
            return self.ask("name", min(MOVE_TIMEOUT, max(_START, timeout)))
        except EngineGone as error:
            raise EngineGone(
                f"{error}. Is it a GTP engine? Many programs are one only with an option or a word "
                "behind their name, such as --mode gtp or gtp; try it in a terminal, where it must "
                "answer to name",
                error.fault,
            ) from None

    def _line(self, command: str, deadline: float, timeout: float) -> str:
        """The next line of output, a line feed at its end."""
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise self._gone(
                f"gave no answer to {command!r} in {timeout:g} s", "too slow"
            ) from None
        if line is None:
            raise self._gone(f"is gone, without an answer to {command!r}", "crash")
        return line

    def _check(self, line: str, command: str) -> None:
        """The first line of an answer must be one, to this very command."""
        match = _ANSWER.fullmatch(line)
        if not match or match[2] != str(self._number):
            raise self._gone(f"answers {line!r} to {command!r}, which is not GTP", "no GTP")

    def _gone(self, what: str, fault: str) -> EngineGone:
        self.kill()
        self._lines = queue.SimpleQueue()
        self._lines.put(None)  # for whoever asks next
        last_words = f"; its last words: {self._remarks[-1]}" if self._remarks else ""
        return EngineGone(f"{self.label} {what}{last_words}", fault)


def _kill_tree(process: subprocess.Popen[str]) -> None:
    """End a process and those it started, by the means of the system."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
            return
        if WINDOWS and process.poll() is None:
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(tree, capture_output=True, check=False)
        process.kill()
