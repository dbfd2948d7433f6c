"""How a player plays: the rank to imitate, temperature, resignation, rules."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gocnn.defaults import MOST_VISITS, RESIGN_BELOW
from gocnn.errors import GocnnError
from gocnn.go.ranks import RANKS, STRONGEST_AMATEUR, UNKNOWN, Rank, rank_name, read_rank
from gocnn.go.rules import RULESETS, Ruleset

BEST = Rank(-1)  # as a rank: whatever wins most
# Set by scripts/release/ladder.py so that each step wins two games in three against the one below.
_STEPS = 1, 3, 5, 7, 9, 11, 13, 15, 17  # 20k, 18k, ... 4k, and who is stronger
_TEMPERATURES = {
    9: (2.59, 2.59, 2.35, 2.08, 1.73, 1.56, 1.3, 1.05, 0.8),
    19: (1.45, 1.45, 1.2, 1.2, 1.07, 1.07, 1.06, 0.95, 0.8),
}
# None, 10k, 8k, 6k, 4k, 9d, pro, and what the network is told for them: 6k for 8k, 2d for 6k, ...
_TOLD = (0, 11, 13, 15, 17, 29, 30), (0, 11, 15, 22, 29, 29, 30)
_SEARCHED = 17, 19, 21, 23, 25, 27, 29  # 4k, 2k, 1d, ... 9d, as which a search passes of so many:
_VISITS = {9: (1, 3, 7, 17, 29, 61, 115), 19: (1, 5, 8, 13, 21, 34, 55)}
_BEST_VISITS = 200  # a fifth of a second on two quick cores; more than any rank has


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a player plays.

    Raises:
        GocnnError: when a field is out of range; the message names it.
    """

    rank: Rank = UNKNOWN  # whom to imitate, a code of gocnn.go.ranks, or BEST
    opponent_rank: Rank = UNKNOWN  # unknown: the own rank, because most games are even
    kind: int = 0  # a game.SourceKind: the server whose players to imitate
    temperature: float | None = None  # 0 plays the likeliest move, 1 draws; None goes by rank
    visits: int | None = None  # positions that a search looks at for a move; None goes by rank
    min_relative_share: float = 0.05  # of the likeliest, at the temperature: less is never drawn
    seed: int | None = None  # for draws and playouts; None draws one
    resign: bool = True
    resign_below: float = RESIGN_BELOW  # a win rate under this is hopeless
    resign_after: int = 4  # own moves in a row that must be hopeless
    playouts: int = 300  # for the end of the game
    rules: Ruleset = RULESETS["chinese"]

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "rank": (BEST, RANKS - 1),
            "opponent_rank": (BEST, RANKS - 1),
            "temperature": (0, 10),
            "visits": (1, MOST_VISITS),
            "min_relative_share": (0, 1),
            "resign_below": (0, 1),
            "resign_after": (1, 1000),
            "playouts": (1, 100_000),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if value is None and name in ("temperature", "visits"):
                continue
            if not low <= value <= high:
                raise GocnnError(f"{name} is {low} to {high}, not {value}")

    @property
    def told(self) -> Rank:
        """The rank that the network is told of the player.

        Up to 10k the own one. Told 9d the network plays better and judges better who leads, told
        4k its moves are much like those told 10k, and what is left to make the stronger player of
        two is to draw less freely than people do. So 4k and who is stronger are told 9d, and
        between 10k and 4k the rank told rises to that (docs/ranks.md).
        """
        return Rank(round(float(np.interp(network_rank(self.rank), *_TOLD))))

    def temperature_on(self, size: int) -> float:
        """The temperature that moves are drawn at on boards of `size` lines.

        0 always plays the likeliest move, 1 draws moves by their probability. The likeliest moves
        that the network predicts for a weak rank are still far better than a weak player's
        (docs/experiments.md): what makes a player weak are the less likely ones. So without a
        temperature of its own, a style draws the more freely the lower its rank; from 4k on the
        temperature stays as it is there, and searches make the difference (docs/ranks.md). Ranks
        between the steps of the ladder and boards between 9x9 and 19x19 get what lies between;
        other boards what the nearest of the two has.
        """
        if self.temperature is not None:
            return self.temperature
        if self.rank in (BEST, UNKNOWN):
            return 0.0
        by_size = {
            lines: np.interp(self.rank, _STEPS, temperatures)
            for lines, temperatures in _TEMPERATURES.items()
        }
        return _between_sizes(size, by_size)

    def visits_on(self, size: int) -> int:
        """How many positions a search looks at for a move on boards of `size` lines.

        1 plays by the network alone, which is what an unknown rank does. Without a number of its
        own, a style looks at the more the higher its rank is above the network's, up to 9d
        (docs/ranks.md); BEST looks at more.
        """
        if self.visits is not None:
            return self.visits
        if self.rank == UNKNOWN:
            return 1
        if self.rank == BEST:
            return _BEST_VISITS
        by_size = {
            lines: np.interp(self.rank, _SEARCHED, np.log(visits))
            for lines, visits in _VISITS.items()
        }
        return round(float(np.exp(_between_sizes(size, by_size))))


def _between_sizes(size: int, by_size: Mapping[int, float]) -> float:
    """What boards of `size` lines have, from what others have; beyond them that of the nearest."""
    return float(np.interp(size, list(by_size), list(by_size.values())))


def rank_code(text: str | None) -> Rank:
    """The code of a rank that a user asks for, or BEST; None is unknown.

    Raises:
        GocnnError: as `gocnn.go.ranks.read_rank` does.
    """
    if text is None or text.lower() in ("any", "unknown"):
        return UNKNOWN
    if text.lower() == "best":
        return BEST
    return read_rank(text, "pro, or best")


def rank_text(code: Rank) -> str:
    """The text that `rank_code` reads as this code.

    >>> rank_text(BEST), rank_text(rank_code("5K"))
    ('best', '5k')
    """
    return "best" if code == BEST else rank_name(code)


def network_rank(code: Rank) -> Rank:
    """The rank code that the network is given for the rank of a style."""
    return STRONGEST_AMATEUR if code == BEST else code
