"""The temperatures of the ranks are found, kept, and told beside what the games look like."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.features.encoding import FULL
from gocnn.inference.predictor import Predictor
from gocnn.inference.weights import load_network
from gocnn.network.device import choose_device
from gocnn.network.registry import build
from gocnn.play.style import Style, rank_code
from gocnn.sgf.reader import load_game
from scripts.release import ladder
from scripts.release.ladder import TEMPERATURE, VISITS, climb, look, next_value, table
from tests.support.networks import loaded


def next_temperature(tried: list[tuple[float, float, int]]) -> float:
    return next_value(TEMPERATURE, tried)


def test_the_next_temperature_lies_where_a_line_through_the_others_meets_the_aim() -> None:
    once = next_temperature([(0.5, 0.0, 40)])  # only the slope that is expected
    assert once == pytest.approx(1.5 * (0.67 / 0.33) ** 0.25 - 1)
    twice = [(0.5, 0.0, 40), (1.5, 2 * math.log(0.67 / 0.33), 40)]
    assert next_temperature(twice) == pytest.approx(math.sqrt(1.5 * 2.5) - 1, abs=0.06)
    # Chance made the weaker player win more: the line must not turn round.
    assert next_temperature([(0.5, 0.2, 40), (0.6, -0.2, 40)]) > 0.6
    # A long match counts for more than a short one.
    few, many = (next_temperature([(0.5, 0.0, 100), (0.5, 0.5, games)]) for games in (40, 100))
    assert many < few < once


def test_first_choices_cost_less_than_other_moves(root: Path) -> None:
    network = load_network("default", choose_device("cpu"))
    file = root / "data" / "gnugo-9x9.sgf"
    corpus = Corpus.from_games([load_game(file, number) for number in range(1, 7)])
    seen = look(network, corpus, np.arange(6))
    assert (seen.games, seen.moves) == (6, int(corpus.moves.sum()))
    assert 0.2 < seen.first_choice < 0.9
    assert 0 <= seen.blunders < 1
    assert 0 < seen.loss < 20
    assert look(network, corpus, np.arange(3)).moves == int(corpus.moves[:3].sum())
    settings = {
        "planes": FULL.plane_count,
        "globals": FULL.global_count,
        "blocks": 1,
        "channels": 16,
    }
    with pytest.raises(GocnnError, match="answers no lead"):
        look(loaded(build("resnet", settings).eval()), corpus, np.arange(1))


def test_a_match_that_ends_far_from_the_aim_is_another_short_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates = iter([0.7, 0.67, 0.65, 0.8, 0.7, 0.1])
    counts = []

    def play(
        _predict: object, styles: tuple[Style, Style], games: int, **_options: object
    ) -> list[int]:
        counts.append((games, styles[1].temperature_on(19)))
        return [len(counts)]

    monkeypatch.setattr(ladder, "play_games", play)
    monkeypatch.setattr(ladder, "share_won", lambda _played: next(rates))
    above, below = (Style(rank=rank_code(text), temperature=1.0, visits=1) for text in ("9d", "8d"))
    found: Any = ladder.seek(above, below, None, 100, 19)  # type: ignore[arg-type]
    style, played = found
    assert played == [5]
    assert [games for games, _ in counts] == [40, 40, 40, 100, 100]
    tried = [tried for _, tried in counts]
    assert tried[1] < tried[0]  # the rank above won too often: not so hot
    assert tried[4] < tried[3]
    assert (style.temperature, style.visits_on(19)) == (tried[4], 1)


def test_above_the_network_alone_a_rank_gets_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter([0.5, 0.9, 0.7, 0.65])
    pairs = []

    def play(
        _predict: object, styles: tuple[Style, Style], _games: int, **_options: object
    ) -> list[int]:
        pairs.append([(style.rank, style.visits_on(9), style.temperature) for style in styles])
        return []

    monkeypatch.setattr(ladder, "play_games", play)
    monkeypatch.setattr(ladder, "share_won", lambda _played: next(rates))
    strong, weak = Style(rank=rank_code("1d"), visits=None), Style(rank=rank_code("2k"), visits=10)
    style, _ = ladder.seek(weak, strong, None, 100, 9)  # type: ignore[arg-type]
    visits = [first[1] for first, _ in pairs]
    assert visits[0] == round(10 * math.exp(VISITS.odds / VISITS.slope))  # by the slope expected
    assert visits[1] > visits[0] > 10  # it won too seldom
    assert visits[2] < visits[1]
    assert [second for _, second in pairs] == [(weak.rank, 10, None)] * 4
    assert style == Style(rank=strong.rank, visits=visits[3])


def test_a_ladder_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, file = load_network("default", choose_device("cpu")), tmp_path / "ladder-5.json"
    predict = Predictor("default", device="cpu").predict
    ranks = [rank_code(text) for text in ("4k", "20k")]
    monkeypatch.setattr(ladder, "_TRIES", 1)
    monkeypatch.setattr(ladder, "_MATCHES", 1)
    monkeypatch.setattr(ladder, "share_won", lambda _played: 0.67)  # whatever the weights

    def go(count: int) -> list[ladder.Step]:
        return climb(network, predict, ranks[:count], [], file, games=4, size=5)

    first = go(1)
    shipped = Style(rank=ranks[0]).temperature_on(5)
    assert (first[0].temperature, first[0].won, first[0].real) == (shipped, None, None)
    both = go(2)
    assert both[:1] == first
    assert both[1].temperature > shipped
    assert both[1].won is not None and 0 <= both[1].won <= 1

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("all of it was there")

    monkeypatch.setattr(ladder, "play_games", refuse)
    assert go(2) == both
    lines = table(both).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith(f"| 4k | {shipped:.2f} | 1 | - |")
    assert lines[3].startswith("| 20k |")


def test_what_ships_is_checked_and_nothing_sought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("nothing is to be sought")

    monkeypatch.setattr(ladder, "seek", refuse)
    network, predict = load_network("default"), Predictor("default", device="cpu").predict
    ranks, file = [rank_code(text) for text in ("4k", "20k")], tmp_path / "ladder-5.json"
    steps = climb(network, predict, ranks, [], file, games=4, size=5, check=True)
    shipped = [round(Style(rank=rank).temperature_on(5), 3) for rank in ranks]
    assert [step.temperature for step in steps] == shipped
    assert 0 < shipped[0] < shipped[1]
    assert steps[1].games == 4
