"""Train and measure the networks of a comparison, one after another, through any interruption.

A folder holds ``plan.json`` and, for each kind of budget and each network, a run as `gocnn train`
makes it, with ``measured.safetensors``: what was measured, position by position. Up to the shorter
cooldown the two runs of a network are one, so it is trained once. On a CPU the time is that of the
processor, so that other work on the machine takes nothing from a network.
"""

import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.compare.plan import Contestant, Plan
from gocnn.corpus.corpus import Corpus
from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.equivariance import shift_test, symmetry_test
from gocnn.evaluation.metrics import Measurements, measure, summarise
from gocnn.files import write_atomically
from gocnn.inference.weights import LoadedNetwork, load_network, load_tensors, save_tensors
from gocnn.network.device import choose_device
from gocnn.network.flops import multiply_adds
from gocnn.network.registry import find
from gocnn.training.checkpoint import load_checkpoint
from gocnn.training.config import Runtime
from gocnn.training.loop import TrainingRun, checkpoint_path

SHAPES = 500  # local shapes of the shift test
MIRRORED = 1000  # positions of the test of views
OTHER_BOARDS = 2000  # positions on boards of each size that was not trained on
_KEPT = ("top1", "top5", "cross_entropy", "value_correct", "confidence", "choice")


@dataclass(frozen=True)
class Result:
    """One network, trained and measured."""

    contestant: Contestant
    columns: dict[str, NDArray[Any]]  # fields of `Measurements`, for the positions measured
    about: dict[str, Any]  # what else was found, as JSON


