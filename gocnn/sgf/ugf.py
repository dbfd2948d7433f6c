"""UGF (files .ugf and .ugi), the format of PandaNet and of Japanese newspapers, as SGF.

Sections that begin with their names in brackets. ``[Header]`` has lines ``Name=value`` with commas
in the values: ``Size=19``, ``Hdcp=stones,komi``, ``Winner=B,7.50`` (C for resignation),
``Date=2019/03/08,...``, ``PlayerB=name,rank,...``. ``[Data]`` has the moves, as ``QP,B1,12,0``:
column and row by letters from A without a gap, colour and player, number, seconds. With
``CoordinateType=IGS`` rows count from the bottom, else from the top. Stones of number 0 stand
before the first move. A column of Y or Z is a pass. Other sections (figures, comments, pictures,
reviews) are not read.

It has not been published. Sources: A. Brouwer, "The UGF format"
(https://homepages.cwi.nl/~aeb/go/misc/ugf.html) and his ugi2sgf in sgfutils; Sensei's Library,
"UGF format" (https://senseis.xmp.net/?UGI); the converters of Sabaki
(src/modules/fileformats/ugf.js) and xyz2sgf.
"""

import re

from gocnn.sgf.parser import BadRecord
from gocnn.sgf.translation import Translation, read_lines, unreadable

BEGINS = re.compile(rb"(?:\s*+#[^\r\n]*+)*+\s*+\[Header\]", re.IGNORECASE)

_LANGUAGE = re.compile(rb"^Lang=([\w-]{1,20})", re.IGNORECASE | re.MULTILINE)
_SECTION = re.compile(r"\[(\w{1,20})\]\s*\Z")
_MOVE = re.compile(r"([A-Z])([A-Z]),(?:([BW])\d?|[A-Z]{2}),(\d{1,5})(?:,|\Z)")
_RULES = {"JPN": "Japanese", "CH": "Chinese", "CHN": "Chinese"}


def ugf_as_sgf(data: bytes) -> bytes:
    """A UGF file as an SGF game tree in UTF-8.

    Raises:
        BadRecord: when it is none, has no moves, or one of them is missing.
    """
    if not BEGINS.match(data):
        raise BadRecord("no game tree", "it is no UGF: it does not begin with [Header]")
    language = _LANGUAGE.search(data[:4096])
    lines = read_lines(data, language[1].decode() if language else "shift_jis")
    head: dict[str, list[str]] = {}
    moves: list[str] = []
    section = ""
    for line in lines:
        if named := _SECTION.match(line):
            section = named[1].lower()
            head |= {"data": []} if section == "data" else {}
        elif section == "header":
            name, _, value = line[:1024].partition("=")
            head.setdefault(name.strip().lower(), value.split(","))
        elif section == "data" and line.strip() and not line.lstrip().startswith("."):
            moves.append(line.strip().upper())
    if "data" not in head:
        raise BadRecord("broken tree", "it ends before its moves: there is no line [Data]")
    return _translation(head, moves).as_sgf()


def _translation(head: dict[str, list[str]], moves: list[str]) -> Translation:
    def value(name: str, number: int = 0) -> str:
        values = head.get(name, [])
        return values[number].strip() if number < len(values) else ""

    stones = value("hdcp")
    game = Translation(value("size") or "19")
    game.texts = {
        "PB": value("playerb"),
        "BR": value("playerb", 1).replace("-", " "),  # 9-dan
        "PW": value("playerw"),
        "WR": value("playerw", 1).replace("-", " "),
        "HA": stones if stones not in ("0", "1") else "",
        "KM": value("hdcp", 1),
        "RE": _result(value("winner").upper(), value("winner", 1)),
        "DT": value("date").replace("/", "-").strip("-"),
        "EV": ", ".join(part.strip() for part in head.get("title", []) if part.strip()),
        "PC": ",".join(head.get("place", [])),
        "RU": _RULES.get(value("rule"), value("rule")),
    }
    if len(stones) > 2:
        raise BadRecord("handicap stones missing", f"a handicap of {stones[:9]} stones")
    from_below = value("coordinatetype").upper() == "IGS"
    if game.size:
        for line in moves:
            _read_move(line, game, from_below)
    return game


def _result(winner: str, how: str) -> str:
    if winner == "D":
        return "Draw"
    if winner not in ("B", "W"):
        return ""
    return f"{winner}+R" if how[:1] in ("C", "c") else f"{winner}+{how}"


def _read_move(line: str, game: Translation, from_below: bool) -> None:
    move = _MOVE.match(line)
    if not move:
        game.moves.append((game.next_colour(), unreadable(line)))
        return
    column, row = (ord(letter) - ord("A") for letter in move[1] + move[2])
    row = game.size - 1 - row if from_below else row
    is_pass = column >= game.size and move[1] in "YZ"
    letters = "" if is_pass else game.letters(column, row, line)
    colour, number = move[3] or game.next_colour(), int(move[4])
    if number == 0 and not game.moves:
        game.stones[f"A{colour}"].append(letters or unreadable(line))
        return
    if number != len(game.moves) + 1:
        raise BadRecord("broken tree", f"move {len(game.moves) + 1} has the number {number}")
    game.moves.append((colour, letters))
