"""A progress bar on standard error, with rate and time left.

Where no terminal is there, as in a log or under nohup, long work prints a line now and then.
"""

import sys
import time
from contextlib import suppress
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


_remarks = False


def show_remarks() -> None:
    """Let `remark` be heard: the program runs, not a library that somebody else's program uses."""
    global _remarks
    _remarks = True


def remark(text: str) -> None:
    """Say on standard error what the user should know of work that was not asked for."""
    if _remarks and sys.stderr is not None:
        with suppress(OSError, ValueError):  # it is closed, or full
            print(f"gocnn: {text}", file=sys.stderr, flush=True)


_FIRST_LINE, _LINE = 30.0, 60.0  # seconds until the first line, and from one to the next
_MANY = 10_000  # from here on counts are shown with SI prefixes


def bar(
    label: str, total: float | None = None, *, unit: str = "", done: float = 0, shown: bool = True
) -> Bar:
    """A bar of `total` units (None: open end), of which `done` are done already.

    Large counts are shown with SI prefixes (12.3k). Use it as a context manager, or close it. One
    that is not `shown` stays silent: of several processes one draws.
    """
    from tqdm import tqdm

    if shown and not _is_terminal():
        return _Lines(label, total, unit, done)
    made = tqdm(
        desc=label,
        total=total,
        initial=done,
        unit=f" {unit}" if unit else "",
        unit_scale=_scaled(total),
        dynamic_ncols=True,
        disable=not shown,
    )
    return cast(Bar, made)


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _scaled(total: float | None) -> bool:
    return total is None or total >= _MANY


class _Lines:
    """The bar where no terminal is: lines on standard error, none for short work."""

    def __init__(self, label: str, total: float | None, unit: str, done: float) -> None:
        self.total = total
        self._label, self._unit = label, unit
        self._done = self._initial = done
        self._postfix = ""
        self._began = time.monotonic()
        self._next = self._began + _FIRST_LINE

    def update(self, n: float = 1) -> object:
        self._done += n
        now = time.monotonic()
        if now >= self._next and sys.stderr is not None:
            self._next = now + _LINE
            print(self._line(now - self._began), file=sys.stderr, flush=True)
        return None

    def _line(self, elapsed: float) -> str:
        from tqdm import tqdm

        text: str = tqdm.format_meter(
            self._done,
            self.total,
            elapsed,
            ncols=0,  # no bar
            prefix=self._label,
            unit=f" {self._unit}" if self._unit else "",
            unit_scale=_scaled(self.total),
            postfix=self._postfix or None,
            initial=self._initial,
        )
        return " ".join(text.split())

    def set_postfix_str(self, s: str, refresh: bool = True) -> None:
        self._postfix = s

    def close(self) -> None:
        """Nothing stands that would have to be left."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None
