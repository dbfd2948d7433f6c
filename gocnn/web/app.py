"""What the server answers: the page's files, and a small JSON interface for the page.

Invariants:

- Whatever comes in, an answer goes out: JSON with ``error`` and ``code`` where it is not a success.
- A request has all that its answer needs; see `gocnn.web.boards`. Two tabs do not disturb each
  other, and a page that is loaded anew goes on.
- What computes runs in threads, so that the server keeps answering.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gocnn.errors import GocnnError
from gocnn.go.board import MAX_SIZE
from gocnn.go.handicap import handicap_points
from gocnn.go.rules import RULESETS
from gocnn.version import __version__
from gocnn.web import engine as engines
from gocnn.web.boards import Replay, WebGame, boards, describe, play_move, read_game
from gocnn.web.engine import Engine
from gocnn.web.fields import (
    BadRequest,
    Fields,
    as_colour,
    as_integer,
    as_list,
    as_points,
    as_text,
    parse_object,
)
from gocnn.web.files import static_files
from gocnn.web.guard import Access, Guard
from gocnn.web.pages import OpenPages
from gocnn.web.records import open_record, save_record

SMALLEST = 5  # lines of a board that a game is started on
_MOST_HANDICAP = 9

Answer = Mapping[str, Any]


class OpenedFile(NamedTuple):
    """The file that the server was started with."""

    name: str
    data: bytes


class BoardServer(NamedTuple):
    """What the requests are answered from."""

    engine: Engine
    access: Access
    pages: OpenPages
    port: int
    file: OpenedFile | None = None


def make_app(server: BoardServer) -> Starlette:
    """The application, guarded."""
    files = static_files()
    routes = [Route(path, partial(_send_file, path), methods=["GET"]) for path in files]
    routes.append(Route("/api/session", partial(_session, server), methods=["POST"]))
    routes.append(Route("/api/info", partial(_info, server), methods=["GET"]))
    routes.append(Route("/api/file", partial(_file, server), methods=["GET"]))
    routes.append(Route("/api/open", _open, methods=["POST"]))
    for name, answer in _ANSWERS.items():
        endpoint = partial(_answer, partial(answer, server))
        routes.append(Route(f"/api/{name}", endpoint, methods=["POST"]))
    guard = Middleware(
        Guard,
        access=server.access,
        port=server.port,
        is_open=lambda path: path in files or path == "/api/session",
    )
    return Starlette(
        routes=routes,
        middleware=[guard],
        exception_handlers={
            GocnnError: _explain,
            HTTPException: _explain_status,
            Exception: _explain_fault,
        },
    )


# -- how things are answered ------------------------------------------------------------------


async def _answer(answer: Callable[[Fields], Answer], request: Request) -> Response:
    """Read JSON, and answer in JSON from a thread."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise BadRequest("the Content-Type must be application/json", status=415)
    fields = parse_object(await request.body())
    return JSONResponse(await run_in_threadpool(answer, fields))


async def _explain(_request: Request, error: Exception) -> Response:
    code, status = ("bad-request", 400)
    if isinstance(error, BadRequest):
        code, status = error.code, error.status
    return JSONResponse({"error": str(error), "code": code}, status)


async def _explain_status(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "wrong-method"}.get(error.status_code, "bad-request")
    answer = {"error": error.detail, "code": code}
    return JSONResponse(answer, error.status_code, headers=error.headers)


async def _explain_fault(_request: Request, _error: Exception) -> Response:
    """A fault of ours: the terminal gets the traceback, the page a word."""
    return JSONResponse({"error": "gocnn has a fault here; see the terminal", "code": "fault"}, 500)


async def _send_file(path: str, _request: Request) -> Response:
    file = static_files()[path]
    return Response(file.data, media_type=file.media_type)


# -- the page and its session -------------------------------------------------------------------


async def _session(server: BoardServer, request: Request) -> Response:
    """The token for the code of the address that the browser was opened with."""
    code = as_text(parse_object(await request.body()).get("code"), "code")
    token = server.access.exchange(code)
    if token is None:
        raise BadRequest(
            "this address was used before, or is too old: open the one that gocnn board printed",
            "no-token",
            401,
        )
    return JSONResponse({"token": token})


