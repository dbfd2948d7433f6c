"""What a comparison is: which networks, how long each is trained, on which games."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gocnn.defaults import BATCH, RATE
from gocnn.errors import GocnnError
from gocnn.network.registry import ARCHITECTURES, find, tower
from gocnn.training.config import Budget, Hyperparameters, TrainConfig

MODES = ("positions", "time")  # what is equal for all networks


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """One network of a comparison, and what of its training differs from the others'."""

    architecture: str = "resnet"
    size: str  # see `gocnn.network.registry.tower`
    name: str = ""  # what tables and folders call it; "": made of the architecture and the rest
    about: str = ""  # one line; "": that of the architecture
    encoding: str = ""  # the planes that it sees; "": those of the comparison
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the architecture, over the size
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)  # in place of the common ones
    options: Mapping[str, Any] = field(default_factory=dict)  # other fields of its `TrainConfig`
    cost: float = 1.0  # of a position; a budget in positions is divided by it

    @property
    def label(self) -> str:
        """What tables and folders call it."""
        if self.name:
            return self.name
        rate = self.hyperparameters.get("rate")
        return f"{self.architecture}-{self.size}" + (f"-rate-{rate:g}" if rate else "")


def read_contestants(text: str, size: str) -> list[Contestant]:
    """The networks of a list such as "resnet,lenet-max:2x32@1e-3", or "all".

    Args:
        text: ARCHITECTURE, ARCHITECTURE:SIZE, with @RATE behind it if it has a rate of its own.
        size: of those that name none.

    Raises:
        GocnnError: when an architecture or a size is unknown, or a rate is not a number above 0.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["all"]:
        words = list(ARCHITECTURES)
    contestants = []
    for word in words:
        network, _, rate = word.partition("@")
        architecture, _, own = network.partition(":")
        find(architecture)
        tower(own or size, architecture)
        own_rate = {"rate": _rate(word, rate)} if rate else {}
        contestants.append(
            Contestant(architecture=architecture, size=own or size, hyperparameters=own_rate)
        )
    if not contestants:
        raise GocnnError("--networks names no network; say all, or some that gocnn network lists")
    labels = [each.label for each in contestants]
    if doubled := {label for label in labels if labels.count(label) > 1}:
        raise GocnnError(f"--networks names {min(doubled)} twice")
    return contestants


def _rate(word: str, rate: str) -> float:
    try:
        value = float(rate)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise GocnnError(f"--networks {word}: {rate!r} is not a learning rate")
    return value


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What all networks of a comparison share; a folder holds networks of one plan."""

    corpus: str  # checksum of the games that they are trained on
    test: str  # checksum of the games that they are measured on; "" for those held out
    lines: int  # of the boards
    positions: int | None  # that each is trained on, of one table
    seconds: float | None  # that each is trained, of the other
    measured: int  # held-out positions, at most
    encoding: str = "full-1"
    batch: int = BATCH
    rate: float = RATE
    seed: int = 0

    def budget(self, mode: str, contestant: Contestant | None = None) -> Budget:
        """How long a network is trained when that is equal for all (None: one that costs 1)."""
        if mode == "time":
            return Budget(seconds=self.seconds)
        cost = contestant.cost if contestant else 1.0
        return Budget(positions=self.positions and max(1, round(self.positions / cost)))

    def config(self, contestant: Contestant, mode: str) -> TrainConfig:
        """How a network is trained."""
        common = {"batch": self.batch, "rate": self.rate, "seed": self.seed}
        options: dict[str, Any] = {
            "encoding": contestant.encoding or self.encoding,
            # Most architectures answer neither, and these losses would help the others.
            "lead": False,
            "reply": False,
        }
        return TrainConfig(
            architecture=contestant.architecture,
            settings=tower(contestant.size, contestant.architecture) | dict(contestant.settings),
            budget=self.budget(mode, contestant),
            hyperparameters=Hyperparameters(**common | dict(contestant.hyperparameters)),
            **options | dict(contestant.options),
        )

    @property
    def modes(self) -> tuple[str, ...]:
        """Which of `MODES` are worked on.

        Raises:
            GocnnError: when there is neither a time nor a number of positions.
        """
        given = {"positions": self.positions, "time": self.seconds}
        modes = tuple(mode for mode in MODES if given[mode] is not None)
        if not modes:
            raise GocnnError("give --positions, --time-budget or both")
        return modes
