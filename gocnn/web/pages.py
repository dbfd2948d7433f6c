"""Which pages are open, so that the server can end when the last one is closed."""

import time
from collections.abc import Callable

_SILENT_AFTER = 300.0  # seconds; a browser wakes the timers of a hidden page once a minute
_LINGER = 20.0  # seconds after the last page has said goodbye: it may only be loading anew
_MOST = 1000  # pages to remember


class OpenPages:
    """Pages that are heard of now and then.

    Args:
        linger: seconds without any page until all is over.
        clock: seconds that only go up.
    """

    def __init__(
        self, linger: float = _LINGER, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._linger, self._clock = linger, clock
        self._heard: dict[str, float] = {}
        self._empty_since: float | None = None  # None: a page is open, or none ever was

    def hear(self, page: str) -> None:
        """A page says that it is open."""
        self._heard[page] = self._clock()
        self._empty_since = None
        while len(self._heard) > _MOST:
            self._heard.pop(next(iter(self._heard)))

    def close(self, page: str) -> None:
        """A page says that it is being closed, or left."""
        if self._heard.pop(page, None) is not None and not self._heard:
            self._empty_since = self._clock()

    def over(self) -> bool:
        """Whether there were pages, and all of them have been gone for a while."""
        now = self._clock()
        for page, heard in list(self._heard.items()):
            if now - heard > _SILENT_AFTER:
                self.close(page)
        return self._empty_since is not None and now - self._empty_since >= self._linger
