"""The network's part in a game: its moves, what it thinks of a position, who owns what in the end.

Positions come with each request. What is kept from one move of a game to the next are the player,
who resigns only when several positions in a row were hopeless, and the tree of its search; both are
kept for the last few games, and a game that was forgotten simply starts new ones.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.go.board import BLACK, EMPTY
from gocnn.go.game import SourceKind
from gocnn.go.position import Position
from gocnn.go.rules import Ruleset, count_handicap_stones
from gocnn.go.scoring import judge, score
from gocnn.go.territory import owners, sekis
from gocnn.play.endgame import filled_share
from gocnn.play.outlook import has_lead, judge_outlook
from gocnn.play.player import RESIGN, Player
from gocnn.play.search import Search, likeliest
from gocnn.play.style import Style, network_rank, rank_code
from gocnn.prediction import Conditions, Evaluator, Prediction
from gocnn.web.boards import WebGame
from gocnn.web.fields import BadRequest, Fields, as_integer, as_number, as_object, as_text

MAX_VISITS = 10_000
MAX_CANDIDATES = 26
MAX_EVALUATED = 16  # positions of one request: a move need not wait long behind it
_LOOK_SECONDS = 0.05  # between two looks whether the network is there
_KEPT = 3  # games whose player and search are kept; a search tree may take 100 MB
_LEAD_PLAYOUTS = 64  # for a lead where the network answers none
_MIN_FILLED = 0.3  # share of the points that have a stone, for playouts to tell a lead
_COUNT_PLAYOUTS = 400
_PLAYER_PLAYOUTS = 150  # for the end of a game: half of a style's, so that a move answers at once
KINDS = {kind.name.lower(): int(kind) for kind in SourceKind}


class Stopped(BadRequest):
    """The server ends, and a search with it."""

    def __init__(self) -> None:
        super().__init__("the server has ended", "ended", 503)


class PlayerRequest(NamedTuple):
    """Which player is asked for a move."""

    game: str  # any text that is the same for all moves of a game
    style: Style


def read_player(data: object, rules: Ruleset) -> PlayerRequest:
    """A player from a request: ``{"game", "rank", "kind", "temperature", "visits", "resign"}``.

    Raises:
        BadRequest: when a field is missing or wrong.
        GocnnError: when the rank is not one.
    """
    fields = as_object(data, "player")
    temperature, visits = fields.get("temperature"), fields.get("visits")
    style = Style(
        rank=rank_code(as_text(fields.get("rank"), "rank")),
        kind=_read_kind(fields),
        temperature=None if temperature is None else as_number(temperature, "temperature", 0, 10),
        visits=None if visits is None else as_integer(visits, "visits", 1, MAX_VISITS),
        resign=fields.get("resign", True) is True,
        playouts=_PLAYER_PLAYOUTS,
        rules=rules,
    )
    return PlayerRequest(as_text(fields.get("game"), "player, game", 100), style)


def read_conditions(data: Fields, position: Position) -> Conditions:
    """What the network is told of a position that it shall judge: ``{"rank", "kind"}``.

    Raises:
        BadRequest: when a field is wrong.
        GocnnError: when the rank is not one.
    """
    rank = network_rank(rank_code(as_text(data.get("rank", "any"), "rank")))
    return Conditions(
        rank=rank,
        opponent_rank=rank,
        komi=position.komi,
        handicap=count_handicap_stones(position),
        kind=_read_kind(data),
    )


def _read_kind(data: Fields) -> int:
    kind = as_text(data.get("kind", "unknown"), "kind")
    if kind not in KINDS:
        raise BadRequest(f"kind must be one of {', '.join(KINDS)}")
    return KINDS[kind]


class Engine:
    """Answers for the network; may be called from several threads, which then take turns.

    Args:
        network: predicts positions.
        loading: says whether the network would have to be waited for.
    """

    def __init__(self, network: Evaluator, loading: Callable[[], bool] = lambda: False) -> None:
        self._network, self._loading = network, loading
        self._turn = threading.Lock()
        self._players: OrderedDict[str, tuple[Player, Search]] = OrderedDict()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End a search that is going on, and answer nothing more."""
        self._stopped.set()

    # -- moves ----------------------------------------------------------------------------

    def choose(self, game: WebGame, player: PlayerRequest) -> dict[str, Any]:
        """The player's move: a point (size * size is a pass) or "resign", and why.

        Raises:
            Stopped: when the server ends meanwhile.
        """
        with self._turn:
            self._wait()
            chooser, search = self._player(player, game.position.size)
            conditions = chooser.conditions(game.position)
            for analysis in search.analyse(game.position, conditions, max_moves=1):
                if self._stopped.is_set():
                    raise Stopped
                prediction = analysis.prediction
                if search.visits == 1:
                    break  # what follows are variations, which nobody asked for
            choice = chooser.decide(game.position, prediction)
        point = "resign" if choice.point == RESIGN else choice.point
        return {"point": point, "reason": choice.reason}

    def _player(self, asked: PlayerRequest, size: int) -> tuple[Player, Search]:
        """The player of a game and its search, set to what is asked for on such a board."""
        kept = self._players.get(asked.game)
        if kept is None:
            search = Search(self._network)
            kept = Player(search, asked.style), search
            self._players[asked.game] = kept
            while len(self._players) > _KEPT:
                self._players.popitem(last=False)
        self._players.move_to_end(asked.game)
        player, search = kept
        player.style = replace(asked.style, seed=player.style.seed)
        search.follow(asked.style, size)
        return player, search

    # -- what it thinks -------------------------------------------------------------------

    def analyse(self, game: WebGame, conditions: Conditions, top: int) -> dict[str, Any]:
        """Candidates, heat map, ownership, win rate and lead of a position.

        Args:
            game: with the position.
            conditions: from `read_conditions`.
            top: how many candidates, at most.
        """
        with self._turn:
            (prediction,) = self._predict([game.position], [conditions])
            points = likeliest(game.position, prediction, top)
            outlook = self._outlook(game, prediction)
        return {
            "candidates": [
                {"point": point, "probability": round(float(prediction.policy[point]), 4)}
                for point in points
                if prediction.policy[point] > 0
            ],
            "heat": _rounded(prediction.policy[:-1]),
            "ownership": None if prediction.ownership is None else _rounded(prediction.ownership),
            **outlook,
        }

    def evaluate(
        self, games: Sequence[WebGame], conditions: Sequence[Conditions]
    ) -> list[dict[str, float | None]]:
        """Black's win rate and lead in each of some positions of one game."""
        with self._turn:
            predictions = self._predict([game.position for game in games], conditions)
            return [
                self._outlook(game, prediction)
                for game, prediction in zip(games, predictions, strict=True)
            ]

    def _predict(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        self._wait()
        return self._network(positions, conditions)

    def _wait(self) -> None:
        """Wait for the network, which takes a minute where everything has to be compiled."""
        while self._loading():
            if self._stopped.wait(_LOOK_SECONDS):
                break
        if self._stopped.is_set():
            raise Stopped

    def _outlook(self, game: WebGame, prediction: Prediction) -> dict[str, float | None]:
        """Black's win rate and lead, by the judge of all of gocnn.

        Where the network answers no lead it is that of playouts, which early in a game are no
        guide: a third of the board has to be filled.
        """
        position, win = game.position, prediction.win
        leading: float | None = None
        if has_lead(prediction) or filled_share(position) >= _MIN_FILLED:
            outlook = judge_outlook(
                position, prediction, game.rules, playouts=_LEAD_PLAYOUTS, seed=position.hash
            )
            win, leading = outlook.win, round(outlook.lead * position.to_move, 1)
        black = win if position.to_move == BLACK else 1 - win
        return {"win": round(black, 4), "lead": leading}


def count(game: WebGame, dead: Sequence[int] | None, toggle: int | None) -> dict[str, Any]:
    """Count a finished game.

    Args:
        game: with the last position.
        dead: the points of dead stones; None to have them found by playouts.
        toggle: the point of a stone that a user says is dead where it was alive, or alive where it
            was dead; its whole chain follows.

    Returns:
        The dead stones, the owner of each point (black 1, white -1), black's margin with komi, and
        the result as SGF writes it.
    """
    position, rules = game
    stones = position.board.stones[:-1] != EMPTY
    if dead is None:
        marked = judge(position, playouts=_COUNT_PLAYOUTS).dead
    else:
        marked = np.zeros(stones.size, np.bool_)
        marked[list(dead)] = True
        marked &= stones
    if toggle is not None and stones[toggle]:
        chain = stones & (position.board.head[: stones.size] == position.board.head[toggle])
        marked = np.where(chain, ~marked[toggle], marked)
    owner = owners(position.board, marked)
    result = score(position, owner, marked, rules, sekis(position.board, marked))
    return {
        "dead": np.flatnonzero(marked).tolist(),
        "owner": owner.tolist(),
        "margin": result.margin,
        "result": str(result),
    }


def _rounded(values: NDArray[np.float32]) -> list[float]:
    return [round(value, 4) for value in values.tolist()]
