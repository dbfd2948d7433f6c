"""The rank that moves speak of: game by game, and many games together.

Each move of a player, as a residual network sees it (`gocnn.rating.features.move_features`), goes
through two layers. Means and spreads of what comes out, over the player's moves of the game, and
the features of the whole game give each group of ranks its probability. The games of a player count
together by the product of their probabilities, tempered, since the games of one player are more
alike than those of different players of a rank. Several such models, which differ by their seed,
are averaged.

There are two scales. Fox's is that of Kuboki et al. 2025 (arXiv 2505.00279): 3-5k, 1-2k and each of
1d to 9d. The other is that of games that were sent to reviewers, KGS, IGS and others together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.go.game import SourceKind
from gocnn.go.ranks import PRO, UNKNOWN
from gocnn.inference.weights import load_metadata, load_tensors, save_tensors
from gocnn.rating.features import FEATURES, PlayedGame
from gocnn.weights.names import resolve

WEIGHTS = "small"
"""The network that the models were learnt with."""

SHARE = 0.8
"""Of the probability, that an interval holds."""

LEAST_SPREAD = 1e-4
"""Added to the variance of a unit: the root has no gradient at 0."""


@dataclass(frozen=True)
class Scale:
    """Groups of ranks."""

    name: str
    about: str  # whose ranks they are
    groups: tuple[str, ...]  # from the weakest on
    starts: tuple[int, ...]  # the lowest rank code of each group but the first
    kinds: frozenset[int]  # servers (`SourceKind`) whose games the model was learnt on

    def group_of(self, rank: int) -> int:
        """The group of a rank code (`gocnn.go.ranks`).

        >>> [FOX.groups[FOX.group_of(rank)] for rank in (1, 18, 19, 20, 21, 29)]
        ['3-5k', '3-5k', '1-2k', '1-2k', '1d', '9d']
        """
        return int(np.searchsorted(self.starts, rank, side="right"))


FOX = Scale(
    "fox",
    "the ranks of Fox",
    ("3-5k", "1-2k", *(f"{dan}d" for dan in range(1, 10))),
    (19, *range(21, 30)),
    frozenset({SourceKind.FOX}),
)
KGS = Scale(
    "kgs",
    "the ranks of KGS, IGS and others",
    ("17-30k", "14-16k", "12-13k", "10-11k", "8-9k", "6-7k", "4-5k", "2-3k", "1k-1d", "2d+"),
    (5, 8, 10, 12, 14, 16, 18, 20, 22),
    frozenset({SourceKind.KGS, SourceKind.UNKNOWN}),
)
SCALES = {scale.name: scale for scale in (FOX, KGS)}


def is_ranked(rank: int) -> bool:
    """Whether a rank code is that of an amateur."""
    return rank not in (UNKNOWN, PRO)


def scale_for(kinds: Iterable[int]) -> Scale:
    """The scale for games of some servers: Fox's where most are from Fox or Tygem."""
    asian = [kind in (SourceKind.FOX, SourceKind.TYGEM) for kind in kinds]
    return FOX if 2 * sum(asian) > len(asian) else KGS


@dataclass(frozen=True, slots=True)
class RankEstimate:
    """What the games of a player say of the rank."""

    games: int
    group: str  # the likeliest
    low: str  # the likely groups, which hold `SHARE` of the probability
    high: str
    probabilities: tuple[float, ...]  # of each of `groups`
    groups: tuple[str, ...]
    scale: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        lists = {name: list(getattr(self, name)) for name in ("probabilities", "groups")}
        return asdict(self) | lists | {"about": SCALES[self.scale].about}


