"""Records made up for the tests: random legal games, as SGF."""

import numpy as np

from gocnn.go.board import BLACK, is_legal, new_board, play
from gocnn.go.coords import sgf_letters


def random_moves(seed: int, count: int = 30, size: int = 9) -> list[tuple[str, str]]:
    """(colour, SGF letters) of a random legal game."""
    rng = np.random.default_rng(seed)
    board = new_board(size)
    moves: list[tuple[str, str]] = []
    colour = BLACK
    for point in rng.permutation(size * size):
        if len(moves) < count and is_legal(board, int(point), colour):
            play(board, int(point), colour)
            moves.append(("B" if colour == BLACK else "W", sgf_letters(int(point), size)))
            colour = -colour
    return moves


def record(seed: int, count: int = 30, size: int = 9, properties: str = "") -> bytes:
    """A game as SGF; every seed gives another one."""
    moves = "".join(f";{colour}[{point}]" for colour, point in random_moves(seed, count, size))
    return f"(;GM[1]FF[4]SZ[{size}]{properties}{moves})".encode()
