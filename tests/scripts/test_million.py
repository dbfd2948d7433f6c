"""The script that makes a million games: no two are alike, and it says when games are too few."""

import random
import sys
from pathlib import Path

import pytest

from gocnn.sgf.reader import load_game
from scripts.stress import million


def test_too_few_games_are_told_before_any_is_made(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["million", str(root / "data" / "gnugo-19x19-test.sgf"), "--sources", "2"]
    monkeypatch.setattr(sys, "argv", [*words, "--sizes", "60,121"])
    with pytest.raises(SystemExit, match="they make 120 at most; give more games or --sources"):
        million.main()


def test_a_game_leaves_out_one_move_more_in_every_pass(root: Path, tmp_path: Path) -> None:
    games = million.sources([root / "data" / "gnugo-19x19-test.sgf"], 2)
    made = list(million.copies(games, random.Random(0)))
    assert len(made) == len(set(made)) == 2 * million.MOST
    path = tmp_path / "x.sgf"
    for index in (0, 3):
        path.write_bytes(made[index])
        copy, source = load_game(path), games[index % 2]
        assert len(copy.moves) == len(source.moves) - 1 - index // 2
        assert copy.winner == source.winner
