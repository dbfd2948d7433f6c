"""Rulesets: how a finished game is counted, and what white gets for a handicap."""

from dataclasses import dataclass

from gocnn.errors import GocnnError
from gocnn.go.board import WHITE
from gocnn.go.position import Position


@dataclass(frozen=True, kw_only=True)
class Ruleset:
    """How a finished game is counted."""

    name: str
    territory: bool  # count territory and prisoners, else area
    handicap: int  # white gets, for a handicap of n: 0 nothing, 1 n points, 2 n - 1 points


RULESETS = {
    rules.name: rules
    for rules in (
        Ruleset(name="chinese", territory=False, handicap=1),
        Ruleset(name="japanese", territory=True, handicap=0),
        Ruleset(name="aga", territory=False, handicap=2),
        Ruleset(name="tromp-taylor", territory=False, handicap=0),
    )
}


def ruleset(name: str) -> Ruleset:
    """The rules of a name, in either case.

    Raises:
        GocnnError: with the names there are.
    """
    try:
        return RULESETS[name.strip().lower()]
    except KeyError:
        raise GocnnError(f"there are no rules {name!r}: try {', '.join(RULESETS)}") from None


def compensation(position: Position, rules: Ruleset) -> int:
    """Points that white gets for black's handicap, apart from komi."""
    stones = count_handicap_stones(position)
    return (0, stones, max(stones - 1, 0))[rules.handicap]


def count_handicap_stones(position: Position) -> int:
    """Handicap stones: set up, or played by black before white's first stone; 0 if even."""
    if position.handicap or position.entries()[1]:
        return position.handicap
    stones = 0
    for colour, point in position.moves:
        if point == position.size**2:
            continue
        if colour == WHITE:
            return stones if stones > 1 else 0
        stones += 1
    return stones if stones > 1 and position.to_move == WHITE else 0
