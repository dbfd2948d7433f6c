"""Position in, move out: which move, when to pass, when to resign.

A `Player` takes a `Predict`, any callable that says how likely each move is and who will win; it
needs neither weights nor torch.

Invariants:

- The move chosen is legal, superko included where the position asks for it, and never fills an own
  eye. (An eye-like point never is the last liberty of one chain that it would join to another:
  the empty corner that keeps the two apart is a liberty of both.)
- A pass comes when nothing is left to gain. While something is, the game goes on, also after the
  opponent's pass; a game that is won even if all that is open goes wrong may be ended.
- A resignation needs a low win rate several times running, a board that is a quarter full, and
  playouts that agree. The win rate is the network's; on a board half full it is that of playouts
  where these are far behind and the network sees no lead, because networks know little of how a
  game that is nearly over is counted.
- Early in a game no playout is run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.features import Conditions
from gocnn.jit import jit
from gocnn.playouts import sample, throws_away
from gocnn.position import Position
from gocnn.ranks import RANKS, UNKNOWN, parse_rank, rank_name
from gocnn.rules import EMPTY, Board, is_eye_like, is_legal
from gocnn.scoring import RULESETS, Ruleset, Verdict, compensation, handicap, judge, score

_OPEN = 0.3  # an empty point whose mean owner is nearer to zero may still change hands
_PASSABLE, _RESIGNABLE = 0.3, 0.25  # shares of the points that have a stone
_HALF, _FAR = 0.5, 0.04  # of the points: stones on the board, and how far behind playouts are then
_GLANCES = 64  # playouts for that
_IN_THE_AIR = 0.1  # a pass is, from this share of the likeliest move's probability on
RESIGN = -1  # as a point; a pass is size * size
BEST = -1  # as a rank: whatever wins most
_STRONGEST = UNKNOWN  # the rank to tell the network for that, see docs/experiments.md
_RANKS_HEAT = (1, 21, 29), (2.0, 0.4, 0.0)  # temperatures of 20k, 1d, 9d; between them by the rank


class Prediction(NamedTuple):
    """What a network says of a position with P points."""

    policy: NDArray[np.float32]  # [P + 1] probability of each move; the last is pass; sums to 1
    win: float  # probability that the player to move wins


Predict = Callable[[Position, Conditions], Prediction]
PredictMany = Callable[[Sequence[Position], Sequence[Conditions]], list[Prediction]]


class Choice(NamedTuple):
    """A move and how it came about."""

    point: int  # size * size is a pass, RESIGN resigns
    prediction: Prediction
    reason: str  # a few words for logs


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a player plays.

    Raises:
        GocnnError: when a field is out of range; the message names it.
    """

    rank: int = UNKNOWN  # whom to imitate, a code of gocnn.ranks, or BEST
    opponent_rank: int = UNKNOWN  # unknown tells the network the own rank: most games are even
    kind: int = 0  # a game.SourceKind: the server whose players to imitate
    temperature: float | None = None  # 0 plays the likeliest move, 1 draws; None goes by rank
    least: float = 0.05  # moves below this share of the likeliest are never drawn
    seed: int | None = None  # for draws and playouts; None draws one
    resign: bool = True
    resign_below: float = 0.04  # a win rate under this is hopeless
    resign_after: int = 4  # own moves running that must be hopeless
    playouts: int = 300  # for the end of the game
    rules: Ruleset = RULESETS["chinese"]

    def __post_init__(self) -> None:
        limits: dict[str, tuple[float, float]] = {
            "rank": (BEST, RANKS - 1),
            "opponent_rank": (BEST, RANKS - 1),
            "temperature": (0, 10),
            "least": (0, 1),
            "resign_below": (0, 1),
            "resign_after": (1, 1000),
            "playouts": (1, 100_000),
        }
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if value is None and name == "temperature":
                continue
            if not low <= value <= high:
                raise GocnnError(f"{name} is {low:g} to {high:g}, not {value}")

    @property
    def heat(self) -> float:
        """The temperature that moves are drawn at: 0 always plays the likeliest one.

        Told a weak rank, the network's likeliest moves are still far better than a weak player's
        (docs/experiments.md): what makes a player weak are the other ones. So without a
        temperature of its own a style draws the more freely, the lower its rank.
        """
        if self.temperature is not None:
            return self.temperature
        if self.rank in (BEST, UNKNOWN):
            return 0.0
        return float(np.interp(self.rank, *_RANKS_HEAT))


