"""Progress bars: on a terminal with rate and time left, and silent anywhere else."""

import io
import sys

import pytest

from gocnn.progress import bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_count_rate_and_remarks(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar("reading", 2000, unit="games", done=500) as progress:
        progress.update(1000)
        progress.set_postfix_str("loss 2.5")
    shown = screen.getvalue()
    assert "reading" in shown
    assert "1.50k/2.00k" in shown
    assert "games/s" in shown
    assert "loss 2.5" in shown


def test_elsewhere_it_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("reading", 10) as progress:
        progress.update(10)
    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_not_shown_is_silent_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar("reading", 10, shown=False) as progress:
        progress.update(10)
    assert screen.getvalue() == ""
