"""`gocnn match`: two GTP engines play against each other."""

import json
from dataclasses import asdict
from typing import Any

import click

from gocnn.match.folder import Terms
from gocnn.match.runner import run


def match(**options: Any) -> None:
    """Play a match as the options of the command say, and print the result.

    Raises:
        GocnnError: when the options are wrong or an engine cannot be started.
    """
    games, path, jobs, timeout, as_json = (
        options.pop(name) for name in ("games", "output", "jobs", "move_timeout", "as_json")
    )
    if options["komi"] is None:
        options["komi"] = 0.5 if options["handicap"] else 7.5
    terms = Terms(**{**options, "referee": options["referee"] or ""})
    try:
        standing = run(terms, games, path, jobs=jobs, timeout=timeout)
    except KeyboardInterrupt:
        click.echo(f"the games that ended are in {path}; the same command goes on", err=True)
        raise
    if as_json:
        click.echo(json.dumps({**asdict(terms), "folder": str(path), **standing.as_json()}))
    else:
        click.echo(standing.table(terms.a, terms.b))
        click.echo(f"{'games':<8} {path}")
