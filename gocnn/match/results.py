"""What the games of a match say: wins, how sure that is, Elo, time, and how games ended.

Everything is seen from A, the first engine. A draw is half a win.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gocnn.stats import count_text, elo, wilson


@dataclass(frozen=True, kw_only=True)
class GameResult:
    """One game of a match, as the folder keeps it."""

    number: int  # from 1
    black: str  # "A" or "B"
    winner: str  # "A", "B", or "" for a draw
    result: str  # as SGF writes it
    reason: str  # why it ended, see gocnn.match.game.Outcome
    told: str = ""  # a fault in a sentence
    moves: int = 0  # the opening's included
    own: str = ""  # the score by our own count, of counted games
    referee: str = ""  # by the referee's; "?" when it had none
    a_moves: int = 0  # those whose time was taken
    a_seconds: float = 0.0
    a_slowest: float = 0.0
    b_moves: int = 0
    b_seconds: float = 0.0
    b_slowest: float = 0.0


@dataclass(frozen=True, kw_only=True)
class MoveTimes:
    """How fast an engine plays, in milliseconds a move."""

    mean: float
    slowest: float


@dataclass(frozen=True, kw_only=True)
class MatchResult:
    """The result of a match so far."""

    games: int
    wins: int
    draws: int
    losses: int
    rate: float  # of wins
    low: float  # the rate's interval
    high: float
    elo: float | None  # None is beyond all bounds: see the interval
    elo_low: float | None
    elo_high: float | None
    as_black: tuple[int, int]  # wins, games
    as_white: tuple[int, int]
    moves_a_game: float
    a: MoveTimes
    b: MoveTimes
    endings: dict[str, int]  # "A by resignation": 3
    counted: int  # games with a score
    same_winner: int | None  # of those, where the referee and our own count agree; None: no referee
    same_score: int | None

    @classmethod
    def of(cls, games: Sequence[GameResult]) -> "MatchResult":
        """The result after some games, one at least."""
        won = Counter(game.winner for game in games)
        rate = (won["A"] + won[""] / 2) / len(games)
        low, high = wilson(rate, len(games))
        endings = Counter(
            f"{game.winner} by {game.reason}" if game.winner else f"drawn by {game.reason}"
            for game in games
        )
        counted = [game for game in games if game.own]
        judged = [game for game in counted if game.referee]
        return cls(
            games=len(games),
            wins=won["A"],
            draws=won[""],
            losses=won["B"],
            rate=rate,
            low=low,
            high=high,
            elo=elo(rate),
            elo_low=elo(low),
            elo_high=elo(high),
            as_black=_share([game for game in games if game.black == "A"]),
            as_white=_share([game for game in games if game.black == "B"]),
            moves_a_game=sum(game.moves for game in games) / len(games),
            a=_move_times([(game.a_moves, game.a_seconds, game.a_slowest) for game in games]),
            b=_move_times([(game.b_moves, game.b_seconds, game.b_slowest) for game in games]),
            endings=dict(endings.most_common()),
            counted=len(counted),
            same_winner=sum(g.own[0] == g.referee[0] for g in judged) if judged else None,
            same_score=sum(g.own == g.referee for g in judged) if judged else None,
        )

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    def table(self, a: str, b: str) -> str:
        """For people; `a` and `b` are the engines' names."""
        drawn = f" ({self.draws} drawn)" if self.draws else ""
        rows = [
            ("A", f"{a}: {self.a.mean:.0f} ms a move, {self.a.slowest:.0f} at most"),
            ("B", f"{b}: {self.b.mean:.0f} ms a move, {self.b.slowest:.0f} at most"),
            (
                "A won",
                f"{self.wins} of {count_text(self.games, 'game')}{drawn}: {self.rate:.1%}, "
                f"at 95% {self.low:.1%} to {self.high:.1%}",
            ),
            (
                "Elo",
                f"{_signed(self.elo, self.rate)}, "
                f"at 95% {_signed(self.elo_low, 0)} to {_signed(self.elo_high, 1)}",
            ),
            ("colours", f"A won {_of(self.as_black)} as black, {_of(self.as_white)} as white"),
            ("length", f"{self.moves_a_game:.0f} moves a game"),
            ("endings", ", ".join(f"{what} {count}" for what, count in self.endings.items())),
        ]
        if self.same_winner is not None:
            same = f"same winner as our own count in {self.same_winner}"
            agreeing = f"{same} of {count_text(self.counted, 'game')}"
            rows.append(("referee", f"{agreeing}, same score in {self.same_score}"))
        return "\n".join(f"{name:<8} {text}" for name, text in rows)


def _share(games: Sequence[GameResult]) -> tuple[int, int]:
    return sum(game.winner == "A" for game in games), len(games)


def _of(share: tuple[int, int]) -> str:
    return f"{share[0]} of {share[1]}"


def _move_times(times: Sequence[tuple[int, float, float]]) -> MoveTimes:
    moves = sum(time[0] for time in times)
    return MoveTimes(
        mean=1000 * sum(time[1] for time in times) / max(moves, 1),
        slowest=1000 * max(time[2] for time in times),
    )


def _signed(value: float | None, rate: float) -> str:
    if value is None:
        return "+inf" if rate > 0.5 else "-inf"
    return f"{value:+.0f}"
