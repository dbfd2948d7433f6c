"""What every network answers."""

from typing import NamedTuple

from torch import Tensor


class Output(NamedTuple):
    """What a network says of B positions."""

    logits: Tensor  # float[B, P + 1]; the last one is the pass
    value: Tensor  # float[B]; logit of "the player to move wins"
    lead: Tensor | None = None  # float[B]; points by which the mover leads, the offset not counted
    spread: Tensor | None = None  # float[B]; scale of the logistic distribution of the result
    ownership: Tensor | None = None  # float[B, P]; logit of "the mover will own this point"
    reply: Tensor | None = None  # float[B, P]; logits of the opponent's next move, no pass