class Comparison:
    """The runs of one folder.

    Args:
        corpus: games on boards of one size.
        folder: where the runs live; made if needed.
        plan: what they share.
        device: a name for `choose_device`.
        test: games to measure on; None for those that training holds out.
        others: games on boards of other sizes; None: that is not asked.
        views: whether to measure how answers move along with moved and mirrored positions.

    Raises:
        GocnnError: when the folder holds runs of another plan, the plan has no budget above 0, or
            no game is held out.
    """

    def __init__(
        self,
        corpus: Corpus,
        folder: Path,
        plan: Plan,
        *,
        device: str = "auto",
        test: Corpus | None = None,
        others: Corpus | None = None,
        views: bool = True,
    ) -> None:
        self.corpus, self.folder, self.plan, self.device = corpus, folder, plan, device
        self.views = views
        on_cpu = choose_device(device).type == "cpu"
        self.clock = time.thread_time if on_cpu else time.monotonic  # seconds
        games = test if test is not None else corpus
        chosen = np.arange(len(games)) if test is not None else corpus.split()[1]
        chosen = chosen[games.games["size"][chosen] == plan.lines]
        if not len(chosen):
            raise GocnnError(
                f"no game on {plan.lines}x{plan.lines} to measure on; give more games, or --test"
            )
        self.positions = Positions(games, chosen, passes=False)
        self.numbers = sample(self.positions, plan.measured)
        self.games, self.plies = self.positions.locate(self.numbers)
        self.others = _other_boards(others, plan.lines)
        for mode in plan.modes:
            plan.budget(mode)  # a plan without one is not begun
        folder.mkdir(parents=True, exist_ok=True)
        note, wanted = folder / "plan.json", json.dumps(asdict(plan))
        if not note.exists():
            write_atomically(note, wanted.encode())
        elif (begun := note.read_text(encoding="utf-8")) != wanted:
            raise GocnnError(
                f"{note}: begun with {begun}, now asked for {wanted}; go on with those options, "
                "or use another folder"
            )

    def run_folder(self, contestant: Contestant, mode: str) -> Path:
        """Where a run is kept."""
        return self.folder / mode / contestant.label

    def finished(self, contestants: Sequence[Contestant], mode: str) -> list[Result]:
        """The results that are there already, in the order of the networks."""
        results = []
        for contestant in contestants:
            file = self.run_folder(contestant, mode) / "measured.safetensors"
            if file.exists():
                tensors, about = load_tensors(file)
                columns = {name: tensor.numpy() for name, tensor in tensors.items()}
                results.append(Result(contestant, columns, about))
        return results

    def work(self, contestant: Contestant, mode: str) -> bool:
        """Train and measure a network, as far as that is not done.

        Returns:
            False when it was stopped; the next call goes on.

        Raises:
            GocnnError: as training does.
        """
        home = self.run_folder(contestant, mode)
        file = home / "measured.safetensors"
        if file.exists():
            return True
        run = self._run(contestant, mode)
        about_it = contestant.about or find(contestant.architecture).about
        print(f"{home}: {about_it}", file=sys.stderr)
        if not run.train():
            return False
        network = load_network(home / "weights.safetensors", choose_device(self.device))
        measured = measure(network, self.positions, self.numbers, label="measure")
        about: dict[str, Any] = {
            "positions": run.positions_seen,
            "seconds": run.seconds,
            "parameters": sum(parameter.numel() for parameter in network.module.parameters()),
            "multiply_adds": multiply_adds(
                contestant.architecture, network.info.settings, self.plan.lines
            ),
            "other_boards": {
                str(boards.size): _on_other_boards(network, boards) for boards in self.others
            },
        }
        if self.views:
            shifts = shift_test(network, self.positions, SHAPES)
            about["shifts"] = [row.as_dict() for row in shifts]
            about["mirrors"] = symmetry_test(network, self.positions, MIRRORED).as_dict()
        kept = {name: torch.from_numpy(getattr(measured, name)) for name in _KEPT}
        save_tensors(file, kept, about)
        return True

    def _run(self, contestant: Contestant, mode: str) -> TrainingRun:
        home, plan = self.run_folder(contestant, mode), self.plan
        budget = plan.budget(mode, contestant)
        runtime = Runtime(device=self.device, clock=self.clock)
        if checkpoint_path(home).exists() or self._begin_from_the_other(contestant, mode):
            return TrainingRun.resume(self.corpus, home, runtime, budget=budget)
        config = plan.config(contestant, mode)
        return TrainingRun.start(config, self.corpus, home, runtime)

    def _begin_from_the_other(self, contestant: Contestant, mode: str) -> bool:
        """Begin with what the network's other run had learnt before its cooldown, if that helps."""
        for other in self.plan.modes:
            begun = self.run_folder(contestant, other)
            path = checkpoint_path(begun)
            if other == mode or not path.exists():
                continue
            checkpoint = load_checkpoint(path)
            seen = checkpoint.steps * self.plan.batch
            progress = self.plan.budget(mode, contestant).progress(checkpoint.seconds, seen)
            if progress < 1 - checkpoint.config.hyperparameters.cooldown:
                home = self.run_folder(contestant, mode)
                home.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(begun / "log.jsonl", home / "log.jsonl")
                shutil.copyfile(path, checkpoint_path(home))
                return True
        return False

    @staticmethod
    def mean(results: Sequence[Result]) -> Result:
        """Several runs of one network as one result: the mean at each position, and of costs."""
        first = results[0]
        columns = {
            name: np.mean([result.columns[name] for result in results], axis=0)
            for name in first.columns
        }
        means = {
            key: sum(result.about[key] for result in results) / len(results)
            for key in ("positions", "seconds")
        }
        about = first.about | {"positions": round(means["positions"]), "seconds": means["seconds"]}
        return Result(first.contestant, columns, about)

    def measurements(self, result: Result) -> Measurements:
        """What was measured, with the positions that it was measured on."""
        return Measurements(
            numbers=self.numbers,
            games=self.games,
            plies=self.plies,
            ranks=np.zeros(len(self.numbers), np.int64),
            **result.columns,
        )


def _other_boards(corpus: Corpus | None, lines: int) -> list[Positions]:
    if corpus is None:
        return []
    chosen = np.flatnonzero(corpus.games["size"] != lines)
    if not len(chosen):
        raise GocnnError(f"--other-boards has only games on {lines}x{lines}")
    return list(Positions.by_size(corpus, chosen, passes=False))


def _on_other_boards(network: LoadedNetwork, positions: Positions) -> dict[str, Any] | None:
    """Top-1 and loss on boards of a size that was not trained on; None where none can be given."""
    if find(network.info.architecture).one_size:
        return None
    row = summarise("", measure(network, positions, sample(positions, OTHER_BOARDS)))
    return {"top1": asdict(row.top1), "cross_entropy": asdict(row.cross_entropy)}
