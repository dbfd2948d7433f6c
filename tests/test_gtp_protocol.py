"""GTP framing: ids, comments, control characters, failures; no Go in it."""

import os
import subprocess
import sys

import pytest

from gocnn.errors import GocnnError
from gocnn.gtp.protocol import CommandError, Handler, Stop, frame, parse, serve


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
