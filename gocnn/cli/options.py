"""Parameter types and options that several commands share.

Importing this module loads click and nothing else from outside.
"""

import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from gocnn.defaults import BOARD_SIZE
from gocnn.errors import GocnnError

Command = TypeVar("Command", bound=Callable[..., Any])

THEMES = ("light", "dark", "print", "plain", "plain-dark")  # of gocnn.render.theme.THEMES
RULES = ("chinese", "japanese", "aga", "tromp-taylor")  # the names of gocnn.go.rules.RULESETS


if TYPE_CHECKING:
    FloatType: TypeAlias = click.ParamType[float]
    IntType: TypeAlias = click.ParamType[int]
else:  # before click 8.4 it cannot be subscripted
    FloatType = IntType = click.ParamType


class Duration(FloatType):
    """A time such as 90s, 25m or 1h30m, in seconds; a bare number is seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The value of what was typed; anything else is a usage error."""
        match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", str(value).strip())
        if not match or not any(match.groups()):
            self.fail(f"{value!r} is not a time; write 90s, 25m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds


class BoardSizes(IntType):
    """The lines of a board, or "all" for boards of any size, which becomes 0."""

    name = "lines"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The value of what was typed; anything else is a usage error."""
        text = str(value)
        if text in ("all", "0"):
            return 0
        if not text.isdecimal():
            self.fail(f"{text!r} is not a board size; give a number of lines, or all", param, ctx)
        return int(text)


class Rank(IntType):
    """A rank such as 5k, 1d, pro or best, as the code of `gocnn.play.style.rank_code`."""

    name = "rank"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The value of what was typed; anything else is a usage error."""
        from gocnn.play.style import rank_code

        try:
            return rank_code(str(value))
        except GocnnError as error:
            self.fail(str(error), param, ctx)


class Points(FloatType):
    """A number of points, such as komi; never NaN or infinite."""

    name = "points"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The value of what was typed; anything else is a usage error."""
        number: float = click.FLOAT.convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number of points", param, ctx)
        return number


class Finite(click.FloatRange):
    """A number in a range; unlike click's own, never NaN or infinite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The value of what was typed; anything else is a usage error."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class AliasedOption(click.Option):
    """An option with older spellings that still work and that help does not show.

    Args:
        aliases: the older spellings.
    """

    def __init__(self, *args: Any, aliases: Sequence[str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.aliases = list(aliases)

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser know the aliases, too."""
        super().add_to_parser(parser, ctx)
        parser.add_option(obj=self, opts=self.aliases, dest=self.name, action="store", nargs=1)


PATH = click.Path(path_type=Path)
SHARE = Finite(0, 1)  # both ends included
ABOVE_ZERO = Finite(min=0, min_open=True)


def board_sizes(*, aliases: Sequence[str] = ("--size",)) -> Callable[[Command], Command]:
    """The option ``--board-size`` that selects games: lines, or all (0); 19 by default."""
    return click.option(
        "--board-size",
        cls=AliasedOption,
        aliases=aliases,
        type=BoardSizes(),
        default=str(BOARD_SIZE),
        help="Take boards of this many lines only; all takes every size.",
    )


def board_size(
    help: str, *, default: int | None = BOARD_SIZE, show_default: bool | str = True
) -> Callable[[Command], Command]:
    """The option ``--board-size`` of a command that works on one board."""
    return click.option(
        "--board-size",
        cls=AliasedOption,
        aliases=["--size"],
        type=click.IntRange(5, 25),
        default=default,
        show_default=show_default,
        help=help,
    )


device = click.option(
    "--device",
    default="auto",
    help="The device to compute on: auto, cpu, cuda, cuda:1 or mps.",
)
rules = click.option(
    "--rules",
    type=click.Choice(RULES),
    default="chinese",
    help="The rules by which the game is counted.",
)
symmetries = click.option(
    "--symmetries",
    type=click.Choice(["1", "8"]),
    callback=lambda _context, _parameter, text: int(text),  # before click 8.2 choices are texts
    default="1",
    help="Average the predictions over that many symmetries of the board.",
)
weights = click.option(
    "--weights",
    default="default",
    help="The network: a weights file, or a name that gocnn models lists.",
)
colour = click.option(
    "--colour",
    cls=AliasedOption,
    aliases=["--color"],
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Use colours; auto uses them in a terminal that has them, unless NO_COLOR is set.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
