"""The commands by name; each is a function of the engine and its arguments.

A module of commands registers them when it is imported; `gocnn.gtp.run` imports them all.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gocnn.gtp.engine import Engine

Action = Callable[["Engine", list[str]], str]

TABLE: dict[str, Action] = {}


def command(name: str) -> Callable[[Action], Action]:
    """Register a function as the command of a name; it returns the answer's text."""

    def register(action: Action) -> Action:
        assert name not in TABLE, f"two commands {name}"
        TABLE[name] = action
        return action

    return register
