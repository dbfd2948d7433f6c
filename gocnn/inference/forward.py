"""Encoded positions to log-probabilities and value logits: what player and scoreboard share."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.errors import GocnnError
from gocnn.go.symmetry import VIEWS
from gocnn.inference.views import Views
from gocnn.network.batchnorm import fold_batchnorm
from gocnn.network.device import autocast, fastest_dtypes, to_device
from gocnn.network.fused import fuse_for_cpu
from gocnn.network.output import Output

# Views in one pass. A CPU's cache holds the activations of so many; a GPU is busy with its number.
_AT_ONCE = {"cpu": 32}
_AT_ONCE_ELSEWHERE = 1024


def check_symmetries(symmetries: int) -> None:
    """Refuse to average over some of the views only.

    Raises:
        GocnnError: when `symmetries` is neither 1 nor 8.
    """
    if symmetries not in (1, VIEWS):
        raise GocnnError(f"positions have 1 or {VIEWS} symmetries to average, not {symmetries}")


class _Cast(nn.Module):
    """A network that computes in bfloat16 where that is safe."""

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        super().__init__()
        self.network, self.device = network, device

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        with autocast(self.device, enabled=True):
            output: Output = self.network(planes_BCHW, globals_BG)
        return output


class _Float32(nn.Module):
    """A network that computes in float32, also where CUDA would shorten the factors (TF32)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            output: Output = self.network(planes_BCHW, globals_BG)
        return output


def prepare_for_inference(
    network: nn.Module, device: torch.device, *, exact: bool = False
) -> nn.Module:
    """A copy of a network that answers as quickly as the device allows, to give to `forward`.

    Its normalisations are part of its filters.

    Args:
        network: in evaluation mode, on any device.
        device: where the copy will be.
        exact: whether it computes in float32, or in what is quickest there, see
            `fastest_dtypes`.
    """
    dtypes = (torch.float32,) if exact else fastest_dtypes(device)
    plain = to_device(fold_batchnorm(network), device)
    if device.type == "cpu":
        for dtype in dtypes:
            quick = fuse_for_cpu(plain, dtype)
            if quick is not None:
                return quick
    return _Cast(plain, device) if torch.bfloat16 in dtypes else _Float32(plain)


class Answers(NamedTuple):
    """What a network says of B positions; the last three None where it answers no lead."""

    log_policy: Tensor  # float32[B, P + 1]
    value: Tensor  # float32[B]; logit of a win of the player to move
    lead: Tensor | None = None  # float32[B]; points by which the player to move leads without komi
    spread: Tensor | None = None  # float32[B]; scale of the result's logistic distribution
    ownership: Tensor | None = None  # float32[B, P]; from -1, the opponent's, to 1, the mover's


@torch.inference_mode()
def forward(
    network: nn.Module,
    planes: NDArray[np.int8],
    globals_BG: NDArray[np.float32],
    views: Views,
    symmetries: int = 1,
) -> Answers:
    """The answers of a network to encoded positions.

    With eight symmetries the probabilities and all the other answers are averaged over the views.

    Args:
        network: what `ready` made.
        planes: int8[B, C, S, S].
        globals_BG: float32[B, G].
        views: for boards of S lines, on the device of the network.
        symmetries: 1 or 8.
    """
    boards = torch.from_numpy(planes).to(views.device)
    context = torch.from_numpy(globals_BG).to(views.device)
    positions = max(1, _AT_ONCE.get(views.device.type, _AT_ONCE_ELSEWHERE) // symmetries)
    parts = zip(boards.split(positions), context.split(positions), strict=True)
    answers = zip(*(_forward(network, *part, views, symmetries) for part in parts), strict=True)
    log_policy, value, *others = (None if each[0] is None else torch.cat(each) for each in answers)
    assert log_policy is not None and value is not None
    return Answers(log_policy, value, *others)


def _forward(
    network: nn.Module, planes_BCHW: Tensor, context_BG: Tensor, views: Views, symmetries: int
) -> Answers:
    """One pass over all views of some positions, first all in the first view, then in the next."""
    count = len(planes_BCHW)
    if symmetries > 1:
        which = torch.arange(symmetries, device=planes_BCHW.device).repeat_interleave(count)
        planes_BCHW = views.planes(planes_BCHW.repeat(symmetries, 1, 1, 1), which)
        context_BG = context_BG.repeat(symmetries, 1)
    output = network(planes_BCHW.float().contiguous(memory_format=torch.channels_last), context_BG)
    logits, value = output.logits.float(), output.value.float()
    if symmetries > 1:
        logits = views.logits_back(logits, which)
    policy = F.log_softmax(logits, dim=1).view(symmetries, count, -1)
    mean = torch.logsumexp(policy, dim=0) - float(np.log(symmetries))
    ownership = output.ownership
    if ownership is not None:
        if symmetries > 1:  # the pass, which views keep last, has no owner
            padded = F.pad(ownership.float(), (0, 1))
            ownership = views.logits_back(padded, which)[:, :-1]
        ownership = (2 * ownership.float().sigmoid() - 1).view(symmetries, count, -1).mean(0)
    if output.lead is None or output.spread is None:
        return Answers(mean, value.view(symmetries, count).mean(0))
    lead, spread = (each.float().view(symmetries, count) for each in (output.lead, output.spread))
    # value * spread is the lead with the offset, in points: the mean value has to follow from the
    # mean lead and the mean spread as the value of each view does from its own.
    value = (value.view(symmetries, count) * spread).mean(0) / spread.mean(0)
    return Answers(mean, value, lead.mean(0), spread.mean(0), ownership)
