"""Parameter types and options that several commands share."""

import re
from pathlib import Path
from typing import Any

import click


class _Duration(click.ParamType[float]):
    """A time such as 90s, 25m or 1h30m; a bare number is seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", str(value).strip())
        if not match or not any(match.groups()):
            self.fail(f"{value!r} is no time; write 90s, 25m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds


class _Lines(click.ParamType[int]):
    """The lines of a board, or all for boards of any size; all becomes 0."""

    name = "lines"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if text in ("all", "0"):
            return 0
        if not text.isdigit():
            self.fail(f"{text!r}: give a number of lines, or all", param, ctx)
        return int(text)


_PATH = click.Path(path_type=Path)

# Options that several commands have.
_board_size = click.option(
    "--board-size",
    type=_Lines(),
    default="19",
    help="Lines of the boards to take, or all.",
)
_device = click.option("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps.")
_rules = click.option(
    "--rules",
    type=click.Choice(["chinese", "japanese", "aga", "tromp-taylor"]),  # gocnn.go.scoring has them
    default="chinese",
    help="How to count.",
)
_symmetries = click.option(
    "--symmetries",
    type=click.Choice(["1", "8"]),
    default="1",
    help="Average over the eight views.",
)
_weights = click.option(
    "--weights", default="default", help="A weights file, or a name of gocnn models."
)
