"""`gocnn gtp`: an engine on standard input and output."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gocnn.go.rules import ruleset
from gocnn.gtp.background import BackgroundEvaluator, network_loader, warn
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
from gocnn.gtp.session import Session
from gocnn.play.search import Search
from gocnn.play.style import Style, rank_code
from gocnn.weights.names import resolve


def gtp(**options: Any) -> None:
    """Serve GTP as the options of the command say, until `quit` or the end of input.

    Raises:
        GocnnError: when an option is wrong.
    """
    style = style_from_options(options)
    weights = resolve(options["weights"])
    with answers_only() as write:
        load = network_loader(str(weights), options["device"], int(options["symmetries"]))
        network = BackgroundEvaluator(load, warn)
        session = Session(
            Search(network, options["visits"]),
            style,
            superko=options["superko"],
            name=options["name"],
            loading=network.loading,
        )
        serve_session(session, read_lines(sys.stdin.fileno()), write)


def serve_session(session: Session, lines: Iterable[bytes], write: Callable[[str], object]) -> None:
    """Answer command lines; a controller that goes away ends the session without a message."""
    try:
        serve(partial(find_command, session), lines, write)
    except (BrokenPipeError, KeyboardInterrupt):
        return


def style_from_options(options: dict[str, Any]) -> Style:
    """The style that the options of the command give.

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
