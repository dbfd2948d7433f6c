"""Fine-tuning on one person: the person's habit is learnt, the others' moves are not forgotten."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from gocnn.go.position import Position
from gocnn.inference.weights import load_network
from gocnn.training.config import Budget, Hyperparameters, Runtime, TrainConfig
from gocnn.training.imitate import Imitation, imitate
from gocnn.training.loop import TrainingRun
from gocnn.training.trainer import Trainer
from tests.support.playing import random_corpus, random_game


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    config = TrainConfig(
        settings={"blocks": 1, "channels": 16},
        budget=Budget(positions=32 * 60),
        hyperparameters=Hyperparameters(batch=32, rate=5e-3, bf16=False),
        validation=0.2,
    )
    run = TrainingRun.start(config, random_corpus(40), folder, Runtime(device="cpu"))
    assert run.train()
    return str(folder / "weights.safetensors")


def _games(count: int) -> tuple[list[Game], NDArray[np.int8]]:
    """Games of one who plays the lowest legal point, against one who plays at random."""
    games, colours = [], []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        colour = BLACK if seed % 2 else WHITE
        position = Position(9)
        for _ in range(30):
            legal = position.legal_points().tolist()
            position.play(legal[0] if position.to_move == colour else int(rng.choice(legal)))
        entries, setup = position.entries()
        games.append(Game(size=9, entries=entries, setup=setup, source=f"habit#{seed}"))
        colours.append(colour)
    return games, np.array(colours, np.int8)


def test_a_habit_is_learnt_and_the_rest_kept(weights: str, tmp_path: Path) -> None:
    games, colours = _games(12)
    output = tmp_path / "me.safetensors"
    imitation = Imitation(player="Me", weights=weights, seconds=60, batch=16, rate=5e-3)
    others = [random_game(9, 40, seed) for seed in range(500, 515)]
    result = imitate(games, colours, output, imitation, others=others)
    assert result.finished
    assert result.player.after.cross_entropy.mean < result.player.before.cross_entropy.mean - 0.5
    assert result.player.after.top1.mean > result.player.before.top1.mean + 0.1
    assert result.others.after.cross_entropy.mean < result.others.before.cross_entropy.mean + 0.25
    loaded = load_network(output)
    assert "12 games" not in loaded.info.trained
    assert "11 games of Me" in loaded.info.trained
    before = load_network(weights)
    assert loaded.info.positions > before.info.positions
    for name, tensor in before.module.state_dict().items():
        if "running" in name:  # the statistics are those that the network came with
            assert torch.equal(tensor, loaded.module.state_dict()[name])


def test_interrupted_it_keeps_the_best_so_far(
    weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    games, colours = _games(8)
    update, seen = Trainer.update, []

    def interrupted(trainer: Trainer, *arguments: object, **named: object) -> None:
        update(trainer, *arguments, **named)  # type: ignore[arg-type]
        seen.append(1)
        if len(seen) == 6:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Trainer, "update", interrupted)
    imitation = Imitation(player="Me", weights=weights, seconds=60, batch=16, rate=5e-3)
    result = imitate(games, colours, tmp_path / "me.safetensors", imitation)
    assert not result.finished
    assert len(seen) == 6
    assert load_network(tmp_path / "me.safetensors").info.positions > 0


def test_too_few_games_are_refused(weights: str, tmp_path: Path) -> None:
    games, colours = _games(2)
    imitation = Imitation(player="Me", weights=weights)
    with pytest.raises(GocnnError, match="2 games of the player: too few"):
        imitate(games * 3, np.tile(colours, 3), tmp_path / "me.safetensors", imitation)
    assert not (tmp_path / "me.safetensors").exists()


def test_only_the_movers_moves_count() -> None:
    from gocnn.dataset.positions import Positions

    games, colours = _games(4)
    corpus = Corpus.from_games(games)
    mine = Positions(corpus, np.arange(4), movers=colours)
    theirs = Positions(corpus, np.arange(4), movers=-colours)
    assert mine.count == theirs.count == 60
    numbers, plies = mine.locate(np.arange(mine.count))
    expected = [corpus.game(int(g)).to_move(int(p)) for g, p in zip(numbers, plies, strict=True)]
    assert expected == colours[numbers].tolist()
