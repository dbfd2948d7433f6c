"""Two forms of one function compared by time; the faster one stays."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

_Form = Callable[..., Any]


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


def forward_function(
    forward: nn.Module, compile: bool | None, device: torch.device
) -> Callable[[], Callable[..., Any]]:
    """What to call for each forward pass: the network as it is, compiled, or the faster one."""
    if compile is False or (compile is None and device.type != "cuda"):
        return lambda: forward
    torch._dynamo.config.suppress_errors = True  # without a compiler it runs as it is
    compiled = torch.compile(forward, dynamic=False)  # one form for each size of board
    if compile:
        return lambda: compiled
    return Contest((forward, compiled), lambda: torch.cuda.synchronize(device)).form
