"""The networks that ship: how large, how accurate, how quick on this machine, how trained."""

import statistics
import time
from dataclasses import asdict, dataclass
from typing import Any

from gocnn.go.position import Position
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import WeightsInfo
from gocnn.prediction import Conditions
from gocnn.weights.names import shipped

_TIMED = 20  # predictions


@dataclass(frozen=True)
class Model:
    """One shipped network."""

    name: str
    bytes: int
    milliseconds: float  # for one position, the median, measured now
    passport: WeightsInfo

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def models(device: str = "auto") -> list[Model]:
    """All networks that ship, the default one first.

    Args:
        device: where to measure how quick they are, a name for `devices.choose_device`.

    Raises:
        GocnnError: when a file is damaged or there is no such device.
    """
    models = []
    for name, path in shipped().items():
        predictor = Predictor(path, device=device)
        models.append(Model(name, path.stat().st_size, _latency(predictor), predictor.info))
    return sorted(models, key=lambda model: model.name != "default")


def _latency(predictor: Predictor) -> float:
    """Milliseconds for a position, all of it: planes, network, legal moves."""
    position = Position(19)
    for point in (60, 300, 72, 288, 180):
        position.play(point)
    predictor(position, Conditions())
    times = []
    for _ in range(_TIMED):
        start = time.perf_counter()
        predictor(position, Conditions())
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def table(models: list[Model]) -> str:
    """The models as lines of text."""
    sets = list(dict.fromkeys(name for model in models for name in model.passport.accuracy))
    widths = [max(10, len(name) + 4) for name in sets]
    heads = "".join(f"{name + ' %':>{w}}" for name, w in zip(sets, widths, strict=True))
    lines = [f"{'name':<10}{'network':<16}{'size':>8}{'one position':>14}{heads}"]
    for model in models:
        passport = model.passport
        shares = [_percent(passport.accuracy.get(name)) for name in sets]
        lines.append(
            f"{model.name:<10}{passport.network:<16}"
            f"{model.bytes / 1e6:>5.1f} MB{model.milliseconds:>11.1f} ms"
            + "".join(f"{share:>{width}}" for share, width in zip(shares, widths, strict=True))
        )
    for model in models:
        passport = model.passport
        lines += [
            "",
            f"{model.name}: {passport.positions:,} positions, {passport.encoding}, "
            f"{passport.licence}",
            f"  {passport.trained}",
        ]
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"
