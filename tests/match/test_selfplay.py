"""Games between two styles of one network."""

from collections.abc import Sequence

import numpy as np
import pytest

from gocnn.errors import GocnnError
from gocnn.go.position import Position
from gocnn.go.ranks import parse_rank
from gocnn.match.selfplay import (
    SelfPlayGame,
    parse_style,
    play_games,
    share_won,
)
from gocnn.play.style import BEST, Style
from gocnn.prediction import Conditions, Prediction


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


def rate_of(styles: tuple[Style, Style], games: int, *, size: int, seed: int = 0) -> float:
    return share_won(play_games(likes_the_middle, styles, games, size=size, seed=seed))


def test_who_wins_is_who_won(monkeypatch: pytest.MonkeyPatch) -> None:
    def resign_unless_strong(game: SelfPlayGame) -> None:
        position = game.position
        position.play(int(position.legal_points()[0]))
        if game.player.style.rank == parse_rank("20k"):
            game.winner = -position.to_move

    monkeypatch.setattr(SelfPlayGame, "move", resign_unless_strong)
    styles = parse_style("9d@0"), parse_style("20k@0")
    assert rate_of(styles, 4, size=9) == 1
    assert rate_of(styles[::-1], 4, size=9) == 0


def test_each_side_is_told_its_rank() -> None:
    """Without chance the same games are played whichever style comes first."""
    styles = parse_style("9d@0"), parse_style("20k@0")
    rate = rate_of(styles, 8, size=9)
    assert rate != 0.5
    assert rate + rate_of(styles[::-1], 8, size=9) == 1


def test_a_style_that_meets_itself_wins_half() -> None:
    """Without chance both games of an opening are the same game, with the sides changed."""
    style = parse_style("3d@0")
    assert rate_of((style, style), 6, size=9) == 0.5


def test_games_depend_on_the_seed_alone() -> None:
    styles = parse_style("9d@2"), parse_style("9d@2")
    rates = [rate_of(styles, 10, size=7, seed=seed) for seed in (1, 1, 2, 3, 4)]
    assert rates[0] == rates[1]
    assert len(set(rates)) > 1


def test_styles_are_written_as_rank_and_temperature() -> None:
    assert parse_style("10k@0.5").temperature == 0.5
    assert parse_style("best").rank == BEST
    for text, told in (("10k@x", "10k@0.5"), ("king", "not a rank"), ("9d@-1", "temperature is")):
        with pytest.raises(GocnnError, match=told):
            parse_style(text)
    with pytest.raises(GocnnError, match="even number of games, not 3"):
        play_games(likes_the_middle, (parse_style("9d"), parse_style("1d")), 3)
