"""The files of the page: a fixed table, so that no path of a request ever reaches the disk."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}


class StaticFile(NamedTuple):
    """A file as it is sent."""

    data: bytes
    media_type: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file of the page by its path, such as "/static/board.js"; "/" is the page."""
    served: dict[str, StaticFile] = {}
    web = files("gocnn.web") / "static"
    for folder, prefix in (
        (files("gocnn.render") / "static", "/static/"),
        (web, "/static/"),
        (web / "lang", "/static/lang/"),
    ):
        for file in folder.iterdir():
            media_type = _TYPES.get(file.name.rpartition(".")[2])
            if file.is_file() and media_type:
                served[prefix + file.name] = StaticFile(file.read_bytes(), media_type)
    served["/"] = served["/static/index.html"]
    return served
