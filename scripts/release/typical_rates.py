"""Measure what a review holds a game against: the match rates that are typical of each rank.

    python -m scripts.release.typical_rates train.gocnn

writes gocnn/review/typical.json after every band of ranks, and goes on there when it was stopped.
The games are those that the network may have been trained on, never those that it is tested on.
"""

import json
from pathlib import Path
from typing import Any

import click

from gocnn.corpus.corpus import Corpus
from gocnn.evaluation.typical_rates import SCALES, typical_rates
from gocnn.files import write_atomically
from gocnn.inference.weights import load_network
from gocnn.network.device import choose_device
from gocnn.progress import bar

OUTPUT = Path(__file__).parents[2] / "gocnn" / "review" / "typical.json"


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--weights", default="default", help="The network that measures.")
@click.option("--most", default=1200, type=click.IntRange(300), help="Positions of a band.")
@click.option("-o", "--output", default=OUTPUT, type=click.Path(path_type=Path))
def main(corpus: Path, weights: str, most: int, output: Path) -> None:
    """Measure on CORPUS, made by gocnn prepare from training games of all ranks."""
    network = load_network(weights, choose_device("auto"))
    head = {
        "command": f"python -m scripts.release.typical_rates {corpus.name} --most {most}",
        "weights": f"{weights}, {network.info.positions:,} positions",
    }
    rows = measured_rows(output, head)
    done = {(row["scale"], row["low"], row["high"]) for row in rows}
    todo = [(scale, band) for scale in SCALES for band in scale.bands]
    with bar("typical rates", len(todo), unit="bands") as progress:
        opened = Corpus.open(corpus)
        for scale, band in todo:
            if (scale.name, *band) not in done:
                rates = typical_rates(network, opened, scale, band, most=most)
                rows += [row.as_dict() for row in rates]
                write_atomically(output, (json.dumps(head | {"rows": rows}) + "\n").encode())
            progress.update()


def measured_rows(output: Path, head: dict[str, str]) -> list[dict[str, Any]]:
    """The rows that the same command has measured before."""
    if not output.is_file():
        return []
    data = json.loads(output.read_text(encoding="utf-8"))
    same = all(data.get(name) == value for name, value in head.items())
    return list(data["rows"]) if same else []


if __name__ == "__main__":
    main()
