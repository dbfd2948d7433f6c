"""Ranks out of features: a multinomial logistic regression, game by game, and many games together.

The scale is Fox's, in the groups of Kuboki et al. 2025 (arXiv 2505.00279): 3-5k, 1-2k and each of
1d to 9d. The games of a player count together by the product of their probabilities, tempered,
since the games of one player are more alike than those of different players of a rank.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError

GROUPS = ("3-5k", "1-2k", *(f"{dan}d" for dan in range(1, 10)))
"""The groups of ranks, from the weakest on."""

WEIGHTS = "small"
"""The network that the model was learnt with."""

SHARE = 0.8
"""Of the probability, that an interval holds."""


def group_of(rank: int) -> int:
    """The group of a rank code (`gocnn.go.ranks`), 0 to 10; weaker ones count as the weakest.

    >>> [GROUPS[group_of(rank)] for rank in (1, 18, 19, 20, 21, 29)]
    ['3-5k', '3-5k', '1-2k', '1-2k', '1d', '9d']
    """
    return 0 if rank <= 18 else 1 if rank <= 20 else min(rank, 29) - 19


@dataclass(frozen=True, slots=True)
class RankEstimate:
    """What the games of a player say of the rank."""

    games: int
    group: str  # the likeliest
    low: str  # the likely groups, which hold `SHARE` of the probability
    high: str
    probabilities: tuple[float, ...]  # of each of `GROUPS`

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self) | {"groups": list(GROUPS)}


@dataclass(frozen=True, eq=False)
class RankModel:
    """The weights of the regression."""

    features: tuple[str, ...]  # names, see `gocnn.rating.features.FEATURES`
    mean: NDArray[np.float64]  # [F] of each feature
    scale: NDArray[np.float64]  # [F] its standard deviation
    weights: NDArray[np.float64]  # [F, 11]
    bias: NDArray[np.float64]  # [11]
    temper: float  # N games weigh as N ** temper

    def log_probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The logarithm of each group's probability, game by game.

        Args:
            features: [N, F]; NaN counts as the mean.

        Returns:
            float64[N, 11].
        """
        centred = np.nan_to_num((features - self.mean) / self.scale)
        logits = np.clip(centred, -4, 4) @ self.weights + self.bias
        logits -= logits.max(1, keepdims=True)
        result: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        return result

    def estimate(self, features: NDArray[np.float32]) -> RankEstimate:
        """The rank of a player from features of each game, [N, F].

        Raises:
            GocnnError: when there is no game.
        """
        if not len(features):
            raise GocnnError("there is no game to estimate a rank from")
        return self.together(self.log_probabilities(features))

    def together(self, log_probabilities: NDArray[np.float64]) -> RankEstimate:
        """The rank that the games of one player speak of, from those of each game, [N, 11]."""
        count = len(log_probabilities)
        logits = log_probabilities.sum(0) * count ** (self.temper - 1)
        chances = np.exp(logits - logits.max())
        chances /= chances.sum()
        low, high = interval(chances)
        return RankEstimate(
            games=count,
            group=GROUPS[int(chances.argmax())],
            low=GROUPS[low],
            high=GROUPS[high],
            probabilities=tuple(round(float(chance), 4) for chance in chances),
        )


def interval(chances: NDArray[np.float64], share: float = SHARE) -> tuple[int, int]:
    """The shortest run of groups that holds a share of the probability, as first and last index.

    >>> interval(np.array([0.05, 0.5, 0.35, 0.1]))
    (1, 2)
    """
    count = len(chances)
    sums = np.concatenate([[0.0], np.cumsum(chances)])
    for length in range(1, count + 1):
        held = sums[length:] - sums[: count - length + 1]
        if held.max() >= share - 1e-9:
            first = int(held.argmax())
            return first, first + length - 1
    return 0, count - 1


@cache
def rank_model() -> RankModel:
    """The model that ships, learnt by scripts/release/rank_model.py."""
    data = json.loads((files("gocnn.rating") / "fox.json").read_text(encoding="utf-8"))
    return RankModel(
        features=tuple(data["features"]),
        **{name: np.array(data[name]) for name in ("mean", "scale", "weights", "bias")},
        temper=data["temper"],
    )
