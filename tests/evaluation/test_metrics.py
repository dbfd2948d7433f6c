"""The scoreboard, against figures worked out by hand and a network that knows the answers."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gocnn.dataset.conditions import RECORDED_RANKS, RankOverride
from gocnn.dataset.loader import sample
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Measurements, evaluate, measure, ranks_to_move
from gocnn.features.encoding import FULL
from gocnn.inference import forward as inference
from gocnn.inference.forward import forward
from gocnn.inference.views import Views
from gocnn.network.output import Output
from gocnn.network.registry import build
from tests.support.networks import loaded
from tests.support.playing import random_corpus

CPU = torch.device("cpu")


class _PlaysBesideTheLast(nn.Module):
    """Prefers the point above the last move; says that black always wins."""

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        last = planes[:, 3]
        above = torch.zeros_like(last)
        above[:, :-1] = last[:, 1:]
        logits = 10 * above.flatten(1) - 5 * planes[:, :2].sum(1).flatten(1)
        logits = torch.cat((logits, torch.full_like(logits[:, :1], -9)), dim=1)
        return Output(logits, context[:, 62] * 2 - 1)


class _Constant(nn.Module):
    """Gives every move the same logit."""

    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = logit

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        shape = (len(planes), planes[0, 0].numel() + 1)
        return Output(planes.new_full(shape, self.logit), context[:, 0])


class _TellsPointsApart(nn.Module):
    """Gives each move a logit of its own, so close that in bfloat16 most of them are the same."""

    def __init__(self, moves: int) -> None:
        super().__init__()
        self.logits = nn.Linear(1, moves, bias=False)
        self.logits.weight.data = 1 + torch.arange(moves)[:, None] / 10_000

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        return Output(self.logits(torch.ones_like(context[:, :1])), context[:, 0])


@pytest.fixture(scope="module")
def positions() -> Positions:
    corpus = random_corpus(10, moves=60)
    return Positions(corpus, np.arange(len(corpus)), passes=False)


def test_a_tie_is_not_a_prediction(positions: Positions) -> None:
    scores = evaluate(loaded(_Constant(0.0)), positions, label=None)
    assert scores.total.top1.mean == scores.total.top5.mean == 0


def test_networks_are_measured_in_float32(
    positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where bfloat16 is quicker, and moves would tie."""
    monkeypatch.setattr(inference, "fastest_dtypes", lambda _: (torch.bfloat16,))
    network = loaded(_TellsPointsApart(82))
    measured = measure(network, positions, np.arange(positions.count))
    played = {int(move) for index in range(10) for move in positions.corpus.game(index).moves}
    points = {move & 0x03FF for move in played} - {81}
    assert len(np.unique(measured.cross_entropy)) == len(points) > 70


def test_nan_is_refused(positions: Positions) -> None:
    with pytest.raises(GocnnError, match="NaN"):
        evaluate(loaded(_Constant(float("nan"))), positions, label=None)


def test_the_figures_are_those_of_a_loop_over_the_games(positions: Positions) -> None:
    scores = evaluate(loaded(_PlaysBesideTheLast()), positions, batch=64, label=None)
    hits, right, count = 0, 0, 0
    for index in range(10):
        game = positions.corpus.game(index)
        for ply in range(len(game)):
            move = int(game.moves[ply]) & 0x03FF
            if move == 81:
                continue
            before = int(game.moves[ply - 1]) & 0x03FF if ply else 81
            target = before - 9 if 9 <= before < 81 else -1
            stones = game.stones(ply).ravel()
            free = target >= 0 and stones[target] == 0
            hits += free and target == move
            right += game.winner == 1  # it says that black wins, whoever is to move
            count += 1
    assert scores.total.positions == count == positions.count
    assert scores.total.games == 10
    # Without a favourite the network calls all empty points equal first, which is no prediction.
    assert scores.total.top1.mean * count == pytest.approx(hits)
    assert hits > count // 3
    assert scores.total.value_accuracy is not None
    assert scores.total.value_accuracy.mean == pytest.approx(right / count)
    assert scores.total.top5.mean >= scores.total.top1.mean


def test_parts_add_up(positions: Positions) -> None:
    network = build("resnet", {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}).eval()
    scores = evaluate(loaded(network), positions, label=None)
    for rows in (scores.phases, scores.ranks, scores.calibration):
        assert sum(row.positions for row in rows) == scores.total.positions
        mean = sum(row.positions * row.cross_entropy.mean for row in rows) / scores.total.positions
        assert mean == pytest.approx(scores.total.cross_entropy.mean)
    assert [row.name for row in scores.phases] == ["1-50", "51-100"]
    assert f"{scores.total.positions:,}" in scores.table()
    assert scores.as_dict()["total"]["games"] == 10


