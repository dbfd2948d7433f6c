"""Encoded positions to log-probabilities and value logits: what player and scoreboard share."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.devices import Views, autocast, fast_bf16
from gocnn.errors import GocnnError
from gocnn.symmetry import VIEWS


def check_symmetries(symmetries: int) -> None:
    """Refuse to average over some of the views only.

    Raises:
        GocnnError: when `symmetries` is neither 1 nor 8.
    """
    if symmetries not in (1, VIEWS):
        raise GocnnError(f"positions have 1 or {VIEWS} symmetries to average, not {symmetries}")


@torch.inference_mode()
def infer(
    network: nn.Module,
    planes: NDArray[np.int8],
    globals_BG: NDArray[np.float32],
    device: torch.device,
    views: Views,
    symmetries: int = 1,
) -> tuple[Tensor, Tensor]:
    """Log-probabilities float32[B, P + 1] and value logits float32[B] of encoded positions.

    With eight symmetries the probabilities, and the value logits, are averaged over the views.
    """
    planes_BCHW = torch.from_numpy(planes).to(device)
    context = torch.from_numpy(globals_BG).to(device)
    policies, values = [], []
    for view in range(symmetries):
        which = torch.full((len(planes),), view, device=device)
        shown = views.planes(planes_BCHW, which) if view else planes_BCHW
        with autocast(device, fast_bf16(device)):
            output = network(shown.float().contiguous(memory_format=torch.channels_last), context)
        logits = output.logits.float()
        policies.append(F.log_softmax(views.logits_back(logits, which) if view else logits, dim=1))
        values.append(output.value.float())
    mean = torch.logsumexp(torch.stack(policies), dim=0) - float(np.log(symmetries))
    return mean, torch.stack(values).mean(0)
