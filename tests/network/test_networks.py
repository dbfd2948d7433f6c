"""The architectures: shapes, any board size, and that nothing is pooled on the policy's way."""

import pytest
import torch
from torch import nn

from gocnn.errors import GocnnError
from gocnn.network.batchnorm import BatchNorm, fold_batchnorm
from gocnn.network.flops import multiply_adds
from gocnn.network.growth import grow
from gocnn.network.registry import ARCHITECTURES, SIZES, build, size_text, tower
from gocnn.network.spatial_transformer import affine

INPUTS = {"planes": 5, "globals": 7}
SETTINGS = INPUTS | {"blocks": 2, "channels": 16}
ANY_SIZE = sorted(name for name, found in ARCHITECTURES.items() if not found.one_size)
ONE_SIZE = sorted(ARCHITECTURES.keys() - set(ANY_SIZE))
POOLLESS = ["alphago", "nested", "resnet"]
RESIDUAL = ["nested", "resnet"]


def _settings(name: str, size: str = "2x16") -> dict[str, int]:
    return INPUTS | tower(size, name)


def _lived_in(name: str, lines: int = 9) -> nn.Module:
    """A network none of whose parts does nothing, as after some training."""
    own = {"lines": lines} if name in ONE_SIZE else {}
    network = build(name, _settings(name) | own)
    for module in network.modules():
        if isinstance(module, BatchNorm):
            nn.init.uniform_(module.weight, 0.5, 2.0)
            nn.init.uniform_(module.bias, -1.0, 1.0)
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    for _ in range(3):
        network(torch.rand(6, 5, lines, lines), torch.rand(6, 7))
    return network.eval()


@pytest.mark.parametrize("name", ANY_SIZE)
@pytest.mark.parametrize("size", [9, 13, 19, 25])
def test_every_size_of_board_runs_through_the_same_weights(name: str, size: int) -> None:
    network = build(name, _settings(name)).eval()
    output = network(torch.rand(3, 5, size, size), torch.rand(3, 7))
    assert output.logits.shape == (3, size * size + 1)
    assert output.value.shape == (3,)


@pytest.mark.parametrize("name, convolutions", [("resnet", 2), ("nested", 4)])
def test_a_change_moves_only_the_logits_within_reach(name: str, convolutions: int) -> None:
    """Poolless: what a point says depends on its surroundings alone."""
    torch.manual_seed(0)
    network = build(name, SETTINGS).eval()
    for part, parameter in network.named_parameters():
        if part.endswith("norm2.weight"):  # blocks begin as the identity; let them do something
            torch.nn.init.ones_(parameter)
    planes = torch.rand(1, 5, 25, 25)
    changed = planes.clone()
    changed[0, :, 2, 2] += 1
    context = torch.rand(1, 7)
    with torch.inference_mode():
        moved = network(changed, context).logits - network(planes, context).logits
    moved = moved[0, :-1].view(25, 25).abs() > 0
    reach = 1 + 2 * convolutions + 1  # stem, 3x3 convolutions of 2 blocks, the policy's last one
    assert moved[2, 2]
    assert moved[: 3 + reach, : 3 + reach].sum() > 50
    assert not moved[3 + reach :, :].any()
    assert not moved[:, 3 + reach :].any()


def test_globals_matter() -> None:
    torch.manual_seed(2)
    network = build("resnet", SETTINGS).eval()
    planes = torch.rand(1, 5, 9, 9)
    with torch.inference_mode():
        one = network(planes, torch.zeros(1, 7))
        other = network(planes, torch.ones(1, 7))
    assert not torch.allclose(one.logits, other.logits)
    assert not torch.allclose(one.value, other.value)


