"""Which processor to compute on, and in which precision."""

import ctypes
import os
import platform
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from gocnn.errors import GocnnError
from gocnn.symmetry import point_maps, source_maps

X86 = ("x86_64", "amd64")  # what platform.machine() may call it
_BF16_PARTS = ("BF16", "FP16", "AMX", "AVX10")  # in names of instruction sets that have it
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # parameters of mallopt, from glibc's malloc.h
_Form = Callable[..., Any]


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" takes CUDA, else MPS, else the CPU.

    Raises:
        GocnnError: when this machine has no such device.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise GocnnError(f"unknown device {name!r}; use auto, cpu, cuda, cuda:N or mps") from error
    missing = (device.type == "cuda" and not cuda) or (device.type == "mps" and not mps)
    if missing:
        raise GocnnError(f"this machine has no {device.type} device that torch can use; try cpu")
    return device


def fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is faster there than float32.

    A processor with AVX-512 but without its bfloat16 part can do it too, three times slower.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    most = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()  # what oneDNN is allowed to use
    if most.startswith(("SSE", "AVX")) and not any(part in most for part in _BF16_PARTS):
        return False
    in_hardware = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return platform.machine().lower() not in X86 or in_hardware is None or bool(in_hardware())


def autocast(device: torch.device, enabled: bool) -> AbstractContextManager[object]:
    """bfloat16 where it is safe, within the block."""
    return torch.autocast(device.type, torch.bfloat16) if enabled else nullcontext()


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
    library.mallopt(_M_MMAP_MAX, 0)  # no block, however large, is mapped and unmapped by itself
    library.mallopt(_M_TRIM_THRESHOLD, -1)  # the top of the heap is never given back


def settle(network: nn.Module, device: torch.device) -> nn.Module:
    """Move a network to a device, its filters laid out channels last, as its inputs will be."""
    settled: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return settled


class Contest:
    """Two forms of one function take turns at the start; the faster one stays.

    Each form first runs `warm` times, so that compiling and tuning do not count, and then `timed`
    times against the clock.

    Args:
        forms: two callables that do the same.
        synchronize: waits until the device has done all its work.
        clock: seconds.
        warm: calls before the clock starts.
        timed: calls that are timed.
    """

    def __init__(
        self,
        forms: tuple[_Form, _Form],
        synchronize: Callable[[], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        warm: int = 30,
        timed: int = 30,
    ) -> None:
        self._forms, self._synchronize, self._clock = forms, synchronize, clock
        self._warm, self._round = warm, warm + timed
        self._calls = 0
        self._began = 0.0
        self._times: list[float] = []

    def form(self) -> _Form:
        """The form to use for the next call."""
        if len(self._times) == 2:
            return self._forms[0 if self._times[0] <= self._times[1] else 1]
        place = self._calls % self._round
        if place in (0, self._warm) and self._calls:
            self._synchronize()
            now = self._clock()
            if place == 0:
                self._times.append(now - self._began)
                return self.form() if len(self._times) == 2 else self._turn()
            self._began = now
        return self._turn()

    def _turn(self) -> _Form:
        self._calls += 1
        return self._forms[len(self._times)]


class Views:
    """The eight views of planes and of points, on a device.

    Args:
        size: lines of the board.
        device: where the tables lie.
    """

    def __init__(self, size: int, device: torch.device) -> None:
        self.size = size
        self._to = torch.tensor(point_maps(size).astype("int64"), device=device)
        self._from = torch.tensor(source_maps(size).astype("int64"), device=device)

    def planes(self, planes_BCHW: Tensor, views_B: Tensor) -> Tensor:
        """Show each position in its view; same shape and type."""
        batch, count = planes_BCHW.shape[:2]
        index = self._from[views_B, :-1][:, None, :].expand(batch, count, -1)
        return planes_BCHW.flatten(2).gather(2, index).view_as(planes_BCHW)

    def points(self, points_B: Tensor, views_B: Tensor) -> Tensor:
        """Where each point, int64[B], lies in its view; a pass stays a pass."""
        return self._to[views_B, points_B]

    def logits_back(self, logits_BP: Tensor, views_B: Tensor) -> Tensor:
        """Logits float[B, P + 1] that were given for views, brought back to the board."""
        return logits_BP.gather(1, self._to[views_B])
