#!/usr/bin/env python3
"""What is each part worth? Networks that differ in one thing, trained alike, measured side by side.

``python -m scripts.ablate games.gocnn -o ablations --minutes 15`` trains the variants of
`VARIANTS` one after another, each in a folder of its own as `gocnn compare` would, and measures all
of them on the same positions. A variant's difference to the base is taken position by position, so
its interval is narrower than those of the two. On a CPU the time is that of the processor. After
Ctrl-C the same command goes on.

A machine whose own speed changes gives equal minutes to nobody: with ``--positions 200000
--weighted`` the base is trained on so many, and each variant on as many as take it the same time,
by updates of both that are timed in turn before it is trained.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from gocnn.cli.games import games_on
from gocnn.compare.plan import Contestant, Plan
from gocnn.compare.report import accuracy_table
from gocnn.compare.runs import Comparison, Result
from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.network.registry import tower
from gocnn.training.config import Runtime
from gocnn.training.curves import draw_curves
from gocnn.training.loop import TrainingRun
from scripts import trial_network


@dataclass(frozen=True, kw_only=True)
class Variant:
    """How a network and its training differ from the base; see `Contestant`."""

    about: str
    architecture: str = "resnet"
    size: str = ""  # of its own
    encoding: str = ""
    trial: Mapping[str, Any] = field(default_factory=dict)  # settings of `TrialNet`
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def contestant(self, name: str, size: str, seed: int) -> Contestant:
        """It as a network to train."""
        own_seed = self.hyperparameters.get("seed", 0)
        return Contestant(
            architecture=trial_network.NAME if self.trial else self.architecture,
            size=self.size or size,
            name=f"{name}-seed-{seed}" if seed else name,
            about=self.about,
            encoding=self.encoding,
            settings=self.trial,
            hyperparameters={**self.hyperparameters, "seed": own_seed + seed},
            options=self.options,
        )


ROUNDS = 15  # updates that a cost is measured by
BASE = "base"
ENCODINGS = {
    "no-history": "without the last 8 moves",
    "no-liberties-no-ladders": "without liberties, captures, self-atari, ladders",
    "no-ladders": "without ladders",
    "stones": "own, opponent's, empty, ones: AlphaGo's 4 planes",
    "stones-history": "these and the last 8 moves: AlphaGo's 12 planes",
    "no-globals": "of the globals only who is to move",
    "no-ranks": "without both players' ranks",
}
VARIANTS: dict[str, Variant] = {
    BASE: Variant(about="all planes and globals"),
    "again": Variant(about="nothing but the seed: what chance does", hyperparameters={"seed": 100}),
    # What the network sees.
    **{name: Variant(about=about, encoding=f"full-1-{name}") for name, about in ENCODINGS.items()},
    "plain": Variant(
        about="one plane: black 1, white -1, empty 0; who is to move", encoding="plain-1"
    ),
    # How it learns.
    "adamw": Variant(about="AdamW for all weights", hyperparameters={"muon": False}),
    "adamw-1e-3": Variant(
        about="AdamW for all weights, rate 1e-3", hyperparameters={"muon": False, "rate": 1e-3}
    ),
    "rate-2e-3": Variant(about="rate 2e-3", hyperparameters={"rate": 2e-3}),
    "rate-8e-3": Variant(about="rate 8e-3", hyperparameters={"rate": 8e-3}),
    "batch-64": Variant(about="batches of 64", hyperparameters={"batch": 64}),
    "batch-256": Variant(about="batches of 256", hyperparameters={"batch": 256}),
    "batch-512": Variant(about="batches of 512", hyperparameters={"batch": 512}),
    # What it learns from.
    "no-value": Variant(about="without the value's loss", hyperparameters={"value_weight": 0.0}),
    "focus": Variant(
        about="easy moves count by the square root of 1 - p", hyperparameters={"focus": 0.5}
    ),
    "lead": Variant(about="with lead, spread and owners of the points", options={"lead": True}),
    "reply": Variant(about="with the opponent's next move, weight 0.15", options={"reply": True}),
    "balance": Variant(
        about="sources and ranks share the positions by the square root", options={"balance": True}
    ),
    "teacher": Variant(about="half of the loss from `small`", options={"teacher": "small"}),
    # What it is.
    "2x32": Variant(about="2 blocks of 32 filters", size="2x32"),
    "4x48": Variant(about="4 blocks of 48 filters", size="4x48"),
    "6x32": Variant(about="6 blocks of 32 filters", size="6x32"),
    "mish": Variant(about="Mish in place of ReLU", trial={"activation": "mish"}),
    "prelu": Variant(about="PReLU in place of ReLU", trial={"activation": "prelu"}),
    "one-norm": Variant(about="one batch normalisation a block", trial={"norm": "one"}),
    "no-norm": Variant(about="learnt scales in place of normalisations", trial={"norm": "fixed"}),
    "centre": Variant(about="middle weights begin 30 % larger", trial={"centre": 1.3}),
    "beside": Variant(about="a 1x1 filter beside each 3x3 filter", trial={"beside": True}),
    "dilated": Variant(about="a quarter of the filters look 2 points far", trial={"dilated": 0.25}),
    "nested": Variant(about="nested bottlenecks in place of plain blocks", architecture="nested"),
    "nested-reply": Variant(
        about="nested bottlenecks, and the opponent's next move",
        architecture="nested",
        options={"reply": True},
    ),
    "sums": Variant(about="sums of 2 channels along lines and diagonals", trial={"sums": 2}),
    "cross": Variant(about="1x9 and 9x1 filters in the middle block", trial={"cross": True}),
    "attention": Variant(about="one layer of attention over the board", trial={"attention": True}),
}


def cost(work: Comparison, contestant: Contestant, base: Contestant, rounds: int = ROUNDS) -> float:
    """The time of a position of a network beside one of the base: batch and update.

    Updates of the two are timed in turn, so that whatever slows the machine falls on both. It is
    measured once and kept in the folder.

    Raises:
        GocnnError: as training does.
    """
    file = work.folder / "costs.json"
    costs: dict[str, float] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    if contestant.label not in costs:
        with TemporaryDirectory() as folder:
            ours, theirs = (
                _Updates(work, each, Path(folder) / each.label) for each in (contestant, base)
            )
            ratios = [ours.seconds() / theirs.seconds() for _ in range(rounds)]
        costs[contestant.label] = median(ratios)
        write_atomically(file, json.dumps(costs, indent=1).encode())
    return costs[contestant.label]


class _Updates:
    """Updates of a run that is not kept, to be timed."""

    def __init__(self, work: Comparison, contestant: Contestant, folder: Path) -> None:
        config = work.plan.config(contestant, "positions")
        self._run = TrainingRun.start(config, work.corpus, folder, Runtime(device=work.device))
        self._batches = map(self._run.stream().at, count())
        self._clock = work.clock
        for _ in range(3):  # what is compiled is compiled
            self.seconds()

    def seconds(self) -> float:
        """The time that the next update takes, for each of its positions."""
        began = self._clock()
        self._run.trainer.update(next(self._batches), 1e-4)
        self._run.trainer.losses()  # waits for the device
        return (self._clock() - began) / self._run.config.hyperparameters.batch


def ablate(
    work: Comparison, names: list[str], size: str, seeds: int, *, weighted: bool = False
) -> bool:
    """Train and measure the variants, and write table and picture after each of them.

    Args:
        work: where they live.
        names: the variants, the base first.
        size: of the networks that have none of their own.
        seeds: runs of each.
        weighted: whether a budget in positions is the base's, and the time of the others equal.

    Returns:
        Whether all were done; else a signal came, and the next call goes on.

    Raises:
        GocnnError: as training does.
    """
    for seed in range(seeds):
        for name in names:
            contestant = VARIANTS[name].contestant(name, size, seed)
            if weighted and name != BASE:
                first = VARIANTS[name].contestant(name, size, 0)  # the seed changes nothing
                base = VARIANTS[BASE].contestant(BASE, size, 0)
                contestant = replace(contestant, cost=cost(work, first, base))
            for mode in work.plan.modes:
                if not work.work(contestant, mode):
                    return False
                write_report(work, names, size, seeds, mode)
    return True


def write_report(work: Comparison, names: list[str], size: str, seeds: int, mode: str) -> None:
    """Table and curves of what is done, in the folder; of several seeds the mean."""
    means: list[Result] = []
    for name in names:
        runs = [VARIANTS[name].contestant(name, size, seed) for seed in range(seeds)]
        if results := work.finished(runs, mode):
            means.append(work.mean(results))
    about = "\n".join(f"- {m.contestant.label}: {m.contestant.about}" for m in means)
    text = f"{accuracy_table(work, means)}\n\n{about}\n"
    write_atomically(work.folder / f"ablations-{mode}.md", text.encode())
    logs = {m.contestant.label: work.run_folder(m.contestant, mode) / "log.jsonl" for m in means}
    draw_curves(logs, work.folder / f"ablations-{mode}.svg", by=mode)


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


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("games", type=Path, help="a corpus file, or SGF as for gocnn train")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--variants", default="", help="names with commas between; default: all")
    parser.add_argument("--positions", type=int, help="train each on so many")
    parser.add_argument("--minutes", type=float, help="train each for so long")
    parser.add_argument("--network", default="4x32", help="of the base, BLOCKSxFILTERS")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each variant")
    parser.add_argument("--test", type=Path, help="measure on these games, not on those held out")
    parser.add_argument("--measured", type=int, default=20_000, help="positions, at most")
    parser.add_argument("--board-size", type=int, default=19)
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--weighted",
        action="store_true",
        help="--positions are the base's; the others get what takes them the same time",
    )
    return parser.parse_args()


def main() -> None:
    """Read the options, train, measure, print the tables."""
    options = _options()
    folder: Path = options.output
    trial_network.register()
    try:
        names = _chosen(options.variants)
        tower(options.network)
        lines = options.board_size
        corpus = games_on([options.games], folder / "corpus.gocnn", lines)
        test = options.test and games_on([options.test], folder / "test.gocnn", lines)
        plan = Plan(
            corpus=corpus.checksum,
            test=test.checksum if test else "",
            lines=lines,
            positions=options.positions,
            seconds=options.minutes and options.minutes * 60,
            measured=options.measured,
        )
        work = Comparison(corpus, folder, plan, device=options.device, test=test, views=False)
        done = ablate(work, names, options.network, options.seeds, weighted=options.weighted)
    except GocnnError as error:
        sys.exit(f"ablate: {error}")
    except KeyboardInterrupt:
        done = False
    if not done:
        sys.exit("ablate: stopped; the same command goes on")
    for mode in plan.modes:
        print((folder / f"ablations-{mode}.md").read_text(encoding="utf-8"), end="")


if __name__ == "__main__":
    main()
