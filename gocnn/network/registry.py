"""The architectures and their registry.

A network knows no Go. It takes planes float[B, C, S, S] and globals float[B, G], for boards of any
one size S, and answers with an `Output`. To add an architecture, write a module with a class and
register it in `ARCHITECTURES`; its settings must be plain numbers and words, because they travel
with the weights.

Shape suffixes: B batch, C planes or channels, H and W rows and columns, G globals, P points.
"""

from collections.abc import Callable
from typing import Any

from torch import nn

from gocnn.errors import GocnnError


def _resnet(**settings: Any) -> nn.Module:
    from gocnn.network.resnet import ResNet

    return ResNet(**settings)


ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {"resnet": _resnet}

# The one dial: blocks and channels of the residual tower.
SIZES: dict[str, dict[str, int]] = {
    "tiny": {"blocks": 2, "channels": 32},
    "small": {"blocks": 6, "channels": 64},
    "base": {"blocks": 10, "channels": 128},
    "large": {"blocks": 15, "channels": 192},
    "huge": {"blocks": 20, "channels": 256},
}


def tower(size: str) -> dict[str, int]:
    """Blocks and channels of a size: a name of `SIZES`, or BLOCKSxFILTERS such as 4x48.

    Raises:
        GocnnError: when it is neither.
    """
    if size in SIZES:
        return SIZES[size]
    blocks, cross, channels = size.partition("x")
    if cross and blocks.isdigit() and channels.isdigit() and int(blocks) and int(channels):
        return {"blocks": int(blocks), "channels": int(channels)}
    raise GocnnError(f"--network {size}: use {', '.join(SIZES)}, or BLOCKSxFILTERS such as 4x48")


def build(architecture: str, settings: dict[str, Any]) -> nn.Module:
    """A network of a registered architecture, freshly initialised.

    Raises:
        GocnnError: when there is no such architecture or it has no such setting.
    """
    if architecture not in ARCHITECTURES:
        names = ", ".join(sorted(ARCHITECTURES))
        raise GocnnError(f"unknown architecture {architecture!r}; there are {names}")
    try:
        return ARCHITECTURES[architecture](**settings)
    except TypeError as error:
        raise GocnnError(
            f"architecture {architecture!r} does not take {settings}: {error}"
        ) from error
