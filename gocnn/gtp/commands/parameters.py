"""`gocnn-param`: what can be changed while a game is on, in the form of GoGui's `param` type."""

from collections.abc import Callable
from typing import NamedTuple

from gocnn.go.ranks import RANKS
from gocnn.go.rules import RULESETS, ruleset
from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import command
from gocnn.gtp.session import Session
from gocnn.play.style import BEST, Style, rank_code, rank_text

_RANKS = "/".join(map(rank_text, [BEST, *range(RANKS - 1, -1, -1)]))
_BY_RANK = "rank"  # what goes by the rank
_SWITCHES = {"1": True, "true": True, "on": True, "0": False, "false": False, "off": False}


class Parameter(NamedTuple):
    """One thing that can be changed."""

    kind: str  # as GoGui names it
    show: Callable[[Session], str]
    change: Callable[[Session, str], None]  # raises GocnnError for a value that will not do


def _style(
    field: str, kind: str, show: Callable[[Style], object], read_value: Callable[[str], object]
) -> Parameter:
    def change(session: Session, text: str) -> None:
        session.change_style(**{field: read_value(text)})

    return Parameter(kind, lambda session: str(show(session.player.style)), change)


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCHES:
        raise CommandError(read.SYNTAX)
    return _SWITCHES[text.lower()]


def _or_by_rank(read_value: Callable[[str], float]) -> Callable[[str], float | None]:
    return lambda text: None if text.lower() == _BY_RANK else read_value(text)


def _seed(text: str) -> int:
    seed = read.integer(text)
    if seed < 0:
        raise CommandError(read.SYNTAX)
    return seed


PARAMETERS = {
    "rank": _style("rank", f"list/{_RANKS}", lambda s: rank_text(s.rank), rank_code),
    "opponent-rank": _style(
        "opponent_rank", f"list/{_RANKS}", lambda s: rank_text(s.opponent_rank), rank_code
    ),
    "temperature": _style(
        "temperature",
        "string",
        lambda s: _BY_RANK if s.temperature is None else f"{s.temperature:g}",
        _or_by_rank(read.real),
    ),
    "seed": _style("seed", "string", lambda s: s.seed, _seed),
    "visits": _style(
        "visits",
        "string",
        lambda s: _BY_RANK if s.visits is None else s.visits,
        _or_by_rank(read.integer),
    ),
    "resign": _style("resign", "bool", lambda s: int(s.resign), _switch),
    "resign-below": _style("resign_below", "string", lambda s: f"{s.resign_below:g}", read.real),
    "playouts": _style("playouts", "string", lambda s: s.playouts, read.integer),
    "rules": _style("rules", f"list/{'/'.join(RULESETS)}", lambda s: s.rules.name, ruleset),
    "superko": Parameter(
        "bool",
        lambda session: str(int(session.superko)),
        lambda session, text: session.set_superko(_switch(text)),
    ),
}


@command("gocnn-param")
def gocnn_param(session: Session, arguments: list[str]) -> str:
    """All parameters, one a line; or the value of the one that is named; or give it a new one."""
    if not arguments:
        return "\n".join(
            f"[{parameter.kind}] {name} {parameter.show(session)}"
            for name, parameter in PARAMETERS.items()
        )
    read.expect(arguments, 1, 2)
    name = arguments[0].lower().replace("_", "-")
    if name not in PARAMETERS:
        raise CommandError(f"unknown parameter: try {', '.join(PARAMETERS)}")
    if len(arguments) == 1:
        return PARAMETERS[name].show(session)
    PARAMETERS[name].change(session, arguments[1])
    return ""


@command("get_random_seed")
def get_random_seed(session: Session, _arguments: list[str]) -> str:
    """The seed of the engine's draws."""
    return PARAMETERS["seed"].show(session)


@command("set_random_seed")
def set_random_seed(session: Session, arguments: list[str]) -> str:
    """Draw by a seed from now on; the same one repeats a game."""
    read.expect(arguments, 1)
    PARAMETERS["seed"].change(session, arguments[0])
    return ""
