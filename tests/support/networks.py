"""Networks made on the spot, as if they had been loaded from a file."""

import torch
from torch import nn

from gocnn.features.encoding import FULL, Encoding
from gocnn.inference.weights import LoadedNetwork, WeightsInfo

CPU = torch.device("cpu")


def loaded(module: nn.Module, encoding: Encoding = FULL) -> LoadedNetwork:
    """A module as a loaded network on the CPU."""
    info = WeightsInfo(architecture="test", settings={}, encoding=encoding.name)
    return LoadedNetwork(module, encoding, info, CPU)
