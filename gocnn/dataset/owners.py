"""Who owns each point at the end of the counted games of a corpus, by our own scoring.

A record tells the points that a counted game was won by, not who owned what. The dead stones of its
final position are found by playouts (`gocnn.go.scoring.judge`); where the count then agrees with
the record, the owners are a target to learn from.
"""

import threading

import numpy as np
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.rules import RULESETS
from gocnn.go.scoring import judge, score

UNKNOWN_OWNER = 2
_PLAYOUTS = 20  # of a final position, where little is open; some 2 ms on 19x19
_TOLERANCE = 3.0  # points between our count and the record


def counted_leads(records: NDArray[np.void]) -> NDArray[np.float64]:
    """The counted results of games in points, seen from black, komi not counted.

    Args:
        records: `gocnn.corpus.packing.RECORD`[B].

    Returns:
        float64[B]; NaN where the game was not counted or its komi is unknown.
    """
    winners = records["winner"].astype(np.float64)
    leads = winners * records["margin"] + records["komi"]
    return np.where(np.abs(winners) == 1, leads, np.nan)


class FinalOwners:
    """The owners at the end of counted games, found when a game is first asked for.

    Threads may share it: two that ask for one game at a time find the same owners.

    Args:
        corpus: the packed games.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._leads = counted_leads(corpus.games)
        self._known: dict[int, NDArray[np.int8] | None] = {}
        self._lock = threading.Lock()

    def __call__(self, games: NDArray[np.int64], colours: NDArray[np.int8]) -> NDArray[np.int8]:
        """The final owners of positions on boards of one size, seen by the player to move.

        Args:
            games: int64[B], numbers of games of the corpus.
            colours: int8[B], who is to move.

        Returns:
            int8[B, S * S]: 1 the player to move, -1 the opponent, 0 neither; `UNKNOWN_OWNER`
            everywhere where the game was not counted or our count differs from its record.
        """
        size = int(self._corpus.games["size"][games[0]])
        owners = np.full((len(games), size * size), UNKNOWN_OWNER, np.int8)
        for row, (game, colour) in enumerate(zip(games.tolist(), colours.tolist(), strict=True)):
            final = self._find(game)
            if final is not None:
                owners[row] = final * colour
        return owners

    def _find(self, number: int) -> NDArray[np.int8] | None:
        """The owners of a game seen from black; None where they are not known."""
        lead = self._leads[number]
        if np.isnan(lead):
            return None
        with self._lock:
            if number in self._known:
                return self._known[number]
        final = _owners(self._corpus, number, float(lead))
        with self._lock:
            self._known[number] = final
        return final


def _owners(corpus: Corpus, number: int, lead: float) -> NDArray[np.int8] | None:
    game = corpus.game(number)
    try:
        position = game.position()
    except GocnnError:
        return None
    verdict = judge(position, playouts=_PLAYOUTS, seed=number)
    territory = score(position, verdict.owner, verdict.dead, RULESETS["japanese"], verdict.seki)
    counts = int(verdict.owner.sum()), territory.margin + position.komi
    agrees = min(abs(count - lead) for count in counts) <= _TOLERANCE
    return verdict.owner if agrees else None
