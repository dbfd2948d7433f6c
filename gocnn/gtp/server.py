"""`gocnn gtp`: an engine on standard input and output."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gocnn.go.rules import ruleset
from gocnn.gtp.background import Background, loader, warn
from gocnn.gtp.commands import (  # noqa: F401 - they register their commands
    administration,
    analysis,
    gnugo,
    gogui,
    handicap,
    kgs,
    parameters,
    playing,
    raw_network,
    rules,
    setup,
    sgf,
)
from gocnn.gtp.input import read_lines
from gocnn.gtp.protocol import answers_only, serve
from gocnn.gtp.registry import find_command
from gocnn.gtp.session import Engine
from gocnn.play.search import Thinker
from gocnn.play.style import Style, rank_code
from gocnn.weights.names import resolve


def gtp(**options: Any) -> None:
    """Serve GTP as the options of the command say, until `quit` or the end of input.

    Raises:
        GocnnError: when an option is wrong.
    """
    style = style_of(options)
    weights = resolve(options["weights"])
    with answers_only() as write:
        load = loader(str(weights), options["device"], int(options["symmetries"]))
        network = Background(load, warn)
        engine = Engine(
            Thinker(network, options["visits"]),
            style,
            superko=options["superko"],
            name=options["name"],
            loading=network.loading,
        )
        run(engine, read_lines(sys.stdin.fileno()), write)


def run(engine: Engine, lines: Iterable[bytes], write: Callable[[str], object]) -> None:
    """Serve an engine; a controller that goes away ends the session quietly."""
    try:
        serve(partial(find_command, engine), lines, write)
    except (BrokenPipeError, KeyboardInterrupt):
        return


def style_of(options: dict[str, Any]) -> Style:
    """The style that options ask for.

    Raises:
        GocnnError: when one is wrong.
    """
    return Style(
        rank=rank_code(options["rank"]),
        opponent_rank=rank_code(options["opponent_rank"]),
        temperature=options["temperature"],
        seed=options["seed"],
        resign=not options["no_resign"],
        resign_below=options["resign"],
        rules=ruleset(options["rules"]),
    )
