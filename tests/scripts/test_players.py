"""The players of `gocnn imitate` are measured on games that it was not shown, and kept."""

from pathlib import Path

import numpy as np
import pytest

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK
from gocnn.go.game import Game
from gocnn.sgf.reader import read_games
from scripts.release import players
from tests.support.playing import random_game


def test_games_to_test_with_are_others_than_those_learnt_from() -> None:
    games = [random_game(9, 20, seed) for seed in (*range(30), 0, 1)]  # two of them twice
    learnt, tested = players.split(games, np.full(len(games), BLACK, np.int8))
    assert len(tested) == 6
    assert len(learnt) == 24
    hashes = Corpus.from_games(games).games["hash"]
    assert len(set(hashes[learnt]) | set(hashes[tested])) == 30
    with pytest.raises(GocnnError, match="4 games are too few"):
        players.split(games[:4], np.full(4, BLACK, np.int8))


def test_a_player_is_measured_once(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    games, others = root / "data" / "gnugo-19x19.sgf", tmp_path / "others.gocnn"
    read = list(read_games([root / "data" / "gnugo-19x19-test.sgf"]))
    Corpus.from_games([game for game in read if isinstance(game, Game)][:2]).save(others)
    command = ["players", str(games), "--player", "GNU GO 3.8 Level 3", "--weights", "small"]
    command += ["--others", str(others), "-o", str(tmp_path / "out"), "--counts", "4,9999"]
    monkeypatch.setattr("sys.argv", [*command, "--minutes", "0.02"])
    monkeypatch.setattr(players, "_POSITIONS", 50)
    assert players.main() == 0
    first = capsys.readouterr().out
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in first.splitlines()[2:]]
    assert [row[:2] for row in rows] == [["GNU GO 3.8 Level 3", "4"]]
    assert rows[0][4] == "50"

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("it was measured")

    monkeypatch.setattr(players, "imitate", refuse)
    assert players.main() == 0
    assert capsys.readouterr().out == first
