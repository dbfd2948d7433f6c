"""The eight symmetries of the board as gathers of tensors."""

import torch
from torch import Tensor

from gocnn.go.symmetry import point_maps, source_maps


class Views:
    """The eight views of planes and of points, on a device.

    Args:
        size: lines of the board.
        device: where the tables lie.
    """

    def __init__(self, size: int, device: torch.device) -> None:
        self.size, self.device = size, device
        self._to = torch.tensor(point_maps(size).astype("int64"), device=device)
        self._from = torch.tensor(source_maps(size).astype("int64"), device=device)

    def planes(self, planes_BCHW: Tensor, views_B: Tensor) -> Tensor:
        """Show each position in its view; same shape and type."""
        batch, count = planes_BCHW.shape[:2]
        index = self._from[views_B, :-1][:, None, :].expand(batch, count, -1)
        return planes_BCHW.flatten(2).gather(2, index).view_as(planes_BCHW)

    def points(self, points_B: Tensor, views_B: Tensor) -> Tensor:
        """Where each point, int64[B], lies in its view; a pass stays a pass."""
        return self._to[views_B, points_B]

    def logits_back(self, logits_BP: Tensor, views_B: Tensor) -> Tensor:
        """Logits float[B, P + 1] that were given for views, brought back to the board."""
        return logits_BP.gather(1, self._to[views_B])
