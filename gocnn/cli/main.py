"""The front door: every command a thin function that imports what it needs when it runs.

Invariants:

- Importing this module loads click and nothing else from outside, so that help comes at once.
- A wrong input ends in one line on standard error and exit status 2, never in a traceback.
- Standard output carries answers only; progress and remarks go to standard error.
"""

import errno
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from gocnn import __version__
from gocnn.cli.options import (
    _PATH,
    _board_size,
    _device,
    _Duration,
    _Lines,
    _rules,
    _symmetries,
    _weights,
)
from gocnn.errors import GocnnError

INTERRUPTED = 130  # what a shell reports for a program stopped by Ctrl-C


def _fail(message: str, status: int = 2) -> NoReturn:
    click.echo(f"gocnn: {message}", err=True)
    sys.exit(status)


def _usage(error: click.UsageError) -> str:
    where = error.ctx.command_path if error.ctx else "gocnn"
    message = " ".join(error.format_message().split()).rstrip(".")
    return f"{message} (see {where} --help)"


class _FrontDoor(click.Group):
    """A group that lists its commands in order of use and tells every error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail("interrupted", INTERRUPTED)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            _fail(_usage(error))
        except click.Abort:
            _fail("interrupted", INTERRUPTED)
        except click.ClickException as error:
            _fail(error.format_message())
        except GocnnError as error:
            _fail(" ".join(str(error).split()))
        except OSError as error:  # click has dealt with a closed pipe: quiet, status 1
            named = f"{error.filename}: " if error.filename else ""
            full = "; free some space and run it again" if error.errno == errno.ENOSPC else ""
            _fail(f"{named}{error.strerror or error}{full}")
        sys.exit(status if isinstance(status, int) else 0)


@click.group(
    cls=_FrontDoor, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Predict Go moves with a convolutional network; train it on your own games.

    GAMES are SGF files, collections, folders, or archives of them (zip, tar, gz, bz2, xz).
    """


# Commands, in the order in which a user meets them. Each is a thin function: it parses its
# options, imports the rooms it needs and hands over.


@main.command()
@click.argument("games", nargs=-1, required=True, type=_PATH)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The corpus file to write; .xz at its end compresses it.",
)
@click.option("--size", type=_Lines(), default="19", help="Lines of the boards, or all.")
@click.option("--min-moves", default=20, help="Leave out shorter games.")
@click.option("--min-rank", help="Both players at least this strong: 5k, 1d, 9p.")
@click.option("--since", help="No games before: 2015, 2015-06 or 2015-06-30.")
@click.option("--until", help="No games after.")
@click.option(
    "--handicap",
    type=click.Choice(["any", "even", "only"]),
    default="any",
    help="Even games, or handicap games only.",
)
@click.option("--kind", "kinds", help="Only from these sources: kgs, tygem, fox, pro, unknown.")
@click.option("--sample", default=1.0, help="Take this share of the games.")
@click.option(
    "--without",
    multiple=True,
    type=_PATH,
    help="Leave out the games of this corpus; may be given again.",
)
@click.option("--validation", default=0.01, help="Share of games to hold out.")
@click.option("--jobs", type=int, help="Processes that read (default: one for each core).")
@click.option("--rejects", type=_PATH, help="List what is left out here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def prepare(**options: Any) -> None:
    """Pack GAMES into a corpus file, two bytes a move.

    Broken records and duplicates are left out and counted.
    """
    import json

    from gocnn.corpus.corpus import Corpus
    from gocnn.corpus.filters import Filters
    from gocnn.corpus.prepare import prepare as pack

    output, rejects, size = (options.pop(name) for name in ("output", "rejects", "size"))
    games, without, validation, jobs, as_json = (
        options.pop(name) for name in ("games", "without", "validation", "jobs", "as_json")
    )
    report = pack(
        games,
        output,
        size=size or None,
        filters=Filters.parse(**options),
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


@main.command()
@click.argument("games", nargs=-1, required=True, type=_PATH)
@click.option("-o", "--output", type=_PATH, default="gocnn-run", help="Folder of the run.")
@click.option("--time-budget", type=_Duration(), help="How long to train: 90s, 25m, 1h30m.")
@click.option("--positions", type=int, help="How many positions to train on.")
@click.option("--epochs", type=float, help="How often to go through all positions.")
@click.option(
    "--size",
    "network_size",
    help="tiny, small (the default), base, large, huge, or BLOCKSxFILTERS such as 4x48.",
)
@click.option("--encoding", default="full-1", help="What the network sees.")
@click.option(
    "--init",
    "initial",
    type=_PATH,
    help="Fine-tune these weights, a file or a name; with --size their network grows first.",
)
@click.option(
    "--teacher", type=_PATH, help="Weights to learn from beside the games (distillation)."
)
@click.option("--teacher-share", default=0.5, help="How much to listen to the teacher, 0 to 1.")
@click.option("--resume", is_flag=True, help="Go on with the run in the output folder.")
@click.option("--stop-after", type=_Duration(), help="Stop, to resume later, after this time.")
@click.option("--batch", default=128, help="Positions of an update.")
@click.option("--rate", default=4e-3, help="Learning rate at its peak.")
@click.option("--seed", default=0, help="Of the order and the first weights.")
@click.option("--validation", default=0.01, help="Share of games held out.")
@_board_size
@_device
@click.option(
    "--compile/--no-compile", default=None, help="Use torch.compile (default: on CUDA, if faster)."
)
@click.option("--tensorboard", is_flag=True, help="Also log for TensorBoard, into the folder.")
def train(**options: Any) -> None:
    """Train a network on GAMES; one hour, unless told otherwise.

    The games are packed into the output folder first, and packed anew when they change. The time
    counts from the first batch on. Ctrl-C saves; --resume goes on.
    """
    from gocnn.cli.train import train as run

    run(**options)


@main.command()
@click.argument("weights")
@click.argument("games", nargs=-1, required=True, type=_PATH)
@click.option("--positions", type=int, help="Measure a random sample of so many positions.")
@_symmetries
@_board_size
@_device
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def evaluate(**options: Any) -> None:
    """Measure WEIGHTS (a file, or a name of gocnn models) on GAMES.

    Top-1, top-5, cross-entropy and the accuracy of the value; passes are not counted. Intervals
    are at 95 percent, over games.
    """
    from gocnn.cli.evaluate import evaluate as run

    run(**options)


@main.command()
@click.argument("game", required=False)
@click.option("--moves", help='Moves instead of a game, black first: "D4 Q16 ...".')
@click.option("--move", type=int, help="Predict this move of the game (default: the next one).")
@click.option("--number", default=1, help="Which game of a collection.")
@click.option("--top", type=click.IntRange(1, 26), default=5, help="Moves to list.")
@click.option("--rank", help="Rank of the player to move: 20k to 9d, or pro.")
@click.option("--opponent-rank", help="Rank of the other player.")
@click.option(
    "--size",
    type=click.IntRange(5, 25),
    default=19,
    help="Lines of the board, with --moves.",
)
@click.option("--komi", type=float, help="Points that white gets (default: the game's, or 7.5).")
@_weights
@_symmetries
@_device
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a board.")
def suggest(**options: Any) -> None:
    """Show the likely moves in GAME, an SGF file, or - for standard input.

    Standard input may hold a game or a list of moves, such as "D4 Q16".
    """
    from gocnn.cli.suggest import suggest as run

    run(**options)


@main.command()
@_weights
@click.option("--rank", default="best", help="Rank to play at: 20k to 9d, pro, best, or any.")
@click.option("--opponent-rank", help="Rank of the opponent.")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 10),
    help="0 plays the likeliest move; 1 varies as people do (default: by the rank).",
)
@click.option("--seed", type=int, help="Play the same game again (default: a new one).")
@click.option(
    "--visits",
    type=click.IntRange(1),
    default=1,
    help="Positions that a search looks at; 1 plays by the network alone.",
)
@click.option(
    "--resign",
    type=click.FloatRange(0, 1),
    is_flag=False,
    flag_value=0.04,
    default=0.04,
    help="Give up at a win rate below this, when it stays there.",
)
@click.option("--no-resign", is_flag=True, help="Play lost games to the end.")
@click.option("--superko", is_flag=True, help="Forbid to repeat any earlier position.")
@_rules
@click.option("--name", default="gocnn", help="What to call itself.")
@_symmetries
@_device
def gtp(**options: Any) -> None:
    """Play as an engine in any Go program that speaks GTP.

    Give the program the command line "gocnn gtp", with the options you like.
    """
    from gocnn.gtp.server import gtp as run

    run(**options)


