"""The server as a process: where it listens, and how it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gocnn.errors import GocnnError
from gocnn.web.app import BoardServer
from gocnn.web.engine import Engine
from gocnn.web.guard import Access
from gocnn.web.pages import OpenPages
from gocnn.web.server import HOST, listen, read_file, run
from tests.support.web import FirstPoint

# The command with a network that takes long for each position, so that a search is interrupted.
SLOW = """
import time
from gocnn.cli.main import main
from gocnn.web import server
from tests.support.web import FirstPoint
class Slow(FirstPoint):
    def __call__(self, positions, conditions):
        time.sleep(0.02)
        return super().__call__(positions, conditions)
server.network_loader = lambda *_: lambda: Slow()
main(["board", "--no-browser"])
"""


def started(arguments: list[str]) -> tuple[subprocess.Popen[str], str, str]:
    """A process, its address and its token."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout
    address, _, token = process.stdout.readline().strip().partition("#token=")
    return process, address, token


def test_ctrl_c_ends_a_search_at_once() -> None:
    process, address, token = started(["-c", SLOW])
    body = (
        b'{"game": {"size": 9, "komi": 7, "rules": "chinese", "steps": []},'
        b' "player": {"game": "a", "rank": "best", "visits": 10000}}'
    )
    headers = {"X-Gocnn-Token": token, "Content-Type": "application/json"}
    asked = subprocess.Popen(
        [sys.executable, "-c", f"import urllib.request as r\nr.urlopen(r.Request("
         f"{address + 'api/genmove'!r}, {body!r}, {headers!r}))"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(2)
    assert asked.poll() is None  # it is being searched
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)  # the search would take 200 seconds
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "gocnn: interrupted"
    assert "Traceback" not in errors
    asked.wait(20)


def test_the_command_listens_on_the_loopback_address_only(root: Path) -> None:
    process, address, token = started(
        ["-m", "gocnn", "board", str(root / "data/gnugo-9x9.sgf"), "--no-browser"]
    )
    port = int(address.rstrip("/").rpartition(":")[2])
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert b"<title>gocnn</title>" in answer.read()
        request = urllib.request.Request(address + "api/file", headers={"X-Gocnn-Token": token})
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.read(2) == b"(;"
        with socket.socket(socket.AF_INET6) as other, pytest.raises(OSError):
            other.connect(("::1", port))
        for name in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}:
            if not str(name).startswith("127."):
                family = socket.AF_INET6 if ":" in str(name) else socket.AF_INET
                with socket.socket(family) as other, pytest.raises(OSError):
                    other.settimeout(2)
                    other.connect((name, port))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_it_ends_by_itself_after_the_last_page() -> None:
    with listen(0) as listener:
        port = listener.getsockname()[1]
        board = BoardServer(Engine(FirstPoint()), Access(), OpenPages(linger=0.1), port)

        def visit() -> None:
            for closing in ("false", "true"):
                request = urllib.request.Request(
                    f"http://{HOST}:{port}/api/ping",
                    b'{"page": "a", "closing": ' + closing.encode() + b"}",
                    {"X-Gocnn-Token": board.access.token, "Content-Type": "application/json"},
                )
                with urllib.request.urlopen(request, timeout=20) as answer:
                    assert answer.status == 200

        with ThreadPoolExecutor() as pool:  # a browser's test may have a loop in this thread
            done = pool.submit(lambda: asyncio.run(run(board, listener, visit)))
            assert done.result(60) is False


def test_a_port_that_is_taken_is_told() -> None:
    with listen(0) as first:
        port = first.getsockname()[1]
        assert first.getsockname()[0] == HOST
        with pytest.raises(GocnnError, match=f"port {port} is taken"):
            listen(port)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"nothing"), "there is no game in it"),
        (lambda path: path.write_bytes(b"(;SZ[99])"), "other size"),
    ],
)
def test_a_file_that_cannot_be_opened_is_told(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "x.sgf"
    make(path)
    with pytest.raises(GocnnError, match=message) as error:
        read_file(path)
    assert str(path) in str(error.value)
