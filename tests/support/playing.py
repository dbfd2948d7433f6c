"""Games made on the spot: random, but with a rule in them that a network can learn."""

import random

from gocnn.corpus.corpus import Corpus
from gocnn.go.board import BLACK
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.go.ranks import Rank


def random_game(size: int, moves: int, seed: int) -> Game:
    """Random legal moves, though mostly next to the last one, and now and then a pass."""
    rng = random.Random(seed)
    position = Position(size)
    for _ in range(moves):
        legal = position.legal_points().tolist()
        if not legal or rng.random() < 0.02:
            position.pass_()
            continue
        near = []
        if position.moves and position.moves[-1][1] < size * size:
            around = position.board.neighbours[position.moves[-1][1]].tolist()
            near = [point for point in around if point in set(legal)]
        position.play(near[0] if near and rng.random() < 0.9 else rng.choice(legal))
    entries, setup = position.entries()
    return Game(
        size=size,
        entries=entries,
        setup=setup,
        komi=rng.choice([None, 6.5, 7.5]),
        winner=rng.choice([BLACK, -BLACK]),
        black_rank=Rank(rng.randrange(31)),
        white_rank=Rank(rng.randrange(31)),
        date=rng.choice([0, 19350101, 20180630]),
        kind=rng.randrange(5),
        source=f"random#{seed}",
    )


def random_corpus(games: int, *, size: int = 9, moves: int = 40, seed: int = 0) -> Corpus:
    """A corpus of such games in memory, with their fingerprints."""
    return Corpus.from_games(random_game(size, moves, 1000 * seed + n) for n in range(games))
