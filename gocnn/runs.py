"""What a training run is: its budget, its settings, its processes, and how it is told to stop."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist

from gocnn.batches import Hiding
from gocnn.devices import choose_device
from gocnn.errors import GocnnError
from gocnn.trainer import Recipe


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
class Run:
    """One training run, as its checkpoint knows it."""

    architecture: str = "resnet"
    settings: dict[str, Any]  # of the architecture, without inputs; over those of `initial`
    encoding: str = "full-1"
    budget: Budget | None = None  # None, when resuming: that of the checkpoint
    recipe: Recipe = field(default_factory=Recipe)
    hiding: Hiding = field(default_factory=Hiding)
    validation: float = 0.01  # share of the games held out
    validation_positions: int = 4096
    initial: str = ""  # weights to start from; the network is theirs, grown to `settings`
    before: int = 0  # positions that those weights had seen
    teacher: str = ""  # weights of a network to learn from beside the games


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together (started by torchrun)."""

    rank: int
    count: int

    @classmethod
    def join(cls, device: torch.device) -> "Processes":
        """Meet the others, if there are any."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls(0, 1)
        if not dist.is_initialized():
            dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and talks."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on when all processes have come here."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        """Part when all are done; a process that ended early could break the others' talk."""
        if self.count > 1:
            dist.barrier()
            dist.destroy_process_group()

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is set in any process."""
        if self.count == 1:
            return flag
        shared = torch.tensor(int(flag), device=device)
        dist.all_reduce(shared)
        return bool(shared.item())

    def agree(self, value: float, device: torch.device) -> float:
        """The first process's value."""
        if self.count == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=device)
        dist.broadcast(shared, 0)
        return float(shared.item())


def own_device(name: str) -> torch.device:
    """The device of that name for this process; torchrun gives each a GPU of its own.

    Raises:
        GocnnError: as `choose_device` does.
    """
    device = choose_device(name)
    if device.type == "cuda" and "LOCAL_RANK" in os.environ:
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    return device


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Within the block, SIGINT and SIGTERM set the event; a second one ends the program."""
    wanted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield wanted
        return

    def note(number: int, _frame: object) -> None:
        if wanted.is_set():
            raise KeyboardInterrupt
        wanted.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def budget_of(run: Run) -> Budget:
    """The budget of a run.

    Raises:
        GocnnError: when it has none.
    """
    if run.budget is None:
        raise GocnnError("a new run needs a budget: a time, or a number of positions")
    return run.budget


def run_from(about: dict[str, Any], budget: Budget | None) -> Run:
    """The run of a checkpoint's metadata, with a new budget if one is given."""
    saved = dict(about["run"])
    saved["budget"] = budget or Budget(**saved["budget"])
    saved["recipe"] = Recipe(**saved["recipe"])
    saved["hiding"] = Hiding(**saved["hiding"])
    return Run(**saved)
