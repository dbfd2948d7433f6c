"""Weights on disk, with their passport.

A weights file is a safetensors file whose metadata says what the tensors are: the architecture and
its settings, the encoding, how it was trained, how well it does. Loading checks all of it; what
does not fit is refused by name. The weights that ship with gocnn lie in this folder.
"""

import hashlib
import json
import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gocnn.errors import GocnnError
from gocnn.features.encoding import Encoding, encoding_named
from gocnn.files import require_regular, write_atomically
from gocnn.network.device import to_device
from gocnn.network.registry import build, find, size_text
from gocnn.version import __version__
from gocnn.weights.names import resolve

FORMAT = 1
_CHECKSUM = "checksum"  # of tensors and metadata; files of gocnn before 0.2 have none
_MOST = 4096  # blocks, channels and other settings of a network


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
    """Write tensors with JSON-able metadata and a checksum of both, atomically.

    Raises:
        GocnnError: as `write_atomically` does.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {key: json.dumps(value) for key, value in about.items() if key != _CHECKSUM}
    metadata[_CHECKSUM] = json.dumps(_checksum(plain, metadata))
    write_atomically(path, save(plain, metadata))


def _checksum(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    """BLAKE2b of 16 bytes, in hexadecimal, of metadata and tensors, sorted by name."""
    digest = hashlib.blake2b(digest_size=16)
    for key, text in sorted(metadata.items()):
        digest.update(json.dumps([key, text]).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.reshape(-1).contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata of a file of `save_tensors`.

    Raises:
        GocnnError: when the file is missing, damaged, or no safetensors file of gocnn.
    """
    with _opened(path) as file:
        # Copies: what safetensors gives is mapped, and Windows replaces no file that is.
        tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        about = _metadata(file)
        texts = {k: v for k, v in (file.metadata() or {}).items() if k != _CHECKSUM}
        checksum = about.pop(_CHECKSUM, None)
        if checksum is not None and checksum != _checksum(tensors, texts):
            raise GocnnError(f"{path}: damaged (wrong checksum); copy or train it anew")
        return tensors, about


def load_metadata(path: Path) -> dict[str, Any]:
    """The metadata alone, as `load_tensors` gives them."""
    with _opened(path) as file:
        return _metadata(file)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        require_regular(path)
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError as error:
        raise GocnnError(f"{path}: there is no such weights file") from error
    except (SafetensorError, ValueError, OSError, RecursionError, RuntimeError) as error:
        raise GocnnError(
            f"{path}: not a weights file of gocnn, or cut short ({str(error)[:200]}); "
            "copy or train it anew"
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
    if isinstance(about["format"], int) and about["format"] > FORMAT:
        raise GocnnError(
            f"{path}: written by gocnn {about.get('gocnn', '?')}, format {about['format']}; "
            f"this is {__version__}, format {FORMAT}: update gocnn"
        )
    known = {f.name for f in fields(WeightsInfo)}
    known_fields = {key: value for key, value in about.items() if key in known}
    wrong = wrong_field(WeightsInfo, known_fields)
    if wrong:
        raise GocnnError(f"{path}: its passport is damaged: {wrong}; copy or train it anew")
    return WeightsInfo(**known_fields)


def wrong_field(kind: type, values: dict[str, Any]) -> str:
    """What is missing or of another type than in a dataclass, in words; empty if all is well."""
    hints = get_type_hints(kind)
    for f in fields(kind):
        if f.name not in values:
            if f.default is MISSING and f.default_factory is MISSING:
                return f"{f.name} is missing"
        elif not _fits(values[f.name], hints[f.name]):
            return f"{f.name} is {str(values[f.name])[:40]!r}"
    unknown = sorted(values.keys() - hints.keys())
    return f"{unknown[0]!r} is unknown" if unknown else ""


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(value, part) for part in get_args(hint))
    if get_origin(hint) is dict:
        key, item = get_args(hint)
        return isinstance(value, dict) and all(
            _fits(k, key) and _fits(v, item) for k, v in value.items()
        )
    if get_origin(hint) is list:
        return isinstance(value, list) and all(_fits(item, get_args(hint)[0]) for item in value)
    if hint in (int, float):
        number = isinstance(value, (int, hint)) and not isinstance(value, bool)
        return number and abs(value) < 2**63 and math.isfinite(value)
    return value is None if hint is NoneType else isinstance(value, hint)


def _check_shapes(info: WeightsInfo, tensors: dict[str, Tensor]) -> None:
    """Compare with the network of the settings before it takes memory."""
    for name, value in info.settings.items():
        if isinstance(value, int) and not 0 <= value <= _MOST:
            raise GocnnError(f"{name} is {value}; networks have 0 to {_MOST}")
    depth = find(info.architecture).depth
    if depth in info.settings and not info.settings[depth] <= len(tensors):
        raise GocnnError(f"{depth} is {info.settings[depth]}; there are {len(tensors)} tensors")
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tensors without elements; they fit no file
        build(info.architecture, info.settings).load_state_dict(tensors, assign=True)
    complex_ones = [name for name, tensor in tensors.items() if tensor.is_complex()]
    if complex_ones:
        raise GocnnError(f"{complex_ones[0]} holds complex numbers")


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
    try:
        encoding = encoding_named(info.encoding)
        _check_shapes(info, tensors)
        network = build(info.architecture, info.settings)
        network.load_state_dict(tensors)
    except GocnnError as error:
        raise GocnnError(f"{path}: {error}") from error
    except (RuntimeError, TypeError, ValueError, ArithmeticError) as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise GocnnError(f"{path}: its tensors do not fit its passport: {reason}") from error
    if not all(bool(tensor.isfinite().all()) for tensor in network.state_dict().values()):
        raise GocnnError(f"{path}: its tensors hold NaN or infinity; copy or train it anew")
    return LoadedNetwork(to_device(network, device).eval(), encoding, info, device)
