"""A progress bar on standard error, with rate and time left; silent when no terminal is there."""

from types import TracebackType
from typing import Protocol, Self, cast


class Bar(Protocol):
    """What callers use of a progress bar."""

    total: float | None

    def update(self, n: float = 1) -> object:
        """Count `n` more units as done."""

    def set_postfix_str(self, s: str, refresh: bool = True) -> None:
        """Show `s` behind the bar, such as the loss."""

    def close(self) -> None:
        """Leave the bar as it stands."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> object: ...


def bar(
    label: str, total: float | None = None, *, unit: str = "", done: float = 0, shown: bool = True
) -> Bar:
    """A bar of `total` units (None: open end), of which `done` are done already.

    Counts are shown with SI prefixes (12.3k). Use it as a context manager, or close it. One that
    is not `shown` stays silent: of several processes one draws.
    """
    from tqdm import tqdm

    made = tqdm(
        desc=label,
        total=total,
        initial=done,
        unit=f" {unit}" if unit else "",
        unit_scale=True,
        dynamic_ncols=True,
        disable=None if shown else True,  # None is tqdm's word for: only on a terminal
    )
    return cast(Bar, made)
