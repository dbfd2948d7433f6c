"""One game between two GTP engines, on a board of our own that tells what is legal and who won.

Invariants:

- A game always ends: by two passes, a resignation, a fault of one engine, or its length.
- A fault loses the game: an illegal move, a legal move refused, no answer in time, a crash.
- An engine that failed is started anew for the next game.
"""

import re
import time
from dataclasses import dataclass

from gocnn.defaults import MOVE_TIMEOUT
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex, vertex
from gocnn.go.position import Position, colour_name
from gocnn.go.rules import Ruleset
from gocnn.go.scoring import Score, final_score
from gocnn.match.controller import (
    EngineError,
    EngineGone,
    EngineProcess,
    split_command,
)

LONGEST = 3  # moves a point of the board; what stands then is counted
_CLOSED = 2  # passes running that end a game
_SCORE = re.compile(r"(?:([BW])\+(\d+(?:\.\d+)?)|(?:0|draw|jigo)\b)", re.IGNORECASE)


@dataclass
class ThinkingTime:
    """How long an engine took for its moves; the first one of its process is not counted."""

    moves: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one more move."""
        self.moves += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)


class EnginePlayer:
    """An engine that plays one game after another.

    Args:
        command: its command line.
        rules: told at every start to an engine that knows kgs-rules; it may know others only.
        timeout: seconds in which it must say its name.

    Raises:
        GocnnError: when it cannot be started or does not speak GTP.
    """

    def __init__(self, command: str, rules: Ruleset, timeout: float = MOVE_TIMEOUT) -> None:
        self.rules = rules
        self.thinking = ThinkingTime()
        self._stopped = False
        self._fresh = True  # the first move of a process may wait for its network to load
        self.engine = EngineProcess(split_command(command), command)
        try:
            self.name = f"{self.engine.greet(timeout)} {self._try('version')}".strip()
            self._commands = set(self.engine.ask("list_commands").split())
        except GocnnError:
            self.engine.kill()
            raise

    def _try(self, command: str) -> str:
        """The answer; empty if the engine refuses."""
        try:
            return self.engine.ask(command)
        except EngineGone:
            raise
        except EngineError:
            return ""

    def ready(self, position: Position) -> None:
        """Set up a new game and play its moves so far; a process that is gone is started anew.

        Raises:
            EngineError: when the engine cannot be made ready, or refuses any of it.
        """
        self.thinking = ThinkingTime()
        if self.engine.running:
            try:
                self._set_up(position)
                return
            except EngineGone:
                pass
        self.engine.start()
        self._fresh = True
        if self._stopped:
            self.stop()
        self._set_up(position)

    def stop(self) -> None:
        """End the engine for good, from any thread; a game it is in is lost to it."""
        self._stopped = True
        self.engine.kill()

    def _set_up(self, position: Position) -> None:
        for command in (f"boardsize {position.size}", "clear_board", f"komi {position.komi:g}"):
            self.engine.ask(command)
        if "kgs-rules" in self._commands:
            self._try(f"kgs-rules {self.rules.name}")
        if position.handicap:
            self.engine.ask(f"fixed_handicap {position.handicap}")
        for colour, point in position.moves:
            self.play(colour, point, position.size)

    def play(self, colour: int, point: int, size: int) -> None:
        """Tell a move.

        Raises:
            EngineError: when the engine refuses it or fails.
        """
        self.engine.ask(f"play {colour_name(colour)} {vertex(point, size)}")

    def move(self, colour: int, timeout: float) -> str:
        """The engine's move: a vertex, pass or resign.

        Raises:
            EngineError: when the engine has none to give, in `timeout` seconds, or fails.
        """
        start = time.perf_counter()
        answer = self.engine.ask(f"genmove {colour_name(colour)}", timeout).strip()
        if not self._fresh:
            self.thinking.add(time.perf_counter() - start)
        self._fresh = False
        return answer


@dataclass(frozen=True)
class Outcome:
    """How a game ended."""

    result: str  # as SGF writes it: B+3.5, W+R, W+F, 0
    reason: str  # score, too long, resignation, illegal move, no move, refusal, too slow, crash
    told: str = ""  # the reason in a sentence, for faults

    @property
    def winner(self) -> int:
        """BLACK, WHITE, or 0 for a draw."""
        return {"B": BLACK, "W": WHITE}.get(self.result[:1], 0)


def _won(winner: int, how: str, reason: str, told: str = "") -> Outcome:
    return Outcome(f"{'B' if winner == BLACK else 'W'}+{how}", reason, told)


def _faulty(loser: int, error: EngineError, reason: str) -> Outcome:
    """The game lost by a fault, whose reason is `reason` if the engine is still there."""
    fault = error.fault if isinstance(error, EngineGone) else reason
    return _won(-loser, "T" if fault == "too slow" else "F", fault, str(error))


def play(
    players: dict[int, EnginePlayer], position: Position, rules: Ruleset, timeout: float
) -> Outcome:
    """Play a game to its end.

    Args:
        players: by colour.
        position: where it starts; the moves are played on it.
        rules: how to count.
        timeout: seconds for a move.

    Raises:
        GocnnError: when an engine cannot be made ready for a game.
    """
    for player in players.values():
        player.ready(position)
    passing = position.size**2
    while [point for _, point in position.moves[-_CLOSED:]] != [passing] * _CLOSED:
        if position.ply >= LONGEST * passing:
            return Outcome(str(final_score(position, rules)), "too long")
        outcome = _turn(players, position, timeout)
        if outcome:
            return outcome
    return Outcome(str(final_score(position, rules)), "score")


def _turn(players: dict[int, EnginePlayer], position: Position, timeout: float) -> Outcome | None:
    """One move; the outcome, if it ends the game."""
    colour = position.to_move
    mover, other = players[colour], players[-colour]
    try:
        text = mover.move(colour, timeout)
    except EngineError as error:
        return _faulty(colour, error, "no move")
    if text.lower() == "resign":
        return _won(-colour, "R", "resignation")
    try:
        point = point_of_vertex(text, position.size)
        position.play(point)
    except GocnnError as error:
        return _won(-colour, "F", "illegal move", f"{mover.engine.label} plays {text!r}: {error}")
    try:
        other.play(colour, point, position.size)
    except EngineError as error:
        return _faulty(-colour, error, "refusal")
    return None


def count(referee: EnginePlayer, position: Position) -> Score | None:
    """What a GTP engine holds the final score to be; None when it has no answer."""
    try:
        referee.ready(position)
        return parse_score(referee.engine.ask("final_score"))
    except EngineError:
        return None


def parse_score(text: str) -> Score | None:
    """A score as GTP writes it; None when it is none.

    >>> parse_score("W+12.5"), parse_score("0"), parse_score("B+R")
    (Score(margin=-12.5), Score(margin=0.0), None)
    """
    match = _SCORE.match(text.strip())
    if not match:
        return None
    sign, points = match.groups()
    return Score(float(points) * (-1 if sign in ("W", "w") else 1) if sign else 0.0)
