"""The commands by name; each is a function of the session and its arguments.

A module of `gocnn.gtp.commands` registers its commands when it is imported; `gocnn.gtp.server`
imports them all.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from gocnn.gtp.protocol import Answer, Handler
from gocnn.gtp.session import Session

Action = Callable[[Session, list[str]], Answer]
_A = TypeVar("_A", bound=Action)

COMMANDS: dict[str, Action] = {}


def command(*names: str) -> Callable[[_A], _A]:
    """Register a function as the command of a name, or of several; it returns the answer."""

    def register(action: _A) -> _A:
        for name in names:
            assert name not in COMMANDS, f"two commands {name}"
            COMMANDS[name] = action
        return action

    return register


def find_command(session: Session, name: str) -> Handler | None:
    """The handler of a command in a session; None when there is no such command."""
    action = COMMANDS.get(name)
    return None if action is None else partial(action, session)
