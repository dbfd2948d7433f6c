"""`gocnn suggest`: the likely moves in a position, drawn and listed.

The position comes from a game file, from a list of moves, or from standard input, where either
may stand.
"""

import json
import re
import sys
from typing import Any, NamedTuple

from gocnn.errors import GocnnError, IllegalMove
from gocnn.go.board import BLACK, POINT_MASK
from gocnn.go.coords import BadVertex, point_of_vertex, vertex
from gocnn.go.game import Game
from gocnn.go.position import Position, colour_name
from gocnn.go.ranks import UNKNOWN, rank_name
from gocnn.go.rules import count_handicap_stones
from gocnn.play.style import rank_code
from gocnn.prediction import Conditions, Prediction
from gocnn.render.text import board_text, letter, wants_colour
from gocnn.sgf.reader import load_game, parse_game

_COLOUR = re.compile(r"([bw]|black|white)", re.IGNORECASE)
_LISTED = 26  # letters there are


class Asked(NamedTuple):
    """A position, and what is known of its game."""

    position: Position
    conditions: Conditions
    actual: int | None = None  # the move that the record goes on with


class Move(NamedTuple):
    """A likely move."""

    letter: str  # on the board; empty for pass
    vertex: str
    probability: float


def suggest(**options: Any) -> None:
    """Print what the options of the command ask for.

    Raises:
        GocnnError: when the game, the moves or an option is wrong.
    """
    from gocnn.inference.predictor import Predictor

    asked = ask(**{name: options.pop(name) for name in _ASK})
    predictor = Predictor(
        options["weights"], device=options["device"], symmetries=int(options["symmetries"])
    )
    prediction = predictor(asked.position, asked.conditions)
    if options["as_json"]:
        print(json.dumps(as_dict(asked, prediction, options["top"]), indent=2))
    else:
        print(as_text(asked, prediction, options["top"], colour=wants_colour(sys.stdout)))


_ASK = ("game", "number", "moves", "move", "size", "komi", "rank", "opponent_rank")


def ask(
    *,
    game: str | None = None,
    number: int = 1,
    moves: str | None = None,
    move: int | None = None,
    size: int = 19,
    komi: float | None = None,
    rank: str | None = None,
    opponent_rank: str | None = None,
) -> Asked:
    """The position that is asked for.

    Args:
        game: a path, or - for standard input (a game, or moves).
        number: which game of a file that holds several, from 1.
        moves: vertices, black first, colours allowed before them: "D4 Q16", "B D4 W Q16".
        move: predict this move of the game, from 1; default is what follows the last one.
        size: lines of the board, for moves.
        komi: points white gets; default what the game says, else 7.5.
        rank: the rank of the player to move; default what the game says.
        opponent_rank: the rank of the other one.

    Raises:
        GocnnError: when something cannot be read, naming the place.
    """
    if (game is None) == (moves is None):
        raise GocnnError("give a game file, - for standard input, or --moves")
    record: Game | None = None
    if game is not None and game != "-":
        record = load_game(game, number)
    elif game is not None:
        data = sys.stdin.buffer.read()
        if b"(;" in data.replace(b" ", b"").replace(b"\n", b""):
            record = _parse(data)
        else:
            moves = data.decode("utf-8", "replace")
    ranks = rank_code(rank), rank_code(opponent_rank)
    if record is None:
        position = play_moves(moves or "", size, 7.5 if komi is None else komi)
        return _of_moves(position, move, ranks)
    return _of_game(record, move, komi, ranks)


def _parse(data: bytes) -> Game:
    try:
        return parse_game(data[data.index(b"(") :], "standard input")
    except GocnnError as error:
        raise GocnnError(f"standard input: {error}") from None


def _of_game(game: Game, move: int | None, komi: float | None, ranks: tuple[int, int]) -> Asked:
    ply = _ply(len(game), move, game.source or "the game")
    position = game.position(ply)
    if komi is not None:
        position.komi = komi
    own, other = game.black_rank, game.white_rank
    if position.to_move != BLACK:
        own, other = other, own
    conditions = Conditions(
        rank=ranks[0] or own,
        opponent_rank=ranks[1] or other,
        komi=komi if komi is not None else game.komi,
        handicap=game.handicap,
        kind=game.kind,
        date=game.date,
    )
    actual = int(game.moves[ply]) & POINT_MASK if ply < len(game) else None
    return Asked(position, conditions, actual)


def _of_moves(position: Position, move: int | None, ranks: tuple[int, int]) -> Asked:
    ply = _ply(position.ply, move, "the list")
    actual = position.moves[ply][1] if ply < position.ply else None
    while position.ply > ply:
        position.undo()
    conditions = Conditions(
        rank=ranks[0],
        opponent_rank=ranks[1],
        komi=position.komi,
        handicap=count_handicap_stones(position),
    )
    return Asked(position, conditions, actual)


def _ply(count: int, move: int | None, source: str) -> int:
    if move is None:
        return count
    if not 1 <= move <= count + 1:
        raise GocnnError(f"{source} has {count} moves: --move is 1 to {count + 1}, not {move}")
    return move - 1


def play_moves(text: str, size: int, komi: float) -> Position:
    """The position after moves given as vertices, parted by spaces, commas or line feeds.

    >>> play_moves("D4 Q16, b D16 pass", 19, 7.5).ply
    4

    Raises:
        GocnnError: naming the first move that cannot be read or played.
    """
    position = Position(size, komi=komi)
    colour: int | None = None
    for word in re.split(r"[\s,;]+", text.strip()):
        if _COLOUR.fullmatch(word):
            colour = BLACK if word[0] in "bB" else -BLACK
        elif word:
            try:
                position.play(point_of_vertex(word, size), colour)
            except (BadVertex, IllegalMove) as error:
                raise GocnnError(f"move {position.ply + 1} of the list: {error}") from None
            colour = None
    return position


def likely(prediction: Prediction, size: int, top: int) -> list[Move]:
    """The likeliest moves, at most `top` of them, best first; what has no chance is left out."""
    order = prediction.policy.argsort()[::-1][: max(1, min(top, _LISTED))].tolist()
    order = [point for point in order if prediction.policy[point] > 0]
    letters = letter(point for point in order if point < size * size)
    return [
        Move(letters.get(point, ""), vertex(point, size), float(prediction.policy[point]))
        for point in order
    ]


def as_dict(asked: Asked, prediction: Prediction, top: int) -> dict[str, Any]:
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
            for move in likely(prediction, size, top)
        ],
        "played": None if asked.actual is None else vertex(asked.actual, size),
    }


def as_text(asked: Asked, prediction: Prediction, top: int, *, colour: bool = False) -> str:
    """The board with the moves lettered, and the table."""
    position, size = asked.position, asked.position.size
    moves = likely(prediction, size, top)
    labels = {point_of_vertex(move.vertex, size): move.letter for move in moves if move.letter}
    lines = [board_text(position, labels, colour=colour), "", _heading(asked, prediction), ""]
    for move in moves:
        bar = "#" * round(40 * move.probability)
        mark = " <- played" if asked.actual == point_of_vertex(move.vertex, size) else ""
        row = f"  {move.letter or ' '}  {move.vertex:4}  {move.probability:6.1%}  {bar}{mark}"
        lines.append(row.rstrip())
    if asked.actual is not None and not any("<- played" in line for line in lines):
        share = float(prediction.policy[asked.actual])
        lines.append(f"     {vertex(asked.actual, size):4}  {share:6.1%}  <- played")
    return "\n".join(lines)


def _heading(asked: Asked, prediction: Prediction) -> str:
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
