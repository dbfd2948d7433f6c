"""What all tests share.

The slow ones wait for --slow and those that assert times for --timing; hypothesis draws the same
cases each time.
"""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.browser import NONE, browser, find_browser, page  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parent.parent

os.environ["MPLBACKEND"] = "Agg"  # pictures without a screen
# Networks here are so small that threads only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell's background job; children inherit
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Compiled code makes first calls slow, and a suite that fails by chance is not believed.
settings.register_profile("gocnn", deadline=None, derandomize=True)
settings.load_profile("gocnn")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that take minutes, too")
    parser.addoption("--timing", action="store_true", help="run the tests of times, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for marker in ("slow", "timing"):
        if config.getoption(f"--{marker}"):
            continue
        left_out = [item for item in items if item.get_closest_marker(marker)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not find_browser():
        terminalreporter.write_line(f"the tests of pages were left out: {NONE}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT
