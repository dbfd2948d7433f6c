"""Games to look at where none are given: the network's own."""

import numpy as np
import torch

from gocnn.corpus.corpus import Corpus
from gocnn.explain.probe import Probe
from gocnn.features.encode import encode_positions
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.prediction import Conditions


def own_games(probe: Probe, games: int = 24, moves: int = 120, seed: int = 0) -> Corpus:
    """Games that the network plays against itself, each move drawn by its probability.

    Args:
        probe: the network.
        games: how many.
        moves: of each.
        seed: of the draw.
    """
    rng = np.random.default_rng(seed)
    positions = [Position(probe.size) for _ in range(games)]
    for _ in range(moves):
        conditions = [Conditions(komi=position.komi) for position in positions]
        planes, context = encode_positions(probe.encoding, positions, conditions)
        with torch.inference_mode():
            output = probe.module(
                torch.from_numpy(planes).float().to(probe.device),
                torch.from_numpy(context).to(probe.device),
            )
        policy = output.logits.float().softmax(1).double().cpu().numpy()
        for position, chances in zip(positions, policy, strict=True):
            legal = position.legal_points()
            weights = chances[legal]
            if not len(legal) or weights.sum() <= 0:
                position.pass_()
            else:
                position.play(int(rng.choice(legal, p=weights / weights.sum())))
    return Corpus.from_games(
        _recorded(position, f"own game {number + 1}") for number, position in enumerate(positions)
    )


def _recorded(position: Position, source: str) -> Game:
    entries, setup = position.entries()
    return Game(size=position.size, entries=entries, setup=setup, komi=position.komi, source=source)
