"""`gocnn gtp`: an engine on standard input and output."""

import sys
from collections.abc import Callable, Iterable
from typing import Any

import gocnn.gtp.administration
import gocnn.gtp.analysis
import gocnn.gtp.files
import gocnn.gtp.gnugo
import gocnn.gtp.gogui
import gocnn.gtp.handicap
import gocnn.gtp.kgs
import gocnn.gtp.network
import gocnn.gtp.parameters
import gocnn.gtp.playing
import gocnn.gtp.rules
import gocnn.gtp.setup  # noqa: F401 - they register their commands
from gocnn.gtp.engine import Background, Engine
from gocnn.gtp.inbox import read_lines
from gocnn.gtp.loading import loader, warn
from gocnn.gtp.protocol import answers_only, serve
from gocnn.player import Style, rank_code
from gocnn.scoring import ruleset
from gocnn.search import Thinker
from gocnn.shipped import resolve


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
        serve(engine.find, lines, write)
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
