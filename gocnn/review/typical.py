"""What match rates are typical of each rank, measured once for the shipped network.

The file `typical.json` is written by scripts/release/typical_rates.py.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from gocnn.go.game import Game, SourceKind
from gocnn.go.ranks import PRO, Rank, rank_name

_SCALES = {SourceKind.FOX: "fox", SourceKind.TYGEM: "fox", SourceKind.PRO: "pro"}
_NAMES = {"fox": "Fox", "kgs": "KGS", "pro": ""}
_MEASURED_SIZE = 19


class TypicalBand(NamedTuple):
    """What is typical of the players of one band of ranks."""

    scale: str  # "fox", "kgs" or "pro": servers differ in what they call 1 dan
    low: int  # the weakest rank code
    high: int
    positions: int
    rates: Mapping[str, Mapping[str, Any]]  # by phase: top1 and top5, each [mean, margin]

    @property
    def label(self) -> str:
        """Such as "Fox 3k-5k"."""
        if self.low == PRO:
            return "professionals"
        names = [rank_name(Rank(code)) for code in dict.fromkeys((self.low, self.high))]
        weakest = " and weaker" if self.low == self.high == 1 else ""
        return f"{_NAMES[self.scale]} {'-'.join(names)}{weakest}".strip()


@cache
def typical_bands() -> tuple[TypicalBand, ...]:
    """All that was measured, the weakest of each scale first."""
    file = files("gocnn.review") / "typical.json"
    if not file.is_file():  # a clone in which it is being measured anew
        return ()
    data = json.loads(file.read_text(encoding="utf-8"))
    bands: dict[tuple[str, int, int], TypicalBand] = {}
    for measured in data["rows"]:
        key = measured["scale"], measured["low"], measured["high"]
        band = bands.get(key) or TypicalBand(*key, measured["positions"], {})
        rates = {"top1": measured["top1"], "top5": measured["top5"]}
        bands[key] = band._replace(rates={**band.rates, measured["phase"]: rates})
    return tuple(
        sorted(bands.values(), key=lambda band: (list(_NAMES).index(band.scale), band.low))
    )


def typical_index(game: Game, colour: int) -> int | None:
    """The index in `typical_bands` of a player's rank; None where nothing was measured."""
    if game.size != _MEASURED_SIZE:
        return None
    rank = game.rank_of(colour)
    scale = "pro" if rank == PRO else _SCALES.get(SourceKind(game.kind), "kgs")
    for index, band in enumerate(typical_bands()):
        if band.scale == scale and band.low <= rank <= band.high:
            return index
    return None