@main.command()
@click.argument("a")
@click.argument("b")
@click.option("--games", type=click.IntRange(1), default=20, help="How many.")
@click.option("-o", "--output", type=_PATH, default="gocnn-match", help="Folder of the match.")
@click.option("--size", type=click.IntRange(5, 25), default=19, help="Lines of the board.")
@click.option("--komi", type=float, help="Points for white (default: 7.5; 0.5 with a handicap).")
@click.option("--handicap", default=0, help="Stones for B, who is black then in every game.")
@_rules
@click.option("--openings", default="drawn", help="drawn, none, or games to take them from.")
@click.option("--opening-moves", type=click.IntRange(1), default=8, help="Moves of such games.")
@click.option("--seed", default=0, help="Of the openings.")
@click.option("--referee", help="A GTP engine whose count decides instead of ours.")
@click.option("--move-timeout", type=_Duration(), default="2m", help="Who thinks longer has lost.")
@click.option("--jobs", type=click.IntRange(1), default=1, help="Games at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def match(**options: Any) -> None:
    """Let two GTP engines, the command lines A and B, play against each other.

    They take turns as black, twice from each opening. Every game is saved when it ends; after an
    interruption the same command goes on.
    """
    from gocnn.cli.match import match as run

    run(**options)


@main.command()
@_device
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def models(device: str, as_json: bool) -> None:
    """List the networks that ship: size, accuracy, how quick they are here, how trained.

    Their names stand for their files wherever weights are asked for.
    """
    import json

    from gocnn.inference.catalogue import models as find
    from gocnn.inference.catalogue import table

    found = find(device)
    told = json.dumps([model.as_dict() for model in found], indent=2) if as_json else table(found)
    click.echo(told)


@main.command()
@click.argument("weights", default="default")
@click.option("-o", "--output", type=_PATH, required=True, help="The ONNX file to write.")
def export(weights: str, output: Path) -> None:
    """Write WEIGHTS (a file or a name; default: those that ship) as ONNX.

    The file takes any number of positions on boards of 5 to 25 lines, and is compared with torch
    before it is written.
    """
    from gocnn.inference.onnx import export as write

    difference = write(weights, output)
    click.echo(
        f"{output}: {output.stat().st_size:,} bytes, off torch's answers by {difference:.0e}"
    )