@pytest.mark.parametrize("name", ONE_SIZE)
@pytest.mark.parametrize("lines", [9, 19])
def test_a_network_for_one_size_of_board_refuses_others(name: str, lines: int) -> None:
    network = build(name, _settings(name) | {"lines": lines}).eval()
    output = network(torch.rand(3, 5, lines, lines), torch.rand(3, 7))
    assert output.logits.shape == (3, lines * lines + 1)
    assert output.value.shape == (3,)
    message = rf"this {name} network was built for boards of {lines}x{lines} and cannot take 13x13"
    with pytest.raises(GocnnError, match=message):
        network(torch.rand(1, 5, 13, 13), torch.rand(1, 7))


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_weight_gets_a_gradient_and_every_answer_depends_on_all_inputs(name: str) -> None:
    torch.manual_seed(4)
    network = _lived_in(name)
    planes, context = torch.rand(4, 5, 9, 9, requires_grad=True), torch.rand(4, 7)
    context.requires_grad_()
    output = network(planes, context)
    (output.logits.square().sum() + output.value.square().sum()).backward()
    for parameter, tensor in network.named_parameters():
        assert tensor.grad is not None and tensor.grad.any(), parameter
    assert planes.grad is not None and context.grad is not None
    assert planes.grad.flatten(2).any(2).all()
    assert context.grad.any(1).all()


