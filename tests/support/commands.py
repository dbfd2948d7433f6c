"""Every command of gocnn on a small budget, each on what the ones before it made."""

import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.support.foreign import gib, ngf, ugf
from tests.support.records import random_moves, record

GTP = b"boardsize 9\r\n1 play B D4\r\n2 genmove white\r\nquit\r\n"
TALKERS = {"board", "gtp"}  # they talk with somebody, so each test starts them in its own way
GAME = {"size": 9, "komi": 7.5, "rules": "chinese", "handicap": 0, "steps": [[1, 40]]}

Words = Sequence[str]


def write_games(folder: Path) -> None:
    """Records of all formats: twelve games of 9x9 in `games`, short ones of 19x19 beside it."""
    games = folder / "games"
    games.mkdir()
    for number in range(12):
        text = record(number, 40, properties="KM[6.5]RE[B+R]PB[野狐 Ω]").replace(b";", b"\r\n;")
        name = {0: "crlf", 1: "野狐"}.get(number, str(number))
        (games / f"{name}.sgf").write_bytes(text)
    moves = random_moves(0, 6, 19)
    (folder / "短い.sgf").write_bytes(record(0, 6, properties="PB[野狐 Ω]"))
    (folder / "large.sgf").write_bytes(record(0, 60, 19, "PB[野狐 Ω]PW[x]"))
    for name, foreign in (("a.gib", gib(moves)), ("b.ngf", ngf(moves)), ("c.ugf", ugf(moves))):
        (folder / name).write_text(foreign, encoding="ascii")


def every_command(folder: Path, engine: str, *, exports: bool) -> list[Words]:
    """Command lines to be run in order; none of them waits for anybody.

    Args:
        folder: where `write_games` wrote, and where they write.
        engine: the command line of a GTP engine.
        exports: whether the packages of the extra `onnx` are installed.
    """
    games, weights, run = (str(folder / n) for n in ("games", "run/weights.safetensors", "run"))
    corpus, page = str(folder / "x.gocnn"), str(folder / "x.html")
    small = ("--board-size", "9")
    use = ("--weights", weights)
    crlf, short, large = (
        str(folder / name) for name in ("games/crlf.sgf", "短い.sgf", "large.sgf")
    )
    foreign = [str(folder / name) for name in ("a.gib", "b.ngf", "c.ugf")]
    return [
        ("prepare", games, "-o", corpus, *small, "--jobs", "2"),
        ("train", corpus, "-o", run, "--network", "1x16", *small, "--batch", "16",
         "--validation", "0.2", "--positions", "64"),
        ("train", "--resume", corpus, "-o", run, "--positions", "128"),
        ("suggest", crlf, *use, "--json"),
        ("suggest", crlf, *use, "--image", str(folder / "x.png")),
        *(("suggest", file, *use) for file in foreign),
        ("evaluate", weights, games, *small),
        ("review", short, *use, "--visits", "2", "-o", page, "-o", str(folder / "x.sgf")),
        ("review", *foreign, *use, "--visits", "1", "-o", page),
        ("rank", large),
        ("match", engine, engine, *small, "--games", "2", "-o", str(folder / "match")),
        ("models",),
        ("network",),
        ("network", weights, *small),
        ("compare", games, "--networks", "resnet,lenet-max", "--network", "1x16", *small,
         "--positions", "64", "--batch", "16", "--test", games, "--measured", "20",
         "-o", str(folder / "runs")),
        ("explain", weights, "--games", games, "--positions", "20", "--filters", "1",
         "--layers", "1", "--steps", "2", *small, "-o", page),
        ("imitate", games, "--player", "野狐 Ω", *use, *small, "--time-budget", "5s",
         "-o", str(folder / "me.safetensors")),
        *([("export", weights, "-o", str(folder / "x.onnx"))] if exports else []),
    ]  # fmt: skip


def visit_board(address: str, token: str) -> None:
    """Fetch the page of `gocnn board` and have it play a move, as its page does."""
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert b"<title>gocnn</title>" in answer.read()
    request = urllib.request.Request(
        f"{address}api/genmove",
        json.dumps({"game": GAME, "player": {"game": "a", "rank": "5d"}}).encode(),
        {"X-Gocnn-Token": token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        assert json.load(answer)["colour"] == -1
