"""A GTP engine on standard input and output, as `gocnn gtp` runs it."""

import sys
from collections.abc import Callable, Iterable
from functools import partial

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
from gocnn.play.style import Style
from gocnn.weights.names import resolve


def serve_network(
    style: Style,
    *,
    weights: str | None = None,
    device: str = "auto",
    symmetries: int = 1,
    superko: bool = False,
    name: str = "gocnn",
) -> None:
    """Serve GTP on standard input and output, until `quit` or the end of input.

    Args:
        style: how the engine plays; commands may change it.
        weights: a weights file, or the name of one that ships.
        device: a name for `gocnn.network.device.choose_device`.
        symmetries: 1, or 8 to average over the eight views.
        superko: forbid moves that repeat any earlier position.
        name: what the engine answers to ``name``.

    Raises:
        GocnnError: when there are no such weights.
    """
    path = resolve(weights)
    if sys.stdin is None:  # closed from the start: nobody will ever ask anything
        return
    with answers_only() as write:
        network = BackgroundEvaluator(network_loader(str(path), device, symmetries), warn)
        session = Session(
            Search(network),
            style,
            superko=superko,
            name=name,
            loading=network.loading,
        )
        serve_session(session, read_lines(sys.stdin.fileno()), write)


def serve_session(session: Session, lines: Iterable[bytes], write: Callable[[str], object]) -> None:
    """Answer command lines; a controller that goes away ends the session without a message."""
    try:
        serve(partial(find_command, session), lines, write)
    except (BrokenPipeError, KeyboardInterrupt):
        return
