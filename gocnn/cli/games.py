"""What the commands that read games share: which boards to take, and what was read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from click.core import ParameterSource
from numpy.typing import NDArray

from gocnn.corpus.corpus import Corpus
from gocnn.corpus.prepare import Report, is_corpus, open_or_prepare
from gocnn.errors import GocnnError
from gocnn.go.game import Game
from gocnn.progress import bar
from gocnn.sgf.players import games_of_player
from gocnn.sgf.reader import read_games
from gocnn.stats import count_text


def is_given(name: str) -> bool:
    """Whether the command line has the option of that parameter; without one, nothing is given."""
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(name) not in (
        ParameterSource.DEFAULT,
        None,
    )


def check_board_size(games: Sequence[Path]) -> None:
    """Refuse a ``--board-size`` that a corpus file among the games would not follow.

    A corpus holds the boards that it was packed with; the option selects games only while they
    are read. Without a command line nothing is checked.

    Raises:
        GocnnError: when the option was given and names other boards than those of the corpus.
    """
    if not is_given("board_size"):
        return
    wanted = click.get_current_context().params["board_size"] or None
    for path in games:
        if not is_corpus(path) or not path.is_file():
            continue
        packed = Corpus.open(path, verify=False).meta.get("size", wanted)
        if packed != wanted:
            raise GocnnError(
                f"{path} holds boards of {packed or 'all'} lines: --board-size selects among games "
                "that are read, not in a corpus file; leave it out, or pack the games with it"
            )


def read_player(
    paths: Sequence[Path], player: str, board_size: int | None
) -> tuple[list[Game], NDArray[np.int8]]:
    """The games of one player under some paths, and the player's colour in each.

    Raises:
        GocnnError: when a path cannot be read or is a corpus, which keeps no names, or the player
            has no game.
    """
    return games_of_player(games_with_names(paths, board_size), player)


def games_with_names(
    paths: Sequence[Path], board_size: int | None = None, rejected: Counter[str] | None = None
) -> Iterator[Game]:
    """The games under some paths, whose players are asked for by name, with a progress bar.

    Args:
        paths: files, folders and archives of game records.
        board_size: lines of the boards; None for all.
        rejected: counts the records that are not games, by reason.

    Raises:
        GocnnError: when a path cannot be read or is a corpus, which keeps no names.
    """
    for path in paths:
        if is_corpus(path):
            raise GocnnError(
                f"{path} is a corpus file, which keeps no names of players; give the game records"
            )

    def games() -> Iterator[Game]:
        with bar("read", unit="games") as progress:
            for game in read_games(paths, size=board_size):
                progress.update()
                if isinstance(game, Game):
                    yield game
                elif rejected is not None:
                    rejected[game.reason] += 1

    return games()


def games_on(paths: Sequence[Path], cache: Path, lines: int | None) -> Corpus:
    """The games under some paths on boards of so many lines, packed; of any for None.

    Args:
        paths: a corpus file, or SGF as for `gocnn train`.
        cache: where SGF is packed.
        lines: of the boards.

    Raises:
        GocnnError: when there are none.
    """
    corpus, report = open_or_prepare(paths, cache, size=lines)
    report_corpus(corpus, report)
    if lines is None:
        return corpus
    wanted = corpus.games["size"] == lines
    if not wanted.any():
        raise GocnnError(f"{paths[0]}: no games on boards of {lines}x{lines} here")
    return corpus if wanted.all() else corpus.select(wanted)


def report_corpus(corpus: Corpus, report: Report | None) -> None:
    """Say on standard error what was read and how much of it there is."""
    if report is not None:
        click.echo(report.table(), err=True)
    click.echo(
        f"{count_text(len(corpus), 'game')}, {count_text(corpus.positions, 'position')}", err=True
    )
