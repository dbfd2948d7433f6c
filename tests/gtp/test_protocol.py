"""GTP framing: ids, comments, control characters, failures; no Go in it."""

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gocnn.errors import GocnnError
from gocnn.gtp.input import MAX_LINE_BYTES, InputQueue, PendingInput, read_lines
from gocnn.gtp.protocol import CommandError, Handler, Stop, Stream, frame, parse, serve
from tests.support.gtp_talk import Conversation


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("name", ("", "name", [])),
        ("1 name", ("1", "name", [])),
        ("007 play B D4", ("007", "play", ["B", "D4"])),
        ("play\tB\t D4", ("", "play", ["B", "D4"])),
        ("\tname ", ("", "name", [])),
        ("name\r", ("", "name", [])),
        ("na\x07me\x7f\x00", ("", "name", [])),
        ("name # a comment", ("", "name", [])),
        ("name#comment", ("", "name", [])),
        ("12", ("12", "", [])),
        ("12name", ("", "12name", [])),
        ("-1 name", ("", "-1", ["name"])),
        ("１ name", ("", "１", ["name"])),  # a digit, but not one of ASCII's
        ("loadsgf 棋譜.sgf", ("", "loadsgf", ["棋譜.sgf"])),
    ],
)
def test_a_line_is_taken_apart(line: str, command: tuple[str, str, list[str]]) -> None:
    assert parse(line) == command


@pytest.mark.parametrize("line", ["", " ", "\t\r", "# name", "  #", "\x07"])
def test_a_line_without_a_command(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("command_id", "text", "failed", "sent"),
    [
        ("", "", False, "=\n\n"),
        ("", "2", False, "= 2\n\n"),
        ("12", "", False, "=12\n\n"),
        ("12", "D4", False, "=12 D4\n\n"),
        ("12", "illegal move", True, "?12 illegal move\n\n"),
        ("", "a\nb\n", False, "= a\nb\n\n"),
        ("", "\n  a\n\n \n  b", False, "=\n  a\n  b\n\n"),
        ("", "a\tb\r\nc", False, "= a b\nc\n\n"),
    ],
)
def test_an_answer_ends_in_the_only_empty_line(
    command_id: str, text: str, failed: bool, sent: str
) -> None:
    assert frame(command_id, text, failed=failed) == sent
    assert sent.find("\n\n") == len(sent) - 2


def echo(arguments: list[str]) -> str:
    return " ".join(arguments)


def stop(_arguments: list[str]) -> str:
    raise Stop("bye")


def refuse(_arguments: list[str]) -> str:
    raise CommandError("not\nthat")


def mishap(_arguments: list[str]) -> str:
    raise GocnnError("no such file: mend it")


def crash(_arguments: list[str]) -> str:
    raise ZeroDivisionError("a bug")


HANDLERS: dict[str, Handler] = {
    "echo": echo,
    "quit": stop,
    "refuse": refuse,
    "mishap": mishap,
    "crash": crash,
}


