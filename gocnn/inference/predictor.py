"""Positions in, move probabilities and a win rate out: the network at work.

A `Predictor` is the callable that players and commands take; it answers for boards of 9 to 25
lines with the same weights, and the smaller ones too as long as a tower of 3x3 filters sees sense
in them.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gocnn.features.encode import encode_positions
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.go.ranks import Rank
from gocnn.inference.forward import Answers, check_symmetries, forward, prepare_for_inference
from gocnn.inference.views import Views
from gocnn.inference.weights import load_network
from gocnn.network.device import choose_device
from gocnn.prediction import Conditions, Prediction


class Predictor:
    """A network with its encoding, ready to answer.

    Args:
        weights: a weights file; None or "default" for the shipped one.
        device: a name for `devices.choose_device`.
        symmetries: 1, or 8 to average over the eight views.

    Raises:
        GocnnError: when the weights or the device are not to be had.
    """

    def __init__(
        self,
        weights: str | os.PathLike[str] | None = None,
        *,
        device: str = "auto",
        symmetries: int = 1,
    ) -> None:
        check_symmetries(symmetries)
        network = load_network(weights, choose_device(device))
        self.encoding, self.info, self.device = network.encoding, network.info, network.device
        self.network = prepare_for_inference(network.module, network.device)
        self.symmetries = symmetries
        self._views: dict[int, Views] = {}

    def __call__(self, position: Position, conditions: Conditions | None = None) -> Prediction:
        """Predict one position.

        Args:
            position: with the player to move.
            conditions: what is known of the game; by default komi and handicap of the position.
        """
        return self.predict([position], [conditions or Conditions.of(position)])[0]

    def predict_game(self, game: Game, *, rank: Rank | None = None) -> list[Prediction]:
        """Predict every position of a game, in few batches.

        >>> from gocnn.sgf.reader import load_game
        >>> game = load_game("data/gnugo-9x9.sgf")
        >>> len(Predictor(device="cpu").predict_game(game)) == len(game) + 1
        True

        Args:
            game: a checked game, as `load_game` returns it.
            rank: a rank code for both players; by default what the game says.

        Returns:
            len(game) + 1 predictions: number `ply` is of the move at `ply`, the last one of the
            move after the record's end.
        """
        conditions = [Conditions.of_game(game, ply) for ply in range(len(game) + 1)]
        if rank is not None:
            conditions = [replace(each, rank=rank, opponent_rank=rank) for each in conditions]
        return self.predict(list(game.positions()), conditions)

    def predict(
        self, positions: Sequence[Position], conditions: Sequence[Conditions]
    ) -> list[Prediction]:
        """Predict positions on boards of one size; none gives none.

        Illegal moves get probability 0; the rest, and the pass, sum to 1.
        """
        if not positions:
            return []
        size = positions[0].size
        if size not in self._views:
            self._views[size] = Views(size, self.device)
        if self.info.settings.get("offset") is not None:
            conditions = [
                replace(given, komi=position.komi) if given.komi is None else given
                for given, position in zip(conditions, positions, strict=True)
            ]
        planes, globals_BG = encode_positions(self.encoding, positions, conditions)
        answers = forward(self.network, planes, globals_BG, self._views[size], self.symmetries)
        policies = answers.log_policy.exp().cpu().numpy().astype(np.float32)
        wins = answers.value.sigmoid().cpu().tolist()
        leads = _leads(answers, positions, conditions)
        return [
            Prediction(_legal_only(policy, position), win, *lead)
            for policy, position, win, lead in zip(policies, positions, wins, leads, strict=True)
        ]

    def describe(self) -> str:
        """One line: what was loaded."""
        info = self.info
        return (
            f"{info.network}, {info.encoding}, {info.positions:,} positions, on {self.device.type}"
        )


_Lead = tuple[float, float, NDArray[np.float32]] | tuple[None, None, None]
_DEVIATION_OF_SPREAD = math.pi / math.sqrt(3)  # of a logistic distribution with scale 1


def _leads(
    answers: Answers, positions: Sequence[Position], conditions: Sequence[Conditions]
) -> list[_Lead]:
    """Lead, deviation and ownership as `Prediction` has them, or None where there are none."""
    if answers.lead is None or answers.spread is None or answers.ownership is None:
        return [(None, None, None)] * len(positions)
    leads, spreads = answers.lead.cpu().tolist(), answers.spread.cpu().tolist()
    owners = answers.ownership.cpu().numpy().astype(np.float32)
    return [
        (
            lead - (given.komi or 0.0) * position.to_move,
            spread * _DEVIATION_OF_SPREAD,
            owner * position.to_move,
        )
        for lead, spread, owner, position, given in zip(
            leads, spreads, owners, positions, conditions, strict=True
        )
    ]


def _legal_only(policy: NDArray[np.float32], position: Position) -> NDArray[np.float32]:
    allowed = np.zeros(len(policy), bool)
    allowed[position.legal_points()] = True
    allowed[-1] = True
    kept = np.where(allowed, policy, np.float32(0))
    total = kept.sum()
    if total <= 0:  # the network wants illegal moves only: any legal one will do
        kept, total = allowed.astype(np.float32), np.float32(allowed.sum())
    legal: NDArray[np.float32] = kept / total
    return legal
