"""Let two GTP engines play: ``scripts/match.py "gocnn gtp" "gnugo --mode gtp" --games 100``.

They take turns as black. The second engine judges a game that ends by two passes, and an engine
that plays an illegal move has lost. The table counts wins of the first engine, with Wilson's
interval of 95 %.
"""

import argparse
import json
import math
import shlex
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from engines import Engine, Record, find_gnugo, other

from gocnn.errors import GocnnError


class Player:
    """An engine, the name it plays under and the time it has thought."""

    def __init__(self, command: str) -> None:
        words = shlex.split(command)
        if words[0] == "gnugo":
            words[0] = find_gnugo() or words[0]
        self.engine = Engine(words)
        self.name = f"{self.engine.ask('name')} {self.engine.ask('version')}".strip()
        self.seconds = 0.0
        self.moves = 0

    def start(self, size: int, komi: float) -> None:
        """Ready the engine for a new game."""
        for command in (f"boardsize {size}", "clear_board", f"komi {komi}"):
            self.engine.ask(command)

    def move(self, colour: str) -> str:
        """The engine's move, a vertex, pass or resign."""
        start = time.perf_counter()
        vertex = self.engine.ask(f"genmove {colour}").strip()
        self.seconds += time.perf_counter() - start
        self.moves += 1
        return vertex


def play_game(black: Player, white: Player, referee: Player, size: int, komi: float) -> Record:
    """One game to its end: two passes, a resignation, an illegal move, or too many moves."""
    players = {"black": black, "white": white}
    game = Record(size=size, komi=komi, black=black.name, white=white.name)
    for player in players.values():
        player.start(size, komi)
    colour, passes = "black", 0
    while passes < 2 and len(game.moves) < 2 * size * size:
        vertex = players[colour].move(colour)
        if vertex.lower() == "resign":
            game.result = f"{other(colour)[0].upper()}+R"
            return game
        try:
            players[other(colour)].engine.ask(f"play {colour} {vertex}")
        except GocnnError as error:
            print(f"match: {players[colour].name}: {error}", file=sys.stderr)
            game.result = f"{other(colour)[0].upper()}+F"
            return game
        game.moves.append((colour, vertex))
        passes = passes + 1 if vertex.lower() == "pass" else 0
        colour = other(colour)
    score = referee.engine.ask("final_score").split()[0]
    game.result = "0" if score == "0.0" else score
    return game


def wilson(rate: float, games: int) -> tuple[float, float]:
    """The interval that holds the true rate 95 times in 100 (Wilson, 1927)."""
    z = 1.96
    middle = (rate + z * z / (2 * games)) / (1 + z * z / games)
    half = z * math.sqrt(rate * (1 - rate) / games + (z / (2 * games)) ** 2) / (1 + z * z / games)
    return middle - half, middle + half


@dataclass(frozen=True)
class Outcome:
    """How a match ended, seen from the first engine."""

    first: str
    second: str
    games: int
    wins: int
    draws: int
    rate: float  # of wins; a draw is half a one
    low: float  # the interval of the rate
    high: float
    moves_a_game: float
    first_seconds_a_move: float
    second_seconds_a_move: float

    def __str__(self) -> str:
        return (
            f"{self.first} won {self.wins} of {self.games} games against {self.second} "
            f"({self.draws} drawn): {self.rate:.1%}, interval {self.low:.1%} to {self.high:.1%}; "
            f"{1000 * self.first_seconds_a_move:.0f} ms a move"
        )


def outcome(results: list[tuple[str, Record]], first: Player, second: Player) -> Outcome:
    """Count the games; `results` pairs the colour of the first engine with each game."""
    counts = Counter(
        "draw" if game.result in ("0", "?") else game.result[0] == colour[0].upper()
        for colour, game in results
    )
    rate = (counts[True] + counts["draw"] / 2) / len(results)
    return Outcome(
        first.name,
        second.name,
        len(results),
        counts[True],
        counts["draw"],
        rate,
        *wilson(rate, len(results)),
        sum(len(game.moves) for _, game in results) / len(results),
        first.seconds / max(first.moves, 1),
        second.seconds / max(second.moves, 1),
    )


def run(options: argparse.Namespace) -> Outcome:
    """Play the match, a line on standard error for every game."""
    first, second = Player(options.first), Player(options.second)
    results: list[tuple[str, Record]] = []
    with first.engine, second.engine:
        for number in range(options.games):
            colour = "black" if number % 2 == 0 else "white"
            black, white = (first, second) if colour == "black" else (second, first)
            game = play_game(black, white, second, options.size, options.komi)
            results.append((colour, game))
            told = f"{game.black} - {game.white}: {game.result}, {len(game.moves)} moves"
            print(f"game {number + 1}: {told}", file=sys.stderr)
            if options.sgf:
                with options.sgf.open("a", encoding="utf-8") as out:
                    out.write(game.sgf())
        if options.board:
            print(second.engine.ask("showboard"))
        return outcome(results, first, second)


def main() -> None:
    """Read the options, play, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", help="an engine's command line")
    parser.add_argument("second", help="the other's; it also judges")
    parser.add_argument("--games", type=int, default=2)
    parser.add_argument("--size", type=int, default=19)
    parser.add_argument("--komi", type=float, default=7.5)
    parser.add_argument("--sgf", type=Path, help="add the games to this collection")
    parser.add_argument("--board", action="store_true", help="show the last position")
    parser.add_argument("--json", action="store_true", help="the outcome as JSON, at the end")
    options = parser.parse_args()
    try:
        found = run(options)
    except GocnnError as error:
        sys.exit(f"match: {error}")
    print(json.dumps(asdict(found)) if options.json else found)


if __name__ == "__main__":
    main()
