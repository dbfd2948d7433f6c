r"""Learn a model behind `gocnn rank`, and measure it on games that it has not seen.

From the root of the repository, in its environment:

    python -m scripts.release.rank_model fox TRAIN.gocnn TEST.gocnn -o FOLDER \
        --train-games 8800 --test-games 1540

TRAIN and TEST are packed games on 19x19: for the scale ``fox`` of players of one group of ranks
(see `gocnn.rating.model`), about as many of each; for ``kgs`` of any ranks. Games are drawn at
random but always the same. What the network says of them, in bfloat16 where that is faster, is kept
in FOLDER, so the command goes on where it was stopped. It writes gocnn/rating/SCALE.safetensors and
prints the tables of docs/ranks.md: groups of 1, 5, 10 and 20 games of one rank, one side of each.
In Kuboki et al. 2025 (arXiv 2505.00279) the games of a group are of one player.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.inference.weights import LoadedNetwork, load_network
from gocnn.network.device import choose_device
from gocnn.progress import bar
from gocnn.rating.features import PlayedGame, played_game
from gocnn.rating.model import (
    LEAST_SPREAD,
    SCALES,
    WEIGHTS,
    RankModel,
    Scale,
    is_ranked,
    save_rank_model,
)
from gocnn.rating.traits import MoveTraits, measure_traits
from gocnn.stats import markdown_table

_CHUNK = 22  # games asked about at a time
_FEWEST_MOVES = 60
_FEWEST_OWN = 10  # moves of one side
_UNITS = 64  # of a layer
_MEMBERS = 3  # models that are averaged
_DROPOUT = 0.3
_DECAY = 0.01
_RATE = 2e-3
_BATCH = 32  # sides of an update
_EPOCHS = 12
_HELD_OUT = 0.1  # of the games, to tell how much the games of a group count
_TEMPERS = np.linspace(0.3, 1.0, 15)
_TRIALS = 300  # groups of games of each rank


class Sides(NamedTuple):
    """The players of some games, two of each game."""

    played: list[PlayedGame]
    groups: NDArray[np.int64]  # [N] index into the scale's groups
    games: NDArray[np.int64]  # [N]

    def select(self, chosen: NDArray[np.int64]) -> "Sides":
        """Some of them, by number."""
        return Sides([self.played[i] for i in chosen], self.groups[chosen], self.games[chosen])


def draw(corpus: Corpus, scale: Scale) -> NDArray[np.int64]:
    """All games that fit, in turn of each group of black's, so that any beginning is balanced."""
    records = corpus.games
    fits = (records["size"] == 19) & (corpus.moves >= _FEWEST_MOVES)
    for side in ("black_rank", "white_rank"):
        fits &= np.array([is_ranked(int(rank)) for rank in records[side]])
    groups = np.array([scale.group_of(int(rank)) for rank in records["black_rank"]])
    rng = np.random.default_rng(0)
    parts = []
    for group in range(len(scale.groups)):
        chosen = np.flatnonzero(fits & (groups == group))
        rng.shuffle(chosen)
        parts.append(chosen)
    turns = max(map(len, parts))
    return np.array([p[i] for i in range(turns) for p in parts if i < len(p)], np.int64)


def measured(
    network: LoadedNetwork,
    corpus: Corpus,
    games: NDArray[np.int64],
    scale: Scale,
    folder: Path,
    label: str,
) -> Sides:
    """The players of games; what the network says is read from the folder, or written there."""
    folder.mkdir(parents=True, exist_ok=True)
    played, groups, numbers = [], [], []
    with bar(label, int(corpus.moves[games].sum()), unit="positions") as progress:
        for number in range(0, len(games), _CHUNK):
            part = games[number : number + _CHUNK]
            file = folder / f"{number // _CHUNK:05}.npz"
            if not file.exists():
                traits = measure_traits(network, corpus, part, exact=False)
                draft = file.with_suffix(".part.npz")
                np.savez(draft, **traits._asdict())
                draft.replace(file)
            with np.load(file) as saved:
                traits = MoveTraits(**{name: saved[name] for name in MoveTraits._fields})
            for index, game in enumerate(part.tolist()):
                for colour, side in ((BLACK, "black_rank"), (WHITE, "white_rank")):
                    one = played_game(traits, index, colour, 19)
                    if len(one.moves) >= _FEWEST_OWN:
                        played.append(one)
                        groups.append(scale.group_of(int(corpus.games[side][game])))
                        numbers.append(game)
            progress.update(len(traits.plies))
    return Sides(played, np.array(groups), np.array(numbers))


