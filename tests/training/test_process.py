"""Several training processes: what one is told of the others, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gocnn.errors import GocnnError
from gocnn.training.process import Processes


def test_a_lost_process_is_told_in_one_line() -> None:
    peer = "[../third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer"
    with (
        pytest.raises(GocnnError, match=r"^run: another of the 2 .* --resume") as told,
        Processes(0, 2).told_when_one_is_lost(Path("run")),
    ):
        raise RuntimeError(peer)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("count", "text"), [(1, "gloo"), (2, "a fault of our own")])
def test_other_errors_are_not_taken_for_it(count: int, text: str) -> None:
    with (
        pytest.raises(RuntimeError, match=text),
        Processes(0, count).told_when_one_is_lost(Path("run")),
    ):
        raise RuntimeError(text)


def test_one_of_several_ends_before_threads_of_torch_can_abort_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    Processes(0, 1).end()
    assert ends == []
    Processes(1, 2).end()
    assert ends == [0]


TINY = """
import sys, torch
from gocnn.training.process import enter
if sys.argv[1] == "enter":
    enter("cpu")
torch.set_num_threads(2)
decayed = torch.full((1 << 20,), 2e-38) * 0.1  # enough numbers for both threads
print(int((decayed != 0).sum()))
"""


def test_a_momentum_that_shrinks_to_nothing_becomes_nothing() -> None:
    """Numbers below the smallest of full precision slow a training run down by a quarter."""

    def left(way: str) -> int:
        command = [sys.executable, "-c", TINY, way]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert left("leave") == 1 << 20  # else this test shows nothing
    assert left("enter") == 0
