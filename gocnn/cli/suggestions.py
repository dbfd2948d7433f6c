"""What `gocnn suggest` prints: the likely moves of a position, as text and as JSON."""

from typing import Any, NamedTuple

from gocnn.cli.position_input import AskedPosition
from gocnn.go.coords import point_of_vertex, vertex
from gocnn.go.position import colour_name
from gocnn.go.ranks import UNKNOWN, rank_name
from gocnn.prediction import Prediction
from gocnn.render.text import board_text, letter

MOST = 26  # moves that can be listed: letters there are
_BAR = 40  # characters of a bar that stands for certainty


class Suggestion(NamedTuple):
    """A likely move."""

    letter: str  # on the board; empty for pass
    vertex: str
    probability: float


def likely_moves(prediction: Prediction, size: int, top: int) -> list[Suggestion]:
    """The likeliest moves, at most `top` of them, best first; those without a chance are left out.

    Args:
        prediction: with a policy over size * size + 1 moves.
        size: lines of the board.
        top: 1 to `MOST`.
    """
    order = prediction.policy.argsort()[::-1][: max(1, min(top, MOST))].tolist()
    order = [point for point in order if prediction.policy[point] > 0]
    letters = letter(point for point in order if point < size * size)
    return [
        Suggestion(letters.get(point, ""), vertex(point, size), float(prediction.policy[point]))
        for point in order
    ]


def as_dict(asked: AskedPosition, prediction: Prediction, top: int) -> dict[str, Any]:
    """What `--json` prints."""
    size = asked.position.size
    return {
        "size": size,
        "move": asked.position.ply + 1,
        "to_move": colour_name(asked.position.to_move),
        "komi": asked.conditions.komi,
        "handicap": asked.conditions.handicap,
        "rank": rank_name(asked.conditions.rank),
        "opponent_rank": rank_name(asked.conditions.opponent_rank),
        "win_rate": round(prediction.win, 4),
        "moves": [
            {"vertex": move.vertex, "probability": round(move.probability, 4)}
            for move in likely_moves(prediction, size, top)
        ],
        "played": None if asked.played is None else vertex(asked.played, size),
    }


def as_text(asked: AskedPosition, prediction: Prediction, top: int, *, colour: bool = False) -> str:
    """The board with the moves lettered, and the table of their probabilities."""
    position, size = asked.position, asked.position.size
    moves = likely_moves(prediction, size, top)
    labels = {point_of_vertex(move.vertex, size): move.letter for move in moves if move.letter}
    lines = [board_text(position, labels, colour=colour), "", _heading(asked, prediction), ""]
    for move in moves:
        bar = "#" * round(_BAR * move.probability)
        mark = " <- played" if asked.played == point_of_vertex(move.vertex, size) else ""
        row = f"  {move.letter or ' '}  {move.vertex:4}  {move.probability:6.1%}  {bar}{mark}"
        lines.append(row.rstrip())
    if asked.played is not None and not any("<- played" in line for line in lines):
        share = float(prediction.policy[asked.played])
        lines.append(f"     {vertex(asked.played, size):4}  {share:6.1%}  <- played")
    return "\n".join(lines)


def _heading(asked: AskedPosition, prediction: Prediction) -> str:
    conditions = asked.conditions
    who = colour_name(asked.position.to_move)
    if conditions.rank != UNKNOWN:
        who += f" ({rank_name(conditions.rank)})"
    komi = "" if conditions.komi is None else f", komi {conditions.komi:g}"
    stones = f", {conditions.handicap} stones handicap" if conditions.handicap else ""
    return (
        f"Move {asked.position.ply + 1}, {who} to play{komi}{stones}: "
        f"wins {prediction.win:.0%} of such games."
    )
