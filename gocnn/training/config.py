"""What a training run is: hyperparameters, budget, and everything that goes into its checkpoint."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gocnn.dataset.conditions import ConditionDropout
from gocnn.defaults import BATCH, COOLDOWN, RATE, TEACHER_SHARE
from gocnn.errors import GocnnError

_WARMUP_SHARE = 0.01  # of the budget


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """How to train; all of it goes into the checkpoint."""

    batch: int = BATCH  # positions of an update, over all processes
    rate: float = RATE  # the learning rate at its peak
    warmup: int = 200  # updates in which the rate climbs; fewer where they pass 1% of the budget
    cooldown: float = COOLDOWN  # share of the budget at the end in which the rate falls to zero
    weight_decay: float = 0.05
    value_weight: float = 0.15  # of the value's loss beside the policy's
    score_weight: float = 0.03  # of the counted results, for networks that answer a lead
    ownership_weight: float = 0.15  # of the final owners, likewise
    reply_weight: float = 0.15  # of the opponent's next move, for networks that answer one
    focus: float = 0.0  # how much less the easy positions count, see `focused`
    clip: float = 2.0  # longest gradient
    average: float = 0.999  # decay of the averaged weights, a step
    seed: int = 0
    bf16: bool = True  # compute in bfloat16 where the processor has it
    muon: bool = True  # Muon moves the filters; else AdamW moves all
    teacher_share: float = TEACHER_SHARE  # of the loss that a teacher sets, if there is one

    def __post_init__(self) -> None:
        for name in ("batch", "rate", "clip"):
            if getattr(self, name) <= 0:
                raise GocnnError(f"{name} must be above 0, not {getattr(self, name)}")
        if not 0 <= self.average < 1:
            raise GocnnError(f"average must be 0 up to 1, not {self.average}")
        if self.focus < 0:
            raise GocnnError(f"focus must be 0 or above, not {self.focus}")
        if not 0 <= self.teacher_share <= 1:
            raise GocnnError(f"the teacher's share must be 0 to 1, not {self.teacher_share}")
        if not 0 <= self.cooldown <= 1:
            raise GocnnError(f"the cooldown must be a share from 0 to 1, not {self.cooldown}")

    def rate_at(self, steps: int, progress: float, cooled: float = 0.0) -> float:
        """The learning rate: a climb, a constant, and 1 - sqrt in the cooldown.

        The shape of the cooldown is that of Hägele et al. 2024 (arXiv:2405.18392), where it is
        as good as a cosine over the whole run.

        Args:
            steps: updates made so far.
            progress: the share of the budget that is done.
            cooled: the share of the cooldown that is done, 0 before it begins.
        """
        climb = max((steps + 1) / (self.warmup + 1), (progress + 1e-4) / _WARMUP_SHARE)
        return self.rate * min(1.0, climb) * (1 - math.sqrt(min(cooled, 1.0)))


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How long a run is; exactly one of the two is given."""

    seconds: float | None = None
    positions: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.seconds, self.positions) if value is not None]
        if len(given) != 1 or given[0] <= 0:
            raise GocnnError("a run needs one budget above 0: a time, or a number of positions")

    def progress(self, seconds: float, positions: int) -> float:
        """The share that is done, 0 to 1."""
        if self.seconds is not None:
            return min(1.0, seconds / self.seconds)
        assert self.positions is not None
        return min(1.0, positions / self.positions)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run, as its checkpoint describes it."""

    architecture: str = "resnet"
    settings: dict[str, Any]  # of the architecture, without inputs; over those of `initial`
    encoding: str = "full-1"
    lead: bool = True  # whether a fresh network answers a lead, where the encoding has komi
    reply: bool = True  # whether a fresh network learns the opponent's next move, too
    budget: Budget
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    dropout: ConditionDropout = field(default_factory=ConditionDropout)
    balance: bool = False  # whether sources and ranks share the positions, see dataset.balance
    validation: float | None = None  # share of the games held out; None: as the corpus was prepared
    validation_positions: int = 4096
    initial: str = ""  # weights to start from; the network is theirs, grown to `settings`
    before: int = 0  # positions that those weights had seen
    teacher: str = ""  # weights of a network to learn from beside the games


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Where and how a run is worked on; a resumed run may choose anew.

    `compile` says whether torch.compile makes the forward pass; None tries it on CUDA and keeps it
    if it is faster. `clock` is what a budget in seconds is measured by.
    """

    device: str = "auto"  # a name for `gocnn.network.device.choose_device`
    compile: bool | None = None
    checkpoint_seconds: float = 60.0  # time between checkpoints
    tensorboard: bool = False  # also log for TensorBoard, into the folder
    clock: Callable[[], float] = time.monotonic  # seconds, from any beginning
