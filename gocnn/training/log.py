"""The log of a training run: JSON, an event a line, and TensorBoard's files."""

import json
from pathlib import Path
from typing import Any

from gocnn.errors import GocnnError


class TrainingLog:
    """Events of training and validation, appended as they happen.

    Args:
        folder: of the run; the log is its ``log.jsonl``.
        writes: whether this process writes it; of several processes, one does.
        tensorboard: also write for TensorBoard, into the folder.

    Raises:
        GocnnError: when TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path, *, writes: bool = True, tensorboard: bool = False) -> None:
        self.path = folder / "log.jsonl"
        self._writes = writes
        self._appends = False
        self._board = _tensorboard(folder) if tensorboard and writes else None

    def clear(self) -> None:
        """Start the log anew."""
        if self._writes:
            self.path.write_bytes(b"")

    def write(self, entry: dict[str, Any]) -> None:
        """Append an event.

        Args:
            entry: the numbers of training, or those of a validation under the key "validation".

        Raises:
            GocnnError: when the disk is full.
        """
        if not self._writes:
            return
        try:
            self._cut_half_a_line()
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")
        except OSError as error:
            raise GocnnError(f"{self.path}: {error.strerror}") from error
        if self._board is not None:
            kind = "validation" if "validation" in entry else "train"
            numbers = entry.get("validation", entry)
            for name, value in numbers.items():
                if value is not None:
                    self._board.add_scalar(f"{kind}/{name}", value, numbers["positions"])

    def _cut_half_a_line(self) -> None:
        """Before the first line: cut off what a process that was killed left of its last one."""
        if not self._appends and self.path.exists():
            with self.path.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
        self._appends = True


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise GocnnError(
            "TensorBoard is not installed: pip install tensorboard, or leave --tensorboard out"
        ) from error
    return SummaryWriter(str(folder / "tensorboard"))
