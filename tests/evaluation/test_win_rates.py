"""The judgement of both sides and of komi, of networks whose faults are known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.evaluation.win_rates import KOMIS, WinRates, measure_win_rates
from gocnn.features.encoding import FULL, KOMI
from gocnn.network.output import Output
from tests.support.networks import loaded
from tests.support.playing import random_corpus


class _Judges(nn.Module):
    """Takes the komi for the lead, and sees whoever is to move ahead by some points."""

    def __init__(self, flattery: float = 0.0, forgets_white: bool = False) -> None:
        super().__init__()
        self.flattery, self.forgets_white = flattery, forgets_white
        column = FULL.global_column(KOMI)
        black = FULL.global_column("black is to move")
        assert column is not None and black is not None
        self.komi, self.black = column, black

    def forward(self, planes: Tensor, context: Tensor) -> Output:
        logits = planes.new_zeros(len(planes), planes[0, 0].numel() + 1)
        komi = context[:, self.komi]
        if self.forgets_white:
            komi = komi * context[:, self.black]
        return Output(logits, komi + self.flattery)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return random_corpus(10, moves=70)


def _measured(network: nn.Module, corpus: Corpus) -> WinRates:
    return measure_win_rates(loaded(network), corpus, np.arange(len(corpus)))


def test_an_even_judge_has_no_jump(corpus: Corpus) -> None:
    found = _measured(_Judges(), corpus)
    assert found.games == np.count_nonzero(~np.isnan(corpus.games["komi"])) > 5
    for change in (found.to_black, found.to_white, found.jump):
        assert change.mean == pytest.approx(0, abs=1e-6)


def test_flattery_of_the_player_to_move_is_a_jump(corpus: Corpus) -> None:
    found = _measured(_Judges(flattery=0.2), corpus)
    komis = torch.from_numpy(corpus.games["komi"].copy()) / 10
    black, white = (torch.sigmoid(side * komis + 0.2) for side in (-1.0, 1.0))
    jump = float((black - (1 - white)).nanmean())  # in games without a komi nothing is measured
    assert found.to_black.mean == pytest.approx(jump, abs=1e-6)
    assert found.to_white.mean == pytest.approx(-jump, abs=1e-6)
    assert found.jump.mean == pytest.approx(jump, abs=1e-6)
    assert f"a jump of {100 * jump:+.1f}" in found.turns_text()


def test_komi_is_told_to_both_sides(corpus: Corpus) -> None:
    for forgets in (False, True):
        for row in _measured(_Judges(forgets_white=forgets), corpus).komi:
            side = -0.1 if row.to_move == "black" else 0.0 if forgets else 0.1
            for komi in KOMIS:
                expected = float(torch.sigmoid(torch.tensor(side * komi)))
                assert row.win_rates[komi].mean == pytest.approx(expected, abs=1e-6)


def test_phases_and_sides_are_told(corpus: Corpus) -> None:
    found = _measured(_Judges(), corpus)
    assert [(row.moves, row.to_move) for row in found.komi] == [
        (moves, side) for moves in ((1, 20), (21, 60), (61, 150)) for side in ("black", "white")
    ]
    assert sum(row.positions for row in found.komi) == -(-found.positions // 5)
    table = found.komi_table()
    assert "| moves, to move | komi -50: % | komi 0: % | komi 7.5: % | komi 50: % |" in table
    assert "| 1-20, black |" in table
    rows = found.as_dict()["komi"]["rows"]
    assert [len(row["win_rates"]) for row in rows] == [4] * 6


def test_games_with_a_handicap_say_nothing(corpus: Corpus) -> None:
    records = corpus.games.copy()
    records["handicap"] = 2
    handicap = Corpus(corpus.entries, records, corpus.sources)
    with pytest.raises(GocnnError, match="no even game"):
        _measured(_Judges(), handicap)
