"""What the network sees: named planes, global inputs, and one version id for both.

An `Encoding` names its planes and its globals with their counts; totals are sums. Weights name the
encoding they were trained on; change what a plane means and the id must change too. The parts of
`FULL` leave some of it out: networks trained on them show what the rest is worth.
"""

from dataclasses import dataclass

from gocnn.errors import GocnnError
from gocnn.features.planes import FULL_PLANES
from gocnn.go.ranks import RANKS

Group = tuple[str, int]

ERAS = (19400101, 19850101, 20050101, 20170101)  # where one style of play gives way to the next
KINDS = 5
KOMI_KNOWN, KOMI = "komi is known", "komi / 10, from the mover's side"
_FULL_GLOBALS: tuple[Group, ...] = (
    ("rank of the player to move", RANKS),
    ("rank of the opponent", RANKS),
    ("black is to move", 1),
    (KOMI_KNOWN, 1),
    (KOMI, 1),
    ("handicap / 9", 1),
    ("kind of source", KINDS),
    ("era: unknown, then by the years 1940, 1985, 2005, 2017", len(ERAS) + 2),
)
_PLAIN_PLANES: tuple[Group, ...] = (("black 1, white -1, empty 0", 1),)
_PLAIN_GLOBALS: tuple[Group, ...] = (("black is to move", 1),)


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """One way to show a position to a network."""

    name: str  # the version id that weights carry
    planes: tuple[Group, ...]  # (meaning, number of planes)
    globals: tuple[Group, ...]  # (meaning, number of values)
    whole: "Encoding | None" = None  # of which this one is a part

    def without(self, *meanings: str, name: str) -> "Encoding":
        """The part of this encoding that leaves out these planes and globals.

        Raises:
            ValueError: when this encoding has not all of them.
        """
        own_meanings = {meaning for meaning, _ in (*self.planes, *self.globals)}
        if strange := set(meanings) - own_meanings:
            raise ValueError(f"{self.name} has no {', '.join(sorted(strange))}")
        return Encoding(
            name=name,
            planes=tuple(group for group in self.planes if group[0] not in meanings),
            globals=tuple(group for group in self.globals if group[0] not in meanings),
            whole=self,
        )

    def global_column(self, meaning: str) -> int | None:
        """The first column of a global input among all of them; None where it is not there."""
        column = 0
        for name, count in self.globals:
            if name == meaning:
                return column
            column += count
        return None

    @property
    def plane_count(self) -> int:
        """Number of planes."""
        return sum(count for _, count in self.planes)

    @property
    def global_count(self) -> int:
        """Number of global inputs."""
        return sum(count for _, count in self.globals)


FULL = Encoding(name="full-1", planes=FULL_PLANES, globals=_FULL_GLOBALS)
PLAIN = Encoding(name="plain-1", planes=_PLAIN_PLANES, globals=_PLAIN_GLOBALS)

_HISTORY = "the last 8 moves, latest first"
_LADDERS = (
    "moves that catch in a ladder",
    "moves that escape from a ladder",
    "own stones lost in a ladder",
)
_LIBERTIES = (  # and what follows from counting them
    "stones with 1, 2, 3, 4+ liberties",
    "moves that would have 1, ..., 5, 6+ liberties",
    "moves that would capture 1, 2, 3, 4+ stones",
    "moves that put 1, 2, 3+ own stones in atari",
)
_RANKS = ("rank of the player to move", "rank of the opponent")
_BEYOND_STONES = (*_LIBERTIES, *_LADDERS, "ko", "legal moves")
PARTS = (
    FULL.without(_HISTORY, name="full-1-no-history"),
    FULL.without(*_LADDERS, name="full-1-no-ladders"),
    FULL.without(*_LIBERTIES, *_LADDERS, name="full-1-no-liberties-no-ladders"),
    # The four and the twelve planes of AlphaGo's own comparison (2016, extended data table 3).
    FULL.without(*_BEYOND_STONES, _HISTORY, name="full-1-stones"),
    FULL.without(*_BEYOND_STONES, name="full-1-stones-history"),
    FULL.without(*_RANKS, name="full-1-no-ranks"),
    # Who is to move stays: the planes do not show the colour.
    FULL.without(
        *(meaning for meaning, _ in _FULL_GLOBALS if meaning != "black is to move"),
        name="full-1-no-globals",
    ),
)
ENCODINGS = {encoding.name: encoding for encoding in (FULL, PLAIN, *PARTS)}


def encoding_named(name: str) -> Encoding:
    """The registered encoding of that name.

    Raises:
        GocnnError: when there is none.
    """
    if name not in ENCODINGS:
        raise GocnnError(f"unknown encoding {name!r}; there are {', '.join(sorted(ENCODINGS))}")
    return ENCODINGS[name]
