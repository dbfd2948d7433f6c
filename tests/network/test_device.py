"""Devices, views, and the autotuner's choice between a network as it is and compiled."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from gocnn.errors import GocnnError
from gocnn.go.symmetry import source_maps
from gocnn.inference.views import Views
from gocnn.network.device import choose_device, fastest_dtypes, has_fast_bf16, has_fast_int8
from gocnn.training.autotune import Autotuner
from gocnn.training.process import keep_memory

CPU = torch.device("cpu")


@pytest.mark.parametrize(("costs", "winner"), [((3.0, 2.0), 1), ((2.0, 3.0), 0), ((2.0, 2.0), 0)])
def test_the_faster_function_is_kept(costs: tuple[float, float], winner: int) -> None:
    now = 0.0
    calls: list[int] = []

    def make(number: int) -> Callable[[], None]:
        def run() -> None:
            nonlocal now
            first = number not in calls  # the first call of the second form compiles it
            calls.append(number)
            now += costs[number] + (100.0 if first and number else 0.0)

        return run

    autotuner = Autotuner((make(0), make(1)), lambda: None, clock=lambda: now, warm=3, timed=4)
    for _ in range(30):
        autotuner.fastest()()
    assert calls[:14] == [0] * 7 + [1] * 7
    assert calls[14:] == [winner] * 16


def test_bfloat16_is_taken_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """AVX-512 alone emulates it, slowly."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    for has in (False, True):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        assert has_fast_bf16(CPU) is has
    for most, allowed in (("AVX2", False), ("avx512_core", False), ("AVX512_CORE_AMX", True)):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", most)
        assert has_fast_bf16(CPU) is allowed
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    assert not has_fast_bf16(CPU)


def test_int8_is_taken_where_no_processor_multiplies_matrices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.cpu, "_is_avx2_supported", lambda: True)
    for most, allowed in (("", True), ("AVX2", True), ("avx", False), ("SSE41", False)):
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", most)
        assert has_fast_int8(CPU) is allowed
    assert not has_fast_int8(torch.device("meta"))
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert fastest_dtypes(CPU) == (torch.int8, torch.float32)
    monkeypatch.setattr(torch.cpu, "_is_avx2_supported", lambda: False)
    assert fastest_dtypes(CPU) == (torch.float32,)
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert not has_fast_int8(CPU)


@pytest.mark.parametrize("amx, most", [(True, ""), (True, "AVX512_CORE_BF16"), (False, "")])
def test_bfloat16_is_quickest_where_there_is_amx(
    monkeypatch: pytest.MonkeyPatch, amx: bool, most: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", most)
    for name, has in (("avx2", True), ("avx512_bf16", True), ("amx_tile", amx)):
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda has=has: has)
    used = amx and not most
    assert fastest_dtypes(CPU) == ((torch.bfloat16,) if used else (torch.int8, torch.bfloat16))


FAULTS = """
import resource, sys
from gocnn.training.process import keep_memory
if sys.argv[1] == "keep":
    keep_memory()
import torch
for round in range(14):  # the heap settles in the first few
    if round == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [torch.ones(12 << 20) for _ in range(2)]  # 48 MiB each, and all of it written
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_freed_memory_is_kept() -> None:
    """Without, each round of a hundred megabytes is new to the process, page by page."""

    def faults(way: str) -> int:
        environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        environment["THP_MEM_ALLOC_ENABLE"] = "0"
        command = [sys.executable, "-c", FAULTS, way]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert 4 * faults("keep") < faults("leave")


def test_elsewhere_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    monkeypatch.setattr("ctypes.CDLL", lambda _: pytest.fail("there is no glibc here"))
    keep_memory()


def test_views_on_a_device_are_those_of_the_board() -> None:
    views = Views(5, CPU)
    planes = torch.arange(2 * 3 * 25).view(2, 3, 5, 5)
    for view in range(8):
        which = torch.full((2,), view)
        shown = views.planes(planes, which)
        expected = planes.numpy().reshape(2, 3, 25)[:, :, source_maps(5)[view, :-1]]
        assert (shown.numpy().reshape(2, 3, 25) == expected).all()
        logits = torch.rand(2, 26)
        points = torch.tensor([7, 25])
        there = views.points(points, which)
        back = views.logits_back(logits, which)
        assert torch.equal(back[torch.arange(2), points], logits[torch.arange(2), there])
        assert there[1] == 25


def test_different_views_in_one_batch() -> None:
    views = Views(3, CPU)
    board = torch.arange(9).view(1, 1, 3, 3).expand(8, 1, 3, 3)
    shown = views.planes(board, torch.arange(8))
    assert len({tuple(np.asarray(view).ravel()) for view in shown}) == 8


def test_the_cpu_is_always_there() -> None:
    assert choose_device("cpu") == CPU
    assert choose_device().type in ("cpu", "cuda", "mps")
    with pytest.raises(GocnnError, match="unknown device"):
        choose_device("gpu0")


def test_threads_do_not_spin_unless_told_so(root: Path) -> None:
    code = "import gocnn, os; print(os.environ['OMP_WAIT_POLICY'])"
    for told, expected in (({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")):
        others = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=others | told,
            cwd=root,
            capture_output=True,
            text=True,
        )
        assert done.stdout.strip() == expected
