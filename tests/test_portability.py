r"""Nothing on the way of the everyday commands needs what only Linux has.

A process in which such modules and functions are hidden runs the commands; processes are spawned.
Windows itself is not at hand: paths such as ``C:\games`` are tried on the functions that take them
apart.
"""

import ast
import io
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from gocnn.cli import run_games
from gocnn.cli.main import main
from gocnn.corpus import ingest, prepare
from gocnn.corpus.packing import RECORD, Names
from gocnn.errors import GocnnError
from gocnn.gtp import input as gtp_input
from gocnn.gtp.protocol import parse, serve
from gocnn.match import controller, runner
from gocnn.match.controller import check_command, split_command
from gocnn.match.folder import MatchSettings
from gocnn.sgf.archives import RecordFiles
from gocnn.sgf.reader import Reject, load_game
from gocnn.sgf.tree import read_tree
from gocnn.web import server
from tests.support.commands import GTP, write_games
from tests.support.networks import save_lead_weights
from tests.support.puppets import puppet
from tests.support.records import record
from tests.support.windows import FORBID

HIDDEN_MODULES = (
    "fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog", "crypt", "posix", "spwd",
)  # fmt: skip
HIDDEN_NAMES = {
    "os": (
        "fork", "forkpty", "killpg", "getpgid", "getpgrp", "setsid", "setpgid", "mkfifo", "nice",
        "sched_getaffinity", "sched_setaffinity", "getuid", "geteuid", "getloadavg", "statvfs",
        "sysconf", "pipe2", "posix_fadvise", "process_cpu_count",
    ),
    "signal": ("pause", "alarm", "setitimer", "sigwait"),
}  # fmt: skip
LINUX_ONLY = {
    *HIDDEN_MODULES, *HIDDEN_NAMES["os"], *HIDDEN_NAMES["signal"], "SIGKILL", "SIGHUP", "SIGUSR1",
    "pthread_sigmask", "pthread_kill", "uname",
    "SIGALRM", "SIGCHLD", "O_NOFOLLOW", "SO_REUSEPORT",
}  # fmt: skip

ELSEWHERE = f"""
import asyncio, builtins, ctypes, math, multiprocessing, os, platform, signal, sys, time, warnings

import filelock, numba, numpy, platformdirs, tqdm  # these have their own ways

if __name__ == "__main__":
    import matplotlib.pyplot, safetensors, torch

genuine = builtins.__import__

def load(name, globals=None, *rest, **named):
    who = (globals or {{}}).get("__name__") or ""
    if name.split(".")[0] in {HIDDEN_MODULES!r} and who.split(".")[0] == "gocnn":
        raise ImportError(f"{{who}} imports {{name}}")
    return genuine(name, globals, *rest, **named)

builtins.__import__ = load
for module, names in {HIDDEN_NAMES!r}.items():
    for name in names:
        if hasattr(sys.modules[module], name):
            delattr(sys.modules[module], name)
platform.libc_ver = lambda *_: ("", "")
multiprocessing.set_start_method("spawn", force=True)
os.environ.pop("HOME", None)
warnings.filterwarnings("error", category=EncodingWarning, module="gocnn")  # open without encoding

def refuse(*_, **__):
    raise OSError(1314, "A required privilege is not held by the client")

def not_there(*_, **__):
    raise NotImplementedError

os.symlink = refuse
asyncio.SelectorEventLoop.add_signal_handler = not_there
exact = time.monotonic
time.monotonic = lambda: math.floor(exact() * 64) / 64  # as up to Python 3.12
""" + (FORBID if Path("/proc/self/maps").exists() else "")

COMMANDS = """
import importlib.util, pathlib, queue, threading
from gocnn.cli.main import main
from tests.support.commands import every_command, visit_board

class Heard:
    # Standard output, whose lines are heard by a thread, too

    def __init__(self):
        self.lines, self.stream = queue.SimpleQueue(), sys.stdout

    def write(self, text):
        self.lines.put(text)
        return self.stream.write(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)

def run(*words, status=0):
    try:
        main(list(words), prog_name="gocnn")
    except SystemExit as end:
        assert (end.code or 0) == status, (words, end.code)

def visit(lines, problems):
    try:
        visit_board(*lines.get(timeout=60).strip().split("#token="))
    except BaseException as error:
        problems.append(error)
    signal.raise_signal(signal.SIGINT)

if __name__ == "__main__":
    folder, engine = sys.argv[1:]
    from gocnn.corpus import ingest

    ingest.CHUNK, ingest.ALONE = 1000, 0  # so that processes start
    exports = importlib.util.find_spec("onnx") is not None
    for words in every_command(pathlib.Path(folder), engine, exports=exports):
        run(*words)
    weights = f"{folder}/run/weights.safetensors"
    run("gtp", "--weights", weights)
    sys.stdout, problems = Heard(), []
    threading.Thread(target=visit, args=(sys.stdout.lines, problems)).start()
    run("board", "--no-browser", "--weights", weights, status=130)
    assert not problems, problems
    print("all done")
"""


