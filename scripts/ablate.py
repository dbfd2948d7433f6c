#!/usr/bin/env python3
"""What is each part worth? Networks that differ in one thing, trained alike, measured side by side.

``scripts/ablate.py games.gocnn -o ablations --positions 300000`` trains the variants of `VARIANTS`
one after another, each in a folder of its own as `gocnn train` would, and measures all of them on
the same positions of held-out games. A variant's difference to the base is taken position by
position, so its interval is narrower than those of the two. After Ctrl-C the same command goes on.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import open_or_prepare
from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import measure
from gocnn.features.encoding import encoding_named
from gocnn.files import write_atomically
from gocnn.go.symmetry import VIEWS
from gocnn.inference.weights import load_network, load_tensors, save_tensors
from gocnn.network.device import choose_device
from gocnn.network.flops import multiply_adds
from gocnn.network.registry import tower
from gocnn.stats import clustered_mean, markdown_table
from gocnn.training.config import Budget, Hyperparameters, Runtime, TrainConfig
from gocnn.training.curves import draw_curves
from gocnn.training.loop import TrainingRun, checkpoint_path

TOP1, LOSS, VALUE = range(3)  # columns of what is kept of `gocnn.evaluation.metrics.measure`
Measured = NDArray[np.float64]  # [N, 3]


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How a network in training differs from the base."""

    about: str
    encoding: str = "full-1"
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    size: str = ""  # of its own; it then gets positions for the same number of multiply-adds


