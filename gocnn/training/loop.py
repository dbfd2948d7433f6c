"""The training loop: from a corpus to weights, within a budget, through any interruption.

A run is kept in a folder: ``checkpoint.safetensors`` (everything, written whole or not at all),
``weights.safetensors`` (the averaged network) and ``log.jsonl``. The learning rate is constant
until the cooldown in the last share of the budget. The cooldown is a branch: its state goes into
``cooldown.safetensors``, and ``checkpoint.safetensors`` stays as it was before. So a run whose
budget is extended goes on at the constant rate, as if there had been no end. With a budget in
positions a run that is stopped and resumed on a CPU ends with the same weights, bit for bit, as
one that is not.
"""

import os
import time
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.balance import strength_groups
from gocnn.dataset.loader import Stream, prefetch
from gocnn.dataset.owners import FinalOwners
from gocnn.dataset.positions import Ints, Positions
from gocnn.defaults import VALIDATION
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Scores, evaluate
from gocnn.features.encoding import KOMI, KOMI_KNOWN, encoding_named
from gocnn.inference.weights import LoadedNetwork, WeightsInfo, load_network, save_weights
from gocnn.network.device import has_fast_bf16, to_device
from gocnn.network.growth import grow
from gocnn.network.registry import build, find
from gocnn.progress import bar
from gocnn.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from gocnn.training.config import Budget, Runtime, TrainConfig
from gocnn.training.log import TrainingLog
from gocnn.training.process import Processes, enter, stop_on_signals
from gocnn.training.trainer import Losses, Trainer

LOG_SECONDS = 5.0
VALIDATIONS = 20  # in a whole run, at most
VALIDATION_SHARE = 0.05  # of the time, at most
_DEFAULT_RUNTIME = Runtime()


