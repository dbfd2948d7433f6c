"""`gocnn review`: a game with what was likely at each move, and the moments that decided it."""

from pathlib import Path
from typing import Any

import click

from gocnn.cli import options


@click.command()
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option(
    "-o",
    "--output",
    "outputs",
    type=options.PATH,
    multiple=True,
    required=True,
    help="Where to write the review: a page (.html) or a record (.sgf); both may be given.",
)
@click.option(
    "--for",
    "advise",
    type=options.Rank(),
    help="Your rank: show what players some ranks stronger would find.",
)
@click.option(
    "--visits",
    type=click.IntRange(1, 100_000),
    default=32,
    help="Check what moves cost by searches of that many positions; 1 searches nothing.",
)
@options.weights
@options.symmetries
@options.device
def review(
    games: tuple[Path, ...],
    outputs: tuple[Path, ...],
    advise: int | None,
    visits: int,
    weights: str,
    symmetries: int,
    device: str,
) -> None:
    """Review GAMES, records or collections: what was likely, who was ahead, what decided it.

    The page is one file to open in a browser or to mail; several games get a summary. The record
    has comments, labels and variations for Sabaki and other editors.
    """
    from gocnn.cli.review_output import (
        check_outputs,
        has_page,
        ranks_of_moves,
        read_all,
        write_outputs,
    )
    from gocnn.inference.predictor import Predictor
    from gocnn.progress import bar
    from gocnn.review.analysis import GameReview
    from gocnn.review.reviewer import Reviewer

    check_outputs(outputs, games)
    predictor = Predictor(weights, device=device, symmetries=symmetries)
    reviewer = Reviewer(predictor.predict, advise=advise, visits=visits)
    records = read_all(games)
    total = sum(reviewer.steps(record.game) for record in records)
    reviews: list[GameReview] = []
    ranks: list[dict[str, Any]] = []
    try:
        with bar("review", total, unit="positions") as progress:
            for record in records:
                reviews.append(reviewer.review(record, progress.update))
                progress.set_postfix_str(f"{len(reviews)} of {len(records)} games", refresh=False)
        if has_page(outputs):
            ranks = ranks_of_moves(records, device)
    except KeyboardInterrupt:
        if reviews:
            write_outputs(outputs, reviews)
            click.echo(f"gocnn: stopped after {len(reviews)} of {len(records)} games", err=True)
        raise
    write_outputs(outputs, reviews, ranks)
