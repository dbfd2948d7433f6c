"""Networks that answer a lead: win rate and lead come from one distribution."""

import pytest
import torch
from torch import nn

from gocnn.features.encoding import FULL, KOMI, KOMI_KNOWN
from gocnn.network.batchnorm import fold_batchnorm
from gocnn.network.fused import fuse_for_cpu
from gocnn.network.growth import grow
from gocnn.network.registry import build
from gocnn.network.resnet import value_of_lead

OFFSET, KNOWN = 64, 63  # columns of komi, and of whether it is known
SMALL = {"planes": 3, "globals": 77, "blocks": 2, "channels": 16}
LEAD = {"offset": OFFSET, "unread": [KNOWN, OFFSET]}


def lead_network() -> nn.Module:
    torch.manual_seed(3)
    return build("resnet", SMALL | LEAD).eval()


def inputs(count: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    planes = torch.randint(0, 2, (count, 3, 9, 9), generator=generator).float()
    return planes, torch.rand((count, 77), generator=generator)


def test_the_columns_are_those_of_the_encoding() -> None:
    assert FULL.global_column(KOMI) == OFFSET
    assert FULL.global_column(KOMI_KNOWN) == KNOWN
    assert FULL.global_column("temperature") is None


@torch.no_grad()
def test_more_komi_for_the_mover_always_makes_his_win_likelier() -> None:
    planes, context = inputs()
    network = lead_network()
    values = []
    for komi in (-5.0, -0.75, 0.0, 0.75, 5.0):
        context[:, OFFSET] = komi
        values.append(network(planes, context).value)
    assert (torch.stack(values).diff(dim=0) > 0).all()


@torch.no_grad()
def test_policy_lead_and_ownership_do_not_depend_on_komi() -> None:
    planes, context = inputs()
    network = lead_network()
    before = network(planes, context)
    context[:, [OFFSET, KNOWN]] += 3
    after = network(planes, context)
    for field in ("logits", "lead", "spread", "ownership"):
        assert torch.equal(getattr(before, field), getattr(after, field)), field


@torch.no_grad()
def test_win_rate_and_lead_name_the_same_winner() -> None:
    planes, context = inputs(32)
    answer = lead_network()(planes, context)
    assert torch.equal(answer.value > 0, answer.lead + 10 * context[:, OFFSET] > 0)


def test_the_value_is_the_logit_of_a_win_under_a_logistic_distribution() -> None:
    value, lead, spread = value_of_lead(torch.tensor([[1.2, 0.0, 0.3]]), torch.tensor([-0.65]))
    assert lead.item() == pytest.approx(12)
    logistic = 1 / (1 + torch.exp(-(6.5 - lead) / spread))  # of the result at komi
    assert value.sigmoid().item() == pytest.approx(1 - logistic.item(), abs=1e-6)


@torch.no_grad()
def test_the_fused_form_answers_the_same() -> None:
    network = fold_batchnorm(lead_network())
    quick = fuse_for_cpu(network, torch.float32)
    if quick is None:
        pytest.skip("this machine has no fused form")
    *said, reply = quick(*inputs())
    assert reply is None  # it is for training alone
    for ours, theirs in zip(said, network(*inputs())[:-1], strict=True):
        assert torch.allclose(ours, theirs, atol=1e-3)


@torch.no_grad()
def test_a_network_without_a_lead_grows_one() -> None:
    """The policy stays; the lead begins as the old value, ten points for each unit of its logit."""
    torch.manual_seed(4)
    old = build("resnet", SMALL).eval()
    planes, context = inputs()
    context[:, [OFFSET, KNOWN]] = 0
    new = grow(old, build("resnet", SMALL | LEAD)).eval()
    before, after = old(planes, context), new(planes, context)
    assert torch.allclose(before.logits, after.logits, atol=1e-5)
    assert torch.allclose(10 * before.value, after.lead, atol=1e-4)
