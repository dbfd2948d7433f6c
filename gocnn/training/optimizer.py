"""Muon for the filters, AdamW for the rest.

Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks") replaces the
momentum of a weight matrix by its nearest orthogonal matrix, found with five Newton-Schulz steps,
so that every direction of a layer learns at one speed. A filter bank [out, in, h, w] counts as the
matrix [out, in*h*w]. The update is scaled by ``0.2 * sqrt(max(rows, columns))`` (Liu et al. 2025,
arXiv:2502.16982), so one learning rate and weight decay serve both halves. AdamW after Loshchilov
and Hutter 2019 (arXiv:1711.05101).

The state is a flat dictionary of tensors, ready for safetensors.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

# Coefficients of the quintic iteration, from Jordan et al.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalized(matrices: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrix of each, roughly: singular values come to 0.7 to 1.2.

    Args:
        matrices: float[N, rows, columns].

    Returns:
        float of the same shape.
    """
    x = matrices.bfloat16() if matrices.is_cuda else matrices.float()
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    result: Tensor = x.mT if tall else x
    return result.to(matrices.dtype)


class Optimizer:
    """Both halves behind one `step`.

    Args:
        named: (name, parameter) pairs of the whole network.
        weight_decay: share of a weight that is lost, times the learning rate; only for
            matrices and filters, not for biases and scales.
        momentum: of Muon, with Nesterov's look ahead.
        betas: decay of AdamW's two moments.
        muon: whether Muon moves the filters; else AdamW moves everything.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, nn.Parameter]],
        *,
        weight_decay: float = 0.05,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        muon: bool = True,
    ) -> None:
        self.weight_decay = weight_decay
        self.momentum = momentum
        self.betas = betas
        self.steps = 0
        self._muon: dict[str, nn.Parameter] = {}
        self._adam: dict[str, nn.Parameter] = {}
        self._state: dict[str, Tensor] = {}
        for name, parameter in named:
            if muon and parameter.ndim == 4 and min(parameter.shape[:2]) > 1:
                self._muon[name] = parameter
                self._state[f"momentum.{name}"] = torch.zeros_like(parameter)
            else:
                self._adam[name] = parameter
                self._state[f"first.{name}"] = torch.zeros_like(parameter)
                self._state[f"second.{name}"] = torch.zeros_like(parameter)

    def state(self) -> dict[str, Tensor]:
        """Everything that a resumed run needs, but `steps`; the tensors are live."""
        return dict(self._state)

    def load(self, state: dict[str, Tensor], steps: int) -> None:
        """Go on from an earlier `state` and `steps` of an optimizer of the same network."""
        for name, tensor in self._state.items():
            tensor.copy_(state[name])
        self.steps = steps

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in (*self._muon.values(), *self._adam.values()):
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One update with the gradients as they are.

        Args:
            rate: the learning rate of this step.
        """
        self.steps += 1
        self._step_muon(rate)
        self._step_adam(rate)

    def _step_muon(self, rate: float) -> None:
        alike: dict[tuple[int, int], list[str]] = defaultdict(list)
        for name, parameter in self._muon.items():
            alike[(parameter.shape[0], parameter[0].numel())].append(name)
        for (rows, columns), names in alike.items():
            parameters: list[Tensor] = [self._muon[name] for name in names]
            momenta = [self._state[f"momentum.{name}"] for name in names]
            gradients = [_gradient(self._muon[name]) for name in names]
            torch._foreach_lerp_(momenta, gradients, 1 - self.momentum)
            looked_ahead = torch._foreach_lerp(gradients, momenta, self.momentum)
            matrices = torch.stack([g.reshape(rows, columns) for g in looked_ahead])
            updates = orthogonalized(matrices) * (0.2 * max(rows, columns) ** 0.5)
            torch._foreach_mul_(parameters, 1 - rate * self.weight_decay)
            shaped = [u.view_as(p) for u, p in zip(updates.unbind(), parameters, strict=True)]
            torch._foreach_add_(parameters, shaped, alpha=-rate)

    def _step_adam(self, rate: float) -> None:
        gradients = [_gradient(parameter) for parameter in self._adam.values()]
        parameters: list[Tensor] = list(self._adam.values())
        first = [self._state[f"first.{name}"] for name in self._adam]
        second = [self._state[f"second.{name}"] for name in self._adam]
        decaying = [p for p in parameters if p.ndim > 1]
        if decaying:
            torch._foreach_mul_(decaying, 1 - rate * self.weight_decay)
        torch._foreach_lerp_(first, gradients, 1 - self.betas[0])
        torch._foreach_mul_(second, self.betas[1])
        torch._foreach_addcmul_(second, gradients, gradients, 1 - self.betas[1])
        scale = rate / (1 - self.betas[0] ** self.steps)
        correction = (1 - self.betas[1] ** self.steps) ** 0.5
        spread = torch._foreach_sqrt(second)
        torch._foreach_div_(spread, correction)
        torch._foreach_add_(spread, 1e-8)
        torch._foreach_addcdiv_(parameters, first, spread, -scale)


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