BASE = "base"
VARIANTS: dict[str, Variant] = {
    BASE: Variant(about="all planes and globals"),
    "again": Variant(about="nothing but the seed: what chance does", hyperparameters={"seed": 100}),
    "no-history": Variant(about="without the last 8 moves", encoding="full-1-no-history"),
    "no-liberties-no-ladders": Variant(
        about="without liberties, captures, self-atari, ladders",
        encoding="full-1-no-liberties-no-ladders",
    ),
    "no-ladders": Variant(about="without ladders", encoding="full-1-no-ladders"),
    "stones": Variant(
        about="own, opponent's, empty, ones: AlphaGo's 4 planes", encoding="full-1-stones"
    ),
    "stones-history": Variant(
        about="these and the last 8 moves: AlphaGo's 12 planes", encoding="full-1-stones-history"
    ),
    "plain": Variant(
        about="one plane: black 1, white -1, empty 0; who is to move", encoding="plain-1"
    ),
    "no-value-head": Variant(
        about="without the value's loss", hyperparameters={"value_weight": 0.0}
    ),
    "no-globals": Variant(about="of the globals only who is to move", encoding="full-1-no-globals"),
    "no-ranks": Variant(about="without both players' ranks", encoding="full-1-no-ranks"),
    "adamw": Variant(about="AdamW for all weights", hyperparameters={"muon": False}),
    "adamw-1e-3": Variant(
        about="AdamW for all weights, rate 1e-3", hyperparameters={"muon": False, "rate": 1e-3}
    ),
    "rate-2e-3": Variant(about="rate 2e-3", hyperparameters={"rate": 2e-3}),
    "rate-8e-3": Variant(about="rate 8e-3", hyperparameters={"rate": 8e-3}),
    "batch-64": Variant(about="batches of 64", hyperparameters={"batch": 64}),
    "batch-256": Variant(about="batches of 256", hyperparameters={"batch": 256}),
    "2x32": Variant(about="2 blocks of 32 filters, same multiply-adds", size="2x32"),
    "4x48": Variant(about="4 blocks of 48 filters, same multiply-adds", size="4x48"),
    "6x32": Variant(about="6 blocks of 32 filters, same multiply-adds", size="6x32"),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all variants share; a folder holds variants of one plan."""

    positions: int  # that the base is trained on
    size: str  # BLOCKSxFILTERS of the base
    measured: int  # held-out positions, at most
    corpus: str  # checksum of the games


@dataclass(frozen=True, slots=True)
class Result:
    """One trained variant."""

    measured: dict[int, Measured]  # by symmetries
    positions: int  # trained on
    seconds: float  # of training, validation included


def cost(encoding: str, size: str) -> int:
    """Multiply-adds of a forward pass."""
    shown = encoding_named(encoding)
    inputs = {"planes": shown.plane_count, "globals": shown.global_count}
    return multiply_adds("resnet", inputs | tower(size))


def configure(variant: Variant, plan: Plan, seed: int) -> TrainConfig:
    """How a variant is trained."""
    size, positions = variant.size or plan.size, plan.positions
    if variant.size:
        base = VARIANTS[BASE]
        share = cost(base.encoding, plan.size) / cost(variant.encoding, size)
        positions = round(positions * share)
    hyperparameters = dict(variant.hyperparameters)
    hyperparameters["seed"] = seed + hyperparameters.get("seed", 0)
    return TrainConfig(
        settings=tower(size),
        encoding=variant.encoding,
        budget=Budget(positions=positions),
        hyperparameters=Hyperparameters(**hyperparameters),
    )


class Ablations:
    """The runs of one folder.

    Args:
        corpus: games on boards of one size.
        folder: where the runs live; made if needed.
        plan: what they share.
        device: a name for `choose_device`.

    Raises:
        GocnnError: when the folder holds runs of another plan, or no game is held out.
    """

    def __init__(self, corpus: Corpus, folder: Path, plan: Plan, device: str) -> None:
        self.corpus, self.folder, self.plan, self.device = corpus, folder, plan, device
        _, held_out = corpus.split()
        if not len(held_out):
            raise GocnnError("no game is held out to measure on; give more games")
        self.held_out = Positions(corpus, held_out, passes=False)
        self.numbers = sample(self.held_out, plan.measured)
        self.games, _ = self.held_out.locate(self.numbers)
        configure(VARIANTS[BASE], plan, 0)  # a plan that cannot be trained is not begun
        folder.mkdir(parents=True, exist_ok=True)
        note, wanted = folder / "plan.json", json.dumps(asdict(plan))
        if not note.exists():
            write_atomically(note, wanted.encode())
        elif (begun := note.read_text(encoding="utf-8")) != wanted:
            raise GocnnError(f"{note}: begun with {begun}; go on with these, or use another folder")

    def home(self, name: str, seed: int) -> Path:
        """The folder of a run."""
        return self.folder / (f"{name}-seed-{seed}" if seed else name)

    def result(self, name: str, seed: int) -> Result | None:
        """Train and measure a variant, as far as that is not done; None when it was stopped."""
        file = self.home(name, seed) / "measured.safetensors"
        if not file.exists() and not self._train(name, seed, file):
            return None
        tensors, about = load_tensors(file)
        measured = {int(views): tensor.numpy() for views, tensor in tensors.items()}
        return Result(measured, about["positions"], about["seconds"])

    def _train(self, name: str, seed: int, file: Path) -> bool:
        home = file.parent
        runtime = Runtime(device=self.device)
        if checkpoint_path(home).exists():
            run = TrainingRun.resume(self.corpus, home, runtime)
        else:
            config = configure(VARIANTS[name], self.plan, seed)
            run = TrainingRun.start(config, self.corpus, home, runtime)
        print(f"{home}: {VARIANTS[name].about}", file=sys.stderr)
        if not run.train():
            return False
        network = load_network(home / "weights.safetensors", choose_device(self.device))
        tensors = {}
        for symmetries in (1, VIEWS) if name == BASE else (1,):
            measurements = measure(
                network,
                self.held_out,
                self.numbers,
                symmetries=symmetries,
                label=f"measure {symmetries}",
            )
            columns = measurements.top1, measurements.cross_entropy, measurements.value_correct
            tensors[str(symmetries)] = torch.from_numpy(np.column_stack(columns))
        about = {"positions": run.positions_seen, "seconds": run.seconds}
        save_tensors(file, tensors, about)
        return True

    def table(self, results: dict[str, list[Result]]) -> str:
        """The results as markdown; of several seeds the mean, position by position."""
        head = ["variant", "what is different", "positions", "minutes"]
        head += ["top-1 %", "beside base", "loss", "beside base", "value %"]
        rows = []
        base = _mean(results[BASE], 1)
        for name, runs in results.items():
            for symmetries in runs[0].measured:
                measured = _mean(runs, symmetries)
                title, about = name, VARIANTS[name].about
                if symmetries > 1:
                    title, about = f"{name}, {symmetries} views", "averaged over the symmetries"
                positions = f"{sum(r.positions for r in runs) // len(runs):,}"
                minutes = f"{sum(r.seconds for r in runs) / 60 / len(runs):.1f}"
                with_value = VARIANTS[name].hyperparameters.get("value_weight", 1.0) > 0
                cells = [title, about, positions, minutes]
                alone = name == BASE and symmetries == 1
                cells += self._cells(measured, None if alone else base, with_value)
                rows.append(cells)
        return markdown_table(head, rows) + "\n"

    def _cells(self, measured: Measured, base: Measured | None, with_value: bool) -> Iterator[str]:
        for column, scale, digits in ((TOP1, 100, 2), (LOSS, 1, 3)):
            yield clustered_mean(measured[:, column], self.games).text(scale, digits)
            if base is None:
                yield "-"
            else:
                difference = measured[:, column] - base[:, column]
                yield clustered_mean(difference, self.games).text(scale, digits, "+")
        yield f"{100 * np.nanmean(measured[:, VALUE]):.1f}" if with_value else "-"


def _mean(results: list[Result], symmetries: int) -> Measured:
    mean: Measured = np.mean([result.measured[symmetries] for result in results], axis=0)
    return mean


def ablate(work: Ablations, names: list[str], seeds: int) -> bool:
    """Train and measure the variants, and write table and picture after each of them.

    Returns:
        Whether all were done; else a signal came, and the next call goes on.
    """
    results: dict[str, list[Result]] = {}
    for seed in range(seeds):
        for name in names:
            result = work.result(name, seed)
            if result is None:
                return False
            results.setdefault(name, []).append(result)
            whole = {n: runs[: seed + 1] for n, runs in results.items()}
            write_atomically(work.folder / "ablations.md", work.table(whole).encode())
            logs = {n: work.home(n, 0) / "log.jsonl" for n in results}
            draw_curves(logs, work.folder / "ablations.svg")
    return True


def _chosen(text: str) -> list[str]:
    """The variants named, the base first: all others are compared with it.

    Raises:
        GocnnError: when one of them is unknown.
    """
    names = [name.strip() for name in text.split(",") if name.strip()] or list(VARIANTS)
    for name in names:
        if name not in VARIANTS:
            raise GocnnError(f"unknown variant {name!r}; there are {', '.join(VARIANTS)}")
    return list(dict.fromkeys([BASE, *names]))


def _games(games: Path, folder: Path, board_size: int) -> Corpus:
    corpus, report = open_or_prepare([games], folder / "corpus.gocnn", size=board_size)
    if report is not None:
        print(report.table(), file=sys.stderr)
    wanted = corpus.games["size"] == board_size
    if not wanted.any():
        raise GocnnError(f"{games}: no games of {board_size}x{board_size} here")
    return corpus if wanted.all() else corpus.select(wanted)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", type=Path, help="a corpus file, or SGF as for gocnn train")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--variants", default="", help="names with commas between; default: all")
    parser.add_argument("--positions", type=int, default=300_000, help="to train the base on")
    parser.add_argument(
        "--network", "--size", dest="size", default="4x32", help="of the base, BLOCKSxFILTERS"
    )
    parser.add_argument("--seeds", type=int, default=1, help="runs of each variant")
    parser.add_argument("--measured", type=int, default=20_000, help="held-out positions, at most")
    parser.add_argument("--board-size", type=int, default=19)
    parser.add_argument("--device", default="auto")
    return parser.parse_args()


def main() -> None:
    """Read the options, train, measure, print the table."""
    options = _options()
    folder: Path = options.output
    try:
        names = _chosen(options.variants)
        tower(options.size)
        corpus = _games(options.games, folder, options.board_size)
        plan = Plan(
            positions=options.positions,
            size=options.size,
            measured=options.measured,
            corpus=corpus.checksum,
        )
        done = ablate(Ablations(corpus, folder, plan, options.device), names, options.seeds)
    except GocnnError as error:
        sys.exit(f"ablate: {error}")
    except KeyboardInterrupt:
        done = False
    if not done:
        sys.exit("ablate: stopped; the same command goes on")
    print((folder / "ablations.md").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
