"""gocnn predicts Go moves with a poolless convolutional network.

`import gocnn` is enough for most programs, and loads nothing heavy: each name below is imported
from its module when it is first used. docs/python.md has examples.
"""

import os
from importlib import import_module

from gocnn.version import __version__

TYPE_CHECKING = False  # as that of typing, which takes a while to load, and Ctrl-C may come then
if TYPE_CHECKING:
    from typing import Any

    from gocnn.errors import GocnnError, IllegalMove
    from gocnn.go.board import BLACK, EMPTY, WHITE
    from gocnn.go.coords import point_of_vertex, vertex
    from gocnn.go.game import Game
    from gocnn.go.position import Position
    from gocnn.go.ranks import parse_rank, rank_name
    from gocnn.go.scoring import final_score
    from gocnn.inference.predictor import Predictor
    from gocnn.play.player import Choice, Player
    from gocnn.play.style import Style
    from gocnn.prediction import Conditions, Prediction
    from gocnn.render.diagram import Diagram
    from gocnn.render.png import write_picture
    from gocnn.render.svg import to_svg
    from gocnn.sgf.reader import Reject, load_game, read_games

# torch's threads wait for each other by spinning, unless told otherwise before it is loaded. Beside
# another busy program, such as the engine that one plays against, a move then takes not 5 ms but
# over a second.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_MODULES = {
    "BLACK": "go.board",
    "EMPTY": "go.board",
    "WHITE": "go.board",
    "Choice": "play.player",
    "Conditions": "prediction",
    "Diagram": "render.diagram",
    "Game": "go.game",
    "GocnnError": "errors",
    "IllegalMove": "errors",
    "Player": "play.player",
    "Position": "go.position",
    "Prediction": "prediction",
    "Predictor": "inference.predictor",
    "Reject": "sgf.reader",
    "Style": "play.style",
    "final_score": "go.scoring",
    "load_game": "sgf.reader",
    "parse_rank": "go.ranks",
    "point_of_vertex": "go.coords",
    "rank_name": "go.ranks",
    "read_games": "sgf.reader",
    "to_svg": "render.svg",
    "vertex": "go.coords",
    "write_picture": "render.png",
}
"""The module that each public name comes from."""

__all__ = [
    "BLACK",
    "EMPTY",
    "WHITE",
    "Choice",
    "Conditions",
    "Diagram",
    "Game",
    "GocnnError",
    "IllegalMove",
    "Player",
    "Position",
    "Prediction",
    "Predictor",
    "Reject",
    "Style",
    "__version__",
    "final_score",
    "load_game",
    "parse_rank",
    "point_of_vertex",
    "rank_name",
    "read_games",
    "to_svg",
    "vertex",
    "write_picture",
]


def __getattr__(name: str) -> "Any":
    """Import a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'gocnn' has no attribute {name!r}")
    value = getattr(import_module(f"gocnn.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
