"""The architectures: shapes, any board size, and that nothing is pooled on the policy's way."""

import pytest
import torch

from gocnn.errors import GocnnError
from gocnn.network.batchnorm import BatchNorm, fold_batchnorm
from gocnn.network.flops import multiply_adds
from gocnn.network.growth import grow
from gocnn.network.registry import ARCHITECTURES, SIZES, build, tower

SETTINGS = {"planes": 5, "globals": 7, "blocks": 2, "channels": 16}


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("size", [9, 13, 19, 25])
def test_every_size_of_board_runs_through_the_same_weights(name: str, size: int) -> None:
    network = build(name, SETTINGS).eval()
    output = network(torch.rand(3, 5, size, size), torch.rand(3, 7))
    assert output.logits.shape == (3, size * size + 1)
    assert output.value.shape == (3,)


def test_a_change_moves_only_the_logits_within_reach() -> None:
    """Poolless: what a point says depends on its surroundings alone."""
    torch.manual_seed(0)
    network = build("resnet", SETTINGS).eval()
    for name, parameter in network.named_parameters():
        if name.endswith("norm2.weight"):  # blocks begin as the identity; let them do something
            torch.nn.init.ones_(parameter)
    planes = torch.rand(1, 5, 25, 25)
    changed = planes.clone()
    changed[0, :, 2, 2] += 1
    context = torch.rand(1, 7)
    with torch.inference_mode():
        moved = network(changed, context).logits - network(planes, context).logits
    moved = moved[0, :-1].view(25, 25).abs() > 0
    reach = 1 + 2 * 2 + 1  # stem, two convolutions a block, the policy's last one
    assert moved[2, 2]
    assert moved[: 3 + reach, : 3 + reach].sum() > 50
    assert not moved[3 + reach :, :].any()
    assert not moved[:, 3 + reach :].any()


def test_a_shift_of_the_board_shifts_the_logits() -> None:
    torch.manual_seed(1)
    network = build("resnet", SETTINGS).eval()
    pattern = torch.rand(5, 5, 5)
    here, there = torch.zeros(2, 1, 5, 25, 25)
    here[0, :, 9:14, 9:14] = pattern
    there[0, :, 9:14, 10:15] = pattern
    with torch.inference_mode():
        a, b = (network(x, torch.zeros(1, 7)).logits[0, :-1].view(25, 25) for x in (here, there))
    assert torch.allclose(a[8:17, 8:16], b[8:17, 9:17], atol=1e-5)


def test_globals_matter() -> None:
    torch.manual_seed(2)
    network = build("resnet", SETTINGS).eval()
    planes = torch.rand(1, 5, 9, 9)
    with torch.inference_mode():
        one = network(planes, torch.zeros(1, 7))
        other = network(planes, torch.ones(1, 7))
    assert not torch.allclose(one.logits, other.logits)
    assert not torch.allclose(one.value, other.value)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_folding_the_normalisations_changes_no_answer(name: str) -> None:
    torch.manual_seed(3)
    network = build(name, SETTINGS)
    planes, context = torch.rand(6, 5, 9, 9), torch.rand(6, 7)
    for module in network.modules():  # as after some training: no moment and no scale is trivial
        if isinstance(module, BatchNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 2.0)
            torch.nn.init.uniform_(module.bias, -1.0, 1.0)
    for _ in range(3):
        network(torch.rand(6, 5, 9, 9), torch.rand(6, 7))
    network.eval()
    light = fold_batchnorm(network)
    assert not any(isinstance(module, BatchNorm) for module in light.modules())
    assert any(isinstance(module, BatchNorm) for module in network.modules())
    with torch.inference_mode():
        for one, other in zip(
            network(planes, context)[:2], light(planes, context)[:2], strict=True
        ):
            assert torch.allclose(one, other, atol=1e-4, rtol=1e-4)


def test_unknown_architectures_and_settings_are_named() -> None:
    with pytest.raises(GocnnError, match="unknown architecture 'x'; there are resnet"):
        build("x", SETTINGS)
    with pytest.raises(GocnnError, match="does not take"):
        build("resnet", SETTINGS | {"colour": 3})


def test_the_dial_grows() -> None:
    sizes = [settings["blocks"] * settings["channels"] ** 2 for settings in SIZES.values()]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("blocks, channels", [(2, 16), (4, 16), (2, 100), (3, 96)])
def test_a_grown_network_answers_as_the_small_one(blocks: int, channels: int) -> None:
    torch.manual_seed(5)
    small = build("resnet", SETTINGS)
    for module in small.modules():  # as after some training
        if isinstance(module, BatchNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 2.0)
            torch.nn.init.uniform_(module.bias, -1.0, 1.0)
    for name, parameter in small.named_parameters():
        if name.endswith("context.weight"):
            torch.nn.init.normal_(parameter)
    small(torch.rand(6, 5, 9, 9), torch.rand(6, 7))
    large = grow(small, build("resnet", SETTINGS | {"blocks": blocks, "channels": channels}))
    planes, context = torch.rand(6, 5, 9, 9), torch.rand(6, 7)
    with torch.inference_mode():
        one, other = small.eval()(planes, context), large.eval()(planes, context)
    assert torch.allclose(one.logits, other.logits, atol=1e-5)
    assert torch.allclose(one.value, other.value, atol=1e-5)


def test_all_that_is_new_in_a_grown_network_learns() -> None:
    torch.manual_seed(6)
    small = build("resnet", SETTINGS)
    large = grow(small, build("resnet", SETTINGS | {"blocks": 3, "channels": 32}))
    optimizer = torch.optim.SGD(large.parameters(), lr=0.1)
    before = {name: value.detach().clone() for name, value in large.named_parameters()}
    for _ in range(4):
        output = large(torch.rand(6, 5, 9, 9), torch.rand(6, 7))
        optimizer.zero_grad()
        (output.logits.square().mean() + output.value.square().mean()).backward()
        optimizer.step()
    for name, value in large.named_parameters():
        assert not torch.equal(value, before[name]), name


@pytest.mark.parametrize("change", [{"blocks": 1}, {"channels": 8}])
def test_a_network_does_not_shrink(change: dict[str, int]) -> None:
    with pytest.raises(GocnnError, match="can grow, not shrink"):
        grow(build("resnet", SETTINGS), build("resnet", SETTINGS | change))


def test_multiply_adds_are_those_of_every_filter_and_matrix() -> None:
    context, head = 32, 16
    points = 5 * 16 * 9 + 2 * 2 * 16 * 16 * 9 + 16 * 2 * head + 2 * head * 9 + 16 * head
    matrices = 7 * context + 3 * context * 16 + (2 * head + context) * 2 * head + 2 * head * 2
    assert multiply_adds("resnet", SETTINGS, 9) == 81 * points + matrices


def test_a_size_is_a_name_or_blocks_by_filters() -> None:
    assert tower("base") == SIZES["base"]
    assert tower("4x48") == {"blocks": 4, "channels": 48}


@pytest.mark.parametrize("size", ["", "middling", "4x", "0x48", "4x-1", "4x4x4"])
def test_other_sizes_are_refused(size: str) -> None:
    with pytest.raises(GocnnError, match=f"--network {size}: use tiny, .*BLOCKSxFILTERS"):
        tower(size)
