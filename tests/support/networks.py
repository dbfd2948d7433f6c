"""Networks made on the spot, as if they had been loaded from a file."""

from pathlib import Path

import torch
from torch import nn

from gocnn.features.encoding import FULL, KOMI, KOMI_KNOWN, Encoding
from gocnn.inference.weights import LoadedNetwork, WeightsInfo, save_weights
from gocnn.network.registry import build

CPU = torch.device("cpu")


def loaded(module: nn.Module, encoding: Encoding = FULL) -> LoadedNetwork:
    """A module as a loaded network on the CPU."""
    info = WeightsInfo(architecture="test", settings={}, encoding=encoding.name)
    return LoadedNetwork(module, encoding, info, CPU)


def save_lead_weights(path: Path, seed: int = 0) -> Path:
    """Write weights of a small network that answers a lead, its spread and ownership.

    It is untrained, but no answer of it is trivial: what a new network leaves at zero is drawn.
    """
    torch.manual_seed(seed)
    offset, known = FULL.global_column(KOMI), FULL.global_column(KOMI_KNOWN)
    settings = {
        "planes": FULL.plane_count,
        "globals": FULL.global_count,
        "blocks": 1,
        "channels": 16,
        "offset": offset,
        "unread": [known, offset],
    }
    network = build("resnet", settings)
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.3)
    with torch.no_grad():
        network.get_parameter("ownership_out.weight").mul_(20)
    info = WeightsInfo(architecture="resnet", settings=settings, encoding=FULL.name)
    save_weights(path, network.state_dict(), info)
    return path