@dataclass(frozen=True, eq=False)
class RankModel:
    """The weights: M models, H units a layer, V features of a move, F of a game, G groups."""

    scale: Scale
    move_mean: NDArray[np.float32]  # [V] of each feature of a move
    move_scale: NDArray[np.float32]  # [V] its standard deviation
    mean: NDArray[np.float32]  # [F] likewise of each feature of a game
    spread: NDArray[np.float32]  # [F]
    first: NDArray[np.float32]  # [M, V, H]
    first_bias: NDArray[np.float32]  # [M, H]
    second: NDArray[np.float32]  # [M, H, H]
    second_bias: NDArray[np.float32]  # [M, H]
    last: NDArray[np.float32]  # [M, 2 * H + F, G]
    last_bias: NDArray[np.float32]  # [M, G]
    temper: float  # N games weigh as N ** temper

    def log_probabilities(self, games: Sequence[PlayedGame]) -> NDArray[np.float64]:
        """The logarithm of each group's probability, game by game, float64[N, G]."""
        rows = [self._of_game(game) for game in games]
        return np.array(rows).reshape(len(games), len(self.scale.groups))

    def _of_game(self, game: PlayedGame) -> NDArray[np.float64]:
        moves = self.inputs(game.moves)
        hidden = np.maximum(moves @ self.first + self.first_bias[:, None], 0)
        hidden = np.maximum(hidden @ self.second + self.second_bias[:, None], 0)
        mean = hidden.mean(1)
        spread = np.sqrt(np.maximum((hidden**2).mean(1) - mean**2, 0) + LEAST_SPREAD)
        whole = np.broadcast_to(self.game_inputs(game.whole), (len(mean), len(self.mean)))
        read = np.concatenate((mean, spread, whole), axis=1)[:, None]
        logits = (read @ self.last)[:, 0] + self.last_bias
        return _normalised(_normalised(logits.astype(np.float64)).mean(0))

    def inputs(self, moves: NDArray[np.float16]) -> NDArray[np.float32]:
        """Features of moves, each about as large."""
        scaled: NDArray[np.float32] = (moves.astype(np.float32) - self.move_mean) / self.move_scale
        return scaled

    def game_inputs(self, whole: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features of games, each about as large; a missing one counts as the mean."""
        scaled: NDArray[np.float32] = np.nan_to_num((whole - self.mean) / self.spread)
        return np.clip(scaled, -4, 4)

    def estimate(self, games: Sequence[PlayedGame]) -> RankEstimate:
        """The rank of a player from some games.

        Raises:
            GocnnError: when there is no game.
        """
        if not games:
            raise GocnnError("there is no game to estimate a rank from")
        return self.together(self.log_probabilities(games))

    def together(self, log_probabilities: NDArray[np.float64]) -> RankEstimate:
        """The rank that the games of one player speak of, from those of each game, [N, G]."""
        count = len(log_probabilities)
        chances = np.exp(_normalised(log_probabilities.sum(0) * count ** (self.temper - 1)))
        low, high = interval(chances)
        groups = self.scale.groups
        return RankEstimate(
            games=count,
            group=groups[int(chances.argmax())],
            low=groups[low],
            high=groups[high],
            probabilities=tuple(round(float(chance), 4) for chance in chances),
            groups=groups,
            scale=self.scale.name,
        )


def _normalised(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms of probabilities along the last axis."""
    logits = logits - logits.max(-1, keepdims=True)
    result: NDArray[np.float64] = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return result


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


def save_rank_model(model: RankModel, path: Path, games: int) -> None:
    """Write a model with the number of games that it was learnt from, and with what network.

    Raises:
        GocnnError: when the file cannot be written.
    """
    tensors = {
        field.name: torch.from_numpy(np.ascontiguousarray(getattr(model, field.name))).half()
        for field in fields(model)
        if field.name not in _ABOUT
    }
    about = {"scale": model.scale.name, "temper": model.temper, "features": FEATURES}
    save_tensors(path, tensors, about | {"games": games, "network": network_checksum()})


_ABOUT = "scale", "temper"


def network_checksum() -> str:
    """That of the network that models are learnt with, as it is now."""
    return str(load_metadata(resolve(WEIGHTS))["checksum"])


@cache
def rank_model(scale: Scale) -> RankModel:
    """The model that ships, learnt by scripts/release/rank_model.py.

    Raises:
        GocnnError: when its file is damaged.
    """
    tensors, about = load_tensors(Path(__file__).parent / f"{scale.name}.safetensors")
    arrays = {name: tensor.float().numpy() for name, tensor in tensors.items()}
    return RankModel(scale=scale, temper=about["temper"], **arrays)
