"""The network, loaded in a thread of its own while the first commands are answered."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK
from gocnn.go.ladders import find_ladders
from gocnn.go.position import Position
from gocnn.go.scoring import judge
from gocnn.play.search import Thinker
from gocnn.prediction import Conditions, Prediction, PredictMany


class Background:
    """A predictor that loads in a thread of its own.

    Args:
        load: makes the predictor.
        report: told, from that thread, when it cannot be made.
    """

    def __init__(self, load: Callable[[], PredictMany], report: Callable[[str], object]) -> None:
        self._load, self._report = load, report
        self._predict: PredictMany | None = None
        self._error = ""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._predict = self._load()
        except Exception as error:  # also what torch raises; it is told at the first move
            self._error = " ".join(str(error).split()) or type(error).__name__
            self._report(self._error)

    def loading(self) -> bool:
        """Whether it is not known yet if there is a predictor."""
        return self._thread.is_alive()

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        """Predict, once the predictor is there.

        Raises:
            GocnnError: when it could not be made.
        """
        self._thread.join()
        if self._predict is None:
            raise GocnnError(self._error)
        return self._predict(positions, conditions)


_QUIET, _PAUSE = 3.0, 5.0  # seconds before the first word, and between words
_WARM_VISITS = 4


def loader(weights: str | None, device: str, symmetries: int) -> Callable[[], PredictMany]:
    """What loads the network and makes the first move a quick one.

    torch is imported only when it runs.
    """

    def load() -> PredictMany:
        with word_of_progress(warn) as stage:
            stage("loading torch and the network")
            from gocnn.inference.predictor import Predictor

            predictor = Predictor(weights, device=device, symmetries=symmetries)
            warm_up(predictor.predict, stage)
        warn(f"ready: {predictor.describe()}")
        return predictor.predict

    return load


def warm_up(predict: PredictMany, stage: Callable[[str], object] = lambda _: None) -> None:
    """Do once what is slow the first time: compile, or load what was compiled; plan the network.

    Args:
        predict: the network.
        stage: told what comes next.
    """
    stage("compiling the rules")
    position = Position(19)
    position.play(0)
    position.undo()
    position.candidate_moves()
    stage("compiling what the network sees")
    predict([position], [Conditions()])
    stage("compiling playouts")
    judge(position, playouts=1)
    stage("compiling ladders")
    find_ladders(position.board, BLACK)
    stage("compiling the search")
    Thinker(predict, _WARM_VISITS)(position, Conditions())


@contextlib.contextmanager
def word_of_progress(
    report: Callable[[str], object], quiet: float = _QUIET, pause: float = _PAUSE
) -> Iterator[Callable[[str], None]]:
    """Tell now and then what is going on; nothing where it is done soon.

    Args:
        report: told, from a thread of its own.
        quiet: seconds until the first word.
        pause: seconds between words.

    Yields:
        A function to say what is going on now.
    """
    doing = [""]
    done = threading.Event()
    began = time.monotonic()

    def talk() -> None:
        wait = quiet
        while not done.wait(wait):
            wait = pause
            seconds = round(time.monotonic() - began)
            report(f"{doing[-1]} ({seconds} s so far; the very first start takes longest)")

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield doing.append
    finally:
        done.set()
        thread.join()


def warn(message: str) -> None:
    """Say something on standard error, in one piece: Lizzie has both streams in one pipe."""
    sys.stderr.write(f"gocnn: {message}\n")
    sys.stderr.flush()
