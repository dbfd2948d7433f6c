"""The state of a GTP session: a position, a player, the clocks.

Commands live in the modules beside this one. The network loads in the background from the start
on, so that the first answers come at once; the first move waits for it.
"""

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from gocnn import __version__
from gocnn.errors import GocnnError
from gocnn.features import Conditions
from gocnn.gtp.clock import Clock
from gocnn.gtp.protocol import CommandError, Handler
from gocnn.gtp.table import TABLE
from gocnn.player import Player, Prediction, PredictMany, Style
from gocnn.position import Position
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


class Engine:
    """What the commands work on.

    Args:
        thinker: says how likely each move is.
        style: how to play.
        superko: whether positional superko holds, for both sides.
        name: what the command `name` answers.
        loading: says whether the thinker would have to wait for its network.
    """

    def __init__(
        self,
        thinker: Thinker,
        style: Style | None = None,
        *,
        superko: bool = False,
        name: str = "gocnn",
        loading: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name, self.version = name, __version__
        self.thinker = thinker
        style = style or Style()
        if style.seed is None:  # one that can be told
            style = replace(style, seed=secrets.randbelow(10**9))
        thinker.rules = style.rules
        self.player = Player(thinker, style)
        self.superko = superko
        self.loading = loading
        self.clock = Clock()
        self.position = Position(19, superko=superko)

    def find(self, name: str) -> Handler | None:
        """The handler of a command."""
        action = TABLE.get(name)
        return None if action is None else partial(action, self)

    def restyle(self, **changes: Any) -> None:
        """Play in another style from now on; a new seed begins its draws anew.

        Raises:
            GocnnError: when a field of the style is out of range.
        """
        style = replace(self.player.style, **changes)
        self.thinker.rules = style.rules
        if "seed" in changes:
            self.player = Player(self.thinker, style)
        else:
            self.player.style = style

    def forbid_repetition(self, superko: bool) -> None:
        """Whether positional superko holds, from now on and in later games."""
        self.superko = self.position.superko = superko

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
        self.clock.left.clear()
        self.thinker.new_game()
        self.player.new_game()
