"""Engines as processes: what they answer, and every way in which they fail."""

import os
import shlex
import sys
import time
from pathlib import Path

import pytest

from gocnn.errors import GocnnError
from gocnn.match import controller
from gocnn.match.controller import EngineError, EngineGone, EngineProcess, split_command
from tests.support.puppets import puppet


def start(command: str, label: str = "E") -> EngineProcess:
    return EngineProcess(split_command(command), label)


def test_an_engine_answers() -> None:
    with start(puppet("D4 pass", score="B+1.5")) as engine:
        assert engine.ask("name") == "Puppet"
        assert engine.ask("boardsize 9") == ""
        assert engine.ask("list_commands") == "genmove\nkgs-rules\nplay"
        engine.ask("clear_board")
        assert [engine.ask("genmove b"), engine.ask("genmove b")] == ["D4", "pass"]
        assert engine.running
    assert not engine.running


def test_a_refusal_leaves_the_engine_going() -> None:
    with start(puppet(refused="D4")) as engine:
        with pytest.raises(EngineError, match="E answers 'cannot do that' to 'play b D4'"):
            engine.ask("play b D4")
        assert engine.ask("play b D5") == ""


@pytest.mark.parametrize(
    ("order", "fault", "told"),
    [
        (
            "die",
            "crash",
            "E is gone, without an answer to 'genmove b'; its last words: out of luck",
        ),
        ("hang", "too slow", "E gave no answer to 'genmove b' in 0.3 s"),
        ("babble", "no GTP", "E answers 'Hello, I am thinking' to 'genmove b', which is not GTP"),
    ],
)
def test_an_engine_that_fails_is_ended_and_can_start_again(
    order: str, fault: str, told: str
) -> None:
    with start(puppet(order)) as engine:
        engine.ask("clear_board")
        with pytest.raises(EngineGone) as failure:
            engine.ask("genmove b", 0.3 if order == "hang" else 20)
        assert (failure.value.fault, str(failure.value)) == (fault, told)
        assert not engine.running
        with pytest.raises(EngineGone, match="is gone"):
            engine.ask("name")
        engine.start()
        assert engine.ask("name") == "Puppet"


def test_a_program_that_is_silent_is_told_within_the_move_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(controller, "_START", 0.1)
    with start("sleep 20") as engine, pytest.raises(EngineGone) as failure:
        engine.greet(0.3)
    assert "no answer to 'name' in 0.3 s. Is it a GTP engine? Many" in str(failure.value)


def test_much_on_standard_error_stops_nothing() -> None:
    with start(puppet("flood")) as engine:
        engine.ask("clear_board")
        assert engine.ask("genmove b", 20) == "pass"


def test_an_engine_that_echoes_or_numbers_wrongly_speaks_no_gtp() -> None:
    with start("cat") as engine, pytest.raises(EngineGone, match="'1 name' to 'name', which is no"):
        engine.ask("name")
    wrong = "import sys\nfor line in sys.stdin: print('=7 late\\n', flush=True)"
    with (
        start(shlex.join([sys.executable, "-c", wrong])) as engine,
        pytest.raises(EngineGone, match="answers '=7 late'"),
    ):
        engine.ask("name")


def test_what_an_engine_started_ends_with_it() -> None:
    with start("sh -c 'sleep 60 & echo =1 $!; echo; wait'") as engine:
        child = int(engine.ask("name"))
        os.kill(child, 0)
        engine.kill()
    for _ in range(100):
        status = Path(f"/proc/{child}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child is still there")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("no-such-engine --now", "no-such-engine: No such file or directory"),
        ("/", "/: Permission denied"),
        ("", "an engine needs a command line, such as 'gnugo --mode gtp'"),
        ("gnugo 'mode", '"gnugo \'mode": No closing quotation'),
    ],
)
def test_wrong_commands(command: str, told: str) -> None:
    with pytest.raises(GocnnError) as failure:
        start(command)
    assert str(failure.value) == told


def test_gocnn_is_this_gocnn() -> None:
    assert split_command("gocnn gtp --rank 2d") == [
        sys.executable,
        *["-m", "gocnn", "gtp", "--rank", "2d"],
    ]
    assert split_command("./gnugo 'a b'") == ["./gnugo", "a b"]
