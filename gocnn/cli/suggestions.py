"""What `gocnn suggest` answers: the likely moves of a position, as text, picture and JSON."""

import textwrap
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gocnn.cli.position_input import AskedPosition
from gocnn.go.board import BLACK, WHITE
from gocnn.go.coords import point_of_vertex, vertex
from gocnn.go.game import split_source
from gocnn.go.position import colour_name
from gocnn.go.ranks import UNKNOWN, rank_name
from gocnn.prediction import Prediction
from gocnn.render.diagram import Diagram, letter, printable
from gocnn.render.text import to_text

MOST = 26  # moves that can be listed: letters there are
_COLUMNS = 80  # of a line of text where nothing says how wide the terminal is
_BAR = 40  # characters of a bar that stands for certainty, on a line of 80
_PLAYED = " <- played"


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
    moves = prediction.likely_moves(max(1, min(top, MOST)))
    points = [point_of_vertex(name, size) for name, _ in moves]
    letters = letter(point for point in points if point < size * size)
    return [
        Suggestion(letters.get(point, ""), *move) for point, move in zip(points, moves, strict=True)
    ]


def as_dict(asked: AskedPosition, prediction: Prediction, top: int) -> dict[str, Any]:
    """What `--json` prints."""
    size, game = asked.position.size, asked.game
    file, number = ("", 1) if game is None else split_source(game.source)
    black_lead = _black_lead(asked, prediction)
    return {
        "file": file or None,
        "game": number if file else None,
        "black": (game and game.black_name) or None,
        "white": (game and game.white_name) or None,
        "size": size,
        "move": asked.position.ply + 1,
        "to_move": colour_name(asked.position.to_move),
        "komi": asked.conditions.komi,
        "handicap": asked.conditions.handicap,
        "rank": rank_name(asked.conditions.rank),
        "opponent_rank": rank_name(asked.conditions.opponent_rank),
        "win_rate": round(prediction.win, 4),
        "black_lead": None if black_lead is None else round(black_lead, 1),
        "moves": [
            {"vertex": move.vertex, "probability": round(move.probability, 4)}
            for move in likely_moves(prediction, size, top)
        ],
        "played": None if asked.played is None else vertex(asked.played, size),
    }


def as_diagram(
    asked: AskedPosition, prediction: Prediction, top: int, *, heat: bool = False
) -> Diagram:
    """The board with the likely moves lettered, their probabilities as notes.

    Args:
        asked: the position and its game.
        prediction: of that position.
        top: the number of moves to letter.
        heat: also draw the whole policy as a heat map.
    """
    size = asked.position.size
    moves = [move for move in likely_moves(prediction, size, top) if move.letter]
    points = {point_of_vertex(move.vertex, size): move for move in moves}
    return Diagram.of(
        asked.position,
        labels={point: move.letter for point, move in points.items()},
        notes={point: percent(move.probability) for point, move in points.items()},
        heat=_heat(prediction, size) if heat else None,
        caption=" ".join(filter(None, (*_game(asked), *_situation(asked, prediction)))),
    )


def percent(probability: float) -> str:
    """A probability in few characters, for a point of a board.

    >>> percent(0.216), percent(0.004), percent(0.0001), percent(1.0)
    ('22%', '0.4%', '<0.1%', '100%')
    """
    if probability >= 0.00995:
        return f"{probability:.0%}"
    return f"{probability:.1%}" if probability >= 0.0005 else "<0.1%"


def as_text(
    asked: AskedPosition,
    prediction: Prediction,
    top: int,
    *,
    heat: bool = False,
    colour: bool = False,
    width: int | None = None,
) -> str:
    """The game, the board with the moves lettered, and the table of their probabilities.

    Args:
        asked: the position and its game.
        prediction: of that position.
        top: the number of moves to list.
        heat: also draw the whole policy as a heat map.
        colour: draw with ANSI colours.
        width: columns of the terminal; None if the text does not go to one.
    """
    columns = min(width or _COLUMNS, _COLUMNS)
    diagram = Diagram.of(
        asked.position,
        labels=as_diagram(asked, prediction, top).labels,
        heat=_heat(prediction, asked.position.size) if heat else None,
    )
    parts = [
        _wrapped(_game(asked), columns),
        to_text(diagram, colour=colour, width=width),
        _wrapped(_situation(asked, prediction), columns),
        "\n".join(_table(asked, prediction, top, columns)),
    ]
    return "\n\n".join(filter(None, parts))


def _heat(prediction: Prediction, size: int) -> NDArray[np.float32]:
    return prediction.policy[:-1].reshape(size, size)


def _wrapped(lines: list[str], columns: int) -> str:
    return "\n".join(part for line in lines for part in textwrap.wrap(line, columns))


def _table(asked: AskedPosition, prediction: Prediction, top: int, columns: int) -> list[str]:
    """A line for each move, with a bar as long as its probability is high."""
    size, room = asked.position.size, columns - len("  a  Q16   100.0%  ")
    longest = min(_BAR, room - len(_PLAYED) if asked.played is not None else room)
    lines = []
    moves = likely_moves(prediction, size, top)
    for move in moves:
        bar = "#" * round(longest * move.probability)
        mark = _PLAYED if asked.played == point_of_vertex(move.vertex, size) else ""
        row = f"  {move.letter or ' '}  {move.vertex:4}  {move.probability:6.1%}"
        lines.append(f"{row}  {(bar + mark).strip()}".rstrip())
    if asked.played is not None and vertex(asked.played, size) not in {m.vertex for m in moves}:
        share = float(prediction.policy[asked.played])
        lines.append(f"     {vertex(asked.played, size):4}  {share:6.1%} {_PLAYED}")
    return lines


def _game(asked: AskedPosition) -> list[str]:
    """Where the position comes from and who plays, a sentence a line."""
    if asked.game is None:
        return []
    file, number = split_source(asked.game.source)
    lines = [f"{printable(file)}, game {number}."] if file else []
    players = []
    for colour, name, code in (
        (BLACK, asked.game.black_name, asked.game.black_rank),
        (WHITE, asked.game.white_name, asked.game.white_rank),
    ):
        rank = "" if code == UNKNOWN else rank_name(code)
        player = " ".join(filter(None, (printable(name), f"({rank})" if name and rank else rank)))
        if player:
            players.append(f"{colour_name(colour).capitalize()}: {player}.")
    return [*lines, " ".join(players)] if players else lines


def _black_lead(asked: AskedPosition, prediction: Prediction) -> float | None:
    """The points by which black leads, where the network tells them."""
    return None if prediction.lead is None else prediction.lead * asked.position.to_move


def _situation(asked: AskedPosition, prediction: Prediction) -> list[str]:
    """Whose turn it is, under which conditions, and who is ahead, a sentence a line."""
    conditions = asked.conditions
    who = colour_name(asked.position.to_move)
    rank = "" if conditions.rank == UNKNOWN else f" ({rank_name(conditions.rank)})"
    komi = "" if conditions.komi is None else f", komi {conditions.komi:g}"
    stones = f", {conditions.handicap} stones handicap" if conditions.handicap else ""
    ahead = f"{who.capitalize()} wins {prediction.win:.0%} of such games"
    black_lead = _black_lead(asked, prediction)
    if black_lead is not None:
        leader = colour_name(BLACK if black_lead >= 0 else WHITE)
        points = f"{abs(black_lead):.1f} points"
        ahead += f", and {leader} leads by {points} on average"
    return [f"Move {asked.position.ply + 1}, {who}{rank} to play{komi}{stones}.", f"{ahead}."]
