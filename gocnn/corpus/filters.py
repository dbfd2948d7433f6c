"""Which games a corpus takes: by size, length, rank, date, handicap, source and by lot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.go.fingerprint import hash_fraction
from gocnn.go.game import SourceKind
from gocnn.go.ranks import UNKNOWN, Rank, rank_name, read_rank
from gocnn.sgf.properties import parse_date

HANDICAPS = ("any", "even", "only")
_BY_LOT = 1  # the purpose of the draw, see gocnn.go.fingerprint.hash_fraction


@dataclass(frozen=True, kw_only=True)
class Filters:
    """A game passes when it meets every condition."""

    min_moves: int = 20
    min_rank: Rank = UNKNOWN  # of both players; an unknown rank meets no minimum
    since: int = 0  # first day, yyyymmdd; 0: no limit
    until: int = 0  # last day; a date that leaves both answers open does not pass
    handicap: str = "any"  # "any", "even", or "only": handicap games only
    kinds: tuple[SourceKind, ...] = ()  # empty: all
    sample: float = 1.0  # this share of the games, the same ones every time

    def __post_init__(self) -> None:
        if self.handicap not in HANDICAPS:
            raise GocnnError(f"handicap is {', '.join(HANDICAPS)}, not {self.handicap!r}")
        if not 0 < self.sample <= 1:
            raise GocnnError(f"a sample is a share above 0, up to 1, not {self.sample:g}")

    @classmethod
    def parse(
        cls,
        *,
        min_rank: str | None = None,
        since: str | None = None,
        until: str | None = None,
        kinds: str | None = None,
        min_moves: int = 20,
        handicap: str = "any",
        sample: float = 1.0,
    ) -> "Filters":
        """The conditions as a user writes them: ``1d``, ``2015-06``, ``kgs,pro``.

        Raises:
            GocnnError: when one of them cannot be read.
        """
        return cls(
            min_moves=min_moves,
            min_rank=read_rank(min_rank) if min_rank else UNKNOWN,
            since=_day(since) if since else 0,
            until=_last_day(_day(until)) if until else 0,
            handicap=handicap,
            kinds=tuple(_kind(name) for name in kinds.split(",")) if kinds else (),
            sample=sample,
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """What each code of `judge` means; 0 passes."""
        return (
            "",
            f"under {self.min_moves} moves",
            f"a rank unknown or under {rank_name(self.min_rank)}",
            "outside the dates",
            "handicap" if self.handicap == "even" else "no handicap",
            "another source",
            "not in the sample",
        )

    def judge(self, records: NDArray[np.void]) -> NDArray[np.int8]:
        """Codes of the first condition that each game fails, 0 where it passes.

        Args:
            records: the fields ``count, setup, black_rank, white_rank, date, handicap, kind,
                hash`` of `gocnn.corpus.corpus.RECORD`.

        Returns:
            int8[N], indices into `reasons`.
        """
        lower, upper = _span(records["date"].astype(np.int64))
        handicap = records["handicap"] > 0
        passes = (
            records["count"].astype(np.int64) - records["setup"] >= self.min_moves,
            np.minimum(records["black_rank"], records["white_rank"]) >= self.min_rank,
            (lower >= self.since) & ((upper <= self.until) | (self.until == 0)),
            ~handicap if self.handicap == "even" else handicap | (self.handicap == "any"),
            np.isin(records["kind"], self.kinds) if self.kinds else np.True_,
            hash_fraction(records["hash"], _BY_LOT) < self.sample,
        )
        codes = np.zeros(len(records), np.int8)
        for code in range(len(passes), 0, -1):
            codes[~np.broadcast_to(passes[code - 1], codes.shape)] = code
        return codes


def _day(text: str) -> int:
    day = parse_date(text)
    if not day:
        raise GocnnError(f"{text!r} is not a date: write 2015, 2015-06 or 2015-06-30")
    return day


def _last_day(day: int) -> int:
    return int(_span(np.array([day]))[1][0])


def _kind(name: str) -> SourceKind:
    try:
        return SourceKind[name.strip().upper()]
    except KeyError:
        known = ", ".join(kind.name.lower() for kind in SourceKind)
        raise GocnnError(f"{name.strip()!r} is not a source: use {known}") from None


def _span(dates: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first and the last day that a date with unknown parts may mean."""
    upper = np.where(dates % 10000 == 0, dates + 1299, dates)
    upper = np.where(upper % 100 == 0, upper + 99, upper)
    return dates, np.where(dates == 0, 99999999, upper)
