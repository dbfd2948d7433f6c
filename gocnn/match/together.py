"""Many games in one process, which ask the network together.

A game is a plain function that plays from move to move, with a search or without. Each runs in a
thread of its own until it asks the network; once all of them wait, all that was asked is answered
in one batch. So how many positions a batch has, and which, depends on the games alone.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gocnn.go.position import Position
from gocnn.prediction import Conditions, Evaluator, Prediction


class _Stopped(Exception):
    """Another game failed, or the user wants to end."""


@dataclass
class _Question:
    positions: Sequence[Position]
    conditions: Sequence[Conditions]
    answers: list[Prediction] | None = None


class Together:
    """An evaluator for games that run at the same time.

    Args:
        network: answers what the games ask, in the thread of `run`.
    """

    def __init__(self, network: Evaluator) -> None:
        self._network = network
        self._change = threading.Condition()
        self._own = threading.local()  # the number of a thread's game
        self._working = 0  # games that neither wait nor are over
        self._asked: dict[int, _Question] = {}  # by game
        self._failure: BaseException | None = None

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions], /
    ) -> list[Prediction]:
        """The network's answers, once all games wait for theirs; only in a game of `run`."""
        question = _Question(positions, conditions)
        with self._change:
            self._asked[self._own.number] = question
            self._working -= 1
            self._change.notify_all()
            self._change.wait_for(lambda: question.answers is not None or self._failure)
            if question.answers is None:
                raise _Stopped
            return question.answers

    def run(self, games: Sequence[Callable[[], None]]) -> None:
        """Play games to their end.

        Raises:
            BaseException: what a game or the network has raised first; all games have ended then.
        """
        self._failure, self._working = None, len(games)
        threads = [
            threading.Thread(target=self._play, args=(number, game), daemon=True)
            for number, game in enumerate(games)
        ]
        for thread in threads:
            thread.start()
        try:
            while asked := self._next_questions():
                self._answer(asked)
        except BaseException as error:
            self._fail(error)
        for thread in threads:
            thread.join()
        if self._failure is not None:
            raise self._failure

    def _play(self, number: int, game: Callable[[], None]) -> None:
        self._own.number = number
        try:
            game()
        except _Stopped:
            pass
        except BaseException as error:
            self._fail(error)
        with self._change:
            self._working -= 1
            self._change.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._change:
            self._failure = self._failure or error
            self._change.notify_all()

    def _next_questions(self) -> list[_Question]:
        """What all games that go on ask, in their order; nothing once they are over."""
        with self._change:
            self._change.wait_for(lambda: not self._working or self._failure)
            if self._failure is not None:
                return []
            asked = [self._asked[number] for number in sorted(self._asked)]
            self._asked.clear()
            return asked

    def _answer(self, asked: list[_Question]) -> None:
        answers = iter(
            self._network(
                [position for question in asked for position in question.positions],
                [told for question in asked for told in question.conditions],
            )
        )
        with self._change:
            for question in asked:
                question.answers = [next(answers) for _ in question.positions]
            self._working += len(asked)
            self._change.notify_all()
