"""Sessions as controllers hold them: start-up transcripts, whole games, the real program."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from gocnn.cli.main import main
from gocnn.errors import GocnnError
from gocnn.go.position import Position
from gocnn.gtp.background import BackgroundEvaluator
from gocnn.prediction import Conditions, Evaluator, Prediction
from tests.support.gtp_talk import new_session, talk, uniform

# What each program sends first, with the answers that it waits for; None is any success.
SABAKI = [
    ("1 name", "=1 gocnn"),
    ("2 version", None),
    ("3 protocol_version", "=3 2"),
    ("4 list_commands", None),
    ("5 komi 6.5", "=5"),
    ("6 boardsize 19", "=6"),
    ("7 clear_board", "=7"),
    ("8 set_free_handicap D4 Q16", "=8"),
    ("9 play W C17", "=9"),
    ("10 genmove B", "=10 A19"),
    ("11 undo", "=11"),
    ("12 undo", "=12"),
    ("13 undo", "?13 cannot undo"),
]
GOGUI = [
    ("name", "= gocnn"),
    ("protocol_version", "= 2"),
    ("version", None),
    ("list_commands", None),
    ("boardsize 9", "="),
    ("clear_board", "="),
    ("komi 5.5", "="),
    ("time_settings 0 1 0", "="),
    ("gogui-setup b C3 w G7", "="),
    ("gogui-setup_player w", "="),
    ("play w C7", "="),
    ("genmove b", "= A9"),
    ("cputime", None),
    ("final_score", None),
    ("quit", "="),
]
GTP2OGS = [
    ("list_commands\r", None),
    ("boardsize 19\r", "="),
    ("clear_board\r", "="),
    ("komi 0.5\r", "="),
    ("play black D4\r", "="),
    ("play black Q16\r", "="),
    ("time_settings 300 30 1\r", "="),
    ("time_left black 300 0\r", "="),
    ("time_left white 300 0\r", "="),
    ("play white C17\r", "="),
    ("genmove black\r", "= A19"),
    ("kgs-game_over\r", "="),
    ("final_score\r", None),
]


@pytest.mark.parametrize("transcript", [SABAKI, GOGUI, GTP2OGS], ids=["Sabaki", "GoGui", "gtp2ogs"])
def test_start_up_transcripts(transcript: list[tuple[str, str | None]]) -> None:
    answers = talk(new_session(), *(line for line, _ in transcript))
    assert len(answers) == len(transcript)
    for (line, expected), answer in zip(transcript, answers, strict=True):
        if expected is None:
            assert answer.startswith("="), line
        else:
            assert answer == expected, line


@pytest.mark.parametrize(("size", "seed"), [(5, 1), (9, 2), (9, 3), (13, 4)])
def test_a_whole_game_and_all_the_way_back(size: int, seed: int) -> None:
    """A second engine plays each move after; then every move is undone."""
    session, referee = new_session(seed=seed, temperature=1.0), new_session()
    talk(session, f"boardsize {size}")
    talk(referee, f"boardsize {size}")
    played: list[str] = []
    for colour in cycle("bw"):
        (answer,) = talk(session, f"genmove {colour}")
        played.append(answer.removeprefix("= "))
        assert talk(referee, f"play {colour} {played[-1]}") == ["="], played
        assert len(played) < 6 * size**2
        if played[-2:] == ["PASS", "PASS"]:
            break
    assert talk(session, "showboard") == talk(referee, "showboard")
    assert talk(session, "final_score")[0][:3] in ("= B", "= W")
    assert talk(session, *["undo"] * len(played)) == ["="] * len(played)
    assert not session.position.board.stones[:-1].any()


def test_a_referee_that_forbids_more_would_find_something() -> None:
    """The game above proves something: a move made up is refused."""
    referee = new_session()
    assert talk(referee, "boardsize 5", "play b A1", "play w A1")[-1] == "? illegal move"


def test_hopeless_games_are_resigned_and_the_board_stays() -> None:
    def losing(positions: Sequence[Position], known: Sequence[Conditions]) -> list[Prediction]:
        return [prediction._replace(win=0.0) for prediction in uniform(positions, known)]

    session = new_session(losing, resign_after=1)
    white = " ".join(f"w {c}{r}" for c in "ABCDEFGH" for r in (3, 5, 7))
    talk(session, "boardsize 9", f"gogui-setup {white}")
    assert talk(session, "genmove b") == ["= resign"]
    assert session.position.ply == 0


# -- the network loads in the background -----------------------------------------------------


def test_answers_come_before_the_network_is_there() -> None:
    gate = threading.Event()

    def load() -> Evaluator:
        gate.wait(10)
        return uniform

    session = new_session(BackgroundEvaluator(load, print))
    assert talk(session, "name", "boardsize 9", "play b E5")[0] == "= gocnn"
    assert not gate.is_set()
    gate.set()
    assert talk(session, "genmove w") == ["= A9"]


def test_a_network_that_cannot_be_loaded_is_told_and_the_session_goes_on() -> None:
    def load() -> Evaluator:
        raise GocnnError("weights.safetensors: not to be had")

    told: list[str] = []
    session = new_session(BackgroundEvaluator(load, told.append))
    assert talk(session, "7 genmove b", "8 name") == [
        "?7 weights.safetensors: not to be had",
        "=8 gocnn",
    ]
    assert told == ["weights.safetensors: not to be had"]


def test_a_failed_genmove_leaves_the_position() -> None:
    def broken(_positions: Sequence[Position], _: Sequence[Conditions]) -> list[Prediction]:
        raise RuntimeError("out of memory")

    session = new_session(broken)
    talk(session, "play b D4")
    before = session.position.to_move
    assert talk(session, "genmove b")[0].startswith("? internal error: RuntimeError: out of memory")
    assert session.position.to_move == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--weights no/such.safetensors", "no/such.safetensors: there is no such weights file"),
        ("--rank strong", "'strong' is not a rank: give 20k to 1k, 1d to 9d, pro, or best"),
        ("--temperature nan", "'nan' is not a finite number"),
        ("--rules ing", "--rules"),
    ],
)
def test_wrong_options_are_refused_before_the_session(arguments: str, told: str) -> None:
    """In one line on standard error; nothing that a controller could take for an answer."""
    done = CliRunner().invoke(main, ["gtp", *arguments.split()], input="name\n")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


PROGRAM = """
import sys
from gocnn.gtp.background import BackgroundEvaluator
from gocnn.gtp.session import Session
from gocnn.gtp.input import read_lines
from gocnn.gtp.protocol import answers_only
from gocnn.gtp.server import serve_session
from gocnn.play.search import Search
sys.path.insert(0, ".")
from tests.support.gtp_talk import uniform

