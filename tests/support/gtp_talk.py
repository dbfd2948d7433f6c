"""A GTP engine that knows no network, for tests to talk to."""

import os
import select
import threading
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

import gocnn.gtp.server  # noqa: F401 - it registers all commands
from gocnn.go.board import BLACK
from gocnn.go.coords import point_of_vertex
from gocnn.go.position import Position
from gocnn.gtp.input import read_lines
from gocnn.gtp.protocol import Handler, serve
from gocnn.gtp.registry import find_command
from gocnn.gtp.session import Session
from gocnn.play.search import Search
from gocnn.play.style import Style
from gocnn.prediction import Conditions, Evaluator, Prediction


def uniform(positions: Sequence[Position], _conditions: Sequence[Conditions]) -> list[Prediction]:
    """Every move is as likely as any other, but that lower points come first by a hair."""
    policy = np.linspace(1, 0.999, positions[0].size ** 2 + 1, dtype=np.float32)
    return [Prediction(policy / policy.sum(), 0.5) for _ in positions]


def new_session(network: Evaluator = uniform, **style: object) -> Session:
    """A session whose choices are repeated by every test run."""
    fixed = {"seed": 1, "playouts": 50, **style}
    return Session(Search(network), Style(**fixed))  # type: ignore[arg-type]


def talk(session: Session, *lines: str) -> list[str]:
    """The answers to command lines, without their last line feeds."""
    sent: list[str] = []
    serve(partial(find_command, session), [f"{line}\n".encode() for line in lines], sent.append)
    *answers, rest = "".join(sent).split("\n\n")
    assert not rest, "the last answer has no end"
    return answers


class Conversation:
    """A conversation over real pipes, line by line, with an engine in a thread.

    Args:
        find: the handler of a command name, if there is one.
    """

    def __init__(self, find: Callable[[str], Handler | None]) -> None:
        lines, self._commands = os.pipe()
        self._answers, channel = os.pipe()
        self._rest = b""

        def work() -> None:
            serve(find, read_lines(lines), lambda text: os.write(channel, text.encode()))
            os.close(channel)

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def send(self, *lines: str) -> None:
        """Send lines at once."""
        os.write(self._commands, "".join(f"{line}\n" for line in lines).encode())

    def end(self) -> None:
        """End the input."""
        os.close(self._commands)

    def line(self, seconds: float = 20) -> str:
        """The next line of an answer, which has to come in time."""
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], seconds)
            assert ready, f"nothing came for {seconds} s"
            data = os.read(self._answers, 1 << 16)
            assert data, "the engine has gone"
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def answer(self) -> list[str]:
        """The lines up to an empty one, without it."""
        return list(iter(self.line, ""))

    def is_quiet(self, seconds: float = 0.2) -> bool:
        """Whether nothing more comes for a while."""
        return not self._rest and not select.select([self._answers], [], [], seconds)[0]


SHARES = {"C3": 0.5, "G7": 0.2, "E5": 0.1, "pass": 0.04}


def leaning(positions: Sequence[Position], _conditions: Sequence[Conditions]) -> list[Prediction]:
    """Some points of a 9x9 board are likely, the rest hardly; black wins 60 games of 100."""
    predictions = []
    for position in positions:
        policy = np.full(82, 0.002, np.float32)
        for name, share in SHARES.items():
            policy[point_of_vertex(name, 9)] = share
        policy[:-1][position.board.stones[:-1] != 0] = 0
        predictions.append(
            Prediction(policy / policy.sum(), 0.6 if position.to_move == BLACK else 0.4)
        )
    return predictions


def playing_on(positions: Sequence[Position], conditions: Sequence[Conditions]) -> list[Prediction]:
    """As `leaning`, but nobody passes after the first move, so that no line ends the game."""
    predictions = leaning(positions, conditions)
    for position, prediction in zip(positions, predictions, strict=True):
        if position.ply:
            prediction.policy[-1] = 0
    return predictions


def small_session(network: Evaluator = leaning, visits: int = 1) -> Session:
    """A session on a 9x9 board, whose choices are repeated by every test run.

    A search goes by the network alone: few playouts of an empty board would say anything.
    """
    session = Session(Search(network, playout_weight=0), Style(seed=1, playouts=50, visits=visits))
    talk(session, "boardsize 9")
    return session


def first_line(session: Session, command: str) -> str:
    """The first line of an analysis."""
    conversation = Conversation(partial(find_command, session))
    conversation.send(command)
    assert conversation.line() == "="
    line = conversation.line()
    conversation.send("")
    conversation.answer()
    return line


def last_line(session: Session, command: str) -> str:
    """The line that an analysis repeats once it has come to its end."""
    conversation = Conversation(partial(find_command, session))
    conversation.send(command)
    lines = [conversation.line(), conversation.line()]
    while lines[-1] != lines[-2]:
        lines.append(conversation.line())
    conversation.send("")
    conversation.answer()
    return lines[-1]
