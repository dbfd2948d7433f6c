"""The process that trains: its device, memory, place among several processes, signals."""

import ctypes
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist

from gocnn.errors import GocnnError
from gocnn.network.device import choose_device

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # parameters of mallopt, from glibc's malloc.h


def keep_memory() -> None:
    """Let the C library keep the memory that training frees, and ask for it in large pages.

    The activations of an update on a CPU are hundreds of megabytes. glibc hands them back to the
    system after each one, which has to clear every page before the next. What was used once stays
    with the process instead. Linux with glibc only; elsewhere nothing happens. The large pages
    come only when this is called before torch makes its first tensor.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # torch reads it: "transparent huge pages"
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return
    library.mallopt(_M_MMAP_MAX, 0)  # no block, however large, is mapped and unmapped by itself
    library.mallopt(_M_TRIM_THRESHOLD, -1)  # the top of the heap is never given back


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

    def end(self) -> None:
        """End one of several processes at once, with status 0; alone, do nothing.

        Where DistributedDataParallel was used, torch 2.13 keeps threads of gloo's running after
        `destroy_process_group`; when Python then ends, one of them may abort the process
        ("terminate called without an active exception") although all work is done.
        """
        if self.count > 1:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    @contextmanager
    def told_when_one_is_lost(self, folder: Path) -> Iterator[None]:
        """Within the block, the error of torch's when another process is gone becomes one line.

        Raises:
            GocnnError: naming what to do.
        """
        try:
            yield
        except RuntimeError as error:
            lost = isinstance(error, dist.DistError) or "gloo" in str(error).lower()
            if self.count == 1 or not lost:
                raise
            raise GocnnError(
                f"{folder}: another of the {self.count} training processes is gone, so this one "
                "ends; what was saved before stays: start them again with --resume, or anew where "
                "nothing was saved yet"
            ) from error

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


def enter(name: str) -> torch.device:
    """The device of `own_device`, and the process made ready to train on it.

    On a CPU the memory that training frees is kept, see `keep_memory`, and numbers too small for a
    float32 of full precision become 0. The momentum of a filter that has died shrinks to such
    numbers, and a processor counts many times slower with them: a run of 2 million positions spent
    a quarter of its time on 18,000 of them. Threads that exist already go on as they were.

    Raises:
        GocnnError: as `choose_device` does.
    """
    device = own_device(name)
    if device.type == "cpu":
        keep_memory()
        torch.set_flush_denormal(True)
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
