"""Normalisation, bias, residual and ReLU in one step: the same answers as one after another."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

from gocnn.network.batchnorm import BatchNorm
from gocnn.network.bf16 import (
    add_moments,
    combine,
    relu_backward,
    scale_shift_add_relu,
    scale_shift_relu,
)
from gocnn.network.norm_relu import compile_norm_relu, norm_relu

BATCH, CHANNELS, LINES = 6, 24, 7


def activations(seed: int, *, mean: float = 0.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(BATCH, CHANNELS, LINES, LINES, generator=generator) * 2 + mean
    return x.bfloat16().contiguous(memory_format=torch.channels_last)


def batch_norm() -> BatchNorm:
    generator = torch.Generator().manual_seed(0)
    norm = BatchNorm(CHANNELS)
    assert norm.running_mean is not None
    with torch.no_grad():
        norm.weight.uniform_(-1.5, 1.5, generator=generator)
        norm.bias.uniform_(-1.0, 1.0, generator=generator)
        norm.running_mean.uniform_(-1.0, 1.0, generator=generator)
    return norm.train()


def answers(
    norm: BatchNorm, x: Tensor, bias: Tensor | None, residual: Tensor | None, dtype: torch.dtype
) -> dict[str, Tensor]:
    """What comes out, forwards and backwards, of activations with those numbers in that type."""
    norm = copy.deepcopy(norm)
    if dtype == torch.float64:
        norm = norm.double()
    inputs = {"x": x.to(dtype)}
    if bias is not None:
        inputs["bias"] = bias.double() if dtype == torch.float64 else bias
    if residual is not None:
        inputs["residual"] = residual.to(dtype)
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in inputs.items()}
    y = norm_relu(norm, leaves["x"], leaves.get("bias"), leaves.get("residual"))
    y.backward(activations(9).to(dtype))
    assert (y.grad_fn is not None) and (
        ("NormReLU" in y.grad_fn.name()) == (dtype != torch.float64)
    )
    found = {name: leaf.grad for name, leaf in leaves.items()}
    found |= {name: value.grad for name, value in norm.named_parameters()}
    found |= {"y": y.detach()} | {name: value.clone() for name, value in norm.named_buffers()}
    return {name: value.double() for name, value in found.items() if value is not None}


@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("with_residual", [False, True])
def test_it_is_the_same_as_one_after_another_but_for_rounding(
    with_bias: bool, with_residual: bool
) -> None:
    x = activations(1, mean=3.0)
    bias = torch.randn(BATCH, CHANNELS, generator=torch.Generator().manual_seed(2))
    residual = activations(3)
    given = (x, bias if with_bias else None, residual if with_residual else None)
    exact = answers(batch_norm(), *given, torch.float64)
    fused = answers(batch_norm(), *given, torch.bfloat16)
    assert exact.keys() == fused.keys()
    for name, value in exact.items():
        # Where the sum is nearly zero, rounding decides whether the ReLU lets the gradient pass.
        near = torch.isclose(fused[name], value, rtol=0.01, atol=0.01 * float(value.abs().max()))
        assert near.double().mean() > 0.999, name


@pytest.mark.parametrize("threads", [2, 3, 16])
def test_threads_change_nothing(threads: int) -> None:
    given = activations(1), torch.ones(BATCH, CHANNELS), activations(3)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = answers(batch_norm(), *given, torch.bfloat16)
        torch.set_num_threads(threads)
        shared = answers(batch_norm(), *given, torch.bfloat16)
    finally:
        torch.set_num_threads(before)
    for name, value in alone.items():
        assert torch.equal(value, shared[name]), name


def test_what_is_compiled_beforehand_is_what_training_calls() -> None:
    kernels: list[Any] = [add_moments, combine, relu_backward]
    kernels += [scale_shift_add_relu, scale_shift_relu]
    compile_norm_relu()
    before = [list(kernel.signatures) for kernel in kernels]
    assert all(before)
    answers(batch_norm(), activations(1), torch.ones(BATCH, CHANNELS), None, torch.bfloat16)
    answers(batch_norm(), activations(1), None, activations(3), torch.bfloat16)
    assert [list(kernel.signatures) for kernel in kernels] == before


def test_one_of_several_processes_compiles_nothing_beforehand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would wait for the others' moments, of which one board of one point has none."""
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    compile_norm_relu()


def test_nan_is_not_lost() -> None:
    x = activations(1)
    x[2, 3, 4, 5] = torch.nan
    y = norm_relu(batch_norm(), x)
    assert y[:, 3].isnan().all()
    assert not y[:, :3].isnan().any()


@pytest.mark.parametrize("case", ["float32", "evaluation", "channels first"])
def test_elsewhere_the_plain_steps_are_taken(case: str) -> None:
    norm, x = batch_norm(), activations(1)
    if case == "float32":
        x = x.float()
    elif case == "evaluation":
        norm.eval()
    else:
        x = x.contiguous()
    y = norm_relu(norm, x.requires_grad_())
    assert y.grad_fn is not None and y.grad_fn.name() == "ReluBackward0"
    assert torch.equal(y, torch.relu(norm.eval()(x)) if case == "evaluation" else y.clamp_min(0))
