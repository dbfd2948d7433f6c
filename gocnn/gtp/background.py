"""The network, loaded in a thread of its own while the first commands are answered."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from gocnn.defaults import PATIENCE
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK
from gocnn.go.ladders import find_ladders
from gocnn.go.position import Position
from gocnn.go.scoring import judge
from gocnn.play.search import Search
from gocnn.prediction import Conditions, Evaluator, Prediction


class BackgroundEvaluator:
    """An evaluator that loads in a thread of its own.

    Args:
        load: makes the evaluator.
        report: called from that thread, with the message, when the evaluator cannot be made.
    """

    def __init__(self, load: Callable[[], Evaluator], report: Callable[[str], object]) -> None:
        self._load, self._report = load, report
        self._evaluator: Evaluator | None = None
        self._error = ""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            self._evaluator = self._load()
        except Exception as error:  # also what torch raises; the first move fails with it
            self._error = " ".join(str(error).split()) or type(error).__name__
            self._report(self._error)

    def loading(self) -> bool:
        """Whether loading goes on."""
        return self._thread.is_alive()

    def __call__(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        """Predict, once the evaluator is loaded.

        Raises:
            GocnnError: when it could not be made.
        """
        while self._thread.is_alive():
            self._thread.join(PATIENCE)
        if self._evaluator is None:
            raise GocnnError(self._error)
        return self._evaluator(positions, conditions)


_FIRST_REPORT, _NEXT_REPORT = 3.0, 5.0  # seconds until the first report, and between reports
_WARM_VISITS = 4


def network_loader(weights: str | None, device: str, symmetries: int) -> Callable[[], Evaluator]:
    """Make the function that loads the network and warms it up.

    That function is the first to import torch.
    """

    def load() -> Evaluator:
        with report_stages(warn) as stage:
            stage("loading torch and the network")
            from gocnn.inference.predictor import Predictor

            predictor = Predictor(weights, device=device, symmetries=symmetries)
            warm_up(predictor.predict, stage)
        warn(f"ready: {predictor.describe()}")
        return predictor.predict

    return load


def warm_up(network: Evaluator, stage: Callable[[str], object] = lambda _: None) -> None:
    """Do once what is slow the first time: compile, or load what was compiled; plan the network.

    Args:
        network: predicts positions.
        stage: called with the name of each stage.
    """
    stage("compiling the rules")
    position = Position(19)
    position.play(0)
    position.undo()
    position.candidate_moves()
    stage("compiling what the network sees")
    network([position], [Conditions()])
    stage("compiling playouts")
    judge(position, playouts=1)
    stage("compiling ladders")
    find_ladders(position.board, BLACK)
    stage("compiling the search")
    Search(network, _WARM_VISITS)([position], [Conditions()])


@contextlib.contextmanager
def report_stages(
    report: Callable[[str], object], first: float = _FIRST_REPORT, pause: float = _NEXT_REPORT
) -> Iterator[Callable[[str], None]]:
    """Report the present stage now and then; report nothing where all is done soon.

    Args:
        report: called from a thread of its own.
        first: seconds until the first report.
        pause: seconds between reports.

    Yields:
        A function to be called with the name of each stage as it begins.
    """
    stages = [""]
    done = threading.Event()
    began = time.monotonic()

    def keep_reporting() -> None:
        wait = first
        while not done.wait(wait):
            wait = pause
            seconds = round(time.monotonic() - began)
            report(f"{stages[-1]} ({seconds} s so far; the very first start takes longest)")

    thread = threading.Thread(target=keep_reporting, daemon=True)
    thread.start()
    try:
        yield stages.append
    finally:
        done.set()
        thread.join()


def warn(message: str) -> None:
    """Write a line to standard error, in one piece: Lizzie reads both streams from one pipe."""
    sys.stderr.write(f"gocnn: {message}\n")
    sys.stderr.flush()