@pytest.mark.slow
def test_the_commands_run_where_only_linux_s_own_is_missing(tmp_path: Path) -> None:
    write_games(tmp_path)
    program = tmp_path / "elsewhere.py"
    program.write_text(ELSEWHERE + COMMANDS, encoding="utf-8")
    environment = os.environ | {
        "PYTHONIOENCODING": "cp1252",
        "PYTHONWARNDEFAULTENCODING": "1",
        "USERNAME": "user",  # Windows always has it, and torch asks for it
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "MPLCONFIGDIR": str(tmp_path / "mpl"),
    }
    ended = subprocess.run(
        [sys.executable, program, tmp_path, puppet("D4 E5 pass")],
        input=GTP,
        capture_output=True,
        env=environment,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    out = ended.stdout.decode("cp1252", "replace")
    assert ended.returncode == 0, ended.stderr.decode("utf-8", "replace")[-3000:]
    assert "=1" in out and "=2 " in out and "all done" in out
    assert b"Traceback" not in ended.stderr
    assert json.loads((tmp_path / "match" / "result.json").read_text())["games"] == 2


def test_no_module_names_what_only_linux_has_without_asking_for_it() -> None:
    """`hasattr` and `getattr` ask; a test of `os.name` or WINDOWS stands before the rest."""
    asked = {"controller.py": {"killpg", "SIGKILL"}}  # behind hasattr(os, "killpg")
    package = Path(controller.__file__).parents[1]
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used |= {node.attr} if node.value.id in ("os", "signal") else set()
            elif isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add((node.module or "").split(".")[0])
        assert used & LINUX_ONLY <= asked.get(path.name, set()), path
        assert "/dev/" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (r"C:\GNUGo\gnugo.exe --mode gtp", [r"C:\GNUGo\gnugo.exe", "--mode", "gtp"]),
        (
            r'"C:\Program Files\x.exe" --w="D:\a b\w.bin"',
            [r"C:\Program Files\x.exe", r"--w=D:\a b\w.bin"],
        ),
        (r"gocnn gtp --weights C:\w", [sys.executable, "-m", "gocnn", "gtp", "--weights", r"C:\w"]),
    ],
)
def test_command_lines_of_windows(
    monkeypatch: pytest.MonkeyPatch, command: str, words: list[str]
) -> None:
    monkeypatch.setattr(controller, "WINDOWS", True)
    assert split_command(command) == words
    with pytest.raises(GocnnError, match="No closing quotation"):
        split_command(r'"C:\Program Files\x.exe')
    with pytest.raises(GocnnError, match="--mode gtp"):
        check_command("gnugo.exe")


