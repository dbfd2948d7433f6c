"""The folder of a match: what is played, and the games so far."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from gocnn.defaults import BOARD_SIZE, KOMI, OPENING_MOVES
from gocnn.errors import GocnnError
from gocnn.files import cannot_write, write_atomically
from gocnn.go.position import Position
from gocnn.go.rules import ruleset
from gocnn.match.controller import check_command
from gocnn.match.openings import Opening
from gocnn.match.results import GameResult


@dataclass(frozen=True, kw_only=True)
class MatchSettings:
    """What is played; games of one folder share them."""

    a: str  # command lines
    b: str
    size: int = BOARD_SIZE
    komi: float = KOMI
    handicap: int = 0  # stones for B, who then is always black
    rules: str = "chinese"
    openings: str = "drawn"  # see gocnn.match.openings
    opening_moves: int = OPENING_MOVES
    seed: int = 0  # of the openings
    referee: str = ""  # a command line; our own count decides without

    def check(self) -> None:
        """Find what is wrong before anything is started.

        Raises:
            GocnnError: naming it.
        """
        for command in (self.a, self.b, *([self.referee] if self.referee else [])):
            check_command(command)
        ruleset(self.rules)
        self.start(())

    def start(self, opening: Opening) -> Position:
        """The position after the opening."""
        position = Position(self.size, komi=self.komi)
        if self.handicap:
            position.place_handicap(self.handicap)
        for point in opening:
            position.play(point)
        return position

    def opening_index(self, number: int) -> int:
        """Which opening a game has, from 0; two games share one, with colours swapped."""
        return number - 1 if self.handicap else (number - 1) // 2

    def black_engine(self, number: int) -> str:
        """Who is black in a game, A or B."""
        return "B" if self.handicap or number % 2 == 0 else "A"


class Folder:
    """The games of a match on disk; a context manager that keeps other processes away.

    Raises:
        GocnnError: when the folder holds another match, or another process is at work there.
    """

    def __init__(self, path: Path, settings: MatchSettings) -> None:
        self.path, self._plain = path, asdict(settings)
        path.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(path / ".lock")  # the system lets go of it when the process ends
        self._lines = (path / "games.jsonl").open("a+", encoding="utf-8")
        try:
            self._take()
            self._compare()
            self.games = self._read()
        except BaseException:
            self.__exit__()
            raise

    def _take(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise GocnnError(f"{self.path}: another gocnn match is at work there") from None

    def _compare(self) -> None:
        path = self.path / "match.json"
        if not path.exists():
            return
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            saved = {}
        for name, value in self._plain.items():
            if saved.get(name) != value:
                raise GocnnError(
                    f"{self.path} holds another match: its {name} is {saved.get(name)!r}, "
                    f"not {value!r}; give another folder with -o"
                )

    def _read(self) -> dict[int, GameResult]:
        """The games so far; a line that was not written to its end is cut off."""
        self._lines.seek(0)
        games = {}
        end = 0
        while line := self._lines.readline():
            if not line.endswith("\n"):
                self._lines.seek(end)
                self._lines.truncate()
                break
            try:
                game = GameResult(**json.loads(line))
            except (TypeError, ValueError):
                raise GocnnError(f"{self._lines.name}: no line of a match: {line[:60]!r}") from None
            games[game.number] = game
            end = self._lines.tell()
        return games

    def keep(self, game: GameResult, text: str) -> None:
        """Save a game that has ended."""
        if not self.games:
            self._write("match.json", json.dumps(self._plain, indent=2) + "\n")
        self._write(f"game-{game.number:04}.sgf", text)
        try:
            self._lines.write(json.dumps(asdict(game)) + "\n")
            self._lines.flush()
        except OSError as error:
            raise cannot_write(Path(self._lines.name), error) from error
        self.games[game.number] = game

    def close_with(self, result: dict[str, Any]) -> None:
        """Save the result."""
        self._write("result.json", json.dumps(result, indent=2) + "\n")

    def _write(self, name: str, text: str) -> None:
        write_atomically(self.path / name, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # the rest of a line that a full disk refused; it is told already
            self._lines.close()
        self._lock.release()
