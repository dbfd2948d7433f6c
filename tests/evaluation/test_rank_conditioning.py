"""Ranks told by ranks played, with a network whose answers are known."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.evaluation.rank_conditioning import (
    OPPONENTS,
    Band,
    measure_bands,
    parse_ranks,
    rank_tables,
    sample_band,
)
from gocnn.go.ranks import parse_rank
from gocnn.network.output import Output
from tests.support.networks import loaded
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


def bands(corpus: Corpus, **options: object) -> list[Band]:
    return measure_bands(
        loaded(_CostsByRank()),
        corpus,
        np.arange(len(corpus)),
        ranks=[0, 21, 23, 29],
        **options,  # type: ignore[arg-type]
    )


def test_the_right_rank_is_told_to_the_right_players() -> None:
    weak, strong = bands(corpus_of_ranks("3d", "6d"))
    assert (weak.name, strong.name) == ("1d-3d", "4d-6d")
    assert len(weak.recorded) + len(strong.recorded) > 690
    recorded = weak.recorded.cross_entropy
    assert (weak.by_rank[23].cross_entropy == recorded).all()
    for rank in (0, 21, 29):
        assert (weak.by_rank[rank].cross_entropy > recorded).all()
    assert (strong.by_rank[23].cross_entropy < strong.recorded.cross_entropy).all()
    text = rank_tables([weak, strong])
    assert len(re.findall(r"^\| 3d \| [+-]0\.000 ± 0\.000 \| -", text, re.M)) == 1
    assert "played by 1d-3d, 9 games" in text


def test_what_is_told_of_the_opponent() -> None:
    corpus = corpus_of_ranks("3d", "6d")
    recorded, same, unknown = (bands(corpus, opponent=how)[0] for how in OPPONENTS)
    losses = [band.by_rank[23].cross_entropy.mean() for band in (recorded, same, unknown)]
    assert losses[0] < losses[1] < losses[2]  # 6d, 3d, and the code 0


def test_a_sample_of_a_band_is_its_players_and_always_the_same() -> None:
    corpus = corpus_of_ranks("1d", "pro", 12)
    for band, colour in (((21, 23), 1), ((30, 30), -1)):
        drawn = sample_band(corpus, np.arange(12), band, 350)
        assert drawn is not None
        positions, numbers = drawn
        assert len(numbers) == 350
        for game, ply in zip(*positions.locate(numbers[:20]), strict=True):
            assert corpus.game(int(game)).to_move(int(ply)) == colour
        again = sample_band(corpus, np.arange(12), band, 350)
        assert again is not None
        assert (again[1] == numbers).all()
    assert sample_band(corpus, np.arange(12), (24, 26), 350) is None


def test_ranks_are_written_with_commas() -> None:
    assert parse_ranks("1d, 9d,") == [21, 29]
    with pytest.raises(GocnnError, match="king"):
        parse_ranks("1d,king")
