"""Ranks told by ranks played, with a network whose answers are known; and games by rank."""

import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rank_match
import rank_tables
import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import LOSS
from gocnn.features.encoding import FULL
from gocnn.go.position import Position
from gocnn.go.ranks import parse_rank
from gocnn.inference.weights import Passport, save_weights
from gocnn.network.output import Output
from gocnn.network.registry import build
from gocnn.play.style import BEST
from gocnn.prediction import Conditions, Prediction
from tests.support.playing import random_game

CPU = torch.device("cpu")


def corpus_of_ranks(black: str, white: str, games: int = 9, size: int = 9) -> Corpus:
    made = (random_game(size, 80, seed) for seed in range(games))
    ranks = parse_rank(black), parse_rank(white)
    return Corpus.from_games(
        replace(game, black_rank=ranks[0], white_rank=ranks[1]) for game in made
    )


class _CostsByRank(nn.Module):
    """Gives the pass, and so takes from every move, the more the farther from 3d and 6d it is."""

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        codes = torch.arange(31.0)
        own = (context[:, :31] * (codes - 23).abs()).sum(1)
        other = (context[:, 31:62] * (codes - 26).abs()).sum(1)
        logits = torch.zeros(len(planes), 82)
        logits[:, 81] = own + other / 100
        return Output(logits, context[:, 62])


def bands(corpus: Corpus, **options: object) -> list[rank_tables.Played]:
    return rank_tables.measure_bands(
        _CostsByRank(),
        FULL,
        corpus,
        np.arange(len(corpus)),
        device=CPU,
        told=[0, 21, 23, 29],
        **options,  # type: ignore[arg-type]
    )


def test_the_right_rank_is_told_to_the_right_players() -> None:
    weak, strong = bands(corpus_of_ranks("3d", "6d"))
    assert (weak.name, strong.name) == ("1d-3d", "4d-6d")
    assert len(weak.games) + len(strong.games) > 690
    assert (weak.told[23] == weak.recorded)[:, LOSS].all()
    for rank in (0, 21, 29):
        assert (weak.told[rank][:, LOSS] > weak.recorded[:, LOSS]).all()
    assert (strong.told[23][:, LOSS] < strong.recorded[:, LOSS]).all()
    text = rank_tables.tables([weak, strong])
    assert len(re.findall(r"^\| 3d \| [+-]0\.000 ± 0\.000 \| -", text, re.M)) == 1
    assert "played by 1d-3d, 9 games" in text


def test_what_is_told_of_the_opponent() -> None:
    corpus = corpus_of_ranks("3d", "6d")
    recorded, same, unknown = (bands(corpus, opponent=how)[0] for how in rank_tables.OPPONENTS)
    losses = [played.told[23][:, LOSS].mean() for played in (recorded, same, unknown)]
    assert losses[0] < losses[1] < losses[2]  # 6d, 3d, and the code 0


def test_a_sample_of_a_band_is_its_players_and_always_the_same() -> None:
    corpus = corpus_of_ranks("1d", "pro", 12)
    for band, colour in (((21, 23), 1), ((30, 30), -1)):
        drawn = rank_tables.of_band(corpus, np.arange(12), band, 350)
        assert drawn is not None
        positions, numbers = drawn
        assert len(numbers) == 350
        for game, ply in zip(*positions.locate(numbers[:20]), strict=True):
            assert corpus.game(int(game)).to_move(int(ply)) == colour
        again = rank_tables.of_band(corpus, np.arange(12), band, 350)
        assert again is not None
        assert (again[1] == numbers).all()
    assert rank_tables.of_band(corpus, np.arange(12), (24, 26), 350) is None


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    settings = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}
    passport = Passport(architecture="resnet", settings=settings, encoding="full-1")
    save_weights(tmp_path / "w", build("resnet", settings).state_dict(), passport)
    return tmp_path / "w"