def load():
    print("a chatty library")
    return uniform

with answers_only() as write:
    serve_session(Session(Search(BackgroundEvaluator(load, print))), read_lines(0), write)
"""


def program(root: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=root,
    )


def test_the_program_answers_each_line_at_once(root: Path) -> None:
    """A controller waits for one answer before it sends the next command."""
    with program(root) as engine:
        assert engine.stdin and engine.stdout and engine.stderr
        for line, answer in (("1 name", "=1 gocnn"), ("boardsize 9", "="), ("genmove b", "= A9")):
            engine.stdin.write(f"{line}\n")
            assert engine.stdout.readline() == f"{answer}\n"
            assert engine.stdout.readline() == "\n"
        engine.stdin.write("quit\n")
        assert engine.stdout.read() == "=\n\n"
        assert engine.wait(10) == 0
        assert "a chatty library" in engine.stderr.read()


def test_the_program_streams_and_stops(root: Path) -> None:
    with program(root) as engine:
        assert engine.stdin and engine.stdout
        engine.stdin.write("1 boardsize 9\n2 lz-analyze 5\n")
        said = [engine.stdout.readline() for _ in range(8)]
        assert said[:3] == ["=1\n", "\n", "=2\n"]
        assert all(line.startswith("info move ") for line in said[3:])
        engine.stdin.write("3 quit\n")
        *lines, end, answer, last = engine.stdout.read().splitlines(keepends=True)
        assert all(line.startswith("info move ") for line in lines)
        assert (end, answer, last) == ("\n", "=3\n", "\n")
        assert engine.wait(10) == 0


def test_the_program_ends_quietly_when_nobody_listens_any_more(root: Path) -> None:
    with program(root) as engine:
        assert engine.stdin and engine.stdout and engine.stderr
        engine.stdin.write("lz-analyze 1\n")
        assert engine.stdout.readline() == "=\n"
        engine.stdout.close()
        assert engine.wait(10) == 0, "though standard input is open"
        assert "Traceback" not in engine.stderr.read()


def test_random_lines_get_an_answer_each() -> None:
    """Whatever comes, each line with a command gets one answer, and the engine goes on."""
    random = np.random.default_rng(5)
    names = sorted(talk(new_session(), "list_commands")[0].removeprefix("= ").splitlines())
    names = [name for name in names if name not in ("quit", "loadsgf", "printsgf")]
    scraps = ["b", "W", "D4", "pass", "9", "-1", "0.5", "", "Z99", "dead", "#", "\x00", "é", "1e9"]
    session = new_session(playouts=1)
    talk(session, "boardsize 5")
    for _ in range(600):
        words = [str(random.choice(names)), *random.choice(scraps, random.integers(0, 4)).tolist()]
        if random.random() < 0.1:
            words.insert(0, str(random.integers(1000)))
        line = " ".join(words)
        if words[0] == "boardsize" or words[-1] == "boardsize":
            continue
        answers = talk(session, line)
        assert len(answers) == 1, line
        assert answers[0][0] in "=?", line
        assert "internal error" not in answers[0], line
    assert talk(session, "name") == ["= gocnn"]
