"""Weights on disk, with their passport.

A weights file is a safetensors file whose metadata says what the tensors are: the architecture and
its settings, the encoding, how it was trained, how well it does. Loading checks all of it; what
does not fit is refused by name. The weights that ship with gocnn lie in this folder.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gocnn import __version__
from gocnn.errors import GocnnError
from gocnn.features.encoding import Encoding, encoding_named
from gocnn.files import write_atomically
from gocnn.network.device import to_device
from gocnn.network.registry import build, size_text
from gocnn.weights.names import resolve

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class WeightsInfo:
    """What a weights file says of itself."""

    architecture: str  # a key of networks.ARCHITECTURES
    settings: dict[str, Any]  # what the architecture was built with
    encoding: str  # a key of features.ENCODINGS
    positions: int = 0  # positions trained on, counted as often as they were seen
    steps: int = 0  # updates of the weights
    corpus: str = ""  # checksum of the training corpus
    accuracy: dict[str, float] = field(default_factory=dict)  # top-1 by data set, as a share
    trained: str = ""  # how, in words
    licence: str = "MIT"
    gocnn: str = __version__  # the version that wrote it
    format: int = FORMAT

    @property
    def network(self) -> str:
        """Architecture and size in words, such as "resnet 6x96"."""
        return f"{self.architecture} {size_text(self.architecture, self.settings)}"


def save_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write tensors with JSON-able metadata, atomically.

    Raises:
        GocnnError: as `write_atomically` does.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {key: json.dumps(value) for key, value in about.items()}
    write_atomically(path, save(plain, metadata))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata of a file of `save_tensors`.

    Raises:
        GocnnError: when the file is missing, cut short, or no safetensors file of gocnn.
    """
    with _opened(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}, _metadata(file)  # noqa: SIM118


def load_metadata(path: Path) -> dict[str, Any]:
    """The metadata alone, as `load_tensors` gives them."""
    with _opened(path) as file:
        return _metadata(file)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise GocnnError(f"{path}: there is no such weights file") from error
    except (SafetensorError, json.JSONDecodeError, OSError) as error:
        raise GocnnError(
            f"{path}: not a weights file of gocnn, or cut short ({error}); copy or train it anew"
        ) from error


def _metadata(file: Any) -> dict[str, Any]:
    return {key: json.loads(text) for key, text in (file.metadata() or {}).items()}


def save_weights(path: Path, state: dict[str, Tensor], info: WeightsInfo) -> None:
    """Write the state of a network with its passport.

    Raises:
        GocnnError: when the file cannot be written.
    """
    save_tensors(path, state, asdict(info))


def read_info(path: Path, about: dict[str, Any]) -> WeightsInfo:
    """The passport from a file's metadata.

    Raises:
        GocnnError: when something is missing or comes from a newer gocnn.
    """
    if "format" not in about or "architecture" not in about:
        raise GocnnError(f"{path}: has no passport of gocnn; it holds weights of something else")
    if about["format"] > FORMAT:
        raise GocnnError(
            f"{path}: written by gocnn {about.get('gocnn', '?')}, format {about['format']}; "
            f"this is {__version__}, format {FORMAT}: update gocnn"
        )
    known = {f.name for f in fields(WeightsInfo)}
    return WeightsInfo(**{key: value for key, value in about.items() if key in known})


@dataclass(frozen=True, slots=True)
class LoadedNetwork:
    """A network that can predict, with everything that its use needs."""

    module: nn.Module  # in evaluation mode, on `device`
    encoding: Encoding  # what it sees
    info: WeightsInfo
    device: torch.device


def load_network(
    weights: str | os.PathLike[str] | None = None, device: torch.device | None = None
) -> LoadedNetwork:
    """Load a network from a weights file.

    Args:
        weights: a file; None or "default" for the shipped weights.
        device: where the network will be; None for the CPU.

    Raises:
        GocnnError: when the file is damaged or its parts do not fit each other.
    """
    device = device or torch.device("cpu")
    path = resolve(weights)
    tensors, about = load_tensors(path)
    info = read_info(path, about)
    encoding = encoding_named(info.encoding)
    network = build(info.architecture, info.settings)
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise GocnnError(f"{path}: its tensors do not fit its passport: {reason}") from error
    return LoadedNetwork(to_device(network, device).eval(), encoding, info, device)
