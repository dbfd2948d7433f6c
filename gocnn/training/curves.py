"""The logs of runs as learning curves and a table."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gocnn.errors import GocnnError


def read_log(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(training entries, validation entries) of a log, in order.

    A run that was resumed has gone over some steps twice, or gone on from before its cooldown; the
    entries of what it went back over do not count.

    Raises:
        GocnnError: when the file is missing or a line is not JSON.
    """
    training: dict[int, dict[str, Any]] = {}
    validation: dict[int, dict[str, Any]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise GocnnError(f"{path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):
                break  # the last line of a killed run
            raise GocnnError(f"{path}: line {number} is not JSON ({error.msg})") from error
        if "resumed" in entry:
            for entries in (training, validation):
                for steps in [steps for steps in entries if steps > entry["resumed"]]:
                    del entries[steps]
        elif "validation" in entry:
            validation[entry["validation"]["steps"]] = entry["validation"]
        elif "policy_loss" in entry:
            training[entry["steps"]] = entry
    return [v for _, v in sorted(training.items())], [v for _, v in sorted(validation.items())]


def draw_curve(log: Path, picture: Path) -> bool:
    """Draw loss and top-1 over the positions seen, as SVG or PNG by the name's ending.

    Returns:
        False when there is nothing to draw yet.

    Raises:
        GocnnError: when the log cannot be read or matplotlib is missing.
    """
    training, validation = read_log(log)
    if not training and not validation:
        return False
    figure, left, right = _panels(picture)
    _plot(
        (left, right),
        training,
        validation,
        line={"color": "0.6", "linewidth": 1, "label": "training"},
        dots={"linestyle": "-", "color": "C0", "markersize": 4, "label": "held-out games"},
    )
    right.legend(loc="lower right")
    figure.savefig(picture)
    return True


def draw_curves(logs: Mapping[str, Path], picture: Path, *, by: str = "positions") -> bool:
    """Draw loss and top-1 of several runs: a line for the training, dots for held-out games.

    Args:
        logs: of each run by its name; the first one is drawn in black.
        picture: an SVG or PNG, by the name's ending.
        by: what runs to the right, "positions" or "time".

    Returns:
        False when there is nothing to draw yet.

    Raises:
        GocnnError: when a log cannot be read or matplotlib is missing.
    """
    runs = {name: read_log(log) for name, log in logs.items()}
    if not any(validation for _, validation in runs.values()):
        return False
    figure, left, right = _panels(picture, by)
    for number, (name, (training, validation)) in enumerate(runs.items()):
        # The beginning falls and climbs too steeply to share a scale with the rest.
        shown = training[len(training) // 20 :]
        style = _style(number)
        dots = {"linestyle": "none", "color": style["color"], "markersize": 3}
        _plot((left, right), shown, validation, line=style | {"label": name}, dots=dots, by=by)
    figure.legend(*left.get_legend_handles_labels(), loc="outside right center")
    figure.savefig(picture)
    return True


def _style(number: int) -> dict[str, Any]:
    """How the line of a run is drawn, by its number; more runs than colours get dashes."""
    if number == 0:
        return {"color": "black", "linewidth": 2}
    dashes = ("-", "--", ":")[(number - 1) // 10 % 3]
    return {"color": f"C{(number - 1) % 10}", "linewidth": 1.2, "linestyle": dashes}


def _panels(picture: Path, by: str = "positions") -> tuple[Any, Any, Any]:
    """A figure for a picture of that name, and its two panels: the loss, the moves predicted."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import EngFormatter
    except ImportError as error:
        raise GocnnError(f"{picture}: drawing it needs matplotlib; pip install it") from error
    figure = Figure(figsize=(9, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, label in ((left, "cross-entropy (nats)"), (right, "moves predicted (%)")):
        axes.set_xlabel("minutes" if by == "time" else "positions seen")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
    return figure, left, right


def _plot(
    panels: tuple[Any, Any],
    training: list[dict[str, Any]],
    validation: list[dict[str, Any]],
    *,
    line: dict[str, Any],
    dots: dict[str, Any],
    by: str = "positions",
) -> None:
    """A run in both panels, its training in the style of `line`, the held-out games in `dots`."""

    def places(entries: list[dict[str, Any]]) -> list[float]:
        return [e["seconds"] / 60 if by == "time" else e["positions"] for e in entries]

    measures = ("policy_loss", "loss", 1), ("top1", "top1", 100)
    for axes, (key, held_out, scale) in zip(panels, measures, strict=True):
        axes.plot(
            places(training),
            _smooth([e[key] * scale for e in training]),
            **line,
        )
        axes.plot(
            places(validation),
            [e[held_out] * scale for e in validation],
            marker="o",
            **dots,
        )


def _smooth(values: list[float], weight: float = 0.9) -> list[float]:
    """An exponential mean that forgets its beginning."""
    smoothed: list[float] = []
    total = norm = 0.0
    for value in values:
        total, norm = weight * total + value, weight * norm + 1
        smoothed.append(total / norm)
    return smoothed


def validation_table(log: Path) -> str:
    """The validations of a run as lines of text."""
    _, validation = read_log(log)
    names = ("minutes", "loss", "top-1 %", "top-5 %", "value %")
    lines = [f"{'positions':>12}" + "".join(f"{name:>9}" for name in names)]
    for entry in validation:
        value = entry["value_accuracy"]
        lines.append(
            f"{entry['positions']:12,}{entry['seconds'] / 60:9.1f}{entry['loss']:9.3f}"
            f"{100 * entry['top1']:9.2f}{100 * entry['top5']:9.2f}"
            + ("" if value is None else f"{100 * value:9.2f}")
        )
    return "\n".join(lines)
