"""NGF, the format of the servers CyberOro and WBaduk, as SGF.

Twelve lines of a head: title, lines of the board, white, black, server, handicap, (always 0),
komi, date, (minutes), result, number of moves. A player is a name, spaces and a rank; the half
point of an even game's komi is left out. Then one line for each move, as ``PMABBREER``: PM, a
number in letters (AB, AC, ..., AZ, BA), the colour, column and row by letters from B, both from the
top left, and row and column once more. AA is a pass. Another form has GI before every line of the
head, which are title, black, white, two empty ones, date, lines of the board, handicap, (0), komi
and number of moves; which of its players is black was told by another record of the same game.

It has not been published. Sources: Sensei's Library, "NGF" (https://senseis.xmp.net/?NGF);
A. Brouwer, ngf2sgf in sgfutils (https://homepages.cwi.nl/~aeb/go/sgfutils); the converters of
Sabaki (src/modules/fileformats/ngf.js) and xyz2sgf. They disagree on a third handicap stone, so it
is told as a number only.
"""

import re

from gocnn.go.ranks import UNKNOWN, parse_rank
from gocnn.sgf.parser import BadRecord
from gocnn.sgf.translation import Translation, read_lines, result_text, unreadable

_END = rb"(?:\r\n?+|\n)"
_ANY = rb"[^\r\n]*+" + _END
_COUNT = rb"[ \t]*+\d{1,9}[ \t]*+" + _END
BEGINS = re.compile(rb"GI" + _ANY + rb"GI|" + _ANY + _COUNT + _ANY * 3 + _COUNT * 2)

_MOVE = re.compile(r"PM([A-Z]{2})([BW])([A-Z])([A-Z])(?:([A-Z])([A-Z]))?\s*\Z")
_KOMI = re.compile(r"\s*(-?\d{1,3})(\.\d{1,2})?\s*\Z")
_DATE = re.compile(r"\s*(\d{4})(\d\d)(\d\d)(?!\d)")
_LAST_COMMENT = re.compile(r"IDB?\[(\d{1,4})\](.*)")
_NUMBERS = 26 * 26  # of moves, before they begin anew


def ngf_as_sgf(data: bytes) -> bytes:
    """An NGF file as an SGF game tree in UTF-8.

    Raises:
        BadRecord: when it is none, or a move is missing.
    """
    lines = read_lines(data)
    if not BEGINS.match(data):
        raise BadRecord("no game tree", "it is no NGF: its first lines are not those of a head")
    game = _short_head(lines) if lines[1].startswith("GI") else _head(lines)
    if game.size:
        _read_moves(lines, game)
    return game.as_sgf()


def _head(lines: list[str]) -> Translation:
    head = (lines + [""] * 12)[:12]
    game = Translation(head[1])
    _read_players(game, black=head[3], white=head[2])
    _read_numbers(game, head[5], head[7])
    date = _DATE.match(head[8])
    game.texts |= {
        "DT": "-".join(date.groups()) if date else "",
        "GN": head[0],
        "PC": head[4],
        "RE": result_text(head[10]),
    }
    return game


def _short_head(lines: list[str]) -> Translation:
    head = [line.removeprefix("GI") for line in lines[:11] if line.startswith("GI")]
    head += [""] * (11 - len(head))
    game = Translation(head[6])
    _read_players(game, black=head[1], white=head[2])
    _read_numbers(game, head[7], head[9])
    game.texts |= {"DT": head[5], "GN": head[0]}
    moves = sum(line.startswith("PM") for line in lines)
    comment = _LAST_COMMENT.match(lines[-1] or lines[-2])
    if comment and int(comment[1]) == moves:
        game.texts["RE"] = comment[2].partition("[EndTxt]")[0]
    return game


def _read_players(game: Translation, **players: str) -> None:
    for colour, line in players.items():
        words = line[:1024].rsplit(maxsplit=1)
        name, rank = words if len(words) == 2 else (line, "")
        rank = rank.upper().replace("DP", "P").replace("段P", "P")  # 9DP: nine dan, professional
        if parse_rank(rank) == UNKNOWN:
            name, rank = line, ""
        sign = colour[0].upper()
        game.texts |= {f"P{sign}": name, f"{sign}R": rank}


def _read_numbers(game: Translation, handicap: str, komi: str) -> None:
    stones = handicap.strip()
    number = _KOMI.match(komi)
    half = ".5" if stones in ("", "0") else ""
    game.texts |= {
        "HA": stones if stones not in ("0", "1") else "",
        "KM": number[1] + (number[2] or half) if number else "",
    }
    if len(stones) > 2:
        raise BadRecord("handicap stones missing", f"a handicap of {stones[:9]} stones")


def _read_moves(lines: list[str], game: Translation) -> None:
    first = 0
    for line in lines:
        if not line.startswith("PM"):
            continue
        move = _MOVE.match(line)
        if not move or (move[5] and move[5] + move[6] != move[4] + move[3]):
            game.moves.append((game.next_colour(), unreadable(line)))
            continue
        number = 26 * (ord(move[1][0]) - 65) + ord(move[1][1]) - 65
        first = number if not game.moves else first
        if (number - first - len(game.moves)) % _NUMBERS:
            raise BadRecord("broken tree", f"move {len(game.moves) + 1} has the number {move[1]}")
        point = move[3] + move[4]
        column, row = (ord(letter) - ord("B") for letter in point)
        letters = "" if point == "AA" else game.letters(column, row, line)
        game.moves.append((move[2], letters))
