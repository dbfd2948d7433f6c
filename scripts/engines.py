"""Go engines as processes that speak GTP, and the games they play as SGF."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from gocnn.coords import point_of_vertex, sgf_letters
from gocnn.errors import GocnnError

Move = tuple[str, str]  # ("black" or "white", vertex)


def other(colour: str) -> str:
    """The colour that plays after this one."""
    return "white" if colour == "black" else "black"


def find_gnugo(name: str = "gnugo") -> str | None:
    """The GNU Go program; Debian puts games where not every PATH looks."""
    return shutil.which(name) or shutil.which("/usr/games/gnugo")


class Engine:
    """One engine process; a context manager that ends it.

    Args:
        command: the program and its arguments.
    """

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        except OSError as error:
            raise GocnnError(f"{command[0]}: {error.strerror}") from error
        self.command = " ".join(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, command: str) -> str:
        """The answer without its ``=``.

        Raises:
            GocnnError: for an error answer, or when the engine has gone.
        """
        assert self._process.stdin and self._process.stdout
        lines: list[str] = []
        try:
            self._process.stdin.write(command + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                if line.strip():
                    lines.append(line.rstrip())
                if lines and (not line.strip() or lines[0][0] not in "=?"):
                    break
        except BrokenPipeError:
            pass
        if not lines:
            raise GocnnError(f"{self.command} is gone, without an answer to {command!r}")
        answer = "\n".join(lines)
        if not answer.startswith("="):
            raise GocnnError(f"{self.command} answers {answer!r} to {command!r}")
        return answer[1:].removeprefix(" ")


@dataclass
class Record:
    """One game as it was played."""

    size: int
    komi: float
    black: str  # the players' names
    white: str
    name: str = ""
    rules: str = ""
    handicap: list[str] = field(default_factory=list)  # vertices
    moves: list[Move] = field(default_factory=list)
    result: str = "?"  # as SGF writes it: B+3.5, W+R, 0

    def sgf(self) -> str:
        """One game tree, twelve moves a line."""

        def letters(vertex: str) -> str:
            return sgf_letters(point_of_vertex(vertex, self.size), self.size)

        head = f"(;GM[1]FF[4]CA[UTF-8]SZ[{self.size}]KM[{self.komi}]"
        head += f"RU[{self.rules}]" if self.rules else ""
        head += f"RE[{self.result}]PB[{self.black}]PW[{self.white}]"
        head += f"GN[{self.name}]" if self.name else ""
        if self.handicap:
            stones = "".join(f"[{letters(stone)}]" for stone in self.handicap)
            head += f"HA[{len(self.handicap)}]AB{stones}"
        nodes = [f";{colour[0].upper()}[{letters(vertex)}]" for colour, vertex in self.moves]
        lines = ["".join(nodes[start : start + 12]) for start in range(0, len(nodes), 12)]
        return "\n".join([head, *lines]) + ")\n"
