"""The games of a training run: packed into its folder or linked there, and found there again."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gocnn.cli.games import check_board_size, is_given, report_corpus
from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import is_corpus, open_or_prepare, open_packed
from gocnn.errors import GocnnError
from gocnn.training.config import TrainConfig
from gocnn.training.process import Processes, own_device

_PACKED = "corpus.gocnn"
_KEPT = (_PACKED, "corpus.gocnn.xz")  # the second is a link to a compressed corpus file

# Options of a run that cannot change while it goes on, by the names of their parameters.
_FIXED = {
    "architecture": "--architecture",
    "network": "--network",
    "encoding": "--encoding",
    "initial": "--init",
    "teacher": "--teacher",
    "teacher_share": "--teacher-share",
    "cooldown": "--cooldown",
    "balance": "--balance",
    "batch": "--batch",
    "rate": "--rate",
    "seed": "--seed",
    "validation": "--validation",
}


def shared_corpus(
    games: Sequence[Path], folder: Path, board_size: int | None, device: str, *, resume: bool
) -> Corpus:
    """The corpus of a run; of several processes the first makes it, and the others then map it.

    Args:
        games: what the command line names; none, if a run goes on with the games in its folder.
        folder: of the run.
        board_size: lines of the boards to take; None takes all.
        device: its name.
        resume: whether a run goes on, so that its games must not be replaced.

    Raises:
        GocnnError: when there are no games, or a run cannot go on with them.
    """
    check_board_size(games)
    processes = Processes.join(own_device(device))
    if not processes.first:
        processes.wait()
    if resume and not any(map(is_corpus, games)):
        games = _kept(games, folder, board_size)
    corpus, report = open_or_prepare(games, folder / _PACKED, size=board_size)
    if processes.first:
        report_corpus(corpus, report)
        processes.wait()
    return corpus


def _kept(games: Sequence[Path], folder: Path, board_size: int | None) -> Sequence[Path]:
    """The corpus in the folder of a run that goes on, which must be that of the games, if any."""
    path = next((folder / name for name in _KEPT if (folder / name).exists()), None)
    if path is None and not games:
        raise GocnnError(f"{folder}: its games are not there; name those that the run began with")
    if path is None:
        return games
    if not games and is_given("board_size"):
        raise GocnnError("--board-size selects among games that are read; leave it out")
    if games and open_packed(games, path, size=board_size) is None:
        raise GocnnError(
            f"{folder}: was trained on other games than these, or their files have changed; name "
            f"none to go on with those in {path}, or start a new run with --init"
        )
    return [path]


def keep_games(games: Sequence[Path], folder: Path) -> None:
    """Let the folder of a run tell where its games are, if they are in a corpus file elsewhere.

    A system or file system without links goes without; then the games must be named again.
    """
    if not (games and is_corpus(games[0])):
        return
    target = games[0].resolve()
    kept = [folder / name for name in _KEPT]
    with suppress(OSError):
        if any(path.exists() and path.samefile(target) for path in kept):
            return
        for path in kept:
            path.unlink(missing_ok=True)
        link = kept[target.suffix == ".xz"]
        link.symlink_to(_relative(target, folder.resolve()))


def _relative(target: Path, folder: Path) -> Path:
    """A path as seen from a folder, or as it is: on Windows none leads from drive to drive."""
    try:
        return Path(os.path.relpath(target, folder))
    except ValueError:
        return target


def check_unchanged(config: TrainConfig, wanted: TrainConfig) -> None:
    """Refuse options that a run which goes on would not follow.

    Args:
        config: of the run.
        wanted: what the options ask for; only those that the command line has are looked at.

    Raises:
        GocnnError: naming the first option that says something else than the run.
    """
    for name, option in _FIXED.items():
        own, other = _setting(config, name), _setting(wanted, name)
        if name == "network":
            own = {key: own.get(key) for key in other}
        if is_given(name) and own != other:
            raise GocnnError(
                f"{option}: the run to go on with has {_text(own)}, not {_text(other)}; "
                "leave it out, or start another run with -o"
            )


def _setting(config: TrainConfig, name: str) -> Any:
    if name == "network":
        return config.settings
    return getattr(config if hasattr(config, name) else config.hyperparameters, name)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "x".join(map(str, value.values()))
    return "none" if value == "" else str(value)