def test_commands(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    games = weights.with_name("games.gocnn")
    corpus_of_ranks("3d", "6d", size=19).save(games)
    monkeypatch.setattr(sys, "argv", ["rank_tables", str(weights), str(games), "--told", "1d,pro"])
    rank_tables.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" |")[0] for line in lines if line.startswith("| ")].count("| pro") == 2
    corpus_of_ranks("", "").save(games)
    with pytest.raises(SystemExit, match=r"^rank_tables: no rank is recorded"):
        rank_tables.main()
    options = ("--ranks", "9d,20k@2", "--size", "7", "--games", "2")
    monkeypatch.setattr(sys, "argv", ["rank_match", str(weights), *options])
    rank_match.main()
    table = capsys.readouterr().out
    assert re.search(r"^\| 20k \| 2.00 \| [\d.]+ \([\d.]+ to [\d.]+\) \| ", table, re.M)


# -- games ------------------------------------------------------------------------------------


def likes_the_middle(
    positions: Sequence[Position], conditions: Sequence[Conditions]
) -> list[Prediction]:
    """Who is told 9d likes the middle of the board, others the edge."""
    told = []
    for position, known in zip(positions, conditions, strict=True):
        size = position.size
        away = np.abs(np.arange(size) - size // 2)
        middle = np.maximum.outer(away, away).ravel() == np.arange(size // 2 + 1)[:, None]
        order = np.arange(size // 2 + 1, 0, -1.0) if known.rank == 29 else np.arange(size // 2 + 1)
        policy = np.append(0.01 + 3.0 ** (order @ middle), 0.1)
        told.append(Prediction((policy / policy.sum()).astype(np.float32), 0.5))
    return told


def test_who_wins_is_who_won(monkeypatch: pytest.MonkeyPatch) -> None:
    def resign_unless_strong(table: rank_match.Table, _told: Prediction) -> None:
        position = table.position
        position.play(int(position.legal_points()[0]))
        if table.player.style.rank == parse_rank("20k"):
            table.winner = -position.to_move

    monkeypatch.setattr(rank_match.Table, "move", resign_unless_strong)
    styles = rank_match.style_of("9d@0"), rank_match.style_of("20k@0")
    assert rank_match.play(likes_the_middle, styles, 4, size=9) == 1
    assert rank_match.play(likes_the_middle, styles[::-1], 4, size=9) == 0


def test_each_side_is_told_its_rank() -> None:
    """Without chance the same games are played whichever style comes first."""
    styles = rank_match.style_of("9d@0"), rank_match.style_of("20k@0")
    rate = rank_match.play(likes_the_middle, styles, 8, size=9)
    assert rate != 0.5
    assert rate + rank_match.play(likes_the_middle, styles[::-1], 8, size=9) == 1


def test_a_style_that_meets_itself_wins_half() -> None:
    """Without chance both games of an opening are the same game, with the sides changed."""
    style = rank_match.style_of("3d@0")
    assert rank_match.play(likes_the_middle, (style, style), 6, size=9) == 0.5


def test_games_depend_on_the_seed_alone() -> None:
    styles = rank_match.style_of("9d@2"), rank_match.style_of("9d@2")
    rates = [
        rank_match.play(likes_the_middle, styles, 10, size=7, seed=seed) for seed in (1, 1, 2, 3, 4)
    ]
    assert rates[0] == rates[1]
    assert len(set(rates)) > 1


def test_styles_are_written_as_rank_and_temperature() -> None:
    assert rank_match.style_of("10k@0.5").temperature == 0.5
    assert rank_match.style_of("best").rank == BEST
    for text, told in (("10k@x", "10k@0.5"), ("king", "no rank"), ("9d@-1", "temperature is")):
        with pytest.raises(GocnnError, match=told):
            rank_match.style_of(text)
    with pytest.raises(GocnnError, match="even number of games, not 3"):
        rank_match.play(likes_the_middle, (rank_match.style_of("9d"),) * 2, 3)