class Player:
    """Plays for either side of one game after another; call `new_game` between them."""

    def __init__(self, predict: Predict, style: Style | None = None) -> None:
        self.predict = predict
        self.style = style or Style()
        self._random = np.random.default_rng(self.style.seed)
        self._seed = int(self._random.integers(2**32))
        self._hopeless: dict[int, list[int]] = {}

    def new_game(self) -> None:
        """Forget the game so far."""
        self._hopeless.clear()

    def conditions(self, position: Position) -> Conditions:
        """What the network is told beside the position."""
        return Conditions(
            rank=_told(self.style.rank),
            opponent_rank=_told(self.style.opponent_rank or self.style.rank),
            komi=position.komi,
            handicap=handicap(position),
            kind=self.style.kind,
        )

    def choose(self, position: Position) -> Choice:
        """The move for the player to move."""
        prediction = self.predict(position, self.conditions(position))
        moves = candidates(position)
        weights = _clean(prediction.policy)
        passing = len(weights) - 1
        hopeless = self._count_hopeless(position, prediction.win)
        hopeless = hopeless and _filled(position) >= _RESIGNABLE
        if not moves.any():
            return Choice(passing, prediction, "no move is left")
        if not (hopeless or self._may_pass(position, weights, moves)):
            return Choice(self._pick(weights, moves), prediction, "policy")
        verdict = judge(position, playouts=self.style.playouts, seed=self._seed ^ position.hash)
        if hopeless and self._has_lost(position, verdict):
            return Choice(RESIGN, prediction, "hopeless")
        useful = moves & _useful(position.board, position.to_move, *verdict[:3])
        reason = self._reason_to_pass(position, weights, useful, verdict)
        if reason:
            return Choice(passing, prediction, reason)
        if weights[passing] >= weights[:-1][moves].max() and useful.any():
            return Choice(self._pick(weights, useful), prediction, "before a pass")
        return Choice(self._pick(weights, moves), prediction, "policy")

    # -- which move -----------------------------------------------------------------------

    def _pick(self, weights: NDArray[np.float64], moves: NDArray[np.bool_]) -> int:
        """One of the moves: the likeliest, or drawn by temperature."""
        points = np.flatnonzero(moves)
        shares = weights[points]
        if shares.max() <= 0:
            return int(self._random.choice(points))
        heat = self.style.heat
        if heat == 0:
            return int(points[shares.argmax()])
        shares = shares / shares.max()
        shares[shares < self.style.least] = 0
        with np.errstate(under="ignore"):
            shares = shares ** (1 / heat)
        return int(self._random.choice(points, p=shares / shares.sum()))

    # -- the end of the game --------------------------------------------------------------

    def _may_pass(
        self, position: Position, weights: NDArray[np.float64], moves: NDArray[np.bool_]
    ) -> bool:
        """Whether it is time to look at the score: a pass is in the air."""
        least = _IN_THE_AIR if _filled(position) >= _PASSABLE else 1.0
        return _has_passed(position) or bool(weights[-1] >= least * weights[:-1][moves].max())

    def _reason_to_pass(
        self,
        position: Position,
        weights: NDArray[np.float64],
        useful: NDArray[np.bool_],
        verdict: Verdict,
    ) -> str:
        """Why to pass now; empty when the game should go on."""
        if _filled(position) < _PASSABLE:
            return ""  # playouts settle too much while there is room
        if _has_passed(position) and _margins(position, verdict, useful, self.style.rules)[0] > 0:
            return "won"
        return "" if useful.any() else "nothing is left to gain"

    # -- resigning ------------------------------------------------------------------------

    def _count_hopeless(self, position: Position, win: float) -> bool:
        """Note this win rate; whether the last ones of this player were all hopeless."""
        if not self.style.resign:
            return False
        win = self._outlook(position, win)
        plies = self._hopeless.setdefault(position.to_move, [])
        while plies and plies[-1] >= position.ply:
            plies.pop()  # moves were taken back, or asked for again
        if plies and plies[-1] != position.ply - 2:
            plies.clear()
        if not win < self.style.resign_below:
            plies.clear()
            return False
        plies.append(position.ply)
        return len(plies) >= self.style.resign_after

    def _outlook(self, position: Position, win: float) -> float:
        """The win rate of the player to move; the network's, unless playouts know better."""
        if not win < 0.5 or _filled(position) < _HALF:
            return win
        played = sample(
            position.board,
            position.to_move,
            playouts=_GLANCES,
            seed=self._seed ^ position.hash,
        )
        leads = played.margins - position.komi - compensation(position, self.style.rules)
        leads *= position.to_move
        if leads.mean() > -_FAR * position.size**2:
            return win
        return min(win, (np.count_nonzero(leads > 0) + 1) / (_GLANCES + 2))

    def _has_lost(self, position: Position, verdict: Verdict) -> bool:
        """Whether playouts, too, see the player to move behind, by 2% of the board or more."""
        lead = float(verdict.ownership.sum()) - position.komi
        return -lead * position.to_move > 0.02 * position.size**2