def talk(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    said: list[str] = []
    serve(HANDLERS.get, data.splitlines(keepends=True), said.append)
    return "".join(said)


def test_a_session() -> None:
    said = talk("1 echo a\r\n\r\n# nothing\n2 nothing\n\n3 refuse\nmishap\necho b\nquit\necho c\n")
    assert said == (
        "=1 a\n\n?2 unknown command\n\n?3 not that\n\n? no such file: mend it\n\n= b\n\n= bye\n\n"
    )


def test_a_bug_is_told_and_the_session_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert talk("8 crash\n9 echo on\n") == (
        "?8 internal error: ZeroDivisionError: a bug\n\n=9 on\n\n"
    )
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "Traceback" in streams.err


def test_bytes_that_are_no_text_are_no_end() -> None:
    lost = "\N{REPLACEMENT CHARACTER}"
    assert talk(b"\xff\xfe\n5\necho \xe9\n") == (
        f"? unknown command\n\n?5 unknown command\n\n= {lost}\n\n"
    )


# -- answers that come piece by piece -------------------------------------------------------


def count(_arguments: list[str]) -> Stream:
    """Counts until another line comes."""
    number = 0
    while True:
        number += 1
        yield f"{number}"
        if (yield 0.01):
            return "over"


def stubborn(_arguments: list[str]) -> Stream:
    """Counts to three whatever comes, but for an interrupt."""
    for number in range(3):
        yield f"{number}"
        if (yield 0.1) is PendingInput.INTERRUPT:
            return "interrupted"
    return "done"


def silent(_arguments: list[str]) -> Stream:
    """Works without a word."""
    yield 0.0
    return "D4"


def refusing(_arguments: list[str]) -> Stream:
    yield 0.0
    raise CommandError("syntax error")


def giving_up(_arguments: list[str]) -> Stream:
    yield "one"
    raise GocnnError("the weights have gone")


def breaking(_arguments: list[str]) -> Stream:
    yield "one\n\n  two"
    raise ZeroDivisionError("a bug in the middle")


def waiting(_arguments: list[str]) -> Stream:
    yield ""
    yield 60.0
    return ""


STREAMS: dict[str, Handler] = {
    **HANDLERS,
    "count": count,
    "stubborn": stubborn,
    "silent": silent,
    "refusing": refusing,
    "breaking": breaking,
    "giving_up": giving_up,
    "waiting": waiting,
}


@pytest.fixture
def conversation() -> Conversation:
    return Conversation(STREAMS.get)


def test_lines_come_one_by_one_until_the_next_command(conversation: Conversation) -> None:
    conversation.send("7 count")
    assert [conversation.line() for _ in range(4)] == ["=7", "1", "2", "3"]
    conversation.send("8 echo on")
    counted = conversation.answer()
    assert counted[-1] == "over"
    assert conversation.answer() == ["=8 on"]


@pytest.mark.parametrize("line", ["", "  ", "# interrupt", "# a comment", "\r"])
def test_any_line_ends_a_stream_and_one_without_a_command_gets_no_answer(
    conversation: Conversation, line: str
) -> None:
    conversation.send("count")
    assert [conversation.line(), conversation.line()] == ["=", "1"]
    conversation.send(line)
    conversation.answer()
    assert conversation.is_quiet()
    conversation.send("echo on")
    assert conversation.answer() == ["= on"]


def test_a_stream_ends_with_the_input(conversation: Conversation) -> None:
    conversation.send("waiting")
    assert conversation.line() == "="
    conversation.end()
    assert conversation.line() == ""
    conversation.thread.join(10)
    assert not conversation.thread.is_alive()


def test_a_stream_may_go_on_while_commands_wait(conversation: Conversation) -> None:
    conversation.send("stubborn", "echo on", "")
    assert conversation.answer() == ["=", "0", "1", "2", "done"]
    assert conversation.answer() == ["= on"]


def test_only_an_interrupt_ends_what_is_stubborn(conversation: Conversation) -> None:
    conversation.send("stubborn")
    assert [conversation.line(), conversation.line()] == ["=", "0"]
    conversation.send("echo on", "#  interrupt")
    assert conversation.answer() == ["interrupted"]
    assert conversation.answer() == ["= on"]
    conversation.send("stubborn")
    assert conversation.answer() == ["=", "0", "1", "2", "done"], "one interrupt is for one command"


def test_what_a_silent_stream_returns_is_its_answer(conversation: Conversation) -> None:
    conversation.send("3 silent", "4 refusing", "echo on")
    assert [conversation.answer() for _ in range(3)] == [["=3 D4"], ["?4 syntax error"], ["= on"]]


def test_a_stream_that_breaks_ends_in_one_empty_line(
    conversation: Conversation, capsys: pytest.CaptureFixture[str]
) -> None:
    conversation.send("9 breaking", "giving_up", "echo on")
    assert conversation.answer() == ["=9", "one", "  two"]
    assert conversation.answer() == ["=", "one"]
    assert conversation.answer() == ["= on"]
    told = capsys.readouterr().err
    assert "a bug in the middle" in told
    assert "gocnn: the weights have gone\n" in told


@pytest.mark.timing
def test_waiting_costs_no_processor_time(conversation: Conversation) -> None:
    conversation.send("waiting")
    assert conversation.line() == "="
    before = time.process_time()
    assert conversation.is_quiet(1.0)
    assert time.process_time() - before < 0.2
    began = time.monotonic()
    conversation.send("echo on")
    assert conversation.answer() == []
    assert conversation.answer() == ["= on"]
    assert time.monotonic() - began < 1.0


def test_many_waiting_lines_are_all_answered() -> None:
    said = talk("".join(f"{number} echo {number}\n" for number in range(5000)))
    assert said == "".join(f"={number} {number}\n\n" for number in range(5000))


def test_lines_are_cut_as_they_come() -> None:
    reading, writing = os.pipe()
    lines = read_lines(reading)
    os.write(writing, b"one\ntwo\nth")
    assert [next(lines), next(lines)] == [b"one", b"two"]
    os.write(writing, b"ree\n\nlast")
    os.close(writing)
    assert list(lines) == [b"three", b"", b"last"]


def test_a_line_without_end_is_cut() -> None:
    reading, writing = os.pipe()

    def write() -> None:
        for _ in range(3 * MAX_LINE_BYTES >> 16):
            os.write(writing, b"x" * (1 << 16))
        os.write(writing, b"\nname\n")
        os.close(writing)

    threading.Thread(target=write, daemon=True).start()
    first, second = read_lines(reading)
    assert MAX_LINE_BYTES <= len(first) <= MAX_LINE_BYTES + (1 << 16)
    assert second == b"name"


PRINTER = """
import os, sys
from gocnn.gtp.protocol import answers_only
print("before")
with answers_only() as write:
    print("a library talks")
    os.write(1, b"so does C\\n")
    os.system("echo and a program")
    write("= 1\\n\\n")
print("after")
"""


def test_nothing_but_answers_reaches_standard_output() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINTER], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout == "before\n= 1\n\nafter\n"
    assert sorted(done.stderr.splitlines()) == ["a library talks", "and a program", "so does C"]