async def _info(server: BoardServer, _request: Request) -> Response:
    """What there is to choose from."""
    handicaps = {}
    for size in range(SMALLEST, MAX_SIZE + 1):
        handicaps[size] = [points for stones in range(2, _MOST_HANDICAP + 1)
                           if (points := _handicap(size, stones))]  # fmt: skip
    return JSONResponse(
        {
            "version": __version__,
            "rules": list(RULESETS),
            "sizes": [SMALLEST, MAX_SIZE],
            "handicaps": handicaps,
            "kinds": list(engines.KINDS),
            "max_visits": engines.MAX_VISITS,
            "file": server.file.name if server.file else None,
        }
    )


def _handicap(size: int, stones: int) -> list[int]:
    try:
        return handicap_points(size, stones)
    except GocnnError:
        return []


async def _file(server: BoardServer, _request: Request) -> Response:
    """The file that the server was started with, as it is."""
    if server.file is None:
        raise BadRequest("no file was given", "not-found", 404)
    return Response(server.file.data, media_type="application/x-go-sgf")


async def _open(request: Request) -> Response:
    """A game of an SGF file, which is the body; ``?number=2`` is its second game."""
    number = request.query_params.get("number", "1")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 9 and int(number)):
        raise BadRequest("number must be a whole number from 1 on")
    data = await request.body()
    return JSONResponse(await run_in_threadpool(open_record, data, int(number)))


def _save(_server: BoardServer, fields: Fields) -> Answer:
    """A game of the page as SGF."""
    return {"sgf": save_record(fields.get("game"))}


def _ping(server: BoardServer, fields: Fields) -> Answer:
    """A page is open, or is being closed."""
    page = as_text(fields.get("page"), "page", 64)
    if fields.get("closing") is True:
        server.pages.close(page)
    else:
        server.pages.hear(page)
    return {}


# -- games ----------------------------------------------------------------------------------------


def _boards(_server: BoardServer, fields: Fields) -> Answer:
    """The boards of a game, from before the first step on."""
    return {"boards": boards(fields.get("game"))}


def _play(_server: BoardServer, fields: Fields) -> Answer:
    """The board after one more move."""
    position = read_game(fields.get("game")).position
    colour = as_colour(fields.get("colour"), "colour")
    point = as_integer(fields.get("point"), "point", 0, position.size**2)
    play_move(position, point, colour)
    return {"board": describe(position)}


def _genmove(server: BoardServer, fields: Fields) -> Answer:
    """The network's move for the player to move, and the board after it."""
    game = read_game(fields.get("game"))
    if "colour" in fields:
        game.position.to_move = as_colour(fields["colour"], "colour")
    player = engines.read_player(fields.get("player"), game.rules)
    colour = game.position.to_move
    answer = server.engine.choose(game, player)
    if answer["point"] != "resign":
        game.position.play(answer["point"])
    return {"colour": colour, **answer, "board": describe(game.position)}


def _analyse(server: BoardServer, fields: Fields) -> Answer:
    """Candidates, heat map, win rate and lead."""
    game = read_game(fields.get("game"))
    if "colour" in fields:
        game.position.to_move = as_colour(fields["colour"], "colour")
    conditions = engines.read_conditions(fields, game.position)
    top = as_integer(fields.get("top", 5), "top", 1, engines.MAX_CANDIDATES)
    return server.engine.analyse(game, conditions, top)


def _evaluate(server: BoardServer, fields: Fields) -> Answer:
    """Black's win rate and lead after some numbers of steps."""
    replay = Replay(fields.get("game"))
    wanted = as_list(fields.get("after"), "after", engines.MAX_EVALUATED)
    after = sorted({as_integer(step, "after", 0, len(replay)) for step in wanted})
    games: list[WebGame] = []
    taken = 0
    for step in after:
        while taken < step:
            replay.step(taken)
            taken += 1
        games.append(WebGame(replay.position.copy(), replay.header.rules))
    if not games:
        return {"after": [], "values": []}
    conditions = [engines.read_conditions(fields, game.position) for game in games]
    return {"after": after, "values": server.engine.evaluate(games, conditions)}


def _count(_server: BoardServer, fields: Fields) -> Answer:
    """The score, with the dead stones that the page says, or that playouts find."""
    game = read_game(fields.get("game"))
    size = game.position.size
    dead = fields.get("dead")
    toggle = fields.get("toggle")
    return engines.count(
        game,
        None if dead is None else as_points(dead, "dead", size),
        None if toggle is None else as_integer(toggle, "toggle", 0, size * size - 1),
    )


_ANSWERS: dict[str, Callable[[BoardServer, Fields], Answer]] = {
    "ping": _ping,
    "boards": _boards,
    "play": _play,
    "genmove": _genmove,
    "analyse": _analyse,
    "evaluate": _evaluate,
    "count": _count,
    "save": _save,
}
