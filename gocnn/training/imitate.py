"""Fine-tuning on the moves of one person.

The player's moves are learnt; the opponent's are only seen before them. Three things keep the
network from forgetting the moves of everybody else. Each update on the player's moves is followed
by one on positions of others, in which the network is to answer as it did before, told any rank at
all. Even on the player's moves a share of the loss is that against its former answers
(distillation, Hinton, Vinyals and Dean 2015, arXiv:1503.02531). And the weights that are kept lie
between the former ones and the tuned ones (Wortsman et al. 2022, arXiv:2109.01903), which costs a
fifth of what was learnt and saves more than half of what was forgotten (docs/experiments.md).

Batch normalisation keeps its statistics. The weights that are kept are those of the check with the
least loss on the player's held-out games, so that few games are not learnt by heart.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.conditions import ConditionDropout
from gocnn.dataset.loader import Stream, sample
from gocnn.dataset.positions import Positions
from gocnn.errors import GocnnError
from gocnn.evaluation.metrics import Row, measure, summarise
from gocnn.go.game import Game
from gocnn.inference.weights import LoadedNetwork, WeightsInfo, load_network, save_weights
from gocnn.network.registry import build
from gocnn.progress import bar
from gocnn.stats import count_text
from gocnn.training.config import Hyperparameters
from gocnn.training.process import enter, stop_on_signals
from gocnn.training.trainer import Trainer

FEWEST_GAMES = 4  # one is held out
_HELD_OUT = 0.1  # share of the player's games, at least one
_CHECKS = 6  # in a run, after the one at the start
_CHECKED = 1500  # positions of a check, at most
_PLAYER_SHARE = 0.3  # of the former answers in the loss on the player's moves
_WAY = 0.7  # of the way from the former weights to the tuned ones: what is kept
_EPOCHS = 8.0  # over the player's moves, at most
_DROPOUT = ConditionDropout(ranks=0.5)  # the style is to show whatever rank is told


@dataclass(frozen=True, kw_only=True)
class Imitation:
    """How a player is to be imitated."""

    player: str  # the name, for the passport
    weights: str = "default"  # to start from
    seconds: float = 300.0  # the longest time of training, checks included
    batch: int = 64  # positions of an update
    rate: float = 5e-4  # the learning rate at its peak
    seed: int = 0
    device: str = "auto"


class Change(NamedTuple):
    """A measurement before and after the training."""

    before: Row
    after: Row


class Imitated(NamedTuple):
    """What came of it."""

    games: int  # of the player, learnt from
    positions: int  # the player's moves among them
    seconds: float
    player: Change  # on the player's moves in games held out
    others: Change  # on moves of others that were not learnt from
    finished: bool  # False when it was interrupted; the best weights until then are kept


def imitate(
    games: Sequence[Game],
    colours: NDArray[np.int8],
    output: Path,
    imitation: Imitation,
    *,
    others: Sequence[Game] = (),
) -> Imitated:
    """Fine-tune a network on one player's moves and write it.

    Args:
        games: of the player, on boards of one size.
        colours: int8[N], the colour that the player had in each.
        output: the weights file to write.
        imitation: how.
        others: games of other players that the network must not forget; without them, the moves of
            the player's opponents serve.

    Raises:
        GocnnError: when there are too few games, boards differ in size, the weights cannot be
            read, or the file cannot be written.
    """
    device = enter(imitation.device)
    network = load_network(imitation.weights, device)
    sets = _Sets.of(games, colours, others)
    tuning = _Tuning(network, sets, imitation)
    finished = tuning.run()
    save_weights(output, tuning.best, tuning.info(sets.learnt))
    return Imitated(
        games=sets.learnt,
        positions=sets.training.count,
        seconds=tuning.seconds,
        player=Change(tuning.first[0], tuning.measure(sets.held_out)),
        others=Change(tuning.first[1], tuning.measure(sets.others_held_out)),
        finished=finished,
    )


@dataclass(frozen=True, kw_only=True)
class _Sets:
    """The positions to learn from, to keep in mind, and to check with."""

    learnt: int  # games
    training: Positions
    held_out: Positions
    others: Positions
    others_held_out: Positions

    @classmethod
    def of(
        cls, games: Sequence[Game], colours: NDArray[np.int8], others: Sequence[Game]
    ) -> "_Sets":
        corpus = Corpus.from_games(games)
        _, first = np.unique(corpus.games["hash"], return_index=True)  # without duplicates
        corpus, colours = corpus.select(np.sort(first)), colours[np.sort(first)]
        if len(corpus) < FEWEST_GAMES:
            raise GocnnError(
                f"{count_text(len(corpus), 'game')} of the player: too few to learn a style and to "
                f"check it; "
                f"give {FEWEST_GAMES} or more"
            )
        chosen = _held_out(corpus)
        training = np.flatnonzero(~chosen)
        held_out = np.flatnonzero(chosen)
        if others:
            rest = Corpus.from_games(others)
            theirs = _held_out(rest) if len(rest) > 1 else np.ones(1, bool)
            kept = Positions(rest, np.flatnonzero(~theirs) if not theirs.all() else np.arange(1))
            unseen = Positions(rest, np.flatnonzero(theirs), passes=False)
        else:
            kept = Positions(corpus, training, movers=-colours[training])
            unseen = Positions(corpus, held_out, passes=False, movers=-colours[held_out])
        return cls(
            learnt=len(training),
            training=Positions(corpus, training, movers=colours[training]),
            held_out=Positions(corpus, held_out, passes=False, movers=colours[held_out]),
            others=kept,
            others_held_out=unseen,
        )


def _held_out(corpus: Corpus) -> NDArray[np.bool_]:
    """The games for checks: those of the least hashes, so that more games never move one."""
    count = max(1, round(_HELD_OUT * len(corpus)))
    chosen = np.zeros(len(corpus), bool)
    chosen[np.argsort(corpus.games["hash"])[:count]] = True
    return chosen


class _Tuning:
    """One fine-tuning in progress."""

    def __init__(self, network: LoadedNetwork, sets: _Sets, imitation: Imitation) -> None:
        self.network, self.sets, self.imitation = network, sets, imitation
        self.hyperparameters = Hyperparameters(
            batch=imitation.batch, rate=imitation.rate, seed=imitation.seed, average=0.99
        )
        torch.manual_seed(imitation.seed)
        module = build(network.info.architecture, network.info.settings)
        module.load_state_dict(network.module.state_dict())
        self.trainer = Trainer(
            module, self.hyperparameters, device=network.device, teacher=network.module
        )
        self.trainer.freeze_statistics()
        self.best: dict[str, Tensor] = dict(network.module.state_dict())
        self.first = self.measure(sets.held_out), self.measure(sets.others_held_out)
        self.least = self.first[0].cross_entropy.mean
        self.seconds = 0.0

    def run(self) -> bool:
        """Train; whether it ended by itself."""
        turns = max(1, round(_EPOCHS * self.sets.training.count / self.imitation.batch))
        mine, rest = self._stream(self.sets.training), self._stream(self.sets.others, any_rank=True)
        began, checks, shown = time.monotonic(), 0, 0
        with stop_on_signals() as stop, bar("imitate", 100, unit="%") as progress:
            for turn in range(turns):
                self.seconds = time.monotonic() - began
                done = max(turn / turns, self.seconds / self.imitation.seconds)
                percent = int(100 * min(done, 1.0))
                progress.update(percent - shown)
                shown = percent
                if done >= 1 or stop.is_set():
                    break
                rate = self.hyperparameters.rate_at(turn, done, done)
                self.trainer.update(mine.at(turn), rate, teacher_share=_PLAYER_SHARE)
                self.trainer.update(rest.at(turn), rate, teacher_share=1.0)
                if done * _CHECKS >= checks + 1:
                    checks += 1
                    self._check()
            stopped = stop.is_set()
        self._check()
        return not stopped

    def _stream(self, positions: Positions, *, any_rank: bool = False) -> Stream:
        return Stream(
            positions=positions,
            encoding=self.network.encoding,
            batch=self.imitation.batch,
            seed=self.imitation.seed,
            dropout=_DROPOUT,
            any_rank=any_rank,
        )

    def _check(self) -> None:
        """Keep the averaged weights, gone back a little, if held-out games are likelier by them."""
        former = self.network.module.state_dict()
        state = {
            name: former[name].lerp(tensor, _WAY) if tensor.is_floating_point() else tensor.clone()
            for name, tensor in self.trainer.average.items()
        }
        loss = self.measure(self.sets.held_out, state).cross_entropy.mean
        if loss < self.least:
            self.best, self.least = state, loss

    def measure(self, positions: Positions, state: dict[str, Tensor] | None = None) -> Row:
        """The scoreboard's line for the best weights, or for others."""
        module = build(self.network.info.architecture, self.network.info.settings)
        module.load_state_dict(self.best if state is None else state)
        network = replace(self.network, module=module.to(self.network.device).eval())
        return summarise("", measure(network, positions, sample(positions, _CHECKED)))

    def info(self, games: int) -> WeightsInfo:
        """The passport of the tuned weights."""
        seen = self.trainer.steps * self.imitation.batch
        before = self.network.info
        return replace(
            before,
            positions=before.positions + seen,
            steps=before.steps + self.trainer.steps,
            accuracy={},
            trained=f"gocnn imitate, {games} games of {self.imitation.player}, "
            f"from weights with {before.positions:,} positions",
        )
