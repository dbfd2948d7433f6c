"""The entry point of the command line: the group of commands, and how errors are reported.

Invariants:

- Importing this module loads click and nothing else from outside, so that help comes at once.
- A wrong input ends in one line on standard error and exit status 2, never in a traceback.
- Standard output carries answers only; progress and remarks go to standard error.
"""

import errno
import io
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click

from gocnn.cli.board import board
from gocnn.cli.compare import compare
from gocnn.cli.evaluate import evaluate
from gocnn.cli.explain import explain
from gocnn.cli.export import export
from gocnn.cli.gtp import gtp
from gocnn.cli.imitate import imitate
from gocnn.cli.match import match
from gocnn.cli.models import models
from gocnn.cli.network import network
from gocnn.cli.prepare import prepare
from gocnn.cli.rank import rank
from gocnn.cli.review import review
from gocnn.cli.suggest import suggest
from gocnn.cli.train import train
from gocnn.errors import GocnnError
from gocnn.version import __version__

INTERRUPTED = 130  # the status that a shell reports for a program stopped by Ctrl-C


def _fail(message: str, status: int = 2) -> NoReturn:
    if status == INTERRUPTED:
        # Python ends itself by SIGINT, whatever the status, where Ctrl-C came while a text was
        # executed, as dataclasses do. The next text that is executed makes it forget that.
        exec("")
    click.echo(f"gocnn: {message}", err=True)
    sys.exit(status)


def _usage(error: click.UsageError) -> str:
    where = error.ctx.command_path if error.ctx else "gocnn"
    message = " ".join(error.format_message().split()).rstrip(".")
    return f"{message} (see {where} --help)"


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Within the block every SIGINT is noted in the list, and raises KeyboardInterrupt as ever."""
    noted: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    main_thread = threading.current_thread() is threading.main_thread()
    if not main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield noted
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# A command without arguments that shows its help; before click 8.2 that is no exception.
_NO_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())


class CommandGroup(click.Group):
    """A group that lists its commands in order of use and reports every error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which the commands were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Ctrl-C ends it in one line, whatever the interrupted code makes of it."""
        with _noted_interrupts() as interrupts:
            try:
                return super().invoke(ctx)
            except KeyboardInterrupt:
                _fail("interrupted", INTERRUPTED)
            except Exception:
                if interrupts:  # an import turns KeyboardInterrupt into ImportError, for example
                    _fail("interrupted", INTERRUPTED)
                raise

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command line, and exit; see `click.BaseCommand.main`."""
        for stream in (sys.stdout, sys.stderr):  # on Windows, a file may take few characters
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, **extra)
        try:
            status = super().main(args, prog_name, complete_var, False, **extra)
        except _NO_ARGUMENTS as error:
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
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Predict Go moves with a convolutional network; train it on your own games.

    GAMES are game records (SGF, GIB, NGF, UGF), collections, folders, or archives of them (zip,
    tar, gz, bz2, xz).
    """


# In the order in which a user meets them.
for _command in (
    prepare,
    train,
    imitate,
    evaluate,
    suggest,
    review,
    rank,
    board,
    gtp,
    match,
    models,
    network,
    compare,
    explain,
    export,
):
    main.add_command(_command)
