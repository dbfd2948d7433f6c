"""The learning loop: from a corpus to weights, within a budget, through any interruption.

A run lives in a folder: ``checkpoint.safetensors`` (everything, written whole or not at all),
``weights.safetensors`` (the averaged network) and ``log.jsonl``. The schedule follows the share of
the budget that is done. With a budget in positions a run that is stopped and resumed on a CPU ends
with the same weights, bit for bit, as one that is not.
"""

import os
import time
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.loader import Stream, ahead
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Scores, evaluate
from gocnn.features.encoding import encoding_named
from gocnn.inference.weights import Passport, load_tensors, load_weights, save_tensors, save_weights
from gocnn.network.device import fast_bf16, settle
from gocnn.network.growth import grow
from gocnn.network.registry import build
from gocnn.progress import bar
from gocnn.training.checkpoint import run_from
from gocnn.training.config import Recipe, Run, budget_of
from gocnn.training.log import Journal
from gocnn.training.process import Processes, keep_memory, own_device, stop_on_signals
from gocnn.training.trainer import Losses, Trainer

LOG_SECONDS = 5.0
VALIDATIONS = 20  # in a whole run, at most
VALIDATION_SHARE = 0.05  # of the time, at most


class Session:
    """A run being worked on: fresh, or resumed from its folder.

    Args:
        run: what to do; ignored but for its budget when resuming.
        corpus: the packed games.
        folder: where the run lives; made if needed.
        device: a name for `choose_device`.
        resume: go on from the folder's checkpoint.
        compile: use torch.compile; None tries it on CUDA, and keeps it if it is faster.
        checkpoint_seconds: time between checkpoints.
        tensorboard: also log for TensorBoard, into the folder.

    Raises:
        GocnnError: when the checkpoint is missing, damaged, or of other games, or when the
            teacher sees something else.
    """

    def __init__(
        self,
        run: Run,
        corpus: Corpus,
        folder: Path,
        *,
        device: str = "auto",
        resume: bool = False,
        compile: bool | None = None,
        checkpoint_seconds: float = 60.0,
        tensorboard: bool = False,
    ) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint.safetensors"
        self.checkpoint_seconds = checkpoint_seconds
        self.corpus = corpus
        self.device = own_device(device)
        if self.device.type == "cpu":
            keep_memory()
        self.processes = Processes.join(self.device)
        self.seconds = 0.0  # of training so far, validation included
        self.validations: list[dict[str, Any]] = []
        folder.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder, writes=self.processes.first, tensorboard=tensorboard)
        self.run, tensors, about = self._resumed(run) if resume else self._begun(run)
        self.budget = budget_of(self.run)
        self.encoding = encoding_named(self.run.encoding)
        bf16 = self.run.recipe.bf16 and fast_bf16(self.device)
        self._split(corpus, self.run.validation)
        self.trainer = Trainer(
            self._network({} if resume else tensors),
            Recipe(**(asdict(self.run.recipe) | {"bf16": bf16})),
            device=self.device,
            distributed=self.processes.count > 1,
            compile=compile,
            teacher=self._teacher(),
        )
        if resume:
            self.trainer.load(tensors, about["steps"])
            self.seconds = about["seconds"]
            self.validations = about["validations"]

    def _begun(self, run: Run) -> tuple[Run, dict[str, Tensor], dict[str, Any]]:
        """A fresh run and the weights that it starts from, if any; the log is emptied."""
        if self.checkpoint.exists():
            raise GocnnError(
                f"{self.checkpoint}: a run is here already; "
                "go on with --resume, or name another folder with -o"
            )
        weights: dict[str, Tensor] = {}
        if run.initial:
            network, encoding, passport = load_weights(run.initial)
            settings = passport.settings | run.settings
            torch.manual_seed(run.recipe.seed)
            try:
                weights = grow(network, build(passport.architecture, settings)).state_dict()
            except GocnnError as error:
                raise GocnnError(
                    f"{run.initial}: {error}; give a --size that is nowhere smaller, "
                    "or learn from it with --teacher"
                ) from error
            run = replace(
                run,
                architecture=passport.architecture,
                settings=settings,
                encoding=encoding.name,
                before=passport.positions,
            )
        self.journal.clear()
        return run, weights, {}

    def _resumed(self, run: Run) -> tuple[Run, dict[str, Tensor], dict[str, Any]]:
        """The run of the checkpoint with what it holds; a new budget goes before its own."""
        if not self.checkpoint.exists():
            raise GocnnError(f"{self.checkpoint}: there is no run to resume here")
        tensors, about = load_tensors(self.checkpoint)
        if about["corpus"] != self.corpus.checksum:
            raise GocnnError(
                f"{self.checkpoint}: was trained on other games than these; "
                "resume with the same games, or start a new run with --init"
            )
        return run_from(about, run.budget), tensors, about

    def _split(self, corpus: Corpus, share: float) -> None:
        """Part the games; what is held out are those on boards of the commonest size."""
        training, held_out = corpus.split(share)
        self.training = Positions.by_size(corpus, training)
        held_out = held_out[corpus.games["size"][held_out] == self.training[0].size]
        self.held_out = Positions(corpus, held_out, passes=False) if len(held_out) else None

    def _network(self, weights: dict[str, Tensor]) -> nn.Module:
        run = self.run
        inputs = {"planes": self.encoding.plane_count, "globals": self.encoding.global_count}
        self.settings = inputs | run.settings
        torch.manual_seed(run.recipe.seed)
        network = build(run.architecture, self.settings)
        if weights:
            network.load_state_dict(weights)
        return network

    def _teacher(self) -> nn.Module | None:
        """The network to learn from, if the run has one."""
        if not self.run.teacher:
            return None
        network, encoding, _ = load_weights(self.run.teacher)
        if encoding.name != self.encoding.name:
            raise GocnnError(
                f"{self.run.teacher}: a teacher that sees {encoding.name} cannot teach a network "
                f"that sees {self.encoding.name}"
            )
        return network

    @property
    def positions_seen(self) -> int:
        """Positions trained on so far, over all processes."""
        return self.trainer.steps * self.run.recipe.batch

    @property
    def progress(self) -> float:
        """The share of the budget that is done."""
        return self.budget.progress(self.seconds, self.positions_seen)

    # -- the loop -------------------------------------------------------------------------

    def work(self, stop_after: float | None = None) -> bool:
        """Train until the budget is spent, a signal comes, or `stop_after` seconds are over.

        Returns:
            Whether the run is complete. A checkpoint is written either way.

        Raises:
            GocnnError: when a file cannot be written; the last checkpoint stands.
        """
        processes = self.processes
        stream = Stream(
            positions=self.training[0],
            others=self.training[1:],
            encoding=self.encoding,
            batch=self.run.recipe.batch,
            seed=self.run.recipe.seed,
            hiding=self.run.hiding,
            rank=processes.rank,
            processes=processes.count,
        )
        threads = max(1, min(16, (os.cpu_count() or 1) // max(1, processes.count)))
        batches = ahead(stream.at, count(self.trainer.steps), threads=threads, depth=3 * threads)
        began = time.monotonic()
        before: float | None = None  # compiling and loading up to the first batch does not count
        clock = _Clock(self, began)
        with stop_on_signals() as stop:
            try:
                for batch in batches:
                    now = time.monotonic()
                    clock.arrived(now)
                    spent = 0.0 if before is None else now - before
                    self.seconds = processes.agree(self.seconds + spent, self.device)
                    late = stop_after is not None and now - began > stop_after
                    enough = late and before is not None  # every call gets somewhere
                    before = now
                    halt = processes.any(stop.is_set() or enough, self.device)
                    if self.progress >= 1.0 or halt:
                        break
                    self.trainer.update(batch, self.run.recipe.rate_at(self.progress))
                    clock.tick()
            finally:
                batches.close()
                clock.close()
        done = self.progress >= 1.0
        if done and (not self.validations or self.validations[-1]["steps"] != self.trainer.steps):
            self.validate()
        self.save()
        return done

    # -- what it leaves behind ------------------------------------------------------------

    def validate(self) -> Scores | None:
        """Measure the averaged network on held-out games and log it."""
        if self.held_out is None or not self.processes.first:
            return None
        network = build(self.run.architecture, self.settings)
        network.load_state_dict(self.trainer.average)
        scores = evaluate(
            settle(network, self.device).eval(),
            self.encoding,
            self.held_out,
            device=self.device,
            most=self.run.validation_positions,
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
        self.journal.write({"validation": entry})
        return scores

    def save(self) -> None:
        """Write the checkpoint and the averaged weights, each whole or not at all."""
        if not self.processes.first:
            return
        about = {
            "run": asdict(self.run),
            "corpus": self.corpus.checksum,
            "steps": self.trainer.steps,
            "seconds": self.seconds,
            "validations": self.validations,
        }
        save_tensors(self.checkpoint, self.trainer.state(), about)
        save_weights(self.folder / "weights.safetensors", self.trainer.average, self.passport())

    def passport(self) -> Passport:
        """The passport of the averaged weights as they are now."""
        accuracy = {"validation": self.validations[-1]["top1"]} if self.validations else {}
        return Passport(
            architecture=self.run.architecture,
            settings=self.settings,
            encoding=self.encoding.name,
            positions=self.run.before + self.positions_seen,
            steps=self.trainer.steps,
            corpus=self.corpus.checksum,
            accuracy=accuracy,
            trained=f"gocnn train, {self.seconds / 60:.1f} minutes on {self.device.type}",
        )


class _Clock:
    """What happens between updates: the bar, the log, checkpoints, validations."""

    def __init__(self, session: Session, now: float) -> None:
        self._session = session
        self._logged, self._saved = now, now
        self._logged_at = session.positions_seen
        self._stage = int(session.progress * VALIDATIONS)
        self._validating = 0.0  # seconds
        self._idle_since, self._waited = now, 0.0  # seconds that no batch was ready
        total, done = session.budget.positions, session.positions_seen
        self._bar = bar("train", total, unit="positions", done=done, shown=session.processes.first)
        self._bar_at = done

    def arrived(self, now: float) -> None:
        """A batch is here."""
        self._waited += now - self._idle_since

    def tick(self) -> None:
        """An update is made."""
        self._report()
        self._idle_since = time.monotonic()

    def _report(self) -> None:
        session, now = self._session, time.monotonic()
        if now - self._logged >= LOG_SECONDS:
            self._log(session.trainer.losses(), now)
        stage = int(session.progress * VALIDATIONS)
        if stage > self._stage and self._validating <= VALIDATION_SHARE * session.seconds:
            self._stage = stage
            session.validate()
            self._validating += time.monotonic() - now
        if now - self._saved >= session.checkpoint_seconds:
            self._saved = now
            session.save()

    def _log(self, losses: Losses, now: float) -> None:
        session = self._session
        seen = session.positions_seen
        passed = now - self._logged
        speed, waiting = (seen - self._logged_at) / passed, self._waited / passed
        self._logged, self._logged_at, self._waited = now, seen, 0.0
        session.journal.write(
            {
                "steps": session.trainer.steps,
                "positions": seen,
                "seconds": round(session.seconds, 1),
                "rate": session.run.recipe.rate_at(session.progress),
                "speed": round(speed, 1),  # positions a second
                "waiting": round(waiting, 4),  # share of the time without a batch to learn from
                **asdict(losses),
            }
        )
        if session.processes.first:
            self._bar.update(seen - self._bar_at)
            self._bar_at = seen
            budget = session.budget.seconds
            left = max(0.0, (budget or 0.0) - session.seconds) / 60
            clock = "" if budget is None else f", {left:.1f} min left"
            self._bar.set_postfix_str(f"loss {losses.loss:.3f}, top-1 {losses.top1:.1%}{clock}")

    def close(self) -> None:
        self._bar.close()
