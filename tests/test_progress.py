"""Progress: a bar with rate and time left on a terminal, lines of a long work anywhere else."""

import io
import sys
import time

import pytest

from gocnn.progress import bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_count_rate_and_remarks(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar("reading", 20_000, unit="games", done=5000) as progress:
        progress.update(10_000)
        progress.set_postfix_str("loss 2.5")
    shown = screen.getvalue()
    assert "reading" in shown
    assert "15.0k/20.0k" in shown
    assert "games/s" in shown
    assert "loss 2.5" in shown


def test_few_are_counted_in_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar("games", 20, unit="games", done=3) as progress:
        progress.update()
    assert "4/20" in screen.getvalue()


def test_a_log_gets_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 5.0, 31.0, 60.0, 92.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with bar("train", 20_000, unit="positions", done=5000) as progress:
        for _ in range(4):
            progress.update(2500)
            progress.set_postfix_str("loss 2.5")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("train: 50% 10.0k/20.0k [00:31<01:02, 161 positions/s, loss 2.5")
    assert "15.0k/20.0k" in lines[1]


def test_short_work_is_silent_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("reading", 10) as progress:
        progress.update(10)
    assert capsys.readouterr() == ("", "")


def test_a_bar_that_is_not_shown_is_silent_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar("reading", 10, shown=False) as progress:
        progress.update(10)
    assert screen.getvalue() == ""