class _ConfidentAsBlack(nn.Module):
    """Gives the first point on the board a probability of 0.25 or 0.85, by who is to move."""

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        sure = torch.where(context[:, 62] > 0, 0.85, 0.25)
        others = ((1 - sure) / 81).log()[:, None].expand(-1, 81)
        return Output(torch.cat((sure.log()[:, None], others), dim=1), context[:, 62])


def test_confidence_stands_beside_how_often_it_comes_true(positions: Positions) -> None:
    scores = evaluate(loaded(_ConfidentAsBlack()), positions, label=None)
    assert [row.name for row in scores.calibration] == ["20-30%", "80-90%"]
    for row, sure in zip(scores.calibration, (0.25, 0.85), strict=True):
        assert row.confidence == pytest.approx(sure, abs=0.01)  # bfloat16
        assert row.positions > 100
    total = sum(row.confidence * row.positions for row in scores.calibration)
    assert scores.total.confidence == pytest.approx(total / scores.total.positions)


def test_a_sample_is_smaller_and_always_the_same(positions: Positions) -> None:
    network = build("resnet", {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}).eval()
    first, second = (evaluate(loaded(network), positions, most=100, label=None) for _ in range(2))
    assert first.total.positions == 100
    assert first == second


def test_position_by_position(positions: Positions) -> None:
    """The measurements say what the network was told, chose and predicted."""
    numbers = sample(positions, 50)

    def measured(override: RankOverride) -> Measurements:
        network = loaded(_ListensToRanks())
        return measure(network, positions, numbers, rank_override=override)

    moves = positions.moves(numbers)
    for rank in (3, 20):
        found = measured(RankOverride(rank=rank))
        assert (found.choice == rank).all()
        assert (found.top1 == (moves == rank)).all()
        assert found.confidence == pytest.approx(np.exp(10) / (np.exp(10) + 81), abs=0.01)
    recorded = ranks_to_move(positions, *positions.locate(numbers))
    found = measured(RECORDED_RANKS)
    assert (found.choice == recorded).all()
    assert (found.ranks == recorded).all()
    assert len(np.unique(recorded)) > 3
    some = found[np.array([3, 7])]
    assert len(some) == 2
    assert some.numbers.tolist() == numbers[[3, 7]].tolist()


class _ListensToRanks(nn.Module):
    """Likes the point whose number is the rank of the player to move."""

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        logits = torch.zeros(len(planes), 82)
        logits[:, :31] = 10 * context[:, :31]
        return Output(logits, context[:, 62])


def test_eight_views_agree_on_turned_boards(positions: Positions) -> None:
    """The average over the views turns with the board."""
    torch.manual_seed(0)
    network = build("resnet", {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}).eval()
    batch = positions.encode(FULL, np.arange(20, 26))
    views = Views(9, CPU)
    straight, value = forward(network, batch.planes, batch.globals, views, 8)[:2]
    assert straight.exp().sum(1).tolist() == pytest.approx([1] * 6, abs=1e-4)
    for view in range(8):
        which = torch.full((6,), view)
        turned = views.planes(torch.from_numpy(batch.planes), which).numpy()
        there, same = forward(network, turned, batch.globals, views, 8)[:2]
        assert torch.allclose(views.logits_back(there, which), straight, atol=2e-2)
        assert torch.allclose(same, value, atol=2e-2)


def test_symmetries_are_one_or_eight(positions: Positions) -> None:
    with pytest.raises(GocnnError, match="1 or 8 symmetries"):
        evaluate(loaded(nn.Identity()), positions, symmetries=3)


def test_parts_of_few_positions_are_left_out_of_the_table(positions: Positions) -> None:
    scores = evaluate(loaded(_PlaysBesideTheLast()), positions, most=40, label=None)
    table = scores.table()
    assert table.splitlines()[1].split()[:2] == ["all", "40"]
    assert "by move" not in table
    rows = len(scores.phases) + len(scores.ranks) + len(scores.calibration)
    assert table.endswith(f"{rows} rows of fewer than 50 positions left out")
    assert "±" not in table  # three positions had intervals of 65 points
    assert "fewer than 50 positions: too few for an interval" in table
    assert "±" in evaluate(loaded(_PlaysBesideTheLast()), positions, label=None).table()
