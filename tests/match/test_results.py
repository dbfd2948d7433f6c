"""What a match says: the counting."""

import pytest

from gocnn.match.results import GameResult, MatchResult
from gocnn.stats import elo, wilson


def game(number: int, winner: str, *, reason: str = "score", **more: object) -> GameResult:
    black = "A" if number % 2 else "B"
    fields = {"result": "B+1", "moves": 100 * number, **more}
    return GameResult(number=number, black=black, winner=winner, reason=reason, **fields)  # type: ignore[arg-type]


def test_the_standing_counts() -> None:
    games = [
        game(1, "A", own="B+1", referee="B+2", a_moves=10, a_seconds=1.0, a_slowest=0.5),
        game(2, "A", reason="resignation", a_moves=30, a_seconds=5.0, a_slowest=2.5),
        game(3, "", own="0", referee="0", b_moves=1, b_seconds=0.25, b_slowest=0.25),
        game(4, "B", own="W+1", referee="B+1"),
    ]
    result = MatchResult.of(games)
    assert (result.wins, result.draws, result.losses) == (2, 1, 1)
    assert result.rate == 0.625
    assert (result.low, result.high) == wilson(0.625, 4)
    assert result.elo == elo(0.625)
    assert (result.as_black, result.as_white) == ((1, 2), (1, 2))
    assert result.moves_a_game == 250
    assert (result.a.mean, result.a.slowest) == (150, 2500)
    assert (result.b.mean, result.b.slowest) == (250, 250)
    assert result.endings == {
        "A by score": 1,
        "A by resignation": 1,
        "drawn by score": 1,
        "B by score": 1,
    }
    assert (result.counted, result.same_winner, result.same_score) == (3, 2, 1)
    table = result.table("us", "them")
    assert "us: 150 ms a move, 2500 at most" in table
    assert "A won    2 of 4 games (1 drawn): 62.5%, at 95% 21.9% to 90.8%" in table
    assert "Elo      +89, at 95% -220 to +398" in table
    assert "same winner as our own count in 2 of 3 games, same score in 1" in table


def test_a_match_won_throughout() -> None:
    result = MatchResult.of([game(1, "A"), game(2, "A")])
    assert (result.elo, result.elo_high, result.same_winner) == (None, None, None)
    assert result.elo_low == pytest.approx(-113.4, abs=0.1)
    assert "Elo      +inf, at 95% -113 to +inf" in result.table("a", "b")
    assert "referee" not in result.table("a", "b")
    lost = MatchResult.of([game(1, "B")]).table("a", "b")
    assert "Elo      -inf, at 95% -inf to " in lost
