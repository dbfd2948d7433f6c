"""One update after another: the network, its weight average and its optimizer.

The state of a `Trainer` is a flat dictionary of tensors and a few numbers, so a checkpoint is a
safetensors file like any weights. After `load` a run goes on as if it had never stopped: on a CPU,
bit for bit.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from gocnn.dataset.owners import UNKNOWN_OWNER
from gocnn.dataset.positions import NO_REPLY, Batch
from gocnn.errors import GocnnError
from gocnn.inference.forward import prepare_for_inference
from gocnn.inference.views import Views
from gocnn.network.device import autocast, to_device
from gocnn.network.norm_relu import compile_norm_relu
from gocnn.network.output import Output
from gocnn.training.autotune import choose_forward
from gocnn.training.config import Hyperparameters
from gocnn.training.optimizer import Optimizer


@dataclass(frozen=True, slots=True)
class Losses:
    """Means over the positions of some updates."""

    loss: float
    policy_loss: float  # nats
    value_loss: float  # nats
    top1: float  # share of moves predicted


class _Loaded(NamedTuple):
    """The tensors of a batch on the device, see `Batch`."""

    planes: Tensor
    globals: Tensor
    moves: Tensor
    results: Tensor
    known: Tensor
    komi_known: Tensor
    leads: Tensor
    owners: Tensor | None
    replies: Tensor | None


class Trainer:
    """A network in training.

    Args:
        network: freshly built or with weights to start from.
        hyperparameters: how to train.
        device: where to compute.
        distributed: whether the gradients are shared with other processes.
        compile: whether torch.compile makes the forward pass; None tries it on CUDA and keeps it
            if it is faster.
        teacher: another network in evaluation mode, for the same inputs. Its predictions are learnt
            beside the moves played and the results: distillation (Hinton, Vinyals and Dean 2015,
            arXiv:1503.02531), at temperature 1.
    """

    def __init__(
        self,
        network: nn.Module,
        hyperparameters: Hyperparameters,
        *,
        device: torch.device,
        distributed: bool = False,
        compile: bool | None = False,
        teacher: nn.Module | None = None,
    ) -> None:
        self.hyperparameters = hyperparameters
        self.device = device
        self.teacher = None if teacher is None else prepare_for_inference(teacher, device)
        self.network = to_device(network, device).train()
        if hyperparameters.bf16 and device.type == "cpu":
            compile_norm_relu()
        self.optimizer = Optimizer(
            self.network.named_parameters(),
            weight_decay=hyperparameters.weight_decay,
            muon=hyperparameters.muon,
        )
        self.average = {k: v.detach().clone() for k, v in self.network.state_dict().items()}
        forward: nn.Module = self.network
        if distributed:
            forward = DistributedDataParallel(forward)
        self._fastest_forward = choose_forward(forward, compile, device)
        self._views: dict[int, Views] = {}  # by lines of the board
        self._sums = torch.zeros(4, device=device)
        self._summed = 0

    @property
    def steps(self) -> int:
        """Updates made so far."""
        return self.optimizer.steps

    def update(self, batch: Batch, rate: float, *, teacher_share: float | None = None) -> None:
        """Learn from one batch, this process's share of it.

        Args:
            batch: encoded positions.
            rate: the learning rate.
            teacher_share: of the loss, in place of that of the hyperparameters.
        """
        planes, context, moves, results, known, komi_known, leads, owners, replies = self._load(
            batch
        )
        with autocast(self.device, self.hyperparameters.bf16):
            output = self._fastest_forward()(planes, context)
        logits = output.logits.float()
        policy_errors = F.cross_entropy(logits, moves, reduction="none")
        policy_loss = policy_errors.mean()
        if output.lead is not None:  # without komi, a lead cannot be told from the result
            known = known * komi_known
        value_errors = F.binary_cross_entropy_with_logits(
            output.value.float(), results, weight=known, reduction="sum"
        )
        value_loss = value_errors / len(moves)  # the same divisor in every process
        loss = focused(policy_errors, self.hyperparameters.focus)
        loss = loss + self.hyperparameters.value_weight * value_loss
        if output.lead is not None and output.spread is not None:
            loss = loss + self.hyperparameters.score_weight * score_loss(
                output.lead, output.spread, leads
            )
        if output.ownership is not None and owners is not None:
            loss = loss + self.hyperparameters.ownership_weight * ownership_loss(
                output.ownership, owners
            )
        if output.reply is not None and replies is not None:
            loss = loss + self.hyperparameters.reply_weight * reply_loss(output.reply, replies)
        if self.teacher is not None:
            share = self.hyperparameters.teacher_share if teacher_share is None else teacher_share
            loss = (1 - share) * loss + share * self._teacher_loss(output, planes, context)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.hyperparameters.clip)
        self.optimizer.step(rate)
        self._move_average()
        with torch.no_grad():
            hits = (logits.argmax(1) == moves).float().mean()
            self._sums += torch.stack((loss, policy_loss, value_loss, hits)).detach()
        self._summed += 1

    def _teacher_loss(self, output: Output, planes: Tensor, context: Tensor) -> Tensor:
        """The loss against the teacher's predictions for the same positions."""
        assert self.teacher is not None
        with torch.no_grad():
            target = self.teacher(planes, context)
        policy = F.cross_entropy(output.logits.float(), target.logits.float().softmax(1))
        value = F.binary_cross_entropy_with_logits(
            output.value.float(), target.value.float().sigmoid()
        )
        return policy + self.hyperparameters.value_weight * value

    def _load(self, batch: Batch) -> _Loaded:
        """The tensors of a batch on the device, each position in its view."""

        def move(array: Any) -> Tensor:
            tensor = torch.from_numpy(array)
            if self.device.type != "cuda":
                return tensor.to(self.device)
            return tensor.pin_memory().to(self.device, non_blocking=True)

        size = batch.planes.shape[-1]
        if size not in self._views:
            self._views[size] = Views(size, self.device)
        views = move(batch.views)
        planes = self._views[size].planes(move(batch.planes), views)
        planes = planes.float().contiguous(memory_format=torch.channels_last)
        moves = self._views[size].points(move(batch.moves), views)
        owners: Tensor | None = None
        if batch.owners is not None:
            owners = self._views[size].planes(move(batch.owners).view(-1, 1, size, size), views)
            owners = owners.flatten(1)
        replies: Tensor | None = None
        if batch.replies is not None:
            replies = move(batch.replies)
            there = replies != NO_REPLY
            points = self._views[size].points(replies.clamp(min=0), views)
            replies = torch.where(there, points, NO_REPLY)
        results, known = move(batch.results), move(batch.known)
        komi_known, leads = move(batch.komi_known), move(batch.leads)
        return _Loaded(
            planes,
            move(batch.globals),
            moves,
            results,
            known,
            komi_known,
            leads,
            owners,
            replies,
        )

    @torch.no_grad()
    def _move_average(self) -> None:
        # Early on the average follows closely, so that it forgets the beginning.
        weight = 1 - min(self.hyperparameters.average, (1 + self.steps) / (10 + self.steps))
        state = self.network.state_dict()
        real = [k for k, v in state.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.average[k] for k in real], [state[k] for k in real], weight)
        for name in state.keys() - set(real):
            self.average[name].copy_(state[name])

    def freeze_statistics(self) -> None:
        """Normalise by the statistics that the network came with, and keep them.

        For fine-tuning on few positions, whose own statistics would unsettle every layer.
        """
        for module in self.network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()

    def losses(self) -> Losses:
        """The means since the last call; waits for the device."""
        means = (self._sums / max(self._summed, 1)).tolist()
        self._sums.zero_()
        self._summed = 0
        return Losses(*means)

    def is_finite(self) -> bool:
        """Whether the losses since the last call of `losses`, and the weights, are finite numbers.

        Waits for the device.
        """
        norms = torch._foreach_norm([v for v in self.average.values() if v.is_floating_point()])
        return bool(torch.stack([self._sums.sum(), *norms]).isfinite().all())

    def state(self) -> dict[str, Tensor]:
        """All tensors that a resumed run needs."""
        parts = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state(),
        }
        return {f"{part}/{k}": v for part, tensors in parts.items() for k, v in tensors.items()}

    def load(self, state: dict[str, Tensor], steps: int) -> None:
        """Go on from the `state` of a trainer of the same network after that many steps.

        Raises:
            GocnnError: when the state is of another network.
        """

        def part(name: str) -> dict[str, Tensor]:
            return {k.removeprefix(name): v for k, v in state.items() if k.startswith(name)}

        try:
            self.network.load_state_dict(part("network/"))
            self.optimizer.load(part("optimizer/"), steps)
            for name, tensor in part("average/").items():
                self.average[name].copy_(tensor)
        except (RuntimeError, KeyError) as error:
            raise GocnnError(f"the checkpoint is of another network: {error}") from error


