r"""GIB, the format of the Tygem servers, as SGF.

A head of ``\[NAME=value\]`` lines between ``\HS`` and ``\HE``, then commands between ``\GS`` and
``\GE``: ``INI 0 1 handicap``, ``STO 0 number colour column row`` (colour 1 black, 2 white; column
and row from 0, from the top left) and ``SKI 0 number``, a pass. The board has 19 lines. GRLT, or W
in GAMETAG, tells how the game ended, ZIPSU or Z the margin, GONGJE or G the komi, both times ten.

Tygem has not published it. Sources: Sensei's Library, "GIB" (https://senseis.xmp.net/?GIB); what
the converters of Sabaki (src/modules/fileformats/gib.js), xyz2sgf, gib2sgf (komu) and gibson
(Ekenstein) read; and records of the Korean, Chinese and international servers, one of which shows
that a third handicap stone stands in the top left corner: white begins in the fourth.
"""

import re

from gocnn.errors import GocnnError
from gocnn.go.coords import sgf_letters
from gocnn.go.handicap import handicap_points
from gocnn.sgf.parser import BadRecord
from gocnn.sgf.translation import Translation, read_lines, result_text, unreadable

BEGINS = re.compile(rb"\s*+\\(?:HS\s|\[[A-Z]+=)")

_LINES = 19
_KIND = re.compile(rb"GIBOKIND=(Korea|China|Japan)")
_ENCODINGS = {b"Korea": "euc_kr", b"China": "gb18030", b"Japan": "shift_jis"}
_STONE = re.compile(r"STO\s+\d+\s+\d+\s+([12])\s+(\d{1,3})\s+(\d{1,3})(?:\s|\Z)")
_START = re.compile(r"INI\s+\d+\s+\d+\s+(\d+)(?:\s|\Z)")
_COMMAND = re.compile(r"[A-Z]{3}\s+\d")
_WON = {"0": "B+", "1": "W+", "3": "B+R", "4": "W+R", "7": "B+T", "8": "W+T"}
_DATE = re.compile(r"C(\d{4}):(\d\d):(\d\d)")
_KOMI_IN_WORDS = re.compile(r"(?:black|흑|黑)\D{0,8}(\d{1,2}(?:\.5)?)", re.IGNORECASE)


def gib_as_sgf(data: bytes) -> bytes:
    """A GIB file as an SGF game tree in UTF-8.

    Raises:
        BadRecord: when it is none, or has no place for moves.
    """
    kind = _KIND.search(data[:4096])
    lines = read_lines(data, _ENCODINGS[kind[1]] if kind else "")
    start = next((n for n, line in enumerate(lines) if line.startswith("\\GS")), None)
    if start is None:
        if BEGINS.match(data):
            raise BadRecord("broken tree", "it ends before its moves: there is no line \\GS")
        raise BadRecord("no game tree", "it is no GIB: it does not begin with \\HS")
    game = Translation(str(_LINES))
    _read_head(lines[:start], game)
    _read_commands(lines[start + 1 :], game)
    return game.as_sgf()


def _read_head(lines: list[str], game: Translation) -> None:
    head: dict[str, str] = {}
    for line in lines:
        if line.startswith("\\["):
            name, _, value = line[2:1024].rstrip().removesuffix("\\]").partition("=")
            head.setdefault(name, value)
    main = "," + head.get("GAMEINFOMAIN", "") + ","
    tag = "," + re.sub(r"\s+", "", head.get("GAMETAG", "")) + ","
    for colour, name in (("B", "GAMEBLACKNAME"), ("W", "GAMEWHITENAME")):
        game.texts["P" + colour], rank = _player(head.get(name, ""))
        game.texts["BR" if colour == "B" else "WR"] = rank
    code = _number(main, ",GRLT:") or _number(tag, ",W")
    points = _number(main, ",ZIPSU:") or _number(tag, ",Z")
    won = _WON.get(code, "")
    game.texts |= {
        "RE": won + (f"{int(points) / 10:g}" if won in ("B+", "W+") and points else "")
        if code
        else result_text(head.get("GAMERESULT", "")),
        "KM": _komi(head, main, tag),
        "DT": "-".join(date.groups()) if (date := _DATE.search(tag)) else head.get("GAMEDATE", ""),
        "GN": head.get("GAMENAME", ""),
        "PC": head.get("GAMEPLACE", ""),
        "AP": "Tygem:GIB",
    }


def _player(text: str) -> tuple[str, str]:
    """Name and rank, which are written as ``name (rank)``, also without the space."""
    name, bracket, rank = text.strip().removesuffix(")").rpartition("(")
    return (name.strip(), rank) if bracket and text.rstrip().endswith(")") else (text, "")


def _number(text: str, before: str) -> str:
    match = re.search(re.escape(before) + r"(\d{1,5}),", text)
    return match[1] if match else ""


def _komi(head: dict[str, str], main: str, tag: str) -> str:
    """What black gives; nothing where white gives it (DUM), for nobody says how that is written."""
    if (head.get("GAMEDUM") or _number(main, ",DUM:") or "0").strip() != "0":
        return ""
    tenths = _number("," + head.get("GAMEGONGJE", "") + ",", ",")
    tenths = tenths or _number(main, ",GONGJE:") or _number(tag, ",G")
    if tenths:
        return f"{int(tenths) / 10:.1f}"
    words = _KOMI_IN_WORDS.search(head.get("GAMECONDITION", ""))
    return words[1] if words else ""


def _read_commands(lines: list[str], game: Translation) -> None:
    unknown = ""
    for number, line in enumerate(lines):
        if line.startswith("\\GE"):
            return
        if line.startswith(("STO", "SKI")):
            if unknown:
                raise BadRecord("broken tree", f"after move {len(game.moves)}: {unknown}")
            if number == len(lines) - 1:  # without its end, it may lack digits
                game.cut = unreadable(line)
                return
            _read_move(line, game)
        elif line.startswith("INI"):
            if game.moves:
                raise BadRecord("broken tree", f"after move {len(game.moves)}: {unreadable(line)}")
            _read_handicap(line, game)
        elif _COMMAND.match(line):
            unknown = unreadable(line)  # perhaps a move taken back; at the end it changes nothing


def _read_move(line: str, game: Translation) -> None:
    stone = _STONE.match(line)
    if stone:
        point = game.letters(int(stone[2]), int(stone[3]), line)
        game.moves.append(("B" if stone[1] == "1" else "W", point))
    else:
        is_pass = line.startswith("SKI")
        game.moves.append((game.next_colour(), "" if is_pass else unreadable(line)))


def _read_handicap(line: str, game: Translation) -> None:
    start = _START.match(line)
    stones = start[1][:3] if start else "0"
    if int(stones) < 2:
        return
    try:
        points = handicap_points(_LINES, int(stones))
    except GocnnError as error:
        raise BadRecord("handicap stones missing", str(error)) from None
    game.texts["HA"] = stones
    game.stones["AB"] = [sgf_letters(point, _LINES) for point in points]