ENGINE = """
import os
from gocnn.gtp.background import BackgroundEvaluator, warn
from gocnn.gtp.input import read_lines
from gocnn.gtp.protocol import answers_only, serve

def load():
    for _ in range(3):
        warn("loading")
        print("a library talks")
        os.write(2, b"so does C")
    return lambda positions, _: positions

def fail(_):
    raise ZeroDivisionError

with answers_only() as write:
    network = BackgroundEvaluator(load, warn)
    commands = {"genmove": lambda words: network(words, ())[0], "fail": fail}
    serve(commands.get, read_lines(0), write)
"""
# What a shell makes of standard error, and whether what is said there can come through.
STDERRS = ["2>&-", "2>/dev/full", "2> >(exec 2>&-; exit)"]


@pytest.mark.parametrize("stderr", STDERRS)
def test_moves_come_whatever_standard_error_is(stderr: str, root: Path) -> None:
    """Closed, full, a pipe that nobody reads: every move failed with the network's remark."""
    command = f"sleep 0.2; exec {shlex.quote(sys.executable)} -c {shlex.quote(ENGINE)} {stderr}"
    done = subprocess.run(
        ["bash", "-c", command],
        input=b"genmove b\nfail\ngenmove w\n",
        stdout=subprocess.PIPE,
        cwd=root,
        check=False,
        timeout=120,
    )
    failure = "? internal error: ZeroDivisionError:"
    assert done.stdout.decode().split("\n\n") == ["= b", failure, "= w", ""]
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("closed", "status", "remark"),
    [
        ("<&-", 0, ""),
        (">&-", 2, "gocnn: standard output is closed: there is nowhere to answer to\n"),
        ("<&- >&- 2>&-", 0, ""),
    ],
)
def test_an_engine_that_can_neither_read_nor_answer_ends(
    closed: str, status: int, remark: str, root: Path
) -> None:
    command = f"exec {shlex.quote(sys.executable)} -m gocnn gtp {closed}"
    done = subprocess.run(
        ["bash", "-c", command], stderr=subprocess.PIPE, cwd=root, check=False, timeout=120
    )
    assert (done.returncode, done.stderr.decode()) == (status, remark)


def test_a_byte_order_mark_before_the_first_command_is_no_part_of_it() -> None:
    sent: list[str] = []
    lines = [b"\xef\xbb\xbf1 name\r\n", b"\xef\xbb\xbf2 name\n"]
    serve({"name": lambda _: "x"}.get, lines, sent.append)  # only the first has one
    assert "".join(sent) == "=1 x\n\n? unknown command\n\n"


@pytest.mark.parametrize(
    ("lines", "pending"),
    [
        ([b"name"], PendingInput.LINE),
        ([b"name", b"quit"], PendingInput.QUIT),
        ([b"name", b" 12 quit # at last\r"], PendingInput.QUIT),
        ([b"echo quit", b"1 2 quit", b"# quit"], PendingInput.LINE),
        ([b"quit", b"# interrupt"], PendingInput.INTERRUPT),
    ],
)
def test_what_waits_is_known(lines: list[bytes], pending: PendingInput) -> None:
    more = threading.Event()

    def read() -> Iterator[bytes]:
        yield from lines
        more.wait(20)

    queue = InputQueue(read())
    began = time.monotonic()
    while queue.pending(0.01) is not pending:
        assert time.monotonic() - began < 20
    more.set()
    for _ in lines:
        queue.next_line()
    assert queue.next_line() is None
    assert queue.pending(0) is PendingInput.QUIT
