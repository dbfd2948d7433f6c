"""Compiled functions over the positions of a batch, on as many threads as torch has."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from numpy.typing import NDArray


def share(kernel: Callable[..., None], count: int, *arguments: NDArray[Any]) -> None:
    """Run a kernel over the positions 0 to `count`.

    Args:
        kernel: lets the GIL go; its last two arguments are the first position and the one after
            the last.
        count: of positions.
        arguments: its others.
    """
    threads = min(torch.get_num_threads(), count)
    if threads == 1:
        kernel(*arguments, 0, count)
        return
    edges = [count * number // threads for number in range(threads + 1)]
    parts = [_pool(threads).submit(kernel, *arguments, *ends) for ends in pairwise(edges)]
    for part in parts:
        part.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="kernel")
