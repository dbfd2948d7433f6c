"""A network layer by layer: shapes, weights, work, and how much of the board a unit sees."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gocnn.network.registry import build, find

_KINDS: dict[type[nn.Module], str] = {
    nn.Conv2d: "convolution",
    nn.Linear: "dense",
    nn.BatchNorm2d: "normalisation",
    nn.MaxPool2d: "max pooling",
    nn.AvgPool2d: "average pooling",
    nn.AdaptiveAvgPool2d: "global average",
}
_NARROW = 4  # channels of the network on which receptive fields are measured
_PROBES = (31, 61, 121)  # lines of the boards for it, each tried when the one before is too small


@dataclass(frozen=True, kw_only=True)
class LayerInfo:
    """One layer as it works on one position."""

    name: str  # of the module in the network
    kind: str
    output: tuple[int, ...]  # channels, rows and columns; or units
    kernel: int | None
    stride: int | None
    padding: int | None
    parameters: int
    multiply_adds: int
    receptive_field: int | None  # points on a side; 0 the whole board; None: reads no plane

    @property
    def parameters_per_multiply_add(self) -> float | None:
        """How seldom a weight is used: 1 of a dense layer, 1 / 361 of a convolution over 19x19."""
        return self.parameters / self.multiply_adds if self.multiply_adds else None

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def layer_table(architecture: str, settings: Mapping[str, Any], size: int = 19) -> list[LayerInfo]:
    """The layers of a network in the order in which they work.

    Args:
        architecture: a key of `ARCHITECTURES`.
        settings: what it is built with; its weights are not made.
        size: lines of the board; architectures that take one size have it in their settings.

    Raises:
        GocnnError: as `build` does.
    """
    with torch.device("meta"):
        network = build(architecture, settings).eval()
        outputs = _run(network, settings, size, torch.float32)
    fields = receptive_fields(architecture, settings)
    return [_describe(name, module, output, fields.get(name)) for name, module, output in outputs]


def _run(
    network: nn.Module, settings: Mapping[str, Any], size: int, dtype: torch.dtype
) -> list[tuple[str, nn.Module, Tensor]]:
    """What each layer answers to one position of positive planes and globals."""
    outputs: list[tuple[str, nn.Module, Tensor]] = []
    hooks = []
    for name, module in network.named_modules():
        if type(module) in _KINDS or isinstance(module, nn.BatchNorm2d):

            def note(module: nn.Module, _inputs: Any, output: Tensor, name: str = name) -> None:
                outputs.append((name, module, output))

            hooks.append(module.register_forward_hook(note))
    planes = torch.rand(1, settings["planes"], size, size, dtype=dtype).requires_grad_()
    context = torch.rand(1, settings["globals"], dtype=dtype)
    try:
        network(planes, context)
    finally:
        for hook in hooks:
            hook.remove()
    return [("", network, planes), *outputs] if dtype == torch.float64 else outputs


def _describe(name: str, module: nn.Module, output: Tensor, field: int | None) -> LayerInfo:
    kind = next(word for known, word in _KINDS.items() if isinstance(module, known))
    kernel = stride = padding = None
    work = 0
    if isinstance(module, nn.Conv2d):
        kernel, stride = module.kernel_size[0], module.stride[0]
        padding = int(module.padding[0])
        weights = module.in_channels // module.groups * kernel * module.kernel_size[1]
        work = output[0].numel() * weights
    elif isinstance(module, nn.Linear):
        work = output[0].numel() * module.in_features
    elif isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
        kernel, stride = _number(module.kernel_size), _number(module.stride)
        padding = _number(module.padding)
    return LayerInfo(
        name=name,
        kind=kind,
        output=tuple(output.shape[1:]),
        kernel=kernel,
        stride=stride,
        padding=padding,
        parameters=sum(parameter.numel() for parameter in module.parameters()),
        multiply_adds=work,
        receptive_field=field,
    )


def _number(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else value[0]


def receptive_fields(architecture: str, settings: Mapping[str, Any]) -> dict[str, int | None]:
    """How much of the board a unit of each layer can depend on.

    Measured, so that it holds for any architecture: with all weights positive, the gradient of
    the unit in the middle of a layer is above zero just at the points that it sees. Max pooling
    counts as average pooling, which sees the same.

    Returns:
        By layer: points on a side of the square; 0 the whole board, however large; None where no
        plane is read.
    """
    fields: dict[str, int | None] = {}
    for size in _PROBES:
        fields, beyond = _fields_on(architecture, settings, size)
        if not beyond:
            break
    return fields


def _fields_on(
    architecture: str, settings: Mapping[str, Any], size: int
) -> tuple[dict[str, int | None], bool]:
    """The fields as a board of that size shows them; whether a convolution sees all of it."""
    entry = find(architecture)
    own = {entry.width: _NARROW} | ({"lines": size} if entry.one_size else {})
    state = torch.random.get_rng_state()
    try:
        torch.manual_seed(0)
        network = _positive(build(architecture, {**settings, **own})).double().eval()
        (_, _, planes), *outputs = _run(network, settings, size, torch.float64)
    finally:
        torch.random.set_rng_state(state)
    fields = {name: _field(output, planes) for name, _, output in outputs}
    return fields, any(
        fields[name] == 0 for name, module, _ in outputs if isinstance(module, nn.Conv2d)
    )


def _positive(network: nn.Module) -> nn.Module:
    """All weights above zero, and of a size that keeps activations near 1."""
    for module in network.modules():
        for name, child in list(module.named_children()):
            if isinstance(child, nn.MaxPool2d):
                pool = nn.AvgPool2d(
                    child.kernel_size, child.stride, child.padding, ceil_mode=child.ceil_mode
                )
                setattr(module, name, pool)
    for parameter in network.parameters():
        if parameter.ndim > 1:
            nn.init.uniform_(parameter, 0.5, 1.5)
            parameter.data /= parameter[0].numel()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    return network


def _field(output: Tensor, planes: Tensor) -> int | None:
    """The side of the square of points that the middle of a layer's output depends on."""
    if not output.requires_grad:
        return None
    middle = (
        output[0, :, output.shape[2] // 2, output.shape[3] // 2] if output.ndim == 4 else output
    )
    gradient: Tensor | None = torch.autograd.grad(
        middle.sum(), planes, retain_graph=True, allow_unused=True
    )[0]
    if gradient is None:
        return None
    seen = gradient[0].abs().sum(0) > 0
    rows, columns = (int(seen.any(axis).sum()) for axis in (1, 0))
    side = max(rows, columns)
    return 0 if side >= planes.shape[2] else side


def layer_lines(rows: list[LayerInfo]) -> str:
    """The layers as a table of text, the sums of weights and work at its end."""
    heads = ("output", "kernel", "stride", "padding", "weights", "multiply-adds", "weights/m-a")
    width = max(len(row.name) for row in rows) + 2
    lines = [
        f"{'layer':<{width}}{'kind':<16}"
        + "".join(f"{head:>14}" for head in heads[:1])
        + "".join(f"{head:>8}" for head in heads[1:4])
        + f"{heads[4]:>12}{heads[5]:>15}{heads[6]:>13}{'sees':>8}"
    ]
    for row in rows:
        ratio = row.parameters_per_multiply_add
        numbers = (row.kernel, row.stride, row.padding)
        lines.append(
            f"{row.name:<{width}}{row.kind:<16}{'x'.join(map(str, row.output)):>14}"
            + "".join(f"{'-' if number is None else number:>8}" for number in numbers)
            + f"{row.parameters:>12,}{row.multiply_adds:>15,}"
            + f"{'-' if ratio is None else f'{ratio:.5f}':>13}{_sees(row.receptive_field):>8}"
        )
    weights, work = (
        sum(getattr(row, key) for row in rows) for key in ("parameters", "multiply_adds")
    )
    total = f"{weights:>12,}{work:>15,}{f'{weights / work:.5f}':>13}"
    lines.append(f"{'in all':<{width}}{'':<16}{'':>14}{'':>24}{total}")
    return "\n".join(lines)


def _sees(field: int | None) -> str:
    if field is None:
        return "-"
    return "board" if field == 0 else f"{field}x{field}"
