"""A match between two GTP engines, kept in a folder game by game.

In the folder: ``match.json`` what is played, ``game-0001.sgf`` and so on, ``games.jsonl`` one line
of figures a game, ``result.json`` the result.

Invariants:

- A game is in ``games.jsonl`` only once its SGF is there, whole; an interruption loses only games
  in progress, and the same command goes on with those that are missing.
- Game number n has the same opening and colours whenever and beside whatever it is played.
- One match, and one process at a time, works on a folder.
"""

import queue
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Self

from gocnn.defaults import MOVE_TIMEOUT, PATIENCE
from gocnn.go.board import BLACK, WHITE
from gocnn.go.position import Position
from gocnn.go.rules import ruleset
from gocnn.match.folder import Folder, MatchSettings
from gocnn.match.game import EnginePlayer, Outcome, count, play
from gocnn.match.openings import Opening, openings
from gocnn.match.results import GameResult, MatchResult
from gocnn.progress import bar
from gocnn.sgf.writer import sgf

_FAREWELL = 5.0  # seconds for the threads to leave


class GameWorker:
    """The engines of one game at a time; a context manager that ends them."""

    def __init__(self, settings: MatchSettings, starts: Sequence[Opening], timeout: float) -> None:
        self.settings, self._starts, self._timeout = settings, starts, timeout
        self._rules = ruleset(settings.rules)
        commands = {"A": settings.a, "B": settings.b, "referee": settings.referee}
        self._engines: dict[str, EnginePlayer] = {}
        try:
            for role, command in commands.items():
                if command:
                    self._engines[role] = EnginePlayer(command, self._rules, timeout)
        except BaseException:
            self.stop()
            raise

    def play(self, number: int) -> tuple[GameResult, str]:
        """Play a game: its figures, and its SGF."""
        settings = self.settings
        position = settings.start(self._starts[settings.opening_index(number)])
        black = settings.black_engine(number)
        roles = {BLACK: black, WHITE: "B" if black == "A" else "A"}
        players = {colour: self._engines[role] for colour, role in roles.items()}
        outcome = play(players, position, self._rules, self._timeout)
        own = outcome.result if outcome.reason in ("score", "too long") else ""
        judged = ""
        if own and "referee" in self._engines:
            score = count(self._engines["referee"], position)
            judged = "?" if score is None else str(score)
            outcome = outcome if score is None else replace(outcome, result=judged)
        a, b = self._engines["A"].thinking, self._engines["B"].thinking
        game = GameResult(
            number=number,
            black=black,
            winner=roles.get(outcome.winner, ""),
            result=outcome.result,
            reason=outcome.reason,
            told=outcome.told,
            moves=position.ply,
            own=own,
            referee=judged,
            a_moves=a.moves,
            a_seconds=round(a.seconds, 6),
            a_slowest=round(a.slowest, 6),
            b_moves=b.moves,
            b_seconds=round(b.seconds, 6),
            b_slowest=round(b.slowest, 6),
        )
        return game, self._sgf(game, position, players, outcome)

    def _sgf(
        self,
        game: GameResult,
        position: Position,
        players: dict[int, EnginePlayer],
        outcome: Outcome,
    ) -> str:
        commands = {colour: player.engine.label for colour, player in players.items()}
        start = [f"Black: {commands[BLACK]}", f"White: {commands[WHITE]}"]
        start.append(
            f"Opening: {len(self._starts[self.settings.opening_index(game.number)])} moves"
        )
        end = [f"{game.result} by {game.reason}", game.told]
        end.append(f"own count {game.own}, referee {game.referee}" if game.referee else "")
        properties = {
            "PB": players[BLACK].name,
            "PW": players[WHITE].name,
            "RE": outcome.result,
            "RU": self.settings.rules.capitalize(),
            "DT": date.today().isoformat(),
            "GN": f"game {game.number}",
        }
        comments = {0: "\n".join(start)}
        ending = "\n".join(filter(None, end))
        comments[position.ply] = f"{comments.get(position.ply, '')}\n{ending}".lstrip()
        return sgf(position, properties, comments)

    def stop(self) -> None:
        """End all engines at once, from any thread."""
        for player in self._engines.values():
            player.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for player in self._engines.values():
            player.engine.close()


class WorkerPool:
    """Threads that play games, each at its own table."""

    def __init__(self, settings: MatchSettings, starts: Sequence[Opening], timeout: float) -> None:
        self._terms, self._starts, self._timeout = settings, starts, timeout
        self._stopped = threading.Event()
        self._tables: list[GameWorker] = []
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[GameResult, str] | Exception] = queue.SimpleQueue()

    def play(self, numbers: Sequence[int], jobs: int) -> Generator[tuple[GameResult, str]]:
        """Play some games, `jobs` at a time; they come as they end.

        Raises:
            GocnnError: when an engine cannot be started or made ready.
        """
        for number in numbers:
            self._waiting.put(number)
        threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(min(jobs, len(numbers)))
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in numbers:
                done = self._next()
                if isinstance(done, Exception):
                    raise done
                yield done
        except BaseException:
            self._stopped.set()
            for table in list(self._tables):
                table.stop()
            raise
        finally:
            for thread in threads:
                thread.join(_FAREWELL)

    def _next(self) -> tuple[GameResult, str] | Exception:
        while True:
            with suppress(queue.Empty):
                return self._done.get(timeout=PATIENCE)

    def _work(self) -> None:
        try:
            with GameWorker(self._terms, self._starts, self._timeout) as table:
                self._tables.append(table)
                while not self._stopped.is_set():
                    try:
                        number = self._waiting.get_nowait()
                    except queue.Empty:
                        return
                    game = table.play(number)
                    if not self._stopped.is_set():
                        self._done.put(game)
        except Exception as error:
            self._done.put(error)


def run(
    settings: MatchSettings,
    games: int,
    path: Path,
    *,
    jobs: int = 1,
    timeout: float = MOVE_TIMEOUT,
) -> MatchResult:
    """Play the games of a match that its folder has not yet.

    Raises:
        GocnnError: when the settings are wrong, the folder holds another match, or an engine cannot
            be started.
    """
    settings.check()
    starts = openings(
        settings.openings,
        settings.size,
        settings.opening_index(games) + 1,
        seed=settings.seed,
        moves=settings.opening_moves,
        handicap=settings.handicap,
    )
    pool = WorkerPool(settings, starts, timeout)
    with Folder(path, settings) as folder:
        missing = [number for number in range(1, games + 1) if number not in folder.games]
        with (
            bar("games", games, unit="games", done=games - len(missing)) as progress,
            closing(pool.play(missing, jobs)) as played,
        ):
            for game, text in played:
                folder.keep(game, text)
                progress.update()
                result = _result(folder, games)
                folder.close_with(result.as_json())
                progress.set_postfix_str(f"A {result.wins}, B {result.losses}")
        result = _result(folder, games)
        folder.close_with(result.as_json())  # also where nothing was left to play
        return result


def _result(folder: Folder, games: int) -> MatchResult:
    """The result of the first `games` games, as far as they are played."""
    played = [game for number, game in sorted(folder.games.items()) if number <= games]
    return MatchResult.of(played)
