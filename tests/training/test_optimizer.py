import pytest
import torch
from torch import nn

from gocnn.training.optimizer import Optimizer, orthogonalized


@pytest.mark.parametrize("shape", [(3, 8, 20), (2, 30, 10), (1, 16, 24)])
def test_orthogonalized_evens_out_the_singular_values(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(shape) @ torch.diag(torch.linspace(0.1, 3, shape[-1]))
    result = orthogonalized(matrices)
    assert result.shape == matrices.shape
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.3
    assert values.max() < 1.4
    u, _, v = torch.linalg.svd(matrices, full_matrices=False)
    aligned = ((u @ v) * result).sum((1, 2)) / (u @ v).norm(dim=(1, 2)) / result.norm(dim=(1, 2))
    assert aligned.min() > 0.95


def _network() -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3, padding=1), nn.Flatten(),
        nn.Linear(4 * 25, 2),
    )  # fmt: skip


def _loss(network: nn.Module) -> torch.Tensor:
    torch.manual_seed(2)
    images = torch.randn(32, 3, 5, 5)
    return nn.functional.cross_entropy(network(images), (images.mean((1, 2, 3)) > 0).long())


@pytest.mark.parametrize("muon", [True, False])
def test_it_learns(muon: bool) -> None:
    network = _network()
    optimizer = Optimizer(network.named_parameters(), muon=muon)
    before = _loss(network).item()
    for _ in range(30):
        optimizer.zero_grad()
        _loss(network).backward()
        optimizer.step(5e-3)
    assert _loss(network).item() < before / 3


def test_it_goes_on_where_it_stopped() -> None:
    def run(network: nn.Module, optimizer: Optimizer, steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            _loss(network).backward()
            optimizer.step(1e-2)

    whole = _network()
    run(whole, Optimizer(whole.named_parameters()), 6)
    first = _network()
    stopped = Optimizer(first.named_parameters())
    run(first, stopped, 3)
    second = _network()
    second.load_state_dict(first.state_dict())
    resumed = Optimizer(second.named_parameters())
    resumed.load({k: v.clone() for k, v in stopped.state().items()}, stopped.steps)
    run(second, resumed, 3)
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


def test_only_matrices_and_filters_decay() -> None:
    network = _network()
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    optimizer = Optimizer(network.named_parameters(), weight_decay=0.5)
    optimizer.step(0.1)  # without gradients there is nothing but decay
    for name, parameter in network.named_parameters():
        expected = 1.0 if name.endswith("bias") else 0.95
        assert parameter.detach().unique().tolist() == pytest.approx([expected]), name


def test_without_muon_it_is_adamw() -> None:
    ours, theirs = _network(), _network()
    optimizer = Optimizer(ours.named_parameters(), weight_decay=0.1, muon=False)
    filters = [p for p in theirs.parameters() if p.ndim > 1]
    rest = [p for p in theirs.parameters() if p.ndim == 1]
    reference = torch.optim.AdamW(
        [{"params": filters, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
        lr=1e-2,
        betas=(0.9, 0.99),
    )
    for _ in range(5):
        for network, step in ((ours, lambda: optimizer.step(1e-2)), (theirs, reference.step)):
            network.zero_grad()
            _loss(network).backward()
            step()
    for name, tensor in ours.state_dict().items():
        assert torch.allclose(tensor, theirs.state_dict()[name], atol=1e-6), name