def _two_ways(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits of a pattern on a large board, and of the same one point further to the right."""
    torch.manual_seed(1)
    network = _lived_in(name, 25)
    pattern = torch.rand(5, 5, 5)
    here, there = torch.zeros(2, 1, 5, 25, 25)
    here[0, :, 9:14, 9:14] = pattern
    there[0, :, 9:14, 10:15] = pattern
    with torch.inference_mode():
        a, b = (network(x, torch.zeros(1, 7)).logits[0, :-1].view(25, 25) for x in (here, there))
    return a[8:17, 8:16], b[8:17, 9:17]


@pytest.mark.parametrize("name", POOLLESS)
def test_a_shift_of_the_board_shifts_the_logits(name: str) -> None:
    here, there = _two_ways(name)
    assert torch.allclose(here, there, atol=1e-4)


@pytest.mark.parametrize("name", ONE_SIZE)
def test_a_shift_does_more_than_shift_the_logits_where_points_have_weights(name: str) -> None:
    here, there = _two_ways(name)
    assert not torch.allclose(here, there, atol=1e-2)


def test_lenets_differ_in_pooling_alone() -> None:
    largest, mean = (build(name, _settings(name)) for name in ("lenet-max", "lenet-average"))
    mean.load_state_dict(largest.state_dict())
    planes, context = torch.rand(2, 5, 19, 19), torch.rand(2, 7)
    with torch.inference_mode():
        one, other = largest.eval()(planes, context), mean.eval()(planes, context)
    assert not torch.allclose(one.logits, other.logits)


def test_a_spatial_transformer_begins_with_the_identity() -> None:
    torch.manual_seed(8)
    network = build("spatial-transformer", _settings("spatial-transformer", "3x16")).eval()
    plain = build("alphago", _settings("alphago", "3x16")).eval()
    own = {k: v for k, v in network.state_dict().items() if not k.startswith("localisation")}
    plain.load_state_dict(own)
    planes, context = torch.rand(2, 5, 13, 13), torch.rand(2, 7)
    with torch.inference_mode():
        one, other = network(planes, context), plain(planes, context)
    assert torch.allclose(one.logits, other.logits, atol=1e-4)


def test_a_transformation_and_its_inverse_are_one() -> None:
    there, back = affine(torch.randn(20, 4))
    last = torch.tensor([0.0, 0.0, 1.0]).expand(20, 1, 3)
    product = torch.cat((there, last), dim=1) @ torch.cat((back, last), dim=1)
    assert torch.allclose(product, torch.eye(3).expand(20, 3, 3), atol=1e-5)


def test_a_transformer_that_turns_the_board_takes_the_moves_back() -> None:
    """A quarter turn changes no answer of a tower that looks at one point at a time."""
    torch.manual_seed(9)
    settings = _settings("spatial-transformer", "2x16")
    network = build("spatial-transformer", settings).eval()
    first = network.get_submodule("tower.first.conv")
    assert isinstance(first, nn.Conv2d)
    with torch.no_grad():
        centre = first.weight[:, :, 2, 2].clone()
        first.weight.zero_()
        first.weight[:, :, 2, 2] = centre
    planes, context = torch.rand(1, 5, 9, 9), torch.rand(1, 7)
    turn = network.get_submodule("localisation.out")
    assert isinstance(turn, nn.Linear)
    with torch.inference_mode():
        before = network(planes, context).logits
        turn.bias[1] = torch.pi / 2
        after = network(planes, context).logits
        turn.bias[1] = torch.pi / 4
        askew = network(planes, context).logits
    assert torch.allclose(before, after, atol=1e-4)
    assert not torch.allclose(before, askew, atol=1e-2)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_folding_the_normalisations_changes_no_answer(name: str) -> None:
    torch.manual_seed(3)
    network = _lived_in(name)
    planes, context = torch.rand(6, 5, 9, 9), torch.rand(6, 7)
    light = fold_batchnorm(network)
    assert not any(isinstance(module, BatchNorm) for module in light.modules())
    convolutions = any(isinstance(module, nn.Conv2d) for module in network.modules())
    assert any(isinstance(module, BatchNorm) for module in network.modules()) == convolutions
    with torch.inference_mode():
        for one, other in zip(
            network(planes, context)[:2], light(planes, context)[:2], strict=True
        ):
            assert torch.allclose(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_a_network_grows_wider_without_another_answer(name: str) -> None:
    torch.manual_seed(5)
    small = _lived_in(name)
    own = {"lines": 9} if name in ONE_SIZE else {}
    large = grow(small, build(name, _settings(name, "2x24") | own)).eval()
    planes, context = torch.rand(6, 5, 9, 9), torch.rand(6, 7)
    with torch.inference_mode():
        one, other = small(planes, context), large(planes, context)
    assert torch.allclose(one.logits, other.logits, atol=1e-4)
    assert torch.allclose(one.value, other.value, atol=1e-4)


def test_unknown_architectures_and_settings_are_named() -> None:
    with pytest.raises(
        GocnnError, match=r"unknown architecture 'x'; there are alphago, .*, resnet"
    ):
        build("x", SETTINGS)
    with pytest.raises(GocnnError, match="does not take"):
        build("resnet", SETTINGS | {"colour": 3})


def test_the_dial_grows() -> None:
    sizes = [settings["blocks"] * settings["channels"] ** 2 for settings in SIZES.values()]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", RESIDUAL)
@pytest.mark.parametrize("blocks, channels", [(2, 16), (4, 16), (2, 100), (3, 96)])
def test_a_grown_network_answers_as_the_small_one(name: str, blocks: int, channels: int) -> None:
    torch.manual_seed(5)
    small = build(name, SETTINGS)
    for module in small.modules():  # as after some training
        if isinstance(module, BatchNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 2.0)
            torch.nn.init.uniform_(module.bias, -1.0, 1.0)
    for part, parameter in small.named_parameters():
        if part.endswith("context.weight"):
            torch.nn.init.normal_(parameter)
    small(torch.rand(6, 5, 9, 9), torch.rand(6, 7))
    large = grow(small, build(name, SETTINGS | {"blocks": blocks, "channels": channels}))
    planes, context = torch.rand(6, 5, 9, 9), torch.rand(6, 7)
    with torch.inference_mode():
        one, other = small.eval()(planes, context), large.eval()(planes, context)
    assert torch.allclose(one.logits, other.logits, atol=1e-5)
    assert torch.allclose(one.value, other.value, atol=1e-5)


@pytest.mark.parametrize("architecture", RESIDUAL)
def test_all_that_is_new_in_a_grown_network_learns(architecture: str) -> None:
    torch.manual_seed(6)
    small = build(architecture, SETTINGS)
    large = grow(small, build(architecture, SETTINGS | {"blocks": 3, "channels": 32}))
    optimizer = torch.optim.SGD(large.parameters(), lr=1.0)
    before = {name: value.detach().clone() for name, value in large.named_parameters()}
    for _ in range(4):
        output = large(torch.rand(6, 5, 9, 9), torch.rand(6, 7))
        optimizer.zero_grad()
        (output.logits.square().mean() + output.value.square().mean()).backward()
        optimizer.step()
    for name, value in large.named_parameters():
        assert value.isfinite().all() and not torch.equal(value, before[name]), name


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


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_architecture_has_every_size(name: str) -> None:
    with torch.device("meta"):
        counts = [
            sum(p.numel() for p in build(name, _settings(name, size)).parameters())
            for size in SIZES
        ]
    assert counts == sorted(counts)
    assert size_text(name, tower("4x48", name)) == "4x48"


def test_the_size_of_alphago_is_its_own() -> None:
    assert tower("13x192", "alphago") == {"layers": 13, "channels": 192}
    with pytest.raises(GocnnError, match="LAYERSxFILTERS"):
        tower("wide", "alphago")
