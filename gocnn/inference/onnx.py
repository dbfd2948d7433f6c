"""The network as an ONNX file, for programs that are not Python.

The file takes planes float32[B, C, S, S] and globals float32[B, G], made by
`gocnn.features.encode`,
for any number of positions B and boards of 5 to 25 lines S, or of the one size that the network was
built for, and gives the logits of the
policy float32[B, S * S + 1], the pass last, and the logit of a win float32[B]; some networks also
answer lead, spread and ownership, see `gocnn.network.output.Output`. Its metadata hold
the passport and the meaning of every plane and global. What is written has first been compared with
torch.
"""

import contextlib
import io
import json
import logging
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.inference.weights import load_network
from gocnn.network.batchnorm import fold_batchnorm
from gocnn.network.output import Output
from gocnn.network.registry import find

SMALLEST, LARGEST = 5, 25  # lines of a board
_TRIED = ((1, 19), (3, 13), (5, 9))  # positions and lines of the comparison
_OUTPUTS = ("policy", "value", "lead", "spread", "ownership")
_CPU = ["CPUExecutionProvider"]
_CLOSE = 1e-3  # logits may differ by this, float32 being added in another order


def export(weights: str | os.PathLike[str] | None, output: Path) -> float:
    """Write a network as ONNX.

    Args:
        weights: a weights file; None or "default" for the shipped one.
        output: the file to write.

    Returns:
        The largest difference to torch's answers that was seen.

    Raises:
        GocnnError: when the weights cannot be read, the file cannot be written, the packages of
            the extra ``onnx`` are missing, or the answers differ.
    """
    runtime = _runtime()
    loaded = load_network(weights)
    encoding, network = loaded.encoding, _Answers(fold_batchnorm(loaded.module))
    inputs = encoding.plane_count, encoding.global_count
    names = _OUTPUTS if loaded.info.settings.get("offset") is not None else _OUTPUTS[:2]
    only = loaded.info.settings.get("lines") if find(loaded.info.architecture).one_size else None
    model = _converted(network, names, *inputs, lines=only)
    about = {
        "passport": asdict(loaded.info),
        "planes": encoding.planes,
        "globals": encoding.globals,
    }
    for key, value in about.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = f"gocnn.{key}", json.dumps(value)
    data = model.SerializeToString()
    difference = _difference(
        network, runtime.InferenceSession(data, providers=_CPU), *inputs, lines=only
    )
    if not difference < _CLOSE:
        raise GocnnError(
            f"{output}: not written, its answers differ by {difference:g} from torch's"
        )
    write_atomically(output, data)
    return difference


class _Answers(nn.Module):
    """A network without the opponent's next move, which only training uses."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes_BCHW: Tensor, globals_BG: Tensor) -> Output:
        """What the network takes and gives."""
        output: Output = self.network(planes_BCHW, globals_BG)
        return output._replace(reply=None)


def _converted(
    network: nn.Module, names: Sequence[str], planes: int, globals: int, lines: int | None
) -> Any:
    """The network as an ONNX model for any number of positions, and one or any size of board."""
    batch = torch.export.Dim("batch")
    boards: dict[int, Any] = {0: batch}
    if lines is None:
        side = torch.export.Dim("lines", min=SMALLEST, max=LARGEST)
        boards |= {2: side, 3: side}
    logger, level = logging.getLogger("torch.onnx"), logging.getLogger("torch.onnx").level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                network,
                (torch.rand(2, planes, lines or 19, lines or 19), torch.rand(2, globals)),
                input_names=["planes", "globals"],
                output_names=list(names),
                dynamic_shapes=(boards, {0: batch}),
                dynamo=True,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    assert program is not None
    return program.model_proto


def _difference(
    network: nn.Module, session: Any, planes: int, globals: int, lines: int | None
) -> float:
    """The largest difference between torch's answers and those of a session of the ONNX runtime."""
    random = np.random.default_rng(0)
    largest = 0.0
    for count, size in _TRIED:
        side = lines or size
        boards = random.integers(0, 2, (count, planes, side, side)).astype(np.float32)
        context = random.random((count, globals), np.float32)
        with torch.inference_mode():
            ours = network(torch.from_numpy(boards), torch.from_numpy(context))
        theirs = session.run(None, {"planes": boards, "globals": context})
        for mine, other in zip(filter(torch.is_tensor, ours), theirs, strict=True):
            largest = max(largest, float(np.abs(mine.numpy() - other).max()))
    return largest


def _runtime() -> Any:
    """The ONNX runtime; all packages that exporting needs are there then."""
    try:
        import onnx  # noqa: F401
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise GocnnError(
            f"to export, install its packages: pip install onnx onnxruntime onnxscript ({error})"
        ) from error
    return onnxruntime
