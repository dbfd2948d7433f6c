"""The commands by name; each is a function of the engine and its arguments.

A module of commands registers them when it is imported; `gocnn.gtp.run` imports them all.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from gocnn.gtp.protocol import Answer

if TYPE_CHECKING:
    from gocnn.gtp.engine import Engine

Action = Callable[["Engine", list[str]], Answer]
_A = TypeVar("_A", bound=Action)

TABLE: dict[str, Action] = {}


def command(*names: str) -> Callable[[_A], _A]:
    """Register a function as the command of a name, or of several; it returns the answer."""

    def register(action: _A) -> _A:
        for name in names:
            assert name not in TABLE, f"two commands {name}"
            TABLE[name] = action
        return action

    return register
