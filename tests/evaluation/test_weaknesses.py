"""The scoreboard by situation, and a network's most confident mistakes."""

import numpy as np
import pytest
import torch

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Measurements, measure
from gocnn.evaluation.situations import find_situations
from gocnn.evaluation.weaknesses import (
    Case,
    find_mistakes,
    parse_place,
    sample_passes,
    situation_table,
)
from gocnn.network.registry import build
from tests.support.networks import loaded
from tests.support.playing import random_corpus

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return random_corpus(6, size=9, moves=80)


@pytest.fixture(scope="module")
def positions(corpus: Corpus) -> Positions:
    return Positions(corpus, np.arange(len(corpus)), passes=False)


@pytest.fixture(scope="module")
def measured(positions: Positions) -> Measurements:
    """What an untrained network says of all positions."""
    torch.manual_seed(0)
    network = build("resnet", {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}).eval()
    return measure(loaded(network), positions, np.arange(positions.count))


def test_the_table_counts(corpus: Corpus, positions: Positions, measured: Measurements) -> None:
    situations = find_situations(positions, measured.numbers)
    passing, numbers = sample_passes(corpus, np.arange(len(corpus)))
    assert (passing.moves(numbers) == 81).all()
    table = situation_table(measured, situations, measured[np.arange(40)])
    rows = {row.split(" | ")[0].strip("| "): row.split(" | ")[1:] for row in table.splitlines()}
    assert rows["all moves"][:2] == [f"{positions.count}", "6"]
    near = int(rows["played: at most 2 lines from the last move"][0])
    assert positions.count // 2 < near < positions.count  # so the games are made
    assert rows["played: a pass (not counted above)"][0] == "40"
    few = {name: holds & (np.cumsum(holds) < 30) for name, holds in situations.items()}
    assert len(situation_table(measured, few).splitlines()) == 3  # a head, a rule, all moves


def test_the_most_confident_mistakes_come_first(
    corpus: Corpus, positions: Positions, measured: Measurements
) -> None:
    everywhere = np.ones(len(measured), bool)
    found = find_mistakes(measured, everywhere, 20)
    assert not measured.top1[found].any()
    assert (np.diff(measured.confidence[found]) <= 0).all()
    others = np.setdiff1d(np.flatnonzero(~measured.top1), found)
    assert measured.confidence[found].min() >= measured.confidence[others].max()
    one = np.zeros(len(measured), bool)
    one[found[3]] = True
    assert find_mistakes(measured, one, 20).tolist() == [found[3]]
    for index in found.tolist():
        case = Case.of(corpus, measured, index)
        assert case.choice != case.played == positions.moves(measured.numbers[index : index + 1])
        assert case.confidence >= case.likelihood


def test_a_case_in_words_and_in_a_picture(corpus: Corpus, measured: Measurements) -> None:
    index = int(find_mistakes(measured, np.ones(len(measured), bool), 1)[0])
    case = Case.of(corpus, measured, index)
    assert f"to move: the network wants {'PASS' if case.choice == 81 else ''}" in str(case)
    assert str(case).startswith("Black" if case.position.to_move == 1 else "White")
    svg = case.svg()
    labels = [svg.count(f">{label}</text>") for label in "AB"]
    assert labels == [2 + (case.choice != 81), 3]  # twice the column, once the label


def test_a_place_is_game_and_move() -> None:
    corpus = random_corpus(2, moves=5)
    assert parse_place("2:5", corpus) == (1, 4)


@pytest.mark.parametrize("text", ["3:1", "2:6", "0:1", "1:0", "1", "a:b"])
def test_no_such_place(text: str) -> None:
    with pytest.raises(GocnnError, match=r"no such move|GAME:MOVE"):
        parse_place(text, random_corpus(2, moves=5))
