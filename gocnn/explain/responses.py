"""Which positions a filter answers most strongly to, and what in them it answers to."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.explain.probe import Filter, Probe, rectified_gradients
from gocnn.go.symmetry import VIEWS
from gocnn.inference.views import Views

_BATCH = 64


@dataclass(frozen=True, eq=False)
class Strongest:
    """One position in which a filter responds strongly, as the filter saw it."""

    response: float
    row: int  # of the response, in the layer's own rows
    column: int
    planes: NDArray[np.int8]  # [C, S, S] in the view in which it is that strong
    globals: NDArray[np.float32]  # [G]
    game: int


@dataclass(frozen=True, eq=False)
class FilterRecord:
    """What was seen of a filter over many positions."""

    filter: Filter
    strongest: list[Strongest]  # the strongest response first, each of another game
    mean: float  # of its responses at all points
    spread: float  # their standard deviation
    active: float  # share of the points where it is above zero, so that the ReLU lets it through

    @property
    def peak(self) -> float:
        """How far the strongest response stands out, in standard deviations."""
        return (self.strongest[0].response - self.mean) / max(self.spread, 1e-9)


def strongest_responses(
    probe: Probe, positions: Positions, most: int = 1000, keep: int = 9
) -> dict[str, list[FilterRecord]]:
    """The positions with the strongest response of every filter.

    Each position is shown in one of the eight views, drawn at random. What a filter answers to is
    kept in the view in which the filter saw it, and with the player to move as black: so all that
    is found for a filter is turned to one view already.

    Args:
        probe: the network.
        positions: where to look, on boards of the probe's size.
        most: positions to look at.
        keep: positions to keep for each filter.

    Returns:
        By layer, a record for each filter.
    """
    numbers = sample(positions, most)
    games, _ = positions.locate(numbers)
    views = Views(probe.size, torch.device("cpu"))
    chosen = torch.from_numpy(np.random.default_rng(0).integers(0, VIEWS, len(numbers)))
    tops = {name: _Tops(channels, len(numbers)) for name, channels in probe.channels.items()}
    boards, contexts = [], []
    for start in range(0, len(numbers), _BATCH):
        batch = positions.encode(probe.encoding, numbers[start : start + _BATCH])
        planes = views.planes(torch.from_numpy(batch.planes), chosen[start : start + _BATCH])
        boards.append(planes.numpy())
        contexts.append(batch.globals)
        with torch.inference_mode():
            _, responses = probe.run(planes.float(), torch.from_numpy(batch.globals))
        for name, top in tops.items():
            top.add(start, responses[name])
    planes_of, globals_of = np.concatenate(boards), np.concatenate(contexts)
    return {
        name: top.records(name, games, planes_of, globals_of, keep) for name, top in tops.items()
    }


class _Tops:
    """The largest response of every filter in every position, and where it was."""

    def __init__(self, channels: int, positions: int) -> None:
        self.largest = np.full((positions, channels), -np.inf, np.float32)
        self.places = np.zeros((positions, channels), np.int64)
        self.sums = np.zeros((3, channels))
        self.points = 0
        self.side = 0

    def add(self, start: int, responses: torch.Tensor) -> None:
        flat = responses.float().flatten(2)
        largest, places = flat.max(2)
        span = slice(start, start + len(flat))
        self.largest[span], self.places[span] = largest.cpu().numpy(), places.cpu().numpy()
        moments = (flat, flat.square(), (flat > 0).float())
        self.sums += np.stack([moment.sum((0, 2)).double().cpu().numpy() for moment in moments])
        self.points += flat.shape[0] * flat.shape[2]
        self.side = responses.shape[3]

    def records(
        self,
        layer: str,
        games: NDArray[np.int64],
        planes: NDArray[np.int8],
        context: NDArray[np.float32],
        keep: int,
    ) -> list[FilterRecord]:
        mean, square, active = self.sums / max(self.points, 1)
        spread = np.sqrt(np.maximum(square - mean**2, 0))
        filters = []
        for channel in range(self.largest.shape[1]):
            order = np.argsort(-self.largest[:, channel], kind="stable")
            _, first = np.unique(games[order], return_index=True)  # one position a game
            best = order[np.sort(first)[:keep]]
            strongest = [
                Strongest(
                    float(self.largest[number, channel]),
                    *divmod(int(self.places[number, channel]), self.side),
                    planes[number],
                    context[number],
                    int(games[number]),
                )
                for number in best
            ]
            filters.append(
                FilterRecord(
                    Filter(layer, channel),
                    strongest,
                    float(mean[channel]),
                    float(spread[channel]),
                    float(active[channel]),
                )
            )
        return filters


def outstanding(records: list[FilterRecord], count: int) -> list[FilterRecord]:
    """The filters of a layer whose strongest response stands out most from their others.

    Dead filters, whose responses never differ, come last.
    """
    return sorted(records, key=lambda record: -record.peak * (record.spread > 1e-6))[:count]


def deconvolution(probe: Probe, filter: Filter, seen: Strongest) -> NDArray[np.float32]:
    """One response sent back to the input by the deconvolutional network.

    Zeiler and Fergus 2014: all responses of the layer but this one are set to zero, and what is
    left goes back through transposed filters and ReLUs, see `rectified_gradients`.

    Returns:
        float32[C, S, S]: what in each plane the response is made of.
    """
    planes = torch.from_numpy(seen.planes[None]).float().requires_grad_()
    context = torch.from_numpy(seen.globals[None])
    with rectified_gradients():
        _, responses = probe.run(planes, context)
        response = responses[filter.layer][0, filter.channel, seen.row, seen.column]
        (signal,) = torch.autograd.grad(response, planes)
    result: NDArray[np.float32] = (signal[0] * float(response.detach().clamp(min=0))).numpy()
    return result