class _Learner(nn.Module):
    """What `RankModel` computes, for training."""

    def __init__(self, moves: int, whole: int, groups: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(moves, _UNITS), nn.Linear(_UNITS, _UNITS)
        self.last = nn.Linear(2 * _UNITS + whole, groups)

    def forward(self, moves: Tensor, side: Tensor, counts: Tensor, whole: Tensor) -> Tensor:
        """Moves [N, V] of sides [N], so many of each [S], features of games [S, F]: [S, G]."""
        hidden = F.dropout(F.relu(self.first(moves)), _DROPOUT, self.training)
        hidden = F.relu(self.second(hidden))
        zeros = hidden.new_zeros(len(counts), _UNITS)
        mean = zeros.index_add(0, side, hidden) / counts[:, None]
        squares = zeros.index_add(0, side, hidden**2) / counts[:, None]
        spread = ((squares - mean**2).clamp(min=0) + LEAST_SPREAD).sqrt()
        read = F.dropout(torch.cat((mean, spread, whole), 1), _DROPOUT, self.training)
        logits: Tensor = self.last(read)
        return logits


def learn(sides: Sides, scale: Scale, members: int = _MEMBERS) -> RankModel:
    """Learn a model, and how much the games of a group count."""
    rng = np.random.default_rng(1)
    games = np.unique(sides.games)
    held_out = rng.random(len(games))[np.searchsorted(games, sides.games)] < _HELD_OUT
    unseen = sides.select(np.flatnonzero(held_out))
    trial = _learn(sides.select(np.flatnonzero(~held_out)), scale, 1, 1.0, "how sure")
    logs = trial.log_probabilities(unseen.played)
    losses = np.zeros(len(_TEMPERS))
    for group, chosen in trials(unseen, scale, 10):
        for index, temper in enumerate(_TEMPERS):
            logits = logs[chosen].sum(0) * len(chosen) ** (temper - 1)
            losses[index] += float(np.logaddexp.reduce(logits) - logits[group])
    return _learn(sides, scale, members, float(_TEMPERS[int(np.argmin(losses))]), "learn")


def _learn(sides: Sides, scale: Scale, members: int, temper: float, label: str) -> RankModel:
    every = np.concatenate([side.moves[::8] for side in sides.played]).astype(np.float32)
    wholes = np.array([side.whole for side in sides.played])
    model = RankModel(
        scale=scale,
        move_mean=every.mean(0),
        move_scale=every.std(0) + 1e-3,
        mean=np.nanmean(wholes, 0),
        spread=np.maximum(np.nanstd(wholes, 0), 1e-6),
        temper=temper,
        **dict.fromkeys(_LAYERS, np.zeros(0, np.float32)),
    )
    layers: dict[str, list[NDArray[np.float32]]] = {name: [] for name in _LAYERS}
    steps = _EPOCHS * (len(sides.played) // _BATCH)
    counts = np.maximum(np.bincount(sides.groups, minlength=len(scale.groups)), 1)
    # Rare groups weigh more: all are as likely before a move is seen.
    weight = torch.from_numpy((counts.mean() / counts).astype(np.float32))
    with bar(label, members * steps, unit="updates") as progress:
        for seed in range(members):
            torch.manual_seed(seed)
            learner = _Learner(every.shape[1], wholes.shape[1], len(scale.groups))
            optimizer = torch.optim.AdamW(learner.parameters(), lr=_RATE, weight_decay=_DECAY)
            schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, max(steps, 1))
            rng = np.random.default_rng(seed)
            for _ in range(_EPOCHS):
                order = rng.permutation(len(sides.played))
                for first in range(0, len(order) - _BATCH + 1, _BATCH):
                    part = sides.select(order[first : first + _BATCH])
                    logits, wanted = learner(*_batch(model, part)), torch.from_numpy(part.groups)
                    loss = F.cross_entropy(logits, wanted, weight=weight)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    schedule.step()
                    progress.update()
            for name in _LAYERS:
                layer = getattr(learner, name.removesuffix("_bias"))
                tensor = layer.bias if name.endswith("_bias") else layer.weight.T
                layers[name].append(tensor.detach().numpy())
    stacked: dict[str, Any] = {name: np.stack(parts) for name, parts in layers.items()}
    return replace(model, **stacked)


_LAYERS = "first", "first_bias", "second", "second_bias", "last", "last_bias"


def _batch(model: RankModel, sides: Sides) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The inputs of a learner."""
    counts = np.array([len(side.moves) for side in sides.played])
    moves = model.inputs(np.concatenate([side.moves for side in sides.played]))
    whole = model.game_inputs(np.array([side.whole for side in sides.played]))
    return (
        torch.from_numpy(moves),
        torch.from_numpy(np.repeat(np.arange(len(counts)), counts)),
        torch.from_numpy(counts.astype(np.float32)),
        torch.from_numpy(whole.astype(np.float32)),
    )


def trials(
    sides: Sides, scale: Scale, count: int, seed: int = 0
) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Groups of games of one rank, one side of each game.

    Raises:
        GocnnError: when there are fewer games of a rank than asked for.
    """
    rng = np.random.default_rng((seed, count))
    for group in range(len(scale.groups)):
        own = np.flatnonzero(sides.groups == group)
        games = np.unique(sides.games[own])
        if len(games) < count:
            name = scale.groups[group]
            raise GocnnError(f"only {len(games)} games of {name}, of {count} asked for")
        for _ in range(_TRIALS):
            drawn = rng.choice(games, count, replace=False)
            sides_of = [rng.choice(own[sides.games[own] == game]) for game in drawn]
            yield group, np.array(sides_of)


def report(model: RankModel, sides: Sides) -> str:
    """Markdown: how often the group is right by number of games, and what is said for what."""
    scale = model.scale
    groups = scale.groups
    logs = model.log_probabilities(sides.played)
    rows, confusion = [], np.zeros((len(groups), len(groups)))
    for count in (1, 5, 10, 20):
        right, near, off, held, width = [], [], [], [], []
        for group, chosen in trials(sides, scale, count):
            estimate = model.together(logs[chosen])
            ends = (estimate.group, estimate.low, estimate.high)
            likeliest, low, high = map(groups.index, ends)
            right.append(likeliest == group)
            near.append(abs(likeliest - group) <= 1)
            off.append(abs(likeliest - group))
            held.append(low <= group <= high)
            width.append(high - low + 1)
            if count == 20:
                confusion[group, likeliest] += 1
        shares = [f"{100 * np.mean(values):.1f}" for values in (right, near, held)]
        rows.append(
            [str(count), *shares[:2], f"{np.mean(off):.2f}", shares[2], f"{np.mean(width):.1f}"]
        )
    head = [
        "games",
        "right %",
        "right or beside %",
        "mean error",
        "within the interval %",
        "its width",
    ]
    lines = [
        [name, *(f"{100 * share:.0f}" for share in row / row.sum())]
        for name, row in zip(groups, confusion, strict=True)
    ]
    return f"{markdown_table(head, rows)}\n\n{markdown_table(['played by', *groups], lines)}"


def main() -> None:
    """Read the options, measure, learn, measure again."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scale", choices=sorted(SCALES))
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("-o", "--folder", type=Path, required=True)
    parser.add_argument("--train-games", type=int, default=8800, help="default: %(default)s")
    parser.add_argument("--test-games", type=int, default=1540, help="default: %(default)s")
    parser.add_argument("--model", type=Path, help="the file to write; by default the one to ship")
    options = parser.parse_args()
    scale = SCALES[options.scale]
    shipped = Path(__file__).parents[2] / "gocnn" / "rating" / f"{scale.name}.safetensors"
    try:
        network = load_network(WEIGHTS, choose_device("cpu"))
        sides = []
        for name, count in (("train", options.train_games), ("test", options.test_games)):
            corpus = Corpus.open(getattr(options, name))
            games = draw(corpus, scale)[:count]
            folder = options.folder / f"{scale.name}-{name}"
            sides.append(measured(network, corpus, games, scale, folder, name))
        model = learn(sides[0], scale)
        save_rank_model(model, options.model or shipped, len(np.unique(sides[0].games)))
        print(report(model, sides[1]))
    except (GocnnError, OSError) as error:
        sys.exit(f"rank_model: {error}")


if __name__ == "__main__":
    main()
