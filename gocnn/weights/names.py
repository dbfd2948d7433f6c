"""Which weights ship with gocnn, and what a name of weights stands for; without loading any."""

import os
from pathlib import Path

from gocnn.errors import GocnnError

_FOLDER = Path(__file__).parent


def shipped() -> dict[str, Path]:
    """The weights that ship with gocnn, by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.safetensors"))}


def resolve(weights: str | os.PathLike[str] | None) -> Path:
    """The path of a weights file; the name of shipped ones will do, None means "default".

    Raises:
        GocnnError: when there is no such file, or this copy of gocnn has no default weights.
    """
    name = "default" if weights is None else str(weights)
    ours = shipped()
    if name == "default" and name not in ours:
        raise GocnnError(f"{_FOLDER}: the shipped weights are missing; install gocnn again")
    path = ours.get(name) or Path(name)
    if not path.exists():
        raise GocnnError(
            f"{name}: there is no such weights file; "
            f"give one that gocnn train made, or a name: {', '.join(ours)}"
        )
    return path
