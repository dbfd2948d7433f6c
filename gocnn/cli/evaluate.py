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
from gocnn.inference.weights import load_network
from gocnn.network.device import choose_device


def evaluate(**options: Any) -> None:
    """Measure as the options of the command say.

    Raises:
        GocnnError: when the weights or the games cannot be read.
    """
    network = load_network(options["weights"], choose_device(options["device"]))
    with tempfile.TemporaryDirectory() as scratch:
        corpus, report = open_or_prepare(
            options["games"],
            Path(scratch) / "games.gocnn",
            size=options["board_size"] or None,
            filters=Filters(min_moves=1),
        )
        report_corpus(corpus, report)
        scores = measure(
            network,
            Positions(corpus, np.arange(len(corpus)), passes=False),
            most=options["positions"],
            symmetries=int(options["symmetries"]),
        )
    if options["as_json"]:
        click.echo(json.dumps({"weights": options["weights"], **scores.as_dict()}, indent=2))
    else:
        click.echo(f"{options['weights']}: {network.info.architecture} {network.info.settings}")
        click.echo(scores.table())