def test_ctrl_c_need_not_wait_where_it_cannot_interrupt_a_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows it is heeded when a wait of the main thread ends, so none is long."""
    waits: list[float | None] = []
    wait = threading.Condition.wait

    def noted(condition: threading.Condition, timeout: float | None = None) -> bool:
        starting = any(call.name == "start" for call in traceback.extract_stack(limit=4))
        if threading.current_thread() is threading.main_thread() and not starting:
            waits.append(timeout)
        return wait(condition, timeout)

    def late(seconds: float = 0.2) -> Iterator[bytes]:
        time.sleep(seconds)
        yield b"name"

    for module in (gtp_input, ingest, runner):
        monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setattr(threading.Condition, "wait", noted)
    monkeypatch.setattr(queue, "SimpleQueue", queue.Queue)  # that of C cannot be watched
    assert gtp_input.InputQueue(late()).next_line() == b"name"
    with ThreadPoolExecutor() as pool:
        packed = ingest.Packed(np.empty(0, np.uint16), np.empty(0, RECORD), [], [])
        assert ingest._result(pool.submit(lambda: ([*late()], packed)[1])) is packed
    settings = MatchSettings(a=puppet("D4"), b=puppet("E5"), size=9)
    [(game, _)] = runner.WorkerPool(settings, [()], 60.0).play([1], 1)
    assert game.number == 1
    assert len(waits) > 6 and all(timeout is not None for timeout in waits)
    assert max(filter(None, waits)) <= 0.05


def test_one_port_has_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """SO_REUSEADDR means on Windows that another one may listen there, too."""
    asked: list[int] = []

    class Listener(socket.socket):
        def setsockopt(self, level: int, option: int, value: object) -> None:  # type: ignore[override]
            asked.append(option)

    monkeypatch.setattr(socket, "socket", Listener)
    server.listen(0).close()
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", ~socket.SO_REUSEADDR, raising=False)
    server.listen(0).close()
    assert asked == [socket.SO_REUSEADDR, ~socket.SO_REUSEADDR]


def test_no_more_processes_read_than_windows_can_wait_for() -> None:
    with ExitStack() as stack:
        assert ingest._pool(stack, 200)._max_workers == 61  # type: ignore[attr-defined]


def test_a_corpus_on_another_drive_is_linked_by_its_full_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def relpath(path: Path, start: Path) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    corpus, folder = tmp_path / "x.gocnn", tmp_path / "run"
    corpus.write_bytes(b"")
    folder.mkdir()
    monkeypatch.setattr(os.path, "relpath", relpath)
    run_games.keep_games([corpus], folder)
    assert (folder / "corpus.gocnn").readlink() == corpus.resolve()


def test_what_macos_keeps_beside_files_is_no_record(tmp_path: Path) -> None:
    games = tmp_path / "games"
    games.mkdir()
    (games / "a.sgf").write_bytes(record(1))
    (games / "._a.sgf").write_bytes(b"\0\5\x16\7 no record")
    with zipfile.ZipFile(games / "b.zip", "w") as archive:
        archive.writestr("b.sgf", record(2))
        archive.writestr("__MACOSX/._b.sgf", b"\0\5\x16\7 no record")
        archive.writestr("._c.sgf", b"\0\5\x16\7 no record")
    walk = RecordFiles([games])
    assert [chunk.source for chunk in walk] == ["games/a.sgf", "games/b.zip:b.sgf"]
    assert walk.skipped == 2


def test_names_that_are_not_whole_unicode_are_kept(tmp_path: Path) -> None:
    """Linux has names of any bytes, Windows names with half a pair of surrogates."""
    odd = ["\udcff.sgf", "\ud83d.sgf", "野狐.sgf"]
    names = Names.from_strings(odd)
    assert [names[0], names[2]] == [odd[0], odd[2]] and names[1].endswith(".sgf")
    walk = RecordFiles([Path(__file__)])
    walk.files = [(tmp_path, odd[1], 1, 1)]
    assert len(walk.signature()) == 32
    lines = [prepare._line(Reject(name, "illegal move")) for name in odd]
    assert lines[0].startswith(b"\xff.sgf\t") and lines[2].decode().startswith("野狐.sgf\t")
    assert lines[1].endswith(b".sgf\tillegal move\t\n")


def test_gtp_takes_file_names_in_the_encoding_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[list[str]] = []

    def find(_: str) -> Callable[[list[str]], str]:
        return lambda arguments: heard.append(arguments) or ""  # type: ignore[func-returns-value]

    lines = ["loadsgf C:\\碁 盤\\x.sgf\r".encode(code) for code in ("utf-8", "cp932")]
    monkeypatch.setattr("locale.getencoding", lambda: "cp932")
    serve(find, lines, lambda _: None)
    monkeypatch.setattr("locale.getencoding", lambda: "utf-8")
    serve(find, lines, lambda _: None)
    assert heard[:3] == [["C:\\碁", "盤\\x.sgf"]] * 3
    assert heard[3][0].startswith("C:\\\ufffd")


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "cp437"])
def test_consoles_of_any_encoding_show_boards_names_and_complaints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Ω野狐é.sgf").write_bytes(record(1, properties="PB[Ω野狐é]"))
    weights = str(save_lead_weights(tmp_path / "w.safetensors"))
    for words, status in (
        (["suggest", "Ω野狐é.sgf", "--weights", weights], 0),
        (["suggest", "Ω野狐é.sgf", "--weights", weights, "--json"], 0),
        (["suggest", "none-野狐.sgf", "--weights", weights], 2),
        (["--help"], 0),
    ):
        buffers = io.BytesIO(), io.BytesIO()
        out, errors = (io.TextIOWrapper(buffer, encoding) for buffer in buffers)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", errors)
        with pytest.raises(SystemExit) as end:
            main(words, prog_name="gocnn")
        for stream in (out, errors):
            stream.flush()
        shown, told = (buffer.getvalue().decode(encoding) for buffer in buffers)
        monkeypatch.undo()
        monkeypatch.chdir(tmp_path)
        assert end.value.code == status, told
        assert "Traceback" not in told
        if "--json" in words:
            assert json.loads(shown)["size"] == 9
        elif status == 0 and words[0] == "suggest":
            assert "A B C D E F G H J" in shown


def test_line_ends_of_windows(tmp_path: Path) -> None:
    command = parse("1 genmove b\r\n")
    assert command is not None and command.arguments == ["b"]
    path = tmp_path / "x.sgf"
    for end in (b"\r\n", b"\r", b"\n\r"):  # FF[4] knows them all
        text = record(1, properties="C[on\\|e|two]").replace(b";", b"|;|")
        path.write_bytes(text.replace(b"|", end))
        assert len(load_game(path)) == 30
        assert read_tree(path.read_bytes()).nodes[0].comment == "one\ntwo"
