"""The architectures and their registry.

A network knows no Go. It takes planes float[B, C, S, S] and globals float[B, G], for boards of any
one size S, and answers with an `Output`. To add an architecture, write a module with a class and
register it in `ARCHITECTURES`; its settings must be plain numbers and words, because they travel
with the weights. docs/architectures.md shows one of thirty lines.

Shape suffixes: B batch, C planes or channels, H and W rows and columns, G globals, P points.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from gocnn.errors import GocnnError

# The one dial: how deep and how wide. Of the residual network: blocks and channels.
SIZES: dict[str, dict[str, int]] = {
    "tiny": {"blocks": 2, "channels": 32},
    "small": {"blocks": 6, "channels": 64},
    "base": {"blocks": 10, "channels": 128},
    "large": {"blocks": 15, "channels": 192},
    "huge": {"blocks": 20, "channels": 256},
}


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Where a class of networks is found, and what the two numbers of its size are called.

    The class takes the number of `planes` and of `globals` and its own settings by keyword.
    """

    module: str
    name: str  # of the class
    about: str  # one line
    depth: str  # the setting that the first number of DEPTHxWIDTH sets
    width: str  # and the second
    sizes: Mapping[str, tuple[int, int]]  # depth and width by the names of `SIZES`
    fixed: Mapping[str, Any] = field(default_factory=dict)  # settings that make it what it is
    one_size: bool = False  # it has the setting `lines`, and takes boards of so many lines only
    deepens: bool = False  # further layers begin as the identity, so that it can grow by them
    extras: bool = False  # it has the settings `offset`, `unread` and `reply` of `ResNet`

    def load(self) -> type[nn.Module]:
        """The class."""
        network_class: type[nn.Module] = getattr(importlib.import_module(self.module), self.name)
        return network_class


def _layers(first: int, last: int) -> dict[str, tuple[int, int]]:
    """Convolutions and filters of plain towers with as many 3x3 layers as the residual ones."""
    return {
        name: (first + 2 * size["blocks"] + last, size["channels"]) for name, size in SIZES.items()
    }


_BLOCKS = {name: (size["blocks"], size["channels"]) for name, size in SIZES.items()}
_STAGES = {name: (2, size["channels"]) for name, size in SIZES.items()}

ARCHITECTURES: dict[str, Architecture] = {
    "resnet": Architecture(
        module="gocnn.network.resnet",
        name="ResNet",
        about="residual blocks of two 3x3 convolutions; nothing is pooled",
        depth="blocks",
        width="channels",
        sizes=_BLOCKS,
        deepens=True,
        extras=True,
    ),
    "nested": Architecture(
        module="gocnn.network.nested",
        name="NestedResNet",
        about="residual blocks within bottlenecks of half the channels; nothing is pooled",
        depth="blocks",
        width="channels",
        sizes=_BLOCKS,
        deepens=True,
        extras=True,
    ),
    "alphago": Architecture(
        module="gocnn.network.alphago",
        name="AlphaGo",
        about="a plain tower of convolutions, as AlphaGo's 13 layers; nothing is pooled",
        depth="layers",
        width="channels",
        sizes=_layers(1, 1),
    ),
    "spatial-transformer": Architecture(
        module="gocnn.network.spatial_transformer",
        name="SpatialTransformer",
        about="moves, turns and scales the board before a plain tower (Jaderberg 2015)",
        depth="layers",
        width="channels",
        sizes=_layers(1, 1),
    ),
    "strided": Architecture(
        module="gocnn.network.strided",
        name="Strided",
        about="convolutions of stride 2 halve the board; dense layers",
        depth="stages",
        width="channels",
        sizes=_STAGES,
        one_size=True,
    ),
    "lenet-max": Architecture(
        module="gocnn.network.lenet",
        name="LeNet",
        about="5x5 convolutions, each with 2x2 max pooling; dense layers, as LeNet-5",
        depth="stages",
        width="channels",
        sizes=_STAGES,
        fixed={"pooling": "max"},
        one_size=True,
    ),
    "lenet-average": Architecture(
        module="gocnn.network.lenet",
        name="LeNet",
        about="5x5 convolutions, each with 2x2 average pooling; dense layers, as LeNet-5",
        depth="stages",
        width="channels",
        sizes=_STAGES,
        fixed={"pooling": "average"},
        one_size=True,
    ),
    "global-average": Architecture(
        module="gocnn.network.global_average",
        name="GlobalAverage",
        about="a plain tower, averaged over the whole board before the dense layers",
        depth="layers",
        width="channels",
        sizes=_layers(1, 0),
        one_size=True,
    ),
    "fully-connected": Architecture(
        module="gocnn.network.fully_connected",
        name="FullyConnected",
        about="hidden layers that each read the whole board as one vector",
        depth="layers",
        width="width",
        sizes={name: (3, 8 * size["channels"]) for name, size in SIZES.items()},
        one_size=True,
    ),
}


def find(architecture: str) -> Architecture:
    """The registered architecture of that name.

    Raises:
        GocnnError: when there is none.
    """
    if architecture not in ARCHITECTURES:
        names = ", ".join(sorted(ARCHITECTURES))
        raise GocnnError(f"unknown architecture {architecture!r}; there are {names}")
    return ARCHITECTURES[architecture]


def tower(size: str, architecture: str = "resnet") -> dict[str, int]:
    """The settings of a size: a name of `SIZES`, or DEPTHxWIDTH such as 4x48.

    For the residual network depth and width are blocks and filters.

    Raises:
        GocnnError: when it is neither, or there is no such architecture.
    """
    entry = find(architecture)
    if size in entry.sizes:
        return dict(zip((entry.depth, entry.width), entry.sizes[size], strict=True))
    first, cross, second = size.partition("x")
    if cross and first.isdecimal() and second.isdecimal() and int(first) and int(second):
        return {entry.depth: int(first), entry.width: int(second)}
    width = "FILTERS" if entry.width == "channels" else entry.width.upper()
    raise GocnnError(
        f"--network {size}: use {', '.join(entry.sizes)}, "
        f"or {entry.depth.upper()}x{width} such as 4x48"
    )


def size_text(architecture: str, settings: Mapping[str, Any]) -> str:
    """Depth and width in words, such as "6x96", with "?" for what the settings do not tell."""
    known = ARCHITECTURES.get(architecture, ARCHITECTURES["resnet"])
    return "x".join(str(settings.get(key, "?")) for key in (known.depth, known.width))


def build(architecture: str, settings: Mapping[str, Any]) -> nn.Module:
    """A network of a registered architecture, freshly initialised.

    Raises:
        GocnnError: when there is no such architecture or it has no such setting.
    """
    entry = find(architecture)
    try:
        return entry.load()(**{**entry.fixed, **settings})
    except TypeError as error:
        raise GocnnError(
            f"architecture {architecture!r} does not take {settings}: {error}"
        ) from error
