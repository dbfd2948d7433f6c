"""One player's moves of one game as numbers that differ between ranks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import BLACK
from gocnn.go.phases import PHASES, phase_ends
from gocnn.rating.traits import MoveTraits

_FAR, _CONTACT = 40.0, 3.0  # distances: more is the same; a stone beside the last one
_MOST_POINTS = 20.0  # that a move costs: more is the same
_FEWEST = 5  # moves; a phase of fewer tells nothing

_PART = (
    *("surprise", "best", "first", "first 3", "first 10", "place", "entropy", "unexpected"),
    *("behind best", "behind 2", "behind 4", "behind 6"),
    *("loss", "loss spread", "loss 5 %", "loss 10 %", "loss 20 %", "positive loss"),
    *("points lost", "points 2", "points 5", "points 10"),
    *("distance", "contact", "far", "own distance", "own contact"),
    *("line", "line 1", "line 2", "line 3", "line 4", "centre"),
)
FEATURES = (
    *(f"{phase}: {name}" for phase in ("all", *PHASES) for name in _PART),
    *("moves", "decided", "win rate"),
)
"""What each number of `player_features` is."""

MOVE_FEATURES = 19
"""Numbers of each move beside what the tower answers, see `move_features`."""


class PlayedGame(NamedTuple):
    """One player's game, in numbers."""

    moves: NDArray[np.float16]  # [N, 2 * C + MOVE_FEATURES] of each move, see `move_features`
    whole: NDArray[np.float32]  # [len(FEATURES)] of the game, see `player_features`


def played_game(traits: MoveTraits, game: int, colour: int, size: int) -> PlayedGame:
    """One player's moves of one game.

    Args:
        traits: of some games.
        game: which of them.
        colour: whose moves.
        size: lines of the board.
    """
    own = (traits.games == game) & (traits.colours == colour)
    return PlayedGame(move_features(traits, own), player_features(traits, game, colour, size))


def move_features(traits: MoveTraits, chosen: NDArray[np.bool_]) -> NDArray[np.float16]:
    """The traits of some moves as numbers of about the same size, [N, 2 * C + MOVE_FEATURES]."""
    loss, points = np.nan_to_num(traits.win - traits.after), _points(traits)
    columns = (
        *(traits.surprise, traits.best, traits.surprise - traits.best, np.log(traits.place)),
        *(traits.entropy, traits.win, loss, 5 * np.maximum(loss, 0)),
        *(np.nan_to_num(traits.lead).clip(-50, 50) / 20, points / 5, np.maximum(points, 0) / 5),
        *(np.minimum(distance, _FAR) / 10 for distance in (traits.distance, traits.own_distance)),
        *(traits.line / 5, traits.plies / 100, (traits.plies / 100) ** 2),
        *(traits.plies < 10, traits.plies < 40, traits.colours == BLACK),
    )
    seen = np.stack(columns, axis=1).astype(np.float16)
    assert seen.shape[1] == MOVE_FEATURES
    return np.concatenate((traits.board, traits.point, seen), axis=1)[chosen]


def player_features(traits: MoveTraits, game: int, colour: int, size: int) -> NDArray[np.float32]:
    """The means of a player's moves over a game and over each phase.

    Args:
        traits: of some games.
        game: which of them.
        colour: whose moves.
        size: lines of the board.

    Returns:
        float32[len(FEATURES)]; NaN for a phase of fewer than five moves.
    """
    own = (traits.games == game) & (traits.colours == colour)
    phases = np.searchsorted(phase_ends(size), traits.plies, side="right")
    parts = [_part(traits, own)]
    parts += [_part(traits, own & (phases == phase)) for phase in range(len(PHASES))]
    win = traits.win[own]
    decided = (np.abs(2 * win - 1).mean(), win.mean()) if len(win) else (np.nan, np.nan)
    return np.concatenate([*parts, (np.log1p(len(win)), *decided)]).astype(np.float32)


def _part(traits: MoveTraits, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    if np.count_nonzero(chosen) < _FEWEST:
        return np.full(len(_PART), np.nan)
    surprise, best, place = (
        column[chosen].astype(np.float64) for column in (traits.surprise, traits.best, traits.place)
    )
    entropy = traits.entropy[chosen].astype(np.float64)
    behind = surprise - best
    loss = (traits.win - traits.after)[chosen]
    loss = loss[~np.isnan(loss)].astype(np.float64)
    loss = loss if len(loss) else np.zeros(1)
    points = np.maximum(_points(traits)[chosen], 0).astype(np.float64)
    distance, own_distance, line = (
        column[chosen & (column >= 0)].astype(np.float64)
        for column in (traits.distance, traits.own_distance, traits.line)
    )
    return np.array(
        [
            *(surprise.mean(), best.mean()),
            *(_share(place <= most) for most in (1, 3, 10)),
            *(np.log(place).mean(), entropy.mean(), (surprise - entropy).mean(), behind.mean()),
            *(_share(behind > nats) for nats in (2, 4, 6)),
            *(loss.mean(), loss.std()),
            *(_share(loss > lost) for lost in (0.05, 0.1, 0.2)),
            np.clip(loss, 0, 1).mean(),
            points.mean(),
            *(_share(points > lost) for lost in (2, 5, 10)),
            *(
                _mean(np.minimum(distance, _FAR)),
                _share(distance <= _CONTACT),
                _share(distance > 10),
            ),
            *(_mean(np.minimum(own_distance, _FAR)), _share(own_distance <= _CONTACT)),
            _mean(line),
            *(_share(line == number) for number in (1, 2, 3, 4)),
            _share(line > 5),
        ]
    )


def _points(traits: MoveTraits) -> NDArray[np.float32]:
    """The points that moves cost, gains below 0; 0 where the network answers no lead."""
    lost: NDArray[np.float32] = np.nan_to_num(traits.lead - traits.lead_after)
    return lost.clip(-_MOST_POINTS, _MOST_POINTS)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _share(hits: NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else 0.0
