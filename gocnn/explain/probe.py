"""A network opened for looking inside: the responses of its filters, and gradients to its input."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from gocnn.errors import GocnnError
from gocnn.features.encode import encode_positions
from gocnn.go.position import Position
from gocnn.inference.weights import LoadedNetwork
from gocnn.network.batchnorm import fold_batchnorm
from gocnn.network.layer_table import receptive_fields
from gocnn.network.output import Output
from gocnn.prediction import Conditions


@dataclass(frozen=True, slots=True)
class Filter:
    """One channel of a convolution."""

    layer: str  # the name of the convolution in the network
    channel: int

    def __str__(self) -> str:
        return f"{self.layer}, filter {self.channel}"


class Probe:
    """A network, its convolutions by name, and what flows through them.

    The normalisations are part of the filters, so a response is what the convolution gives with its
    bias, before the ReLU.

    Args:
        network: in evaluation mode.
        size: lines of the boards that are looked at.

    Raises:
        GocnnError: when the network has no convolution over the board, or takes no board of that
            size.
    """

    def __init__(self, network: LoadedNetwork, size: int = 19) -> None:
        self.network, self.encoding, self.size = network, network.encoding, size
        self.module = fold_batchnorm(network.module).to(network.device).eval()
        self.module.requires_grad_(False)
        self.device = network.device
        planes = torch.zeros(1, self.encoding.plane_count, size, size)
        context = torch.zeros(1, self.encoding.global_count)
        with torch.no_grad():
            _, responses = self.run(planes, context)
        # Single channels, such as a last layer of logits, are no filters to choose among.
        self.layers = [name for name, response in responses.items() if response.shape[1] > 1]
        self.channels = {name: responses[name].shape[1] for name in self.layers}
        self.sides = {name: responses[name].shape[2] for name in self.layers}  # of the response
        if not self.layers:
            raise GocnnError(
                f"{network.info.architecture} networks have no filters to look at: nothing in them "
                "is a convolution"
            )

    def run(self, planes: Tensor, context: Tensor) -> tuple[Output, dict[str, Tensor]]:
        """Answers and responses, with gradients where the inputs have them.

        Args:
            planes: float[B, C, S, S].
            context: float[B, G].

        Returns:
            The output, and float[B, channels, h, w] of each convolution in the order in which they
            work.
        """
        responses: dict[str, Tensor] = {}
        hooks = []
        for name, module in self.module.named_modules():
            if isinstance(module, nn.Conv2d):

                def note(_module: Any, _inputs: Any, output: Tensor, name: str = name) -> None:
                    responses[name] = output

                hooks.append(module.register_forward_hook(note))
        try:
            output = self.module(planes.to(self.device), context.to(self.device))
        finally:
            for hook in hooks:
                hook.remove()
        return output, responses

    def encode(
        self, position: Position, conditions: Conditions | None = None
    ) -> tuple[Tensor, Tensor]:
        """Planes float[1, C, S, S] and globals float[1, G] of a position."""
        conditions = conditions or Conditions(komi=position.komi)
        planes, context = encode_positions(self.encoding, [position], [conditions])
        return torch.from_numpy(planes).float(), torch.from_numpy(context)

    def plane_names(self) -> list[str]:
        """What each plane shows."""
        return [
            name if count == 1 else f"{name} [{number + 1}]"
            for name, count in self.encoding.planes
            for number in range(count)
        ]

    def stones(self, planes: NDArray[Any]) -> NDArray[np.int8]:
        """The stones of planes [C, S, S], int8[S, S]: the player to move 1, the opponent -1.

        An encoding with a single plane of stones shows black as 1.
        """
        names = self.plane_names()
        if "own stones" in names:
            own, other = (planes[names.index(name)] for name in ("own stones", "opponent's stones"))
        else:
            own, other = planes[0], -planes[0]
        result: NDArray[np.int8] = ((own > 0.5).astype(np.int8) - (other > 0.5)).astype(np.int8)
        return result

    def last_move(self, planes: NDArray[Any]) -> int | None:
        """The point of the last move in planes [C, S, S], where the encoding tells it."""
        names = self.plane_names()
        latest = next((n for n, name in enumerate(names) if name.startswith("the last")), None)
        if latest is None or not planes[latest].any():
            return None
        return int(planes[latest].argmax())

    def receptive_field(self, layer: str) -> int:
        """Points on a side of the square that a response depends on, at most the board's."""
        side = self._fields.get(layer)
        return self.size if not side else min(side, self.size)

    @property
    def _fields(self) -> dict[str, int | None]:
        if not hasattr(self, "_measured_fields"):
            info = self.network.info
            self._measured_fields = receptive_fields(info.architecture, info.settings)
        return self._measured_fields

    def place(self, layer: str, row: int, column: int) -> tuple[int, int]:
        """The point of the board above the middle of which a response stands."""
        scale = self.size / self.sides[layer]
        return (
            min(self.size - 1, int((row + 0.5) * scale)),
            min(self.size - 1, int((column + 0.5) * scale)),
        )


class _Rectified(torch.autograd.Function):
    """A ReLU whose gradient is rectified itself, whatever the ReLU let through."""

    @staticmethod
    def forward(_context: Any, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        return gradient.clamp(min=0)


class _DeconvolutionMode(TorchFunctionMode):
    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function in (F.relu, torch.relu, Tensor.relu):
            return _Rectified.apply(args[0])  # type: ignore[no-untyped-call]
        return function(*args, **(kwargs or {}))


@contextmanager
def rectified_gradients() -> Iterator[None]:
    """Within the block, ReLUs pass gradients back as the deconvolutional network does.

    Zeiler and Fergus 2014 (arXiv:1311.2901): a signal that goes back through a ReLU is rectified
    itself; filters are applied transposed, which is what their gradient does, and max pooling
    puts a value back where it came from, which its gradient does too.
    """
    with _DeconvolutionMode():
        yield
