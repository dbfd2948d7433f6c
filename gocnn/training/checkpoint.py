"""Checkpoints of training runs: everything that a run needs to go on, in one safetensors file.

The metadata carry a format version, which changes whenever a field changes its name or meaning.
Earlier formats are converted as they are read. Format 1 had no version; 2 had another schedule
(half a cosine over the budget), so that its runs go on with the present one.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from torch import Tensor

from gocnn.dataset.conditions import ConditionDropout
from gocnn.errors import GocnnError
from gocnn.inference.weights import load_metadata, load_tensors, save_tensors, wrong_field
from gocnn.training.config import Budget, Hyperparameters, TrainConfig
from gocnn.version import __version__

FORMAT = 3


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A training run at one moment."""

    config: TrainConfig
    corpus: str  # checksum of the games
    steps: int  # updates made
    cooldown_start: float | None = None  # progress at which the cooldown began; None before
    seconds: float  # of training, validation included
    validations: list[dict[str, Any]]  # as the log has them
    tensors: dict[str, Tensor]  # see `Trainer.state`


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, whole or not at all.

    Raises:
        GocnnError: when the file cannot be written; an old one stays.
    """
    metadata = {
        "checkpoint_format": FORMAT,
        "gocnn": __version__,
        "config": asdict(checkpoint.config),
        "corpus": checkpoint.corpus,
        "steps": checkpoint.steps,
        "cooldown_start": checkpoint.cooldown_start,
        "seconds": checkpoint.seconds,
        "validations": checkpoint.validations,
    }
    save_tensors(path, checkpoint.tensors, metadata)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint of this format or of an earlier one.

    Raises:
        GocnnError: when the file is missing, damaged, no checkpoint, or from a newer gocnn.
    """
    if not path.exists():
        raise GocnnError(f"{path}: there is no run to resume here")
    tensors, metadata = load_tensors(path)
    metadata = _current(path, metadata)
    kept = {f.name: metadata[f.name] for f in fields(Checkpoint) if f.name in metadata}
    saved = kept | {"config": _config(path, metadata), "tensors": tensors}
    wrong = wrong_field(Checkpoint, saved)
    if wrong or saved["steps"] < 0:
        raise _damaged(path, wrong or f"steps is {saved['steps']}")
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise _damaged(path, "its tensors hold NaN or infinity")
    return Checkpoint(**saved)


def load_config(path: Path) -> TrainConfig:
    """The configuration in a checkpoint, without its tensors; raises as `load_checkpoint` does."""
    if not path.exists():
        raise GocnnError(f"{path}: there is no run to resume here")
    return _config(path, _current(path, load_metadata(path)))


def _damaged(path: Path, what: str) -> GocnnError:
    return GocnnError(f"{path}: the checkpoint is damaged: {what}; start a new run")


def _current(path: Path, metadata: dict[str, Any]) -> dict[str, Any]:
    """The metadata in the current format."""
    version = metadata.get("checkpoint_format", 1)
    if not isinstance(version, int):
        raise _damaged(path, f"its format is {str(version)[:40]!r}")
    if version == 1 and "architecture" in metadata:
        raise GocnnError(
            f"{path}: holds weights, not a checkpoint; start a new run from them with --init"
        )
    if version == 1 and "run" not in metadata:
        raise GocnnError(f"{path}: not a checkpoint of gocnn, so no run can go on from it")
    if version > FORMAT:
        raise GocnnError(
            f"{path}: a checkpoint of format {version}, written by gocnn "
            f"{metadata.get('gocnn', '?')}; this is {__version__}, format {FORMAT}: update gocnn"
        )
    try:
        return _converted(metadata, version)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, f"its settings cannot be read ({error!r:.80})") from error


def _converted(metadata: dict[str, Any], version: int) -> dict[str, Any]:
    if version == 1:
        config = dict(metadata["run"])
        config["hyperparameters"] = config.pop("recipe")
        config["dropout"] = config.pop("hiding")
        metadata = metadata | {"config": config}
    if version < 3:  # the rate fell along half a cosine
        config = dict(metadata["config"])
        former = {"warmup", "final_rate"}
        kept = {k: v for k, v in config["hyperparameters"].items() if k not in former}
        config["hyperparameters"] = kept
        metadata = metadata | {"config": config, "cooldown_start": None}
    return metadata


_PARTS = {"budget": Budget, "hyperparameters": Hyperparameters, "dropout": ConditionDropout}


def _config(path: Path, metadata: dict[str, Any]) -> TrainConfig:
    saved = metadata.get("config")
    if not isinstance(saved, dict):
        raise _damaged(path, "it has no settings")
    parts: dict[str, Any] = {}
    for name, kind in _PARTS.items():
        part = saved.get(name)
        if not isinstance(part, dict):
            raise _damaged(path, f"{name} is missing")
        wrong = wrong_field(kind, part)
        if wrong:
            raise _damaged(path, wrong)
        try:
            parts[name] = kind(**part)
        except GocnnError as error:
            raise _damaged(path, str(error)) from error
    wrong = wrong_field(TrainConfig, saved | parts)
    if wrong:
        raise _damaged(path, wrong)
    return TrainConfig(**(saved | parts))
