"""The losses of lead, spread and ownership, against formulas written out."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from gocnn.dataset.owners import UNKNOWN_OWNER
from gocnn.dataset.positions import NO_REPLY, Batch
from gocnn.features.encoding import FULL
from gocnn.network.batchnorm import fold_batchnorm
from gocnn.network.fused import fuse_for_cpu
from gocnn.network.registry import build
from gocnn.training.config import Hyperparameters
from gocnn.training.trainer import Trainer, focused, ownership_loss, reply_loss, score_loss

CPU = torch.device("cpu")


def _four(**fields: Any) -> Batch:
    """Four lost positions of an empty 5x5 board, in view 0, but for the fields given."""
    alike: dict[str, Any] = {
        "planes": np.zeros((4, FULL.plane_count, 5, 5), np.int8),
        "globals": np.zeros((4, FULL.global_count), np.float32),
        "results": np.zeros(4, np.float32),
        "komi_known": np.ones(4, np.float32),
        "views": np.zeros(4, np.int64),
        "numbers": np.zeros(4, np.int64),
    }
    return Batch(**(alike | fields))


def test_the_score_loss_is_the_likelihood_of_a_logistic_distribution() -> None:
    lead, spread, target = 4.0, 6.0, 11.5
    z = (target - lead) / spread
    density = math.exp(-z) / (spread * (1 + math.exp(-z)) ** 2)
    loss = score_loss(*(torch.tensor([value]) for value in (lead, spread, target)))
    assert loss.item() == pytest.approx(-math.log(density), abs=1e-6)


def test_focus_lets_easy_moves_count_less() -> None:
    chances = torch.tensor([0.96, 0.36])
    errors = (-chances.log()).requires_grad_()
    assert focused(errors, 0.0).item() == pytest.approx(errors.mean().item())
    loss = focused(errors, 0.5)  # weights of 0.2 and 0.8
    assert loss.item() == pytest.approx(-(0.2 * math.log(0.96) + 0.8 * math.log(0.36)))
    loss.backward()
    assert errors.grad is not None
    assert errors.grad.tolist() == pytest.approx([0.2, 0.8])
    assert focused(torch.tensor([0.0, 0.0]), 2.0).item() == 0  # both are certain


def test_games_that_were_not_counted_add_nothing() -> None:
    lead = torch.tensor([4.0, 30.0], requires_grad=True)
    loss = score_loss(lead, torch.tensor([6.0, 6.0]), torch.tensor([11.5, math.nan]))
    loss.backward()
    alone = score_loss(torch.tensor([4.0]), torch.tensor([6.0]), torch.tensor([11.5]))
    assert loss.item() == pytest.approx(alone.item() / 2)
    assert lead.grad is not None
    assert lead.grad[0] < 0
    assert lead.grad[1] == 0


def test_the_ownership_loss_is_a_cross_entropy_over_known_points() -> None:
    logits = torch.tensor([[2.0, -1.0, 0.0], [9.0, 9.0, 9.0]])
    owners = torch.tensor([[1, -1, 0], [UNKNOWN_OWNER] * 3], dtype=torch.int8)
    wanted = math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)) + math.log(2)
    assert ownership_loss(logits, owners).item() == pytest.approx(wanted / 6)


def test_the_reply_loss_is_a_cross_entropy_over_replies_on_the_board() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.0]] * 4, requires_grad=True)
    loss = reply_loss(logits, torch.tensor([1, NO_REPLY, 3, 0]))  # 3 is a pass
    loss.backward()
    total = math.log(sum(map(math.exp, (1.0, 2.0, 0.0))))
    assert loss.item() == pytest.approx(((total - 2) + (total - 1)) / 4)
    assert logits.grad is not None
    assert logits.grad[1:3].abs().sum() == 0


def test_a_network_learns_replies_and_answers_the_same_moves_without_them() -> None:
    torch.manual_seed(0)
    settings = {"planes": FULL.plane_count, "globals": FULL.global_count, "blocks": 1}
    network = build("resnet", settings | {"channels": 8, "reply": True})
    trainer = Trainer(network, Hyperparameters(reply_weight=1.0), device=CPU)
    batch = _four(
        moves=np.full(4, 12),
        known=np.zeros(4, np.float32),
        leads=np.full(4, np.nan, np.float32),
        replies=np.array([0, 0, 0, NO_REPLY]),
    )
    for _ in range(60):
        trainer.update(batch, 1e-2)
    inputs = torch.zeros(1, FULL.plane_count, 5, 5), torch.zeros(1, FULL.global_count)
    with torch.no_grad():
        answer = trainer.network.eval()(*inputs)
        folded = fold_batchnorm(trainer.network)
        plain, fused = folded(*inputs), fuse_for_cpu(folded, torch.float32)
        assert plain.logits.argmax() == 12
        assert answer.reply is not None
        assert answer.reply.argmax() == 0
        if fused is not None:
            assert torch.allclose(fused(*inputs).logits, plain.logits, atol=1e-4)


def test_a_network_learns_leads_and_owners() -> None:
    """One position again and again: the player to move has lost by 20 and owns the right."""
    torch.manual_seed(0)
    settings = {"planes": FULL.plane_count, "globals": FULL.global_count, "blocks": 1}
    network = build("resnet", settings | {"channels": 8, "offset": 64, "unread": [63, 64]})
    hyperparameters = Hyperparameters(score_weight=1.0, ownership_weight=1.0, value_weight=0.0)
    trainer = Trainer(network, hyperparameters, device=CPU)
    owners = np.where(np.arange(25) % 5 < 3, -1, 1).astype(np.int8)
    planes = np.zeros((4, FULL.plane_count, 5, 5), np.int8)
    planes[:, 0] = owners.reshape(5, 5) > 0
    batch = _four(
        planes=planes,
        moves=np.full(4, 25),
        known=np.ones(4, np.float32),
        leads=np.full(4, -20, np.float32),
        owners=owners[None].repeat(4, axis=0),
    )
    for _ in range(150):
        trainer.update(batch, 1e-2)
    with torch.no_grad():
        answer = trainer.network.eval()(
            torch.from_numpy(planes).float(), torch.from_numpy(batch.globals)
        )
    assert answer.lead[0].item() == pytest.approx(-20, abs=5)
    assert ((answer.ownership[0] > 0).numpy() == (owners > 0)).all()
