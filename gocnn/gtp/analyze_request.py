"""The arguments of analysis commands, as Leela Zero and KataGo read them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gocnn.gtp import arguments as read
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.session import Session

_SHORTEST = 0.01  # seconds between two lines
_WITHOUT_EFFECT = ("pvVisits", "pvEdgeVisits", "movesOwnership", "ownershipStdev", "noResultValue")
_SWITCHES = {"true": True, "1": True, "false": False, "0": False}


@dataclass
class AnalyzeRequest:
    """What an analysis is asked to report."""

    colour: int  # who is to move
    seconds: float = 1.0  # between two lines
    max_moves: int = 12  # in a line
    forbidden: set[int] = field(default_factory=set)  # moves that the search must leave out
    ownership: bool = False
    root_info: bool = False


def parse_analyze_request(session: Session, arguments: Sequence[str]) -> AnalyzeRequest:
    """Read `[player] [centiseconds] [KEY VALUE]...`, as KataGo and Leela Zero do.

    Raises:
        CommandError: syntax error, invalid coordinates.
    """
    position = session.position
    request = AnalyzeRequest(position.to_move)
    words = list(arguments)
    while words:
        word = words.pop(0)
        if word.lower() in read.COLOURS:
            request.colour = read.colour(word)
        elif word[0].isalpha():
            _read_pair(request, word, words, position.size)
        else:
            request.seconds = _seconds(word)
    return request


def _read_pair(request: AnalyzeRequest, key: str, words: list[str], size: int) -> None:
    """Read the value of a key from the words that follow it."""
    if key in ("avoid", "allow"):
        colour, points, depth = (_next(words) for _ in range(3))
        named = {read.vertex(name, size) for name in points.split(",")}
        if read.integer(depth) < 1:
            raise CommandError(read.SYNTAX)
        if read.colour(colour) == request.colour:
            everything = set(range(size * size + 1))
            request.forbidden |= named if key == "avoid" else everything - named
        return
    value = _next(words)
    if key == "interval":
        request.seconds = _seconds(value)
    elif key in ("minmoves", "maxmoves"):
        count = read.integer(value)
        if count < 0:
            raise CommandError(read.SYNTAX)
        if key == "maxmoves":
            request.max_moves = min(request.max_moves, count)
    elif key in ("ownership", "rootInfo", *_WITHOUT_EFFECT):
        if value.lower() not in _SWITCHES:
            raise CommandError(read.SYNTAX)
        request.ownership |= key == "ownership" and _SWITCHES[value.lower()]
        request.root_info |= key == "rootInfo" and _SWITCHES[value.lower()]
    else:
        raise CommandError(read.SYNTAX)


def _next(words: list[str]) -> str:
    if not words:
        raise CommandError(read.SYNTAX)
    return words.pop(0)


def _seconds(text: str) -> float:
    centiseconds = read.real(text)
    if not 0 <= centiseconds < 1e8:
        raise CommandError(read.SYNTAX)
    return max(centiseconds / 100, _SHORTEST)