def rank_code(text: str | None) -> int:
    """The code of a rank that a user asks for, or BEST; None is unknown.

    Raises:
        GocnnError: when the text is no rank.
    """
    if text is None or text.lower() in ("any", "unknown"):
        return UNKNOWN
    if text.lower() == "best":
        return BEST
    code = parse_rank(text)
    if code == UNKNOWN:
        raise GocnnError(f"{text!r} is no rank: give 20k to 1k, 1d to 9d, pro, or best")
    return code


def rank_text(code: int) -> str:
    """What `rank_code` reads as this code.

    >>> rank_text(BEST), rank_text(rank_code("5K"))
    ('best', '5k')
    """
    return "best" if code == BEST else rank_name(code)


def _told(code: int) -> int:
    return _STRONGEST if code == BEST else code


def candidates(position: Position) -> NDArray[np.bool_]:
    """The legal moves that fill no own eye, as bool[size * size]; pass is not among them."""
    moves = np.zeros(position.size**2, np.bool_)
    moves[position.fresh(np.flatnonzero(sensible(position.board, position.to_move)))] = True
    return moves


@jit
def sensible(board: Board, colour: int) -> NDArray[np.bool_]:
    """bool[P]: the moves that are legal, superko aside, and fill no own eye."""
    moves = np.zeros(board.stones.size - 1, np.bool_)
    for point in range(moves.size):
        moves[point] = is_legal(board, point, colour) and not is_eye_like(board, point, colour)
    return moves


def _filled(position: Position) -> float:
    """The share of the points that have a stone."""
    return np.count_nonzero(position.board.stones[:-1]) / position.size**2


def _has_passed(position: Position) -> bool:
    """Whether the opponent's last move was a pass."""
    if not position.ply:
        return False
    colour, point = position.moves[-1]
    return colour != position.to_move and point == position.size**2


def _clean(policy: NDArray[np.float32]) -> NDArray[np.float64]:
    """The policy as numbers from 0 up, whatever the network said."""
    weights = np.asarray(policy, np.float64)
    return np.where(np.isfinite(weights) & (weights > 0), weights, 0.0)


@jit
def _useful(
    board: Board,
    colour: int,
    owner: NDArray[np.int8],
    ownership: NDArray[np.float32],
    unsure: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """bool[P]: moves that may still gain: on open points, or beside stones of open fate."""
    useful = np.zeros(owner.size, np.bool_)
    for point in range(owner.size):
        if is_legal(board, point, colour) and not throws_away(board, point, colour):
            open_point = owner[point] == EMPTY or abs(ownership[point]) < _OPEN
            for k in range(4):
                near = board.neighbours[point, k]
                open_point |= near < owner.size and unsure[near]
            useful[point] = open_point
    return useful


def _margins(
    position: Position, verdict: Verdict, useful: NDArray[np.bool_], rules: Ruleset
) -> tuple[float, float]:
    """The least and the most that the player to move may win by, open points and stones swung."""
    counted = score(position, verdict.owner, verdict.dead, rules, verdict.seki)
    margin = counted.margin * position.to_move
    swing = np.count_nonzero(useful) + 2 * np.count_nonzero(verdict.unsure)
    return margin - swing, margin + swing
