"""`gocnn prepare`: pack games into a corpus file."""

from pathlib import Path

import click

from gocnn.cli import options
from gocnn.defaults import VALIDATION


@click.command()
@click.argument("games", nargs=-1, required=True, type=options.PATH)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The corpus file to write; it is compressed if the name ends in .xz.",
)
@options.board_sizes()
@click.option(
    "--min-moves", type=click.IntRange(0), default=20, help="Leave out games with fewer moves."
)
@click.option("--min-rank", help="Both players have at least this rank, such as 5k, 1d or 9p.")
@click.option("--since", help="Leave out games before this date: 2015, 2015-06 or 2015-06-30.")
@click.option("--until", help="Leave out games after this date, written in the same ways.")
@click.option(
    "--handicap",
    type=click.Choice(["any", "even", "only"]),
    default="any",
    help="Take any games, even games, or handicap games only.",
)
@click.option(
    "--kind",
    "kinds",
    help="Take games of these sources only, parted by commas: kgs, tygem, fox, pro, unknown.",
)
@click.option("--sample", type=options.SHARE, default=1.0, help="Take this share of the games.")
@click.option(
    "--without",
    multiple=True,
    type=options.PATH,
    help="Leave out the games of this corpus file; the option may be repeated.",
)
@click.option(
    "--validation",
    type=options.SHARE,
    default=VALIDATION,
    help="Hold out this share of the games for validation.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    show_default="one for each core",
    help="The number of processes that read.",
)
@click.option(
    "--rejects", type=options.PATH, help="List the records that are left out in this file."
)
@options.as_json
def prepare(
    games: tuple[Path, ...],
    output: Path,
    board_size: int,
    min_moves: int,
    min_rank: str | None,
    since: str | None,
    until: str | None,
    handicap: str,
    kinds: str | None,
    sample: float,
    without: tuple[Path, ...],
    validation: float,
    jobs: int | None,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Pack GAMES into a corpus file, two bytes a move.

    Broken records and duplicates are left out and counted.
    """
    import json

    from gocnn.corpus.corpus import Corpus
    from gocnn.corpus.filters import Filters
    from gocnn.corpus.prepare import prepare as write_corpus

    filters = Filters.parse(
        min_moves=min_moves,
        min_rank=min_rank,
        since=since,
        until=until,
        handicap=handicap,
        kinds=kinds,
        sample=sample,
    )
    report = write_corpus(
        games,
        output,
        size=board_size or None,
        filters=filters,
        without=without,
        validation=validation,
        jobs=jobs,
        rejects=rejects,
    )
    training, held_out = Corpus.open(output, verify=False).split()
    counts = {"training": len(training), "validation": len(held_out)}
    if as_json:
        click.echo(json.dumps({"output": str(output), **report.as_json(), **counts}, indent=2))
    else:
        click.echo(report.table())
        click.echo(f"{'':>10} {len(training):,} for training, {len(held_out):,} for validation")
