"""Commands about the engine itself (GTP 2, section 6.3.1)."""

import time

from gocnn.gtp.arguments import SYNTAX
from gocnn.gtp.protocol import CommandError, Stop
from gocnn.gtp.registry import COMMANDS, command
from gocnn.gtp.session import Session


@command("protocol_version")
def protocol_version(_session: Session, _arguments: list[str]) -> str:
    """The version of GTP."""
    return "2"


@command("name")
def name(session: Session, _arguments: list[str]) -> str:
    """The name of the engine."""
    return session.name


@command("version")
def version(session: Session, _arguments: list[str]) -> str:
    """The version of the engine."""
    return session.version


@command("known_command")
def known_command(session: Session, arguments: list[str]) -> str:
    """Whether a command is known."""
    return "true" if arguments and arguments[0] in COMMANDS else "false"


@command("list_commands")
def list_commands(_session: Session, _arguments: list[str]) -> str:
    """All commands, one a line."""
    return "\n".join(sorted(COMMANDS))


@command("quit")
def quit_(_session: Session, _arguments: list[str]) -> str:
    """End the session."""
    raise Stop


@command("echo")
def echo(_session: Session, arguments: list[str]) -> str:
    """The arguments themselves; controllers use it to get back in step."""
    return " ".join(arguments)


@command("cputime")
def cputime(_session: Session, arguments: list[str]) -> str:
    """Seconds of processor time spent so far, for gogui-twogtp."""
    if arguments:
        raise CommandError(SYNTAX)
    return f"{time.process_time():.3f}"
