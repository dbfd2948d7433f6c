"""How strong is each rank that can be asked for? Games of two styles of one network.

All games are played at once, in one process, so that the network answers many positions at a time,
also those of their searches. Players resign as those of `gocnn gtp` do. Every opening is played
twice, with either colour. Against other programs see `gocnn.match.runner`.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK
from gocnn.go.position import Position
from gocnn.go.scoring import final_score
from gocnn.match.game import LONGEST
from gocnn.match.openings import DRAWN, openings
from gocnn.match.together import Together
from gocnn.play.player import RESIGN, Player
from gocnn.play.search import Search
from gocnn.play.style import Style, rank_code
from gocnn.prediction import Evaluator
from gocnn.progress import bar

_PLAYOUTS = 60  # at the end of a game; fewer than `gocnn gtp` runs, to save time
_OPENING_SEED = 0
_NODES_PER_VISIT = 4  # that a search keeps


def parse_style(text: str) -> Style:
    """The style that ``RANK`` or ``RANK@TEMPERATURE`` asks for.

    Temperature, where none is given, and search are those of `gocnn gtp` for the rank.

    Raises:
        GocnnError: when it is written otherwise, or a figure is out of range.
    """
    rank, at, temperature = text.strip().partition("@")
    style = Style(rank=rank_code(rank), playouts=_PLAYOUTS)
    if not at:
        return style
    try:
        value = float(temperature)
    except ValueError as error:
        raise GocnnError(f"{text!r}: write RANK or RANK@TEMPERATURE, such as 10k@0.5") from error
    return replace(style, temperature=value)


class SelfPlayGame:
    """One game between two styles."""

    def __init__(
        self, position: Position, styles: dict[int, Style], evaluator: Evaluator, seed: int
    ) -> None:
        self.position = position
        self.players = {
            colour: _player(replace(style, seed=2 * seed + (colour == BLACK)), evaluator, position)
            for colour, style in styles.items()
        }
        self.winner: int | None = None  # a colour, 0 for a draw; None while the game goes on

    @property
    def player(self) -> Player:
        """Whose turn it is."""
        return self.players[self.position.to_move]

    def play(self) -> None:
        """Play to the end."""
        while self.winner is None:
            self.move()

    def move(self) -> None:
        """Let the player to move play."""
        position, player = self.position, self.player
        point = player.choose(position).point
        if point == RESIGN:
            self.winner = -position.to_move
            return
        position.play(point)
        if position.passes > 1 or position.ply >= LONGEST * position.size**2:
            self.winner = final_score(position, player.style.rules).winner


def _player(style: Style, network: Evaluator, position: Position) -> Player:
    nodes = _NODES_PER_VISIT * style.visits_on(position.size)  # a hundred trees share the memory
    search = Search(network, max_nodes=nodes)
    search.follow(style, position.size)
    return Player(search, style)


def play_games(
    predict: Evaluator,
    styles: tuple[Style, Style],
    games: int,
    *,
    size: int = 19,
    seed: int = 0,
    label: str | None = None,
) -> list[tuple[int, SelfPlayGame]]:
    """Play games between two styles, all at once.

    Args:
        predict: the network, which plays both sides.
        styles: the two; they take turns as black.
        games: an even number, so that each opening is played twice.
        size: lines of the board.
        seed: of the draws of moves; the openings are always the same.
        label: of the progress bar; None for no bar.

    Returns:
        The finished games, each with the colour of the first style.

    Raises:
        GocnnError: when the number of games is odd.
    """
    if games < 2 or games % 2:
        raise GocnnError(f"each opening is played twice: give an even number of games, not {games}")
    together = Together(predict)
    played = []  # (colour of the first style, game)
    for number, opening in enumerate(openings(DRAWN, size, games // 2, seed=_OPENING_SEED)):
        for turn, first in enumerate((BLACK, -BLACK)):
            position = Position(size)
            for point in opening:
                position.play(point)
            sides = {first: styles[0], -first: styles[1]}
            game = SelfPlayGame(position, sides, together, seed * games + 2 * number + turn)
            played.append((first, game))
    progress = bar(label or "", games, unit="games", shown=label is not None)

    def play(game: SelfPlayGame) -> None:
        game.play()
        progress.update(1)

    try:
        together.run([partial(play, game) for _, game in played])
    finally:
        progress.close()
    return played


def share_won(played: Sequence[tuple[int, SelfPlayGame]]) -> float:
    """The share that the first style wins of games as `play_games` returns them."""
    return sum((1 + first * (game.winner or 0)) / 2 for first, game in played) / len(played)