def focused(errors_B: Tensor, focus: float) -> Tensor:
    """The mean of cross-entropies in which a move held likely counts less.

    One to which the network gives the probability p counts by ``(1 - p) ** focus`` (the focal loss
    of Lin et al. 2017, arXiv:1708.02002, its weights taken as they are and normalised over the
    batch).

    Args:
        errors_B: in nats.
        focus: 0 for the plain mean.
    """
    if not focus:
        return errors_B.mean()
    weights = (1 - torch.exp(-errors_B.detach())).clamp(min=1e-6) ** focus
    return (weights * errors_B).sum() / weights.sum()


def score_loss(lead_B: Tensor, spread_B: Tensor, target_B: Tensor) -> Tensor:
    """Negative log-likelihood of counted results under a logistic distribution, over the batch.

    Args:
        lead_B: the middle of the distribution in points.
        spread_B: its scale in points.
        target_B: the results in points; NaN where a game was not counted, which adds nothing.
    """
    counted = ~target_B.isnan()
    z = (torch.where(counted, target_B, lead_B.detach()) - lead_B) / spread_B
    losses = spread_B.log() + z + 2 * F.softplus(-z)
    return torch.where(counted, losses, 0.0).sum() / len(target_B)


def reply_loss(logits_BP: Tensor, replies_B: Tensor) -> Tensor:
    """The cross-entropy of the opponent's next moves in nats, over all positions of the batch.

    Args:
        logits_BP: of the points.
        replies_B: points; `NO_REPLY` and passes add nothing.
    """
    points = logits_BP.shape[1]
    targets = torch.where(replies_B < points, replies_B, NO_REPLY)
    errors = F.cross_entropy(logits_BP.float(), targets, ignore_index=NO_REPLY, reduction="sum")
    return errors / len(replies_B)


def ownership_loss(logits_BP: Tensor, owners_BP: Tensor) -> Tensor:
    """Cross-entropy of the final owners, a mean over all points of the batch.

    Args:
        logits_BP: of "the player to move will own the point".
        owners_BP: int8, 1 the player to move, -1 the opponent, 0 neither, which counts as one
            half; points of unknown owner add nothing.
    """
    known = owners_BP != UNKNOWN_OWNER
    target = (owners_BP.float() + 1) / 2
    losses = F.binary_cross_entropy_with_logits(logits_BP.float(), target, reduction="none")
    return torch.where(known, losses, 0.0).mean()
