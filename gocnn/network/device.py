"""Which processor to compute on, and in which precision."""

import os
import platform
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from gocnn.errors import GocnnError

X86 = ("x86_64", "amd64")  # what platform.machine() may call it
_BF16_PARTS = ("BF16", "FP16", "AMX", "AVX10")  # in names of instruction sets that have it


def choose_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" takes CUDA, else MPS, else the CPU.

    Raises:
        GocnnError: when this machine has no such device.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise GocnnError(f"unknown device {name!r}; use auto, cpu, cuda, cuda:N or mps") from error
    missing = (device.type == "cuda" and not cuda) or (device.type == "mps" and not mps)
    if missing:
        raise GocnnError(f"this machine has no {device.type} device that torch can use; try cpu")
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Whether bfloat16 is faster there than float32.

    A processor with AVX-512 but without its bfloat16 part can do it too, three times slower.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu" or not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return False
    if not _may_use(*_BF16_PARTS):
        return False
    in_hardware = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return platform.machine().lower() not in X86 or in_hardware is None or bool(in_hardware())


def has_fast_int8(device: torch.device) -> bool:
    """Whether integers of eight bits are quicker there than float32: on x86 with AVX2 or more."""
    if device.type != "cpu" or platform.machine().lower() not in X86:
        return False
    if os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in ("SSE41", "AVX"):
        return False
    supported = getattr(torch.cpu, "_is_avx2_supported", None)
    return torch.backends.mkldnn.is_available() and supported is not None and bool(supported())


def fastest_dtypes(device: torch.device) -> tuple[torch.dtype, ...]:
    """What a network answers quickest in there, and what is next, for networks that cannot.

    Where a processor has units for matrices (AMX), bfloat16 is quickest; without them, int8 is
    (docs/experiments.md), which not every network has, see `gocnn.network.fused.fuse_for_cpu`.
    """
    bf16 = has_fast_bf16(device)
    plain = torch.bfloat16 if bf16 else torch.float32
    if has_fast_int8(device) and not (bf16 and _has_amx()):
        return torch.int8, plain
    return (plain,)


def _has_amx() -> bool:
    """Whether an x86 processor multiplies matrices, and oneDNN is allowed to let it."""
    supported = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return _may_use("AMX") and (supported is None or bool(supported()))


def _may_use(*parts: str) -> bool:
    """Whether oneDNN is allowed to use instruction sets that have one of these in their names."""
    most = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    return not most.startswith(("SSE", "AVX")) or any(part in most for part in parts)


def autocast(device: torch.device, enabled: bool) -> AbstractContextManager[object]:
    """bfloat16 where it is safe, within the block."""
    return torch.autocast(device.type, torch.bfloat16) if enabled else nullcontext()


def to_device(network: nn.Module, device: torch.device) -> nn.Module:
    """Move a network to a device, its filters laid out channels last, as its inputs will be."""
    settled: nn.Module = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return settled
