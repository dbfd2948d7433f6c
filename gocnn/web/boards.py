"""A game as a page sends it, played out: the page keeps the game, the server knows the rules.

A game is ``{"size", "komi", "rules", "handicap", "steps"}``. A step is a move ``[colour, point]``,
where size * size is a pass, or a set-up ``{"black", "white", "empty", "to_move"}``, each list of
which may be left out. So every request has all that its answer needs, and the server forgets it.
"""

from typing import Any, NamedTuple

from gocnn.errors import IllegalMove
from gocnn.go.board import MAX_SIZE, MIN_SIZE
from gocnn.go.coords import vertex
from gocnn.go.position import Position, colour_name
from gocnn.go.rules import RULESETS, Ruleset
from gocnn.web.fields import (
    BadRequest,
    Fields,
    as_colour,
    as_integer,
    as_list,
    as_number,
    as_object,
    as_points,
    as_text,
)

MAX_STEPS = 4000
MAX_KOMI = 400.0
_MAX_HANDICAP = 25
_SUPERKO = ("aga", "tromp-taylor")  # the rules that forbid to repeat any earlier position
_SIGNS = {0: ".", 1: "X", -1: "O"}

# What the page says in its own language, by what the position objects.
OBJECTIONS = {
    "the point is taken": "taken",
    "ko": "ko",
    "suicide": "suicide",
    "it repeats an earlier position (superko)": "superko",
}


class WebGame(NamedTuple):
    """A game that came with a request."""

    position: Position  # after the last step
    rules: Ruleset


class GameHeader(NamedTuple):
    """What a game is played under."""

    size: int
    komi: float
    rules: Ruleset
    handicap: int


def read_header(data: Fields) -> GameHeader:
    """The conditions of a game.

    Raises:
        BadRequest: when a field is missing or wrong.
    """
    size = as_integer(data.get("size"), "size", MIN_SIZE, MAX_SIZE)
    komi = as_number(data.get("komi"), "komi", -MAX_KOMI, MAX_KOMI)
    name = as_text(data.get("rules"), "rules")
    if name not in RULESETS:
        raise BadRequest(f"rules must be one of {', '.join(RULESETS)}")
    handicap = as_integer(data.get("handicap", 0), "handicap", 0, _MAX_HANDICAP)
    return GameHeader(size, komi, RULESETS[name], handicap)


class Replay:
    """Plays the steps of a game one after another.

    Args:
        data: the game, as the module describes it.

    Raises:
        BadRequest: when a field is missing or wrong.
    """

    def __init__(self, data: object) -> None:
        fields = as_object(data, "game")
        self.header = read_header(fields)
        self._steps = as_list(fields.get("steps"), "steps", MAX_STEPS)
        self.position = Position(self.header.size, komi=self.header.komi)
        self.position.handicap = self.header.handicap

    def __len__(self) -> int:
        return len(self._steps)

    def step(self, index: int) -> None:
        """Take a step; the steps before have been taken.

        Raises:
            BadRequest: when it is not a step, or an illegal one.
        """
        play_step(self.position, self._steps[index], f"step {index + 1}")

    def finish(self) -> WebGame:
        """Take all steps.

        Raises:
            BadRequest: when one is not a step, or an illegal one.
        """
        for index in range(len(self)):
            self.step(index)
        # Records of games may repeat positions; a move that is new may not.
        self.position.superko = self.header.rules.name in _SUPERKO
        return WebGame(self.position, self.header.rules)


def read_game(data: object) -> WebGame:
    """A game from a request, all its steps taken.

    Raises:
        BadRequest: when a field is missing or wrong, or a step illegal.
    """
    return Replay(data).finish()


def play_step(position: Position, step: object, name: str) -> None:
    """Take one step, a move or a set-up.

    Raises:
        BadRequest: when it is not a step, or an illegal one.
    """
    if isinstance(step, list):
        if len(step) != 2:
            raise BadRequest(f"{name} must be [colour, point]")
        colour = as_colour(step[0], f"{name}, colour")
        point = as_integer(step[1], f"{name}, point", 0, position.size**2)
        play_move(position, point, colour)
        return
    fields = as_object(step, name)
    black, white, empty = (
        as_points(fields.get(key, []), f"{name}, {key}", position.size)
        for key in ("black", "white", "empty")
    )
    mover = fields.get("to_move")
    to_move = None if mover is None else as_colour(mover, f"{name}, to_move")
    try:
        position.setup(black, white, empty, to_move)
    except IllegalMove as error:
        raise BadRequest(f"{name}: {error}", "bad-setup", 422) from None


def play_move(position: Position, point: int, colour: int) -> None:
    """Play a move.

    Raises:
        BadRequest: when it is illegal, with a code of `OBJECTIONS`.
    """
    objection = position.objection(point, colour)
    if objection is not None:
        raise BadRequest(
            f"{colour_name(colour)} may not play {vertex(point, position.size)}: {objection}",
            OBJECTIONS.get(objection, "illegal"),
            422,
        )
    position.play(point, colour)


def describe(position: Position) -> dict[str, Any]:
    """What a page draws: stones (X black, O white, from the upper left), ko, prisoners, mover."""
    return {
        "stones": "".join(_SIGNS[stone] for stone in position.stones.ravel().tolist()),
        "ko": position.ko,
        "prisoners": list(position.prisoners),
        "to_move": position.to_move,
        "passes": position.passes,
    }


def boards(data: object) -> list[dict[str, Any]]:
    """The boards of a game, from before the first step to after the last.

    Raises:
        BadRequest: when a field is missing or wrong, or a step illegal.
    """
    replay = Replay(data)
    described = [describe(replay.position)]
    for index in range(len(replay)):
        replay.step(index)
        described.append(describe(replay.position))
    return described
