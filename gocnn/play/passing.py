"""What a pass would cost: whether the opponent can gain by going on.

Playouts that find nothing left to gain overlook what has to be defended: a chain that runs out of
liberties once the neutral points are filled is safe in most random games. So before a pass the
network is asked for the opponent's next moves and for the own answers, and what has come of them is
counted.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gocnn.go.playouts import throws_away
from gocnn.go.position import Position
from gocnn.go.rules import Ruleset
from gocnn.go.scoring import judge, score
from gocnn.prediction import Prediction

Predict = Callable[[Sequence[Position]], list[Prediction]]
_REPLIES = 4  # moves of the opponent that are looked at, the likeliest
_LIKELY = 0.1  # and as likely as this share of the likeliest one
_LOSS = 1.0  # points; a smaller difference is none


def forestalling_move(
    position: Position, predict: Predict, rules: Ruleset, *, playouts: int, seed: int
) -> int:
    """The move to play in place of a pass by which the opponent would gain a point or more.

    It is the own answer to the opponent's best move, which would have to be played anyway, or
    that move itself, whichever leaves more; never less than after the pass.

    Args:
        position: nearly finished; left as it is.
        predict: predicts positions for their players to move.
        rules: how the game is counted.
        playouts: how many, to count a position.
        seed: of the playouts.

    Returns:
        A legal move that fills no own eye; a pass where the opponent can gain nothing.
    """
    own = position.to_move
    pass_point = position.size**2

    def margin(after: Position) -> float:
        verdict = judge(after, playouts=playouts, seed=seed)
        return own * score(after, verdict.owner, verdict.dead, rules, verdict.seki).margin

    passed = _after(position, pass_point)
    (expected,) = predict([passed])
    threats = _likely(passed, expected.policy)
    if not threats:
        return pass_point
    threatened = [_after(passed, threat) for threat in threats]
    answers = [
        _likeliest(after, prediction.policy)
        for after, prediction in zip(threatened, predict(threatened), strict=True)
    ]
    margins = [
        margin(_after(after, answer)) for after, answer in zip(threatened, answers, strict=True)
    ]
    worst = int(np.argmin(margins))
    if margins[worst] > margin(passed) - _LOSS:
        return pass_point
    threat, answer = threats[worst], answers[worst]
    playable = position.candidate_moves()
    best, most = pass_point, margins[worst] - _LOSS / 2
    for move in (answer, threat):
        if move == pass_point or not playable[move] or throws_away(position.board, move, own):
            continue
        after = _after(position, move)
        if after.is_legal(threat):
            after.play(threat)
        if (left := margin(after)) > most:
            best, most = move, left
    return best


def _after(position: Position, move: int) -> Position:
    after = position.copy()
    after.play(move)
    return after


def _likely(position: Position, policy: NDArray[np.float32]) -> list[int]:
    """The likeliest moves but the pass, the likeliest first."""
    points = np.flatnonzero(position.candidate_moves())
    points = points[np.argsort(-policy[points], kind="stable")][:_REPLIES]
    return [int(p) for p in points if policy[p] > 0 and policy[p] >= _LIKELY * policy[points[0]]]


def _likeliest(position: Position, policy: NDArray[np.float32]) -> int:
    allowed = [*np.flatnonzero(position.candidate_moves()).tolist(), position.size**2]
    return int(allowed[int(policy[allowed].argmax())])