class TrainingRun:
    """A run that is worked on in this process; made by `start` or `resume`."""

    def __init__(
        self,
        config: TrainConfig,
        corpus: Corpus,
        folder: Path,
        runtime: Runtime,
        device: torch.device,
        weights: dict[str, Tensor] | None = None,
    ) -> None:
        self.config, self.corpus, self.folder, self.runtime = config, corpus, folder, runtime
        self.device = device
        self.processes = Processes.join(device)
        self.cooldown_start: float | None = None  # progress at which the cooldown began
        self.rate = 0.0  # the learning rate of the last update
        self.seconds = 0.0  # of training so far, validation included
        self.validations: list[dict[str, Any]] = []
        self.encoding = encoding_named(config.encoding)
        inputs = {"planes": self.encoding.plane_count, "globals": self.encoding.global_count}
        self.settings = inputs | config.settings
        self._split()
        folder.mkdir(parents=True, exist_ok=True)
        first = self.processes.first
        self.log = TrainingLog(folder, writes=first, tensorboard=runtime.tensorboard)
        bf16 = config.hyperparameters.bf16 and has_fast_bf16(device)
        torch.manual_seed(config.hyperparameters.seed)
        network = build(config.architecture, self.settings)
        if weights is not None:
            network.load_state_dict(weights)
        self.trainer = Trainer(
            network,
            replace(config.hyperparameters, bf16=bf16),
            device=device,
            distributed=self.processes.count > 1,
            compile=runtime.compile,
            teacher=self._teacher(),
        )

    @classmethod
    def start(
        cls, config: TrainConfig, corpus: Corpus, folder: Path, runtime: Runtime = _DEFAULT_RUNTIME
    ) -> "TrainingRun":
        """A fresh run.

        Args:
            config: what to do.
            corpus: the packed games.
            folder: where the run is kept; made if needed.
            runtime: where and how to work on it.

        Raises:
            GocnnError: when the folder has a run already, the initial weights cannot be read or
                do not fit the settings, the teacher reads another encoding, or the boards differ
                in size and the architecture takes one size only.
        """
        device = enter(runtime.device)
        check_no_run(folder)
        if config.validation is None:
            config = replace(config, validation=float(corpus.meta.get("validation", VALIDATION)))
        config = replace(config, settings=_extra_settings(config) | config.settings)
        weights: dict[str, Tensor] | None = None
        if config.initial:
            config, weights = _grown(config)
        config = replace(config, settings=config.settings | _board_settings(config, corpus))
        run = cls(config, corpus, folder, runtime, device, weights)
        run.log.clear()
        return run

    @classmethod
    def resume(
        cls,
        corpus: Corpus,
        folder: Path,
        runtime: Runtime = _DEFAULT_RUNTIME,
        *,
        budget: Budget | None = None,
    ) -> "TrainingRun":
        """The run of a folder, as its checkpoint left it.

        Args:
            corpus: the packed games that the run began with.
            folder: where the run is kept.
            runtime: where and how to work on it.
            budget: replaces that of the checkpoint.

        Raises:
            GocnnError: when the checkpoint is missing, damaged, or of other games.
        """
        device = enter(runtime.device)
        path, checkpoint = _latest(folder, budget)
        if checkpoint.corpus != corpus.checksum:
            raise GocnnError(
                f"{path}: was trained on other games than these; "
                "resume with the same games, or start a new run with --init"
            )
        config = checkpoint.config
        if budget is not None:
            config = replace(config, budget=budget)
        run = cls(config, corpus, folder, runtime, device)
        run.trainer.load(checkpoint.tensors, checkpoint.steps)
        run.seconds = checkpoint.seconds
        run.validations = checkpoint.validations
        run.cooldown_start = checkpoint.cooldown_start
        run.log.write({"resumed": checkpoint.steps})
        return run

    def _split(self) -> None:
        """Divide the games; those held out are on boards of the commonest size."""
        training, held_out = self.corpus.split(self.config.validation)
        owners = FinalOwners(self.corpus) if self._answers_lead else None
        groups: Ints | None = None
        if self.config.balance:
            groups = strength_groups(self.corpus.games[training], self.corpus.moves[training])
        self.training = Positions.by_size(self.corpus, training, owners=owners, groups=groups)
        held_out = held_out[self.corpus.games["size"][held_out] == self.training[0].size]
        self.held_out = Positions(self.corpus, held_out, passes=False) if len(held_out) else None

    @property
    def _answers_lead(self) -> bool:
        return self.settings.get("offset") is not None

    def _teacher(self) -> nn.Module | None:
        """The network to learn from, if the run has one."""
        return _teacher_for(self.config) if self.config.teacher else None

    @property
    def positions_seen(self) -> int:
        """Positions trained on so far, over all processes."""
        return self.trainer.steps * self.config.hyperparameters.batch

    @property
    def progress(self) -> float:
        """The share of the budget that is done."""
        return self.config.budget.progress(self.seconds, self.positions_seen)

    def stream(self) -> Stream:
        """The batches of the run, by number."""
        processes, hyperparameters = self.processes, self.config.hyperparameters
        dropout = self.config.dropout
        if self._answers_lead:  # komi is added to the lead, so it must be there
            dropout = replace(dropout, komi=0.0)
        return Stream(
            positions=self.training[0],
            others=self.training[1:],
            encoding=self.encoding,
            batch=hyperparameters.batch,
            seed=hyperparameters.seed,
            dropout=dropout,
            rank=processes.rank,
            processes=processes.count,
        )

    @property
    def checkpoint_path(self) -> Path:
        """Where the state of the run is kept now."""
        return checkpoint_path(self.folder, cooldown=self.cooldown_start is not None)

    def _next_rate(self) -> float:
        """The learning rate of the next update; begins the cooldown when it is time."""
        hyperparameters, progress = self.config.hyperparameters, self.progress
        if self.cooldown_start is None:
            if progress < 1 - hyperparameters.cooldown or hyperparameters.cooldown == 0:
                return hyperparameters.rate_at(self.trainer.steps, progress)
            self.save()  # from here a longer budget goes on
            self.cooldown_start = progress
        start = self.cooldown_start
        cooled = (progress - start) / max(1 - start, 1e-9)
        return hyperparameters.rate_at(self.trainer.steps, progress, cooled)

    # -- the loop -------------------------------------------------------------------------

    def train(self, stop_after: float | None = None) -> bool:
        """Train until the budget is spent, a signal comes, or `stop_after` seconds are over.

        Returns:
            Whether the run is complete. A checkpoint is written either way.

        Raises:
            GocnnError: when a file cannot be written; the last checkpoint stays.
        """
        with self.processes.told_when_one_is_lost(self.folder):
            return self._train(stop_after)

    def _train(self, stop_after: float | None) -> bool:
        processes, stream = self.processes, self.stream()
        threads = max(1, min(16, (os.cpu_count() or 1) // max(1, processes.count)))
        batches = prefetch(stream.at, count(self.trainer.steps), threads=threads, depth=3 * threads)
        began = time.monotonic()
        before: float | None = None  # compiling and loading up to the first batch does not count
        reporter = _Reporter(self, began)
        with stop_on_signals() as stop:
            try:
                for batch in batches:
                    late = stop_after is not None and time.monotonic() - began > stop_after
                    reporter.batch_ready()
                    now = self.runtime.clock()
                    spent = 0.0 if before is None else now - before
                    self.seconds = processes.agree(self.seconds + spent, self.device)
                    enough = late and before is not None  # every call makes an update at least
                    before = now
                    halt = processes.any(stop.is_set() or enough, self.device)
                    if self.progress >= 1.0 or halt:
                        break
                    self.rate = self._next_rate()
                    self.trainer.update(batch, self.rate)
                    reporter.updated()
            finally:
                batches.close()
                reporter.close()
        done = self.progress >= 1.0
        if done and (not self.validations or self.validations[-1]["steps"] != self.trainer.steps):
            self.validate()
        self.save()
        return done

    # -- its files ------------------------------------------------------------------------

    def validate(self) -> Scores | None:
        """Measure the averaged network on held-out games and log it."""
        if self.held_out is None or not self.processes.first:
            return None
        self.check_finite()
        network = build(self.config.architecture, self.settings)
        network.load_state_dict(self.trainer.average)
        module = to_device(network, self.device).eval()
        scores = evaluate(
            LoadedNetwork(module, self.encoding, self.info(), self.device),
            self.held_out,
            most=self.config.validation_positions,
            label=None,
        )
        total = scores.total
        entry = {
            "steps": self.trainer.steps,
            "positions": self.positions_seen,
            "seconds": round(self.seconds, 1),
            "top1": total.top1.mean,
            "top5": total.top5.mean,
            "loss": total.cross_entropy.mean,
            "value_accuracy": total.value_accuracy and total.value_accuracy.mean,
        }
        self.validations.append(entry)
        self.log.write({"validation": entry})
        return scores

    def save(self) -> None:
        """Write the checkpoint and the averaged weights, each whole or not at all."""
        if not self.processes.first:
            return
        self.check_finite()
        checkpoint = Checkpoint(
            config=self.config,
            corpus=self.corpus.checksum,
            steps=self.trainer.steps,
            cooldown_start=self.cooldown_start,
            seconds=self.seconds,
            validations=self.validations,
            tensors=self.trainer.state(),
        )
        save_checkpoint(self.checkpoint_path, checkpoint)
        if self.cooldown_start is None:  # the cooldown of a smaller budget is over
            checkpoint_path(self.folder, cooldown=True).unlink(missing_ok=True)
        save_weights(self.folder / "weights.safetensors", self.trainer.average, self.info())

    def check_finite(self) -> None:
        """Stop a run whose training has diverged; the files of the run stay as they are.

        Raises:
            GocnnError: when a loss or a weight is NaN or infinite.
        """
        if self.trainer.is_finite():
            return
        kept = "nothing was saved"
        if self.checkpoint_path.exists():
            kept = f"{self.checkpoint_path} and weights.safetensors are from before"
        raise GocnnError(
            f"{self.folder}: the training diverged, within {self.positions_seen:,} positions the "
            f"loss became NaN or infinite; {kept}. Start again with a --rate below "
            f"{self.config.hyperparameters.rate:g}"
        )

    def info(self) -> WeightsInfo:
        """The metadata of the averaged weights as they are now."""
        accuracy = {"validation": self.validations[-1]["top1"]} if self.validations else {}
        return WeightsInfo(
            architecture=self.config.architecture,
            settings=self.settings,
            encoding=self.encoding.name,
            positions=self.config.before + self.positions_seen,
            steps=self.trainer.steps,
            corpus=self.corpus.checksum,
            accuracy=accuracy,
            trained=f"gocnn train, {self.seconds / 60:.1f} minutes on {self.device.type}",
        )


def checkpoint_path(folder: Path, *, cooldown: bool = False) -> Path:
    """The checkpoint of the run in a folder, or of its cooldown."""
    return folder / ("cooldown.safetensors" if cooldown else "checkpoint.safetensors")


def _latest(folder: Path, budget: Budget | None) -> tuple[Path, Checkpoint]:
    """Where a run of this budget goes on (None: of its own).

    Its cooldown, where one has begun; but from before the cooldown where the budget is another.
    """
    path = checkpoint_path(folder)
    checkpoint = load_checkpoint(path)
    branch = checkpoint_path(folder, cooldown=True)
    if branch.exists():
        cooling = load_checkpoint(branch)
        same_run = cooling.corpus == checkpoint.corpus and cooling.steps >= checkpoint.steps
        if same_run and budget in (None, cooling.config.budget):
            return branch, cooling
    return path, checkpoint


def check_no_run(folder: Path) -> None:
    """Refuse a folder that has a run already.

    Raises:
        GocnnError: when it has.
    """
    path = checkpoint_path(folder)
    if path.exists():
        raise GocnnError(
            f"{path}: a run is here already; go on with --resume, or name another folder with -o"
        )


def _extra_settings(config: TrainConfig) -> dict[str, Any]:
    """What makes a network answer more than the move and the value, where it can."""
    if not find(config.architecture).extras:
        return {}
    settings: dict[str, Any] = {}
    if config.reply and not config.initial:
        settings["reply"] = True
    name = load_network(config.initial).encoding.name if config.initial else config.encoding
    encoding = encoding_named(name)
    komi, known = (encoding.global_column(meaning) for meaning in (KOMI, KOMI_KNOWN))
    if config.lead and komi is not None and known is not None:
        settings |= {"offset": komi, "unread": [known, komi]}  # komi is added instead of being read
    return settings


def _board_settings(config: TrainConfig, corpus: Corpus) -> dict[str, int]:
    """The size of board of an architecture that takes one size only; of the others nothing."""
    if not find(config.architecture).one_size:
        return {}
    sizes = np.unique(corpus.games["size"]).tolist()
    lines = config.settings.get("lines", sizes[0])
    if sizes != [lines]:
        present = ", ".join(f"{size}x{size}" for size in sizes)
        raise GocnnError(
            f"{config.architecture} networks take boards of one size, here {lines}x{lines}, and "
            f"the games have {present}; choose with --board-size"
        )
    return {"lines": lines}


def check_weights(config: TrainConfig) -> None:
    """Find what is wrong with the weights that a run is to start from or to learn from.

    Raises:
        GocnnError: when they cannot be read, or fit neither its settings nor each other.
    """
    if config.initial:
        config, _ = _grown(config)
    if config.teacher:
        _teacher_for(config)


def _teacher_for(config: TrainConfig) -> nn.Module:
    """The network to learn from."""
    teacher = load_network(config.teacher)
    if teacher.encoding.name != config.encoding:
        raise GocnnError(
            f"{config.teacher}: a teacher that sees {teacher.encoding.name} cannot teach "
            f"a network that sees {config.encoding}"
        )
    return teacher.module


def _grown(config: TrainConfig) -> tuple[TrainConfig, dict[str, Tensor]]:
    """The configuration completed by its initial weights, and these, grown to its settings."""
    initial = load_network(config.initial)
    info = initial.info
    settings = info.settings | config.settings
    architecture = find(info.architecture)
    depth = architecture.depth
    if not architecture.deepens and settings.get(depth) != info.settings.get(depth):
        raise GocnnError(
            f"{config.initial}: {info.architecture} networks can grow in width, but not in {depth}"
        )
    torch.manual_seed(config.hyperparameters.seed)
    try:
        weights = grow(initial.module, build(info.architecture, settings)).state_dict()
    except GocnnError as error:
        raise GocnnError(
            f"{config.initial}: {error}; give a --network that is nowhere smaller, "
            "or learn from it with --teacher"
        ) from error
    config = replace(
        config,
        architecture=info.architecture,
        settings=settings,
        encoding=initial.encoding.name,
        before=info.positions,
    )
    return config, weights


class _Reporter:
    """What happens between updates: the bar, the log, checkpoints, validations."""

    def __init__(self, run: TrainingRun, now: float) -> None:
        self._run = run
        self._logged, self._saved = now, now
        self._logged_at = run.positions_seen
        self._stage = int(run.progress * VALIDATIONS)
        self._validating = 0.0  # seconds
        self._idle_since, self._waited = now, 0.0  # seconds that no batch was ready
        total, done = run.config.budget.positions, run.positions_seen
        self._bar = bar("train", total, unit="positions", done=done, shown=run.processes.first)
        self._bar_at = done

    def batch_ready(self) -> None:
        """The next batch has arrived."""
        self._waited += time.monotonic() - self._idle_since

    def updated(self) -> None:
        """An update has been made."""
        self._report()
        self._idle_since = time.monotonic()

    def _report(self) -> None:
        run, now = self._run, time.monotonic()
        if now - self._logged >= LOG_SECONDS:
            run.check_finite()
            self._log(run.trainer.losses(), now)
        stage = int(run.progress * VALIDATIONS)
        if stage > self._stage and self._validating <= VALIDATION_SHARE * run.seconds:
            self._stage = stage
            run.validate()
            self._validating += time.monotonic() - now
        if now - self._saved >= run.runtime.checkpoint_seconds:
            self._saved = now
            run.save()

    def _log(self, losses: Losses, now: float) -> None:
        run = self._run
        seen = run.positions_seen
        passed = now - self._logged
        speed, waiting = (seen - self._logged_at) / passed, self._waited / passed
        self._logged, self._logged_at, self._waited = now, seen, 0.0
        run.log.write(
            {
                "steps": run.trainer.steps,
                "positions": seen,
                "seconds": round(run.seconds, 1),
                "rate": run.rate,
                "speed": round(speed, 1),  # positions a second
                "waiting": round(waiting, 4),  # share of the time without a batch to learn from
                **asdict(losses),
            }
        )
        if run.processes.first:
            self._bar.update(seen - self._bar_at)
            self._bar_at = seen
            budget = run.config.budget.seconds
            left = max(0.0, (budget or 0.0) - run.seconds) / 60
            clock = "" if budget is None else f", {left:.1f} min left"
            self._bar.set_postfix_str(f"loss {losses.loss:.3f}, top-1 {losses.top1:.1%}{clock}")

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
