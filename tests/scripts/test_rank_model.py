"""The model of ranks is learnt from what the network says, which is asked for once."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, pack
from gocnn.go.game import Game
from gocnn.go.ranks import Rank
from gocnn.inference.weights import load_network
from gocnn.rating.features import FEATURES, PlayedGame
from gocnn.rating.model import FOX, KGS, WEIGHTS
from gocnn.sgf.reader import read_games
from scripts.release import rank_model
from scripts.release.rank_model import (
    Sides,
    draw,
    learn,
    measured,
    named,
    report,
    report_players,
    trials,
)


def _sides(games: int, seed: int) -> Sides:
    """Players whose moves are the stronger, the larger their numbers and the less these vary."""
    rng = np.random.default_rng(seed)
    groups = np.arange(games) % len(FOX.groups)
    played = []
    for group in groups:
        moves = rng.normal(group, 12 - group, (40, 3)).astype(np.float16)
        whole = np.zeros(len(FEATURES), np.float32)
        whole[0] = rng.normal(group, 3)
        played.append(PlayedGame(moves, whole))
    players = np.arange(games) // (11 * 7) * 11 + groups  # with seven games each
    return Sides(played, groups, np.arange(games), players)


def test_ranks_are_learnt_and_more_games_tell_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_UNITS", 16), ("_TRIALS", 8), ("_BATCH", 11), ("_EPOCHS", 8)):
        monkeypatch.setattr(rank_model, name, value)
    model = learn(_sides(660, 1), FOX, members=2)
    assert model.first.shape == (2, 3, 16)
    assert model.last.shape == (2, 32 + len(FEATURES), 11)
    sides = _sides(220, 2)
    lines = report(model, sides).splitlines()
    right = [float(line.split("|")[2]) for line in lines[2:6]]
    assert right[0] > 35  # chance is 9
    assert right[3] > right[0] + 10
    assert [line.split("|")[1].strip() for line in lines[-11:]] == list(FOX.groups)
    table = [row.split("|")[1:5] for row in report_players(model, sides).splitlines()]
    assert [[cell.strip() for cell in row[:3]] for row in table[2:]] == [
        ["1", "33", "220"],
        ["5", "33", "33"],
        ["10", "0", "0"],
    ]
    with pytest.raises(GocnnError, match="no player has 3 games of one rank; see --names"):
        learn(sides._replace(players=np.full(220, -1)), FOX)
    assert min(float(row[3]) for row in table[2:4]) > 18  # chance is 9


def test_groups_of_games_are_of_one_rank_and_of_different_games() -> None:
    sides = _sides(60, 1)
    drawn = list(trials(sides, FOX, 5))
    assert len(drawn) == 11 * rank_model._TRIALS
    for group, chosen in drawn[:: rank_model._TRIALS]:
        assert (sides.groups[chosen] == group).all()
        assert len(set(sides.games[chosen])) == 5
    with pytest.raises(GocnnError, match="only 0 games of 9d, of 5 asked for"):
        list(trials(sides.select(np.flatnonzero(sides.groups < 10)), FOX, 5))


def test_a_player_counts_at_each_rank_with_enough_games() -> None:
    """At most ten at one rank are taken."""

    def games(count: int, white: str, rank: int, black: int) -> list[Game]:
        entries = [pack(point, -BLACK if point % 2 else BLACK) for point in range(80)]
        game = Game(
            size=19,
            entries=np.array(entries, np.uint16),
            black_name="Ann",
            white_name=white,
            black_rank=Rank(black),
            white_rank=Rank(rank),
        )
        return [replace(game) for _ in range(count)]

    played = games(5, "Bob", 23, 21) + games(4, "Eve", 24, 22) + games(7, "Dan", 0, 21)
    assert not named([replace(game, entries=game.entries[:50]) for game in played], FOX).players
    found = named(played, FOX)  # those against Dan, whose rank is not known, do not count
    assert found.players == {(n, c): c == -BLACK for n in range(5) for c in (BLACK, -BLACK)}
    assert len(found.corpus) == 5
    more = named(played + games(7, "Eve", 24, 21), FOX).players
    assert sorted(Counter(more.values()).values()) == [5, 10, 10]


def test_what_the_network_says_is_asked_for_once(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_games([root / "data" / "gnugo-19x19-test.sgf"])
    games = [game for game in read if isinstance(game, Game)]
    ranks = (10, 12), (20, 20), (0, 5)
    corpus = Corpus.from_games(
        [
            replace(game, black_rank=Rank(black), white_rank=Rank(white))
            for game, (black, white) in zip(games, ranks, strict=False)
        ]
    )
    network = load_network(WEIGHTS)
    chosen = draw(corpus, KGS)
    assert sorted(chosen) == [0, 1]  # the third tells no rank of black's
    first = measured(network, corpus, chosen, KGS, tmp_path / "kept", "test")
    assert sorted(first.groups) == sorted(KGS.group_of(rank) for rank in (10, 12, 20, 20))
    assert sum(len(side.moves) for side in first.played) == int(corpus.moves[:2].sum())

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("it is kept")

    monkeypatch.setattr(rank_model, "measure_traits", refuse)
    again = measured(network, corpus, chosen, KGS, tmp_path / "kept", "test")
    for old, new in zip(first.played, again.played, strict=True):
        assert (old.moves == new.moves).all()
