"""A larger network that begins by answering what a smaller one does.

The idea of Net2Net (Chen, Goodfellow and Shlens 2016, arXiv:1511.05641), in a simpler form. Every
tensor of the small network becomes a corner of the large one's, whose other weights are fresh; only
where a channel of the small network would read one that it did not have, the weight is 0. So all
that is old depends on what is old, the function stays the same to rounding, and what is new can be
learnt from the first update on. New blocks begin as the identity, as fresh ones do.
"""

import torch
from torch import Tensor, nn

from gocnn.errors import GocnnError


def grow(small: nn.Module, large: nn.Module) -> nn.Module:
    """Give a fresh network the function of a smaller one.

    Args:
        small: where the weights come from. A module whose layers read several concatenated
            vectors lists them in `concat_inputs`: the layer, and the width of each vector.
        large: freshly built, of the same architecture and inputs; changed in place.

    Returns:
        `large`.

    Raises:
        GocnnError: when the large network is not at least as large everywhere.
    """
    old, new = small.state_dict(), large.state_dict()
    missing = sorted(old.keys() - new.keys())
    if missing:
        raise GocnnError(f"a network can grow, not shrink: the new one has no {missing[0]}")
    for name, tensor in old.items():
        new[name] = _cornered(name, tensor, new[name], _columns(name, small, large, tensor))
    large.load_state_dict(new)
    return large


def _columns(name: str, small: nn.Module, large: nn.Module, old: Tensor) -> Tensor | None:
    """int64[inputs of the old layer]: which input of the new one each is; None without inputs."""
    if old.ndim < 2:
        return None
    layer = name.removesuffix(".weight")
    before, after = (_widths(network).get(layer, (0,)) for network in (small, large))
    if before == (0,):
        return torch.arange(old.shape[1])
    starts = [sum(after[:k]) for k in range(len(after))]
    spans = zip(starts, before, strict=True)
    return torch.cat([torch.arange(start, start + width) for start, width in spans])


def _widths(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """The widths of the vectors that each of these layers reads end to end."""
    widths: dict[str, tuple[int, ...]] = getattr(network, "concat_inputs", {})
    return widths


def _cornered(name: str, old: Tensor, new: Tensor, columns: Tensor | None) -> Tensor:
    if any(had > has for had, has in zip(old.shape, new.shape, strict=True)):
        sizes = f"{tuple(old.shape)} and then {tuple(new.shape)}"
        raise GocnnError(f"a network can grow, not shrink: {name} is {sizes}")
    result = new.clone()
    if old.ndim == 0:
        return old.clone()
    if columns is None:
        result[: len(old)] = old
    else:
        result[: len(old)] = 0  # the old outputs read nothing new
        result[: len(old), columns] = old
    return result
