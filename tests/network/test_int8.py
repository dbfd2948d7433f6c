"""The tower that multiplies integers of eight bits, beside float32 and by numpy."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from gocnn.network.device import has_fast_int8
from gocnn.network.int8 import LEVELS, Int8Tower, add_bias, add_residual, round_off

pytestmark = pytest.mark.skipif(
    not has_fast_int8(torch.device("cpu")), reason="needs oneDNN on an x86 processor with AVX2"
)
CHANNELS = 24


def blocks(count: int = 2) -> list[tuple[nn.Conv2d, nn.Conv2d]]:
    torch.manual_seed(5)
    return [
        (
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
        )
        for _ in range(count)
    ]


def activations(count: int, lines: int = 9) -> torch.Tensor:
    """Of positions whose sizes differ by much; one is nothing but zeros."""
    generator = torch.Generator().manual_seed(6)
    x = torch.rand((count, CHANNELS, lines, lines), generator=generator)
    sizes = torch.tensor([1.0, 40.0, 0.0, 0.01]).repeat(count)[:count]
    return (x * sizes[:, None, None, None]).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def by_torch(
    pairs: list[tuple[nn.Conv2d, nn.Conv2d]], x: torch.Tensor, biases: list[torch.Tensor]
) -> torch.Tensor:
    for (first, second), bias in zip(pairs, biases, strict=True):
        x = (x + second((first(x) + bias[:, :, None, None]).relu())).relu()
    return x


@pytest.mark.parametrize("rows", [1, 4])
@torch.inference_mode()
def test_it_answers_nearly_as_float32_does(rows: int) -> None:
    biases = [torch.randn(rows, CHANNELS) for _ in range(2)]
    x = activations(4)
    expected = by_torch(blocks(), x, biases)
    answer = Int8Tower(blocks())(x.clone(memory_format=torch.channels_last), biases)
    errors = (answer - expected).abs().amax((1, 2, 3)) / expected.amax((1, 2, 3))
    assert float(errors.max()) < 0.02
    assert float(errors.max()) > 0, "nothing was rounded"


@torch.inference_mode()
def test_a_position_is_answered_alike_alone_and_among_others() -> None:
    tower = Int8Tower(blocks())
    biases = [torch.randn(4, CHANNELS) for _ in range(2)]
    together = tower(activations(4), biases)
    for row in range(4):
        alone = activations(4)[row : row + 1].clone(memory_format=torch.channels_last)
        answer = tower(alone, [bias[row : row + 1] for bias in biases])
        assert torch.equal(answer[0], together[row])


@torch.inference_mode()
def test_threads_change_nothing() -> None:
    biases = [torch.randn(4, CHANNELS) for _ in range(2)]
    expected = Int8Tower(blocks())(activations(4), biases)
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert torch.equal(Int8Tower(blocks())(activations(4), biases), expected)
    finally:
        torch.set_num_threads(threads)


LARGEST = """
import json, torch
from gocnn.network.int8 import Int8Tower
channels = 64
first, second = (torch.nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2))
with torch.inference_mode():
    for convolution in (first, second):
        convolution.weight.fill_(1)
        convolution.bias.fill_(0)
    x = torch.ones(2, channels, 5, 5).contiguous(memory_format=torch.channels_last)
    middle = Int8Tower([(first, second)])(x, [torch.zeros(1, channels)])[:, :, 2, 2]
print(json.dumps([float(middle.min()), float(middle.max())]))
"""


@pytest.mark.parametrize("instructions", ["AVX2", "ALL"])
def test_the_largest_products_are_summed_in_full(instructions: str) -> None:
    """With AVX2 alone, two products meet in 16 bits."""
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": instructions}
    command = [sys.executable, "-c", LARGEST]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == pytest.approx([1 + (9 * 64) ** 2] * 2, rel=1e-6)


def test_the_kernels_do_what_they_say() -> None:
    rng = np.random.default_rng(7)
    y = rng.normal(size=(3, 25, CHANNELS)).astype(np.float32) * 90
    x = rng.random((3, 25, CHANNELS)).astype(np.float32)
    y[1], x[1] = -1000, 0  # nothing is left of this position
    steps = np.array([0.5, 2, 0.01], np.float32)
    bias = rng.normal(size=(3, CHANNELS)).astype(np.float32)

    def check(out: np.ndarray, found: np.ndarray, numbers: np.ndarray) -> None:
        sizes = numbers.max((1, 2)) / LEVELS
        expected = numbers / np.where(sizes > 0, sizes, 1)[:, None, None]
        assert found == pytest.approx(sizes, rel=1e-5)
        assert np.abs(out - expected).max() <= 0.5 + 1e-3
        assert out[0].max() == LEVELS and not out[1].any()

    out, found = np.full(x.shape, 99, np.uint8), np.empty(3, np.float32)
    round_off(x, out, found, 0, 3)
    check(out, found, x)

    expected = np.maximum(y * steps[:, None, None] + bias[:, None], 0)
    written, found = y.copy(), steps.copy()
    add_bias(written, bias, out, found, 0, 3)
    assert written == pytest.approx(expected, rel=1e-5, abs=1e-5)
    check(out, found, expected)

    expected = np.maximum(x + y * steps[:, None, None] + bias[0], 0)
    written, found = x.copy(), steps.copy()
    add_residual(y, bias[0], written, out, found, 0, 3)
    assert written == pytest.approx(expected, rel=1e-5, abs=1e-5)
    check(out, found, expected)
