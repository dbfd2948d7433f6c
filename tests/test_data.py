"""The bundled games: all in order, none twice, none of the games to measure on among the others."""

from pathlib import Path

import pytest

from gocnn.go.fingerprint import fingerprint
from gocnn.go.game import Game
from gocnn.sgf.reader import read_games

FILES = {"gnugo-19x19.sgf": 19, "gnugo-19x19-test.sgf": 19, "gnugo-9x9.sgf": 9}


def games_of(path: Path) -> list[Game]:
    records = list(read_games([path]))
    games = [record for record in records if isinstance(record, Game)]
    assert len(games) == len(records) == path.read_text(encoding="utf-8").count("(;")
    return games


@pytest.mark.parametrize(("name", "size"), FILES.items())
def test_every_game_is_whole(name: str, size: int, root: Path) -> None:
    games = games_of(root / "data" / name)
    assert len(games) >= 20
    for game in games:
        assert game.size == size
        assert len(game) > 20, game.source
        assert game.winner in (1, 0, -1)
        assert game.komi == (0.5 if game.handicap else 6.5)


def test_no_game_stands_twice(root: Path) -> None:
    prints = [
        fingerprint(game.entries, game.setup, game.size)
        for name in FILES
        for game in games_of(root / "data" / name)
    ]
    assert len(set(prints)) == len(prints)


def test_the_collections_stay_small(root: Path) -> None:
    assert sum((root / "data" / name).stat().st_size for name in FILES) < 1_000_000
