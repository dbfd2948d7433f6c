"""`gocnn evaluate`: measure weights on games."""

import json
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from gocnn.cli.train import report_corpus
from gocnn.corpus.filters import Filters
from gocnn.corpus.prepare import open_or_prepare
from gocnn.dataset.positions import Positions
from gocnn.evaluation.metrics import evaluate as measure
from gocnn.inference.weights import load_weights
from gocnn.network.device import choose_device, settle


def evaluate(**options: Any) -> None:
    """Measure as the options of the command say.

    Raises:
        GocnnError: when the weights or the games cannot be read.
    """
    device = choose_device(options["device"])
    network, encoding, passport = load_weights(options["weights"])
    with tempfile.TemporaryDirectory() as scratch:
        corpus, report = open_or_prepare(
            options["games"],
            Path(scratch) / "games.gocnn",
            size=options["board_size"] or None,
            filters=Filters(min_moves=1),
        )
        report_corpus(corpus, report)
        scores = measure(
            settle(network, device).eval(),
            encoding,
            Positions(corpus, np.arange(len(corpus)), passes=False),
            device=device,
            most=options["positions"],
            symmetries=int(options["symmetries"]),
        )
    if options["as_json"]:
        click.echo(json.dumps({"weights": options["weights"], **scores.as_dict()}, indent=2))
    else:
        click.echo(f"{options['weights']}: {passport.architecture} {passport.settings}")
        click.echo(scores.table())
