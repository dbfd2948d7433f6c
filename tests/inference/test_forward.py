"""From encoded positions to probabilities: every quick way says what the plain one says."""

import platform

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gocnn.inference import forward as inference
from gocnn.inference.forward import forward, prepare_for_inference
from gocnn.inference.views import Views
from gocnn.inference.weights import load_network
from gocnn.network import fused
from gocnn.network.batchnorm import BatchNorm, fold_batchnorm
from gocnn.network.device import has_fast_bf16, has_fast_int8
from gocnn.network.fused import FusedResNet
from gocnn.network.int8 import Int8Tower
from gocnn.network.output import Output
from gocnn.network.registry import build

CPU = torch.device("cpu")
SETTINGS = {"planes": 5, "globals": 7, "blocks": 3, "channels": 24}

with_onednn = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64")
    or not torch.backends.mkldnn.is_available(),
    reason="needs oneDNN on an x86 processor",
)


@pytest.fixture(scope="module", params=["resnet", "nested"])
def network(request: pytest.FixtureRequest) -> nn.Module:
    """As after some training: no moment, no scale and no bias is trivial."""
    torch.manual_seed(7)
    network = build(request.param, SETTINGS)
    for module in network.modules():
        if isinstance(module, BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.3)
    network(torch.rand(6, 5, 9, 9), torch.rand(6, 7))
    return network.eval()


def inputs(count: int, lines: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Random planes and globals."""
    random = np.random.default_rng(count)
    planes = random.integers(0, 2, (count, 5, lines, lines), dtype=np.int8)
    return planes, random.random((count, 7), dtype=np.float32)


@with_onednn
@pytest.mark.parametrize("dtype, allowed", [(torch.float32, 1e-4), (torch.bfloat16, 0.02)])
def test_the_fused_network_answers_as_the_plain_one(
    network: nn.Module, dtype: torch.dtype, allowed: float
) -> None:
    if dtype == torch.bfloat16 and not has_fast_bf16(CPU):
        pytest.skip("bfloat16 is slow or missing here")
    quick = fused.fuse_for_cpu(fold_batchnorm(network), dtype)
    assert isinstance(quick, FusedResNet)
    for count, lines in ((1, 19), (3, 9), (8, 13)):
        planes, context = (torch.from_numpy(array) for array in inputs(count, lines))
        for globals_BG in (context, context[:1].expand(count, -1)):
            with torch.inference_mode():
                expected = network(planes.float(), globals_BG)
                answer = quick(planes.float(), globals_BG)
            for one, other in zip(expected[:2], answer[:2], strict=True):
                assert one.shape == other.shape and other.dtype == torch.float32
                assert float((one - other).abs().max()) < allowed * (1 + float(one.abs().max()))


@with_onednn
@pytest.mark.parametrize("weights", ["default", "small"])
def test_the_networks_that_ship_have_every_quick_form(weights: str) -> None:
    """A form that answers otherwise is left out without a word, and the network is slow."""
    light = fold_batchnorm(load_network(weights, CPU).module)
    works = {
        torch.float32: True,
        torch.bfloat16: has_fast_bf16(CPU),
        torch.int8: has_fast_int8(CPU),
    }
    for dtype in (dtype for dtype, here in works.items() if here):
        assert fused.fuse_for_cpu(light, dtype) is not None, dtype


@with_onednn
def test_the_cpu_takes_the_fused_network(network: nn.Module) -> None:
    assert isinstance(prepare_for_inference(network, CPU), FusedResNet)


@pytest.mark.skipif(not has_fast_int8(CPU), reason="needs oneDNN on a processor with AVX2")
def test_int8_where_it_works_else_float32(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: object) -> None:
        torch.ops.onednn._no_such_operation()

    monkeypatch.setattr(inference, "fastest_dtypes", lambda _: (torch.int8, torch.float32))
    planes, context = inputs(3, 9)
    answers = {}
    for works in (True, False):
        if not works:
            monkeypatch.setattr(fused, "Int8Tower", missing)
        quick = prepare_for_inference(network, CPU)
        assert isinstance(quick, FusedResNet)
        towers = getattr(quick.tower, "towers", [quick.tower])  # nested ones, or the only one
        assert {works} == {type(tower) is Int8Tower for tower in towers}
        answers[works] = forward(quick, planes, context, Views(9, CPU)).log_policy
    exact = prepare_for_inference(network, CPU, exact=True)
    expected = forward(exact, planes, context, Views(9, CPU)).log_policy
    assert torch.equal(answers[False], expected)
    assert not torch.equal(answers[True], expected)
    assert torch.allclose(answers[True], expected, atol=0.1)


def test_what_cannot_be_fused_is_left_plain(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other networks, operations that this torch has not, and those that err."""

    class Wrong(FusedResNet):
        def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
            logits, value, *_ = super().forward(planes_BCHW, globals_BG)
            return Output(logits.flip(1), value)

    class Missing(FusedResNet):
        def __init__(self, *_: object) -> None:
            torch.ops.mkldnn._no_such_operation()

    light = fold_batchnorm(network)
    assert fused.fuse_for_cpu(nn.Identity(), torch.float32) is None
    for other in (Wrong, Missing):
        monkeypatch.setattr(fused, "FusedResNet", other)
        assert fused.fuse_for_cpu(light, torch.float32) is None
        plain = prepare_for_inference(network, CPU)
        assert not isinstance(plain, FusedResNet)
        planes, context = inputs(2, 9)
        log_policy, value = forward(plain, planes, context, Views(9, CPU))[:2]
        with torch.inference_mode():
            expected = network(torch.from_numpy(planes).float(), torch.from_numpy(context))
        assert torch.allclose(log_policy, expected.logits.log_softmax(1), atol=0.1)
        assert torch.allclose(value, expected.value, atol=0.1)


@pytest.mark.parametrize("symmetries", [1, 8])
@pytest.mark.parametrize("at_once", [5, 16, 1000])
def test_views_and_positions_may_come_in_any_parts(
    network: nn.Module, monkeypatch: pytest.MonkeyPatch, symmetries: int, at_once: int
) -> None:
    """The mean over the views, worked out view by view."""
    monkeypatch.setitem(inference._AT_ONCE, "cpu", at_once)
    planes, context = inputs(7, 9)
    views = Views(9, CPU)
    log_policy, value = forward(network, planes, context, views, symmetries)[:2]
    probabilities, values = torch.zeros(7, 82), torch.zeros(7)
    for view in range(symmetries):
        which = torch.full((7,), view)
        with torch.inference_mode():
            shown = views.planes(torch.from_numpy(planes), which).float()
            logits, value_logits = network(shown, torch.from_numpy(context))[:2]
        probabilities += views.logits_back(logits, which).softmax(1) / symmetries
        values += value_logits / symmetries
    assert torch.allclose(log_policy.exp(), probabilities, atol=1e-5)
    assert torch.allclose(value, values, atol=1e-4)
