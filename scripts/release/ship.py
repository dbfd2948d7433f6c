"""Put trained weights into the package: measured, in half precision, with a passport that tells.

From the root of the repository, in its environment:

    python -m scripts.release.ship run/weights.safetensors --trained "..." --on kgs=kgs.gocnn
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import evaluate
from gocnn.inference.weights import load_network, load_tensors, read_info, save_weights
from gocnn.network.device import choose_device

HOME = Path(__file__).parents[2] / "gocnn" / "weights"


def halved(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Filters and matrices in float16; what is small, or counts, stays as it is."""
    return {
        name: tensor.to(torch.float16) if tensor.ndim > 1 else tensor
        for name, tensor in tensors.items()
    }


def measured(weights: Path, sets: dict[str, Path], positions: int) -> dict[str, float]:
    """The top-1 accuracy on each set, as a share; a table of each on standard error."""
    network = load_network(weights, choose_device("auto"))
    accuracy = {}
    for name, path in sets.items():
        corpus = Corpus.open(path)
        games = Positions(corpus, np.arange(len(corpus)), passes=False)
        scores = evaluate(network, games, most=positions, label=name)
        print(f"{name}\n{scores.table()}\n", file=sys.stderr)
        accuracy[name] = round(scores.total.top1.mean, 4)
    return accuracy


def parse_named(text: str) -> tuple[str, Path]:
    """An option written NAME=CORPUS.

    Raises:
        argparse.ArgumentTypeError: when it is written otherwise.
    """
    name, equals, path = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME=CORPUS")
    return name, Path(path)


def main() -> None:
    """Read the options, write, measure what was written, write the figures into it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--name", default="default", help="under which it ships")
    parser.add_argument("--trained", required=True, help="how, in words")
    parser.add_argument("--on", type=parse_named, action="append", default=[], help="NAME=CORPUS")
    parser.add_argument("--positions", type=int, default=60_000, help="of each set, at most")
    options = parser.parse_args()
    target = HOME / f"{options.name}.safetensors"
    try:
        tensors, about = load_tensors(options.weights)
        passport = replace(read_info(options.weights, about), trained=options.trained)
        draft = options.weights.with_name("shipped.safetensors")
        save_weights(draft, halved(tensors), passport)
        accuracy = passport.accuracy | measured(draft, dict(options.on), options.positions)
        save_weights(target, halved(tensors), replace(passport, accuracy=accuracy))
        draft.unlink()
    except GocnnError as error:
        sys.exit(f"ship: {error}")
    print(f"{target}: {target.stat().st_size:,} bytes, {accuracy}")


if __name__ == "__main__":
    main()
