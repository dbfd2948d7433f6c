"""What is typical of a rank, measured with a network whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.evaluation.typical_rates import SCALES, Scale, typical_rates
from gocnn.go.game import SourceKind
from gocnn.go.ranks import Rank, parse_rank
from gocnn.network.output import Output
from tests.support.networks import loaded
from tests.support.playing import random_game

KGS = Scale("kgs", (SourceKind.KGS,), ((16, 18),))


class _Knows(nn.Module):
    """Expects E5 of everybody, and nothing at all of those whose rank it is told."""

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        logits = torch.zeros(len(planes), 82)
        logits[:, 40] = 5 - 10 * context[:, 1:31].sum(1)
        return Output(logits, context[:, 62])


def corpus() -> Corpus:
    games = (random_game(9, 60, seed) for seed in range(14))
    rank = parse_rank("4k")
    return Corpus.from_games(
        replace(game, black_rank=rank, white_rank=Rank(29), kind=SourceKind.KGS) for game in games
    )


def test_rates_by_phase_without_telling_the_rank() -> None:
    found = typical_rates(loaded(_Knows()), corpus(), KGS, (16, 18), size=9)
    rows = {row.phase: row for row in found}
    assert list(rows) == ["all", "opening", "middle game", "endgame"]
    everything = rows.pop("all")
    assert everything.positions == sum(row.positions for row in rows.values())
    black_moves = [
        move
        for game in corpus()
        for colour, move in game.position().moves
        if colour == 1 and move != 81
    ]
    assert everything.positions == len(black_moves)  # the 9d's moves are not among them
    assert everything.top1.mean == pytest.approx(np.mean([move == 40 for move in black_moves]))
    assert set(everything.as_dict()) >= {"scale", "low", "high", "top1", "top5", "surprise"}
    assert everything.as_dict()["top1"][0] == round(everything.top1.mean, 4)


def test_other_servers_and_ranks_are_left_out() -> None:
    network = loaded(_Knows())
    assert typical_rates(network, corpus(), SCALES[0], (16, 18), size=9) == []
    assert typical_rates(network, corpus(), KGS, (1, 5), size=9) == []
    assert typical_rates(network, corpus(), KGS, (16, 18), size=19) == []
