"""The entry point: help, errors in one line, and nothing heavy loaded before it is needed."""

import errno
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gocnn import __version__
from gocnn.cli.main import CommandGroup, main
from gocnn.errors import GocnnError

COMMANDS = [
    *("prepare", "train", "imitate", "evaluate", "suggest", "review", "rank", "board"),
    *("gtp", "match", "models", "network", "compare", "explain", "export"),
]


def test_commands_stand_in_order_of_use() -> None:
    assert list(main.commands) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name: str) -> None:
    command = main.commands[name]
    assert command.help, f"gocnn {name} has no docstring"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"gocnn {name} {parameter.opts[0]} has no help"
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"Usage: main {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str, root: Path) -> None:
    assert f"gocnn {name}" in (root / "README.md").read_text(encoding="utf-8")


def test_the_commands_of_the_readme_parse(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\$ .*?gocnn (\w+ .*)$", text, re.MULTILINE)
    assert len(lines) >= 7
    for line in lines:
        name, *arguments = shlex.split(line, comments=True)
        main.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """What makes help quick; the time itself is for scripts/bench.py to tell."""
    probe = (
        "import sys\n"
        "from gocnn.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as stop: assert stop.code == 0, stop.code\n"
        "heavy = {'torch', 'numba', 'numpy', 'sgfmill', 'matplotlib', 'tqdm', 'safetensors'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert "Usage:" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_size_always_means_the_same(name: str) -> None:
    """--board-size is lines, --network the network; nothing shows the older --size."""
    help_text = CliRunner().invoke(main, [name, "--help"]).stdout
    assert "--size" not in help_text.split()
    assert ("--network" in help_text) == (name in ("train", "network", "compare"))
    assert ("--board-size" in help_text) == (
        name not in ("board", "gtp", "models", "export", "review", "rank")
    )


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["prepare", "g", "-o", "c.gocnn", "--size", "all"], "board_size", 0),
        (["prepare", "g", "-o", "c.gocnn", "--board-size", "9"], "board_size", 9),
        (["train", "g", "--size", "4x48"], "network", "4x48"),
        (["train", "g", "--board-size", "13"], "board_size", 13),
        (["evaluate", "w", "g", "--size", "13"], "board_size", 13),
        (["suggest", "--moves", "E5", "--size", "9"], "board_size", 9),
        (["match", "a", "b", "--size", "9"], "board_size", 9),
    ],
)
def test_older_spellings_still_work(arguments: list[str], name: str, value: object) -> None:
    context = main.commands[arguments[0]].make_context(arguments[0], arguments[1:])
    assert context.params[name] == value


def gocnn(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of the real program."""
    return subprocess.run(
        [sys.executable, "-m", "gocnn", *arguments], capture_output=True, text=True, check=False
    )


def test_version() -> None:
    assert gocnn("--version").stdout == f"gocnn {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["prophesy"], "No such command 'prophesy' (see gocnn --help)"),
        (["suggest", "--sideways"], "No such option '--sideways'"),
        (["suggest", "no/such/game.sgf"], "no/such/game.sgf"),
        (["evaluate", "no/such.safetensors", "data"], "no/such.safetensors"),
        (["prepare", "no/such/folder", "-o", "x.gocnn"], "no/such/folder"),
        (["train", "no/such/folder", "-o", "no/such/out"], "no/such/folder"),
    ],
)
def test_a_wrong_input_ends_in_one_line(arguments: list[str], told: str) -> None:
    done = gocnn(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("gocnn: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert told in done.stderr


def test_a_bare_call_shows_the_help() -> None:
    done = gocnn()
    assert done.returncode == 2
    assert "Usage:" in done.stderr


def raising(error: BaseException) -> click.Group:
    """A group with one command, which fails."""

    def fail() -> None:
        raise error

    return CommandGroup("gocnn", commands={"fail": click.Command("fail", callback=fail)})


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (GocnnError("a.sgf: move 3\nis illegal"), 2, "gocnn: a.sgf: move 3 is illegal\n"),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.sgf"),
            2,
            "gocnn: a.sgf: Permission denied\n",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            2,
            "gocnn: No space left on device; free some space and run it again\n",
        ),
        (KeyboardInterrupt(), 130, "gocnn: interrupted\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_how_errors_are_told(error: BaseException, status: int, told: str) -> None:
    result = CliRunner().invoke(raising(error), ["fail"])
    assert result.exit_code == status
    assert result.stderr == told


def test_a_fault_of_our_own_is_not_hidden() -> None:
    result = CliRunner().invoke(raising(KeyError("a slip in the program")), ["fail"])
    assert isinstance(result.exception, KeyError)


def test_a_command_may_set_the_status() -> None:
    def stop() -> None:
        click.get_current_context().exit(3)

    group = CommandGroup("gocnn", commands={"stop": click.Command("stop", callback=stop)})
    assert CliRunner().invoke(group, ["stop"]).exit_code == 3


# Ctrl-C while a module is loaded, which the hook stands for.
_INTERRUPTED_IMPORT = """
import builtins, os, signal
load = builtins.__import__
def interrupted(name, *rest):
    if name == "click":
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *rest)
builtins.__import__ = interrupted
from gocnn.__main__ import run
run()
"""


def test_ctrl_c_while_it_is_loaded_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED_IMPORT], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, "gocnn: interrupted\n")


_INTERRUPTED_TEXT = """
import sys
from gocnn.cli.main import main
class Interrupted:
    def write(self, text): exec("import os, signal; os.kill(os.getpid(), signal.SIGINT); len('')")
    def flush(self): pass
sys.stdout = Interrupted()
main(["models", "--help"])
"""


def test_ctrl_c_has_its_status_wherever_it_comes(tmp_path: Path) -> None:
    """Python has one of its own, where it comes while a text is executed."""
    (tmp_path / "interrupted_text.py").write_text(_INTERRUPTED_TEXT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "interrupted_text"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (130, "gocnn: interrupted\n")


def test_ctrl_c_that_becomes_another_error_is_still_one_line() -> None:
    """As an import of a library does that is written in C."""

    def fail() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    group = CommandGroup("gocnn", commands={"fail": click.Command("fail", callback=fail)})
    result = CliRunner().invoke(group, ["fail"])
    assert (result.exit_code, result.stderr) == (130, "gocnn: interrupted\n")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
