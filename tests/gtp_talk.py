"""A GTP engine that knows no network, for tests to talk to."""

from collections.abc import Sequence

import numpy as np

import gocnn.gtp.run  # noqa: F401 - it registers all commands
from gocnn.features import Conditions
from gocnn.gtp.engine import Engine
from gocnn.gtp.protocol import serve
from gocnn.player import Prediction, Style
from gocnn.position import Position
from gocnn.search import Thinker


def uniform(positions: Sequence[Position], _conditions: Sequence[Conditions]) -> list[Prediction]:
    """Every move is as likely as any other, but that lower points come first by a hair."""
    policy = np.linspace(1, 0.999, positions[0].size ** 2 + 1, dtype=np.float32)
    return [Prediction(policy / policy.sum(), 0.5) for _ in positions]


def new_engine(**style: object) -> Engine:
    """An engine whose choices are repeated by every test run."""
    fixed = {"seed": 1, "playouts": 50, **style}
    return Engine(Thinker(uniform), Style(**fixed))  # type: ignore[arg-type]


def talk(engine: Engine, *lines: str) -> list[str]:
    """The answers to command lines, without their last line feeds."""
    said: list[str] = []
    serve(engine.find, [f"{line}\n".encode() for line in lines], said.append)
    *answers, rest = "".join(said).split("\n\n")
    assert not rest, "the last answer has no end"
    return answers
