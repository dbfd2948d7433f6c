"""How strong is each rank that can be asked for? Games of each against one fixed opponent.

``scripts/rank_match.py default --ranks 20k,10k,1d,9d --against best --games 100`` plays what `gocnn
gtp --rank` would play, in one process: all games of a rank at once, so that the network answers
many positions at a time. Nobody resigns. Every opening is played twice, with either colour. A rank
may carry a temperature, ``10k@0.5``; without one it is what `gocnn gtp` would take. Against other
programs use `gocnn match`. Intervals are Wilson's, of 95 %.
"""

import argparse
import sys
from dataclasses import replace

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK
from gocnn.go.position import Position
from gocnn.go.scoring import final_score
from gocnn.inference.predictor import Predictor
from gocnn.match.game import LONGEST
from gocnn.match.openings import DRAWN, openings
from gocnn.play.player import RESIGN, Player
from gocnn.play.style import Style, rank_code, rank_text
from gocnn.prediction import Prediction, PredictMany
from gocnn.progress import bar
from gocnn.stats import elo, wilson

_PLAYOUTS = 60  # at the end of a game; fewer than `gocnn gtp` runs, to save time
_OPENINGS = 0  # the seed of their draw


def style_of(text: str) -> Style:
    """The style that ``RANK`` or ``RANK@TEMPERATURE`` asks for.

    Raises:
        GocnnError: when it is written otherwise, or a figure is out of range.
    """
    rank, at, temperature = text.strip().partition("@")
    style = Style(rank=rank_code(rank), playouts=_PLAYOUTS, resign=False)
    if not at:
        return style
    try:
        degrees = float(temperature)
    except ValueError as error:
        raise GocnnError(f"{text!r}: write RANK or RANK@TEMPERATURE, such as 10k@0.5") from error
    return replace(style, temperature=degrees)


class Table:
    """One game between two styles, a move at a time."""

    def __init__(self, position: Position, styles: dict[int, Style], seed: int) -> None:
        self.position = position
        self.players = {
            colour: Player(_unasked, replace(style, seed=2 * seed + (colour == BLACK)))
            for colour, style in styles.items()
        }
        self.winner: int | None = None  # a colour, 0 for a draw; None while the game goes on

    @property
    def player(self) -> Player:
        """Whose turn it is."""
        return self.players[self.position.to_move]

    def move(self, prediction: Prediction) -> None:
        """Let the player to move choose, told what the network says."""
        position, player = self.position, self.player
        player.predict = lambda _position, _conditions: prediction
        point = player.choose(position).point
        if point == RESIGN:
            self.winner = -position.to_move
            return
        position.play(point)
        if position.passes > 1 or position.ply >= LONGEST * position.size**2:
            self.winner = final_score(position, player.style.rules).winner


def _unasked(_position: Position, _conditions: object) -> Prediction:
    raise AssertionError("a player is told what the network says before it moves")


def play(
    predict: PredictMany,
    styles: tuple[Style, Style],
    games: int,
    *,
    size: int = 19,
    seed: int = 0,
    label: str | None = None,
) -> float:
    """Play games between two styles; the share that the first one wins, a draw being half a win.

    Args:
        predict: the network, which plays both sides.
        styles: the two; they take turns as black.
        games: an even number, so that each opening is played twice.
        size: lines of the board.
        seed: of the draws of moves; the openings are always the same.
        label: of the progress bar; None for no bar.

    Raises:
        GocnnError: when the number of games is odd.
    """
    if games < 2 or games % 2:
        raise GocnnError(f"each opening is played twice: give an even number of games, not {games}")
    tables = []
    for number, opening in enumerate(openings(DRAWN, size, games // 2, seed=_OPENINGS)):
        for turn, first in enumerate((BLACK, -BLACK)):
            position = Position(size)
            for point in opening:
                position.play(point)
            sides = {first: styles[0], -first: styles[1]}
            tables.append((first, Table(position, sides, seed * games + 2 * number + turn)))
    progress = bar(label, games, unit="games") if label else None
    while going := [table for _, table in tables if table.winner is None]:
        told = predict(
            [table.position for table in going],
            [table.player.conditions(table.position) for table in going],
        )
        for table, prediction in zip(going, told, strict=True):
            table.move(prediction)
            if progress and table.winner is not None:
                progress.update(1)
    if progress:
        progress.close()
    won = sum((1 + first * (table.winner or 0)) / 2 for first, table in tables)
    return won / games


HEAD = "| rank | temperature | won % | Elo |\n|---|---|---|---|"


def line_of(style: Style, rate: float, games: int) -> str:
    """A line of the table, in markdown."""
    low, high = wilson(rate, games)
    told = elo(rate)
    return (
        f"| {rank_text(style.rank)} | {style.heat:.2f} "
        f"| {100 * rate:.1f} ({100 * low:.1f} to {100 * high:.1f}) "
        f"| {'-' if told is None else f'{told:+.0f}'} |"
    )


def main() -> None:
    """Read the options, play, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", nargs="?", default="default")
    parser.add_argument("--ranks", default="20k,15k,10k,5k,1k,3d,6d,9d,pro,best")
    parser.add_argument("--against", default="best", help="the opponent, written as a rank is")
    parser.add_argument("--games", type=int, default=100, help="of each rank")
    parser.add_argument("--size", type=int, default=19, help="lines of the board")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    try:
        opponent = style_of(options.against)
        styles = [style_of(text) for text in options.ranks.split(",")]
        predictor = Predictor(options.weights)
        told = f"{options.games} games each against {options.against}; {predictor.describe()}"
        print(f"{told}\n\n{HEAD}", flush=True)
        for style in styles:
            rate = play(
                predictor.predict,
                (style, opponent),
                options.games,
                size=options.size,
                seed=options.seed,
                label=rank_text(style.rank),
            )
            print(line_of(style, rate, options.games), flush=True)
    except GocnnError as error:
        sys.exit(f"rank_match: {error}")


if __name__ == "__main__":
    main()
