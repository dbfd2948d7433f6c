"""What `gocnn review` reads and writes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.progress import bar
from gocnn.review.analysis import GameReview
from gocnn.review.page import review_page
from gocnn.review.reviewed_sgf import reviews_as_sgf
from gocnn.sgf.reader import Record, read_records

_PAGE, _RECORD = (".html", ".htm"), (".sgf",)


def check_outputs(outputs: Sequence[Path], games: Sequence[Path]) -> None:
    """Refuse outputs that could not be written, before any work is done.

    Raises:
        GocnnError: when an ending is unknown, a folder is missing, or a game would be overwritten.
    """
    read = {game.resolve() for game in games}
    for path in outputs:
        if path.suffix.lower() not in _PAGE + _RECORD:
            raise GocnnError(f"{path}: a review's name ends in .html or .sgf")
        if not path.resolve().parent.is_dir():
            raise GocnnError(f"{path}: there is no folder {path.parent}; make it first")
        if path.is_dir():
            raise GocnnError(f"{path} is a folder: name a file")
        if path.resolve() in read:
            raise GocnnError(f"{path} is the game itself: write the review to another file")


def read_all(games: Sequence[Path]) -> list[Record]:
    """The games to review; those that are broken are told on standard error.

    Raises:
        GocnnError: when there is none, with the reason of the first.
    """
    records, rejects = [], []
    with closing(read_records(games)) as outcomes:
        for record in outcomes:
            if isinstance(record, Record):
                records.append(record)
            else:
                detail = f": {record.detail}" if record.detail else ""
                rejects.append(f"{record.source}: {record.reason}{detail}")
    if not records:
        raise GocnnError(rejects[0] if rejects else "there are no games to review")
    for reject in rejects:
        click.echo(f"gocnn: left out {reject}", err=True)
    return records


def has_page(outputs: Sequence[Path]) -> bool:
    """Whether a page is among the outputs."""
    return any(path.suffix.lower() in _PAGE for path in outputs)


def ranks_of_moves(records: Sequence[Record], device: str) -> list[dict[str, Any]]:
    """The rank that each player's moves speak of, as plain data; empty where none can be told."""
    from gocnn.inference.weights import load_network
    from gocnn.network.device import choose_device
    from gocnn.rating.model import WEIGHTS, rank_model, scale_for
    from gocnn.rating.players import by_player, games_of, rank_players, usable

    players = usable(by_player([record.game for record in records]), Counter())
    if not players:
        return []
    network = load_network(WEIGHTS, choose_device(device))
    games = games_of(players)
    model = rank_model(scale_for(game.kind for game in games))
    with bar("rank", sum(map(len, games)), unit="moves") as progress:
        ranks = rank_players(network, players, model, progress=progress.update)
    return [rank.as_dict() for rank in ranks]


def write_outputs(
    outputs: Sequence[Path],
    reviews: Sequence[GameReview],
    ranks: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write a review in each of the forms that were asked for.

    Args:
        outputs: where to.
        reviews: of the games.
        ranks: as `ranks_of_moves` gives them, for the page.

    Raises:
        GocnnError: when a file cannot be written.
    """
    for path in outputs:
        is_page = path.suffix.lower() in _PAGE
        text = review_page(reviews, ranks) if is_page else reviews_as_sgf(reviews)
        write_atomically(path, text.encode("utf-8", "replace"))
        click.echo(str(path))
