"""The state of a GTP session: a position, a player, the clocks.

Commands live in the modules beside this one. The network loads in the background from the start
on, so that the first answers come at once; the first move waits for it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from gocnn import __version__
from gocnn.errors import GocnnError
from gocnn.features import Conditions
from gocnn.gtp.protocol import CommandError, Handler
from gocnn.gtp.table import TABLE
from gocnn.player import Player, Prediction, PredictMany, Style, candidates
from gocnn.position import Position
from gocnn.scoring import judge
from gocnn.search import Thinker

SMALLEST, LARGEST = 5, 25  # lines of a board


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


def warm_up(predict: PredictMany) -> None:
    """Do once what is slow the first time: load compiled code, plan the network."""
    position = Position(19)
    predict([position], [Conditions()])
    candidates(position)
    judge(position, playouts=1)


@dataclass
class Clock:
    """The time a player has, as the controller tells it; nothing depends on it yet."""

    main: int = 0  # seconds
    period: int = 0  # seconds of a byo-yomi period
    stones: int = 0  # moves in a period
    left: dict[int, tuple[int, int]] = field(default_factory=dict)  # by colour: seconds, stones


class Engine:
    """What the commands work on.

    Args:
        thinker: says how likely each move is.
        style: how to play.
        superko: whether positional superko holds, for both sides.
        name: what the command `name` answers.
    """

    def __init__(
        self,
        thinker: Thinker,
        style: Style | None = None,
        *,
        superko: bool = False,
        name: str = "gocnn",
    ) -> None:
        self.name, self.version = name, __version__
        self.thinker = thinker
        self.player = Player(thinker, style)
        self.superko = superko
        self.clock = Clock()
        self.position = Position(19, superko=superko)

    def find(self, name: str) -> Handler | None:
        """The handler of a command."""
        action = TABLE.get(name)
        return None if action is None else partial(action, self)

    def clear(self, size: int | None = None) -> None:
        """An empty board, of a new size if one is given; komi stays.

        Raises:
            CommandError: unacceptable size.
        """
        size = self.position.size if size is None else size
        if not SMALLEST <= size <= LARGEST:
            raise CommandError("unacceptable size")
        self.start(Position(size, komi=self.position.komi, superko=self.superko))

    def start(self, position: Position) -> None:
        """Another game."""
        self.position = position
        self.thinker.new_game()
        self.player.new_game()
