"""Two implementations of one function, timed against each other; the faster one is kept."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

_Function = Callable[..., Any]


class Autotuner:
    """Two implementations of one function alternate at the start; the faster one is kept.

    Each of them first runs `warm` times, so that compiling and tuning do not count, and then
    `timed` times against the clock.

    Args:
        candidates: two callables that do the same.
        synchronize: waits until the device has done all its work.
        clock: seconds.
        warm: calls before the clock starts.
        timed: calls that are timed.
    """

    def __init__(
        self,
        candidates: tuple[_Function, _Function],
        synchronize: Callable[[], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        warm: int = 30,
        timed: int = 30,
    ) -> None:
        self._candidates, self._synchronize, self._clock = candidates, synchronize, clock
        self._warm, self._round = warm, warm + timed
        self._calls = 0
        self._began = 0.0
        self._times: list[float] = []

    def fastest(self) -> _Function:
        """The implementation to use for the next call: under test, and later the faster one."""
        if len(self._times) == 2:
            return self._candidates[0 if self._times[0] <= self._times[1] else 1]
        place = self._calls % self._round
        if place in (0, self._warm) and self._calls:
            self._synchronize()
            now = self._clock()
            if place == 0:
                self._times.append(now - self._began)
                return self.fastest() if len(self._times) == 2 else self._next()
            self._began = now
        return self._next()

    def _next(self) -> _Function:
        self._calls += 1
        return self._candidates[len(self._times)]


def choose_forward(
    forward: nn.Module, compile: bool | None, device: torch.device
) -> Callable[[], Callable[..., Any]]:
    """What to call for each forward pass: the network as it is, compiled, or the faster one."""
    if compile is False or (compile is None and device.type != "cuda"):
        return lambda: forward
    torch._dynamo.config.suppress_errors = True  # without a compiler it runs as it is
    compiled = torch.compile(forward, dynamic=False)  # compiled once for each size of board
    if compile:
        return lambda: compiled
    return Autotuner((forward, compiled), lambda: torch.cuda.synchronize(device)).fastest
