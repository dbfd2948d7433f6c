"""What a network costs: the multiply-adds of a forward pass."""

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from gocnn.network.registry import build


def multiply_adds(architecture: str, settings: dict[str, Any], size: int = 19) -> int:
    """Of one position, through every convolution and matrix, as torch counts them.

    Args:
        architecture: a key of `ARCHITECTURES`.
        settings: what it is built with; no weight is made.
        size: lines of the board.

    Raises:
        GocnnError: as `build` does.
    """
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        network = build(architecture, settings).eval()
        network(torch.empty(1, settings["planes"], size, size), torch.empty(1, settings["globals"]))
    return int(counter.get_total_flops()) // 2
