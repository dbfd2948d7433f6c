"""The state of a GTP session: a position, a player, the clocks.

The commands are in `gocnn.gtp.commands`. The network loads in the background from the start on, so
that the first answers come at once; the first move waits for it.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gocnn.go.position import Position
from gocnn.gtp.clock import Clock
from gocnn.gtp.protocol import CommandError
from gocnn.play.player import Player
from gocnn.play.search import Search
from gocnn.play.style import Style
from gocnn.version import __version__

SMALLEST, LARGEST = 5, 25  # lines of a board


class Session:
    """What the commands work on.

    Args:
        search: predicts each move, by the network alone or by a search.
        style: how to play.
        superko: whether positional superko holds, for both sides.
        name: what the command `name` answers.
        loading: says whether the search would have to wait for its network.
    """

    def __init__(
        self,
        search: Search,
        style: Style | None = None,
        *,
        superko: bool = False,
        name: str = "gocnn",
        loading: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name, self.version = name, __version__
        self.search = search
        style = style or Style()
        if style.seed is None:  # one that `get_random_seed` can answer
            style = replace(style, seed=secrets.randbelow(10**9))
        self.player = Player(search, style)
        self.superko = superko
        self.loading = loading
        self.clock = Clock()
        self.position = Position(19, superko=superko)
        self.komi = self.position.komi  # as the controller set it, for files that tell none
        self.search.follow(self.player.style, self.position.size)

    def change_style(self, **changes: Any) -> None:
        """Play in another style from now on; a new seed starts a new sequence of draws.

        Raises:
            GocnnError: when a field of the style is out of range.
        """
        style = replace(self.player.style, **changes)
        if "seed" in changes:
            self.player = Player(self.search, style)
        else:
            self.player.style = style
        self.search.follow(self.player.style, self.position.size)

    def set_superko(self, superko: bool) -> None:
        """Set whether positional superko holds, from now on and in later games."""
        self.superko = self.position.superko = superko

    def clear(self, size: int | None = None) -> None:
        """Start a game on an empty board, of a new size if one is given; komi stays.

        Raises:
            CommandError: unacceptable size.
        """
        size = self.position.size if size is None else size
        if not SMALLEST <= size <= LARGEST:
            raise CommandError("unacceptable size")
        self.start(Position(size, komi=self.position.komi, superko=self.superko))

    def start(self, position: Position) -> None:
        """Start a game from a position."""
        self.position = position
        self.search.follow(self.player.style, self.position.size)
        self.clock.left.clear()
        self.search.new_game()
        self.player.new_game()
