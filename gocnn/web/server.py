"""The local server, from its socket to its end."""

import asyncio
import logging
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import uvicorn

from gocnn.errors import GocnnError
from gocnn.gtp.background import BackgroundEvaluator, network_loader, warn
from gocnn.web.app import BoardServer, OpenedFile, make_app
from gocnn.web.engine import Engine
from gocnn.web.guard import MAX_BODY, Access
from gocnn.web.pages import OpenPages
from gocnn.web.records import open_record
from gocnn.weights.names import resolve

HOST = "127.0.0.1"
PORT = 8361  # tried first, so that the page finds its settings again
INTERRUPTED = 130  # the status that a shell reports for a program stopped by Ctrl-C
_CHECK_SECONDS = 1.0
_SHUTDOWN_SECONDS = 1


def serve_board(
    file: OpenedFile | None = None,
    *,
    weights: str | None = None,
    device: str = "auto",
    symmetries: int = 1,
    port: int | None = None,
    open_browser: bool = True,
) -> None:
    """Serve the board until its last page is closed, or Ctrl-C.

    Args:
        file: what the page opens first.
        weights: a weights file, or the name of one that ships.
        device: a name for `gocnn.network.device.choose_device`.
        symmetries: 1, or 8 to average over the eight views.
        port: where to listen; None for the usual port, or a free one where that is taken.
        open_browser: open the page in the user's browser.

    Raises:
        GocnnError: when there are no such weights, or the port is taken.
        KeyboardInterrupt: after Ctrl-C, once everything is at an end.
    """
    path = resolve(weights)
    listener = listen(port)
    network = BackgroundEvaluator(network_loader(str(path), device, symmetries), warn)
    engine = Engine(network, network.loading)
    address = f"http://{HOST}:{listener.getsockname()[1]}/"

    def print_address(token: str) -> None:
        sys.stdout.write(f"{address}#token={token}\n")
        sys.stdout.flush()

    def shut_out(token: str) -> None:
        warn("the address of the browser was opened twice; only this new one is good from now on:")
        print_address(token)

    access = Access(shut_out)
    board = BoardServer(engine, access, OpenPages(), listener.getsockname()[1], file)
    print_address(access.token)
    warn("the board is at this address; Ctrl-C ends it, and so does closing its last page")

    def opened() -> None:
        if open_browser and not webbrowser.open(f"{address}#code={access.new_code()}"):
            warn("there is no browser to open here: open the address above yourself")

    with listener:
        interrupted = asyncio.run(run(board, listener, opened))
    if network.loading():
        _leave(interrupted)
    if interrupted:
        raise KeyboardInterrupt


def _leave(interrupted: bool) -> NoReturn:
    """End where Python would wait for a thread: one that compiles cannot be stopped."""
    if interrupted:
        warn("interrupted")
    sys.stdout.flush()
    os._exit(INTERRUPTED if interrupted else 0)


def read_file(path: Path) -> OpenedFile:
    """The file that the page opens first.

    Raises:
        GocnnError: when it is no file, too large, or has no game in it.
    """
    try:
        if path.stat().st_size > MAX_BODY:
            raise GocnnError(f"{path}: over {MAX_BODY >> 20} MB; split it, and open a part")
        data = path.read_bytes()
    except OSError as error:
        raise GocnnError(f"{path}: {error.strerror or error}") from None
    try:
        open_record(data, 1)
    except GocnnError as error:
        raise GocnnError(f"{path}: {error}") from None
    return OpenedFile(path.name, data)


def listen(port: int | None) -> socket.socket:
    """A socket on the loopback address.

    Raises:
        GocnnError: when the port is taken.
    """
    for wanted in (PORT, 0) if port is None else (port,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # On Windows, SO_REUSEADDR would let two programs listen at one port; this forbids it.
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
        listener.setsockopt(socket.SOL_SOCKET, alone or socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            listener.bind((HOST, wanted))
            listener.listen(128)
            return listener
        listener.close()
    raise GocnnError(f"port {port} is taken; give another --port, or none to have a free one")


async def run(board: BoardServer, listener: socket.socket, started: Callable[[], None]) -> bool:
    """Answer requests until the last page is gone, or a signal.

    Args:
        board: what to answer from.
        listener: a listening socket.
        started: called in a thread once requests are answered.

    Returns:
        Whether a signal ended it.
    """
    server = _Server(
        uvicorn.Config(
            make_app(board),
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        ),
        board.engine.stop,
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or serving.done()):
        await asyncio.sleep(0.01)
    opening = asyncio.create_task(asyncio.to_thread(started))
    while not serving.done():
        if board.pages.over():
            warn("the last page was closed")
            server.end()
        await asyncio.wait([serving], timeout=_CHECK_SECONDS)
    opening.cancel()
    await serving
    if server.server_state.tasks:
        _leave(server.interrupted)
    return server.interrupted


class _Server(uvicorn.Server):
    """A server that stops what computes before it waits for open requests."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop
        self.interrupted = False

    def end(self) -> None:
        """End soon."""
        self._stop()
        # Requests that are cut off now are no faults, and need no traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self.should_exit = True

    def handle_exit(self, sig: int, frame: object) -> None:
        """A signal: end at once; the base class would raise it again in the midst of a task."""
        self.force_exit = self.interrupted  # the second one
        self.interrupted = True
        self.end()
