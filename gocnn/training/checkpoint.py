"""Checkpoints of a training run."""

from typing import Any

from gocnn.dataset.positions import Hiding
from gocnn.training.config import Budget, Recipe, Run


def run_from(about: dict[str, Any], budget: Budget | None) -> Run:
    """The run of a checkpoint's metadata, with a new budget if one is given."""
    saved = dict(about["run"])
    saved["budget"] = budget or Budget(**saved["budget"])
    saved["recipe"] = Recipe(**saved["recipe"])
    saved["hiding"] = Hiding(**saved["hiding"])
    return Run(**saved)
