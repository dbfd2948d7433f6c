"""What every network answers."""

from typing import NamedTuple

from torch import Tensor


class Output(NamedTuple):
    """What a network says of B positions."""

    logits: Tensor  # float[B, P + 1]; the last one is the pass
    value: Tensor  # float[B]; logit of "the player to move wins"
