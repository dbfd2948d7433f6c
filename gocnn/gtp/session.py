"""The state of a GTP session: a position, a player, the clocks.

Commands live in the modules beside this one. The network loads in the background from the start
on, so that the first answers come at once; the first move waits for it.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gocnn import __version__
from gocnn.go.position import Position
from gocnn.gtp.clock import Clock
from gocnn.gtp.protocol import CommandError
from gocnn.play.player import Player
from gocnn.play.search import Thinker
from gocnn.play.style import Style

SMALLEST, LARGEST = 5, 25  # lines of a board


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
