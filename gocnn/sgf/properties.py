"""What a record claims about its game, from texts in many hands: komi, date, result, handicap.

Nothing here fails: a text that says nothing readable gives None (or 0 for a date). Only the
beginning of a text is read, so none takes long and no number has more digits than Python converts.
"""

import re
from typing import NamedTuple

from gocnn.go.board import BLACK, WHITE

LONGEST = 256  # characters of a text that are read

# 5 1/2, 3又3/4 and 1/2; 5½; 6.5, 6,5 and .5
_NUMBER = re.compile(
    r"(?P<minus>-?)(?:(?:(?P<units>\d+)(?:\s+|\s*又\s*))?(?P<part>[1-3])/(?P<of>[24])(?!\d)"
    r"|(?P<whole>\d*)\s?(?P<sign>[¼½¾])|(?P<plain>\d+(?:[.,]\d+)?|[.,]\d+))"
)
_SIGNS = {"¼": 0.25, "½": 0.5, "¾": 0.75}
_AND_A_HALF = re.compile(r"\s*[집目]\s*[반半]")


def _read(number: re.Match[str]) -> float:
    if number["plain"]:
        value = float(number["plain"].replace(",", "."))
    elif number["sign"]:
        value = int(number["whole"] or 0) + _SIGNS[number["sign"]]
    else:
        value = int(number["units"] or 0) + int(number["part"]) / int(number["of"])
    return -value if number["minus"] else value


def parse_komi(text: str) -> float | None:
    """Points that white gets.

    ===========================  ======  ==================================================
    text                         points  how servers come to it
    ===========================  ======  ==================================================
    ``6.5``, ``6,5``, ``0``       as is
    ``6.5집``, ``6집 반``         6.5     Korean: 집 points, 반 and a half
    ``6目半``, ``6 1/2``, ``6½``  6.5     Japanese: 目 points, 半 and a half; fractions
    ``8점``                       8       Ing
    ``650``, ``750``, ``550``     / 100   Fox: hundredths of a point
    ``375``, ``325``, ``275``     * 2     Fox: hundredths of a *stone* (a Chinese 3.75 is 7.5)
    ``3.75``, ``3又3/4子``        * 2     Chinese stones: no komi in points ends on a quarter
    ===========================  ======  ==================================================

    Whole numbers from 100 on, without a decimal point, are hundredths; ``-100.00`` is what it says.

    >>> [parse_komi(t) for t in ("6.5", "375", "650", "6집 반", "-99.50", "")]
    [6.5, 7.5, 6.5, 6.5, -99.5, None]
    """
    text = text[:LONGEST]
    match = _NUMBER.search(text)
    if not match:
        return None
    value = _read(match)
    if abs(value) >= 100 and value.is_integer() and "." not in match[0]:
        value /= 100
    if value % 0.5:
        value *= 2
    if _AND_A_HALF.match(text, match.end()):
        value += 0.5
    return value if abs(value) <= 400 and value % 0.5 == 0 else None


_DATE = re.compile(r"(\d{4})(?:[-./年]\s*(\d{1,2})(?!\d)(?:[-./月]\s*(\d{1,2})(?!\d))?)?")
_SOLID_DATE = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)(?!\d)")
_EARLY_YEAR = re.compile(r"\D*(\d{3})\D*")
_LAST_YEAR = 2199


def parse_date(text: str) -> int:
    """The first day that a date names, as yyyymmdd; parts that it does not tell are 0.

    A day of one digit after a C (``C2016-12-0``, as Tygem collections have it) is the first of
    two digits and so unknown.

    >>> [parse_date(t) for t in ("1997-09-28,29", "20070314", "2006-1-5", "C2016-12-0", "1999")]
    [19970928, 20070314, 20060105, 20161200, 19990000]
    """
    text = text[:LONGEST]
    match = _SOLID_DATE.search(text) or _DATE.search(text)
    if not match:
        early = _EARLY_YEAR.fullmatch(text)
        return int(early[1]) * 10000 if early else 0
    year, month, day = (int(part or 0) for part in match.groups())
    if not 100 <= year <= _LAST_YEAR:
        return 0
    if text.startswith("C") and len(match[3] or "") == 1:
        day = 0
    if not 1 <= month <= 12:
        return year * 10000
    return year * 10000 + month * 100 + (day if day <= 31 else 0)


class Result(NamedTuple):
    """How a game ended."""

    winner: int | None  # BLACK, WHITE, 0 draw, None unknown
    margin: float | None  # points; None by resignation, on time, or unknown


_WESTERN = re.compile(r"\s*([BW])(?:lack|hite)?\s*\+\s*", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"\s*(?:(b)(?:lack)?|w(?:hite)?)\s+(?:wins?|won|(loses?|lost))\b(?:\s+by\s+)?", re.IGNORECASE
)
_DRAW = re.compile(r"^\s*(?:0|draw|jigo|tie)\s*$|무승부|빅|和棋|平局|持碁|ジゴ", re.IGNORECASE)
_EASTERN = re.compile(r"([흑黑黒])|([백白])")
_WINS, _LOSES = re.compile(r"승|胜|勝|勝ち"), re.compile(r"패|负|負|敗|败")
_EASTERN_MARGIN = re.compile(r"(\d+(?:\.\d+)?)?\s*[집目子칙](\s*반|\s*半)?|([반半])\s*[집目칙]")


def parse_result(text: str) -> Result:
    """Who won, and by how much.

    Margins under a quarter of a point (Fox writes ``W+0.02`` and ``B+0.0``) are no margins.

    >>> parse_result("W+12.5"), parse_result("B+R"), parse_result("Jigo")
    (Result(winner=-1, margin=12.5), Result(winner=1, margin=None), Result(winner=0, margin=0.0))
    >>> parse_result("흑 1집반승"), parse_result("白中押し勝ち"), parse_result("Void")
    (Result(winner=1, margin=1.5), Result(winner=-1, margin=None), Result(winner=None, margin=None))
    >>> parse_result("Black wins by 10")
    Result(winner=1, margin=10.0)
    """
    text = text[:LONGEST]
    western = _WESTERN.match(text)
    if western:
        return Result(BLACK if western[1] in "Bb" else WHITE, _margin(text, western.end()))
    worded = _IN_WORDS.match(text)
    if worded:
        winner = BLACK if worded[1] else WHITE
        return Result(-winner if worded[2] else winner, _margin(text, worded.end()))
    if _DRAW.search(text):
        return Result(0, 0.0)
    named = _EASTERN.search(text)
    if not named:
        return Result(None, None)
    winner = BLACK if named[1] else WHITE
    if not _WINS.search(text):
        if not _LOSES.search(text):
            return Result(None, None)
        winner = -winner
    return Result(winner, _eastern_margin(text[named.end() :]))


def _margin(text: str, start: int) -> float | None:
    number = _NUMBER.match(text, start)
    return _bounded(_read(number)) if number else None


def _bounded(points: float) -> float | None:
    return points if 0.25 <= points <= 625 else None


_STONES_APART = re.compile(r"(?:(\d+)\s*又)?\s*(\d+)/(\d+)\s*子")


def _eastern_margin(text: str) -> float | None:
    quarters = _STONES_APART.search(text)  # 2又3/4子: a Chinese margin in stones
    if quarters and int(quarters[3]):
        return _bounded(2 * (int(quarters[1] or 0) + int(quarters[2]) / int(quarters[3])))
    match = _EASTERN_MARGIN.search(text)
    if not match:
        return None
    points = float(match[1] or 0) + (0.5 if match[2] or match[3] else 0)
    if "子" in match[0]:
        points *= 2
    return _bounded(points)


_EVEN = re.compile(r"호선|互先|even", re.IGNORECASE)
_STONES = re.compile(r"^\s*(\d+)\s*$|(\d+)\s*(?:점|子|stones?)", re.IGNORECASE)


def parse_handicap(text: str) -> int | None:
    """Stones that black got; 0 and 1 mean none. Where a komi stands in its place, there are none.

    >>> [parse_handicap(t) for t in ("4", "0", "호선 - 6집 반 공제", "4점 접바둑", "7.5", "")]
    [4, 0, 0, 4, 0, None]
    """
    text = text[:LONGEST]
    match = _STONES.search(text)
    if match:
        stones = int(match[1] or match[2])
        return stones if stones <= 99 else None
    return 0 if _EVEN.search(text) or _KOMI_ALONE.match(text) else None


_KOMI_IN_HANDICAP = re.compile(r"\d+(?:\.\d+)?\s*집.*공제")
_KOMI_ALONE = re.compile(r"\s*\d{1,2}[.,]5\s*$")


def komi_in_handicap(text: str) -> float | None:
    """Komi told in the handicap, as Hangame does: ``호선 - 6집 반 공제``, even with 6.5 points.

    >>> komi_in_handicap("호선 - 7집 반 공제"), komi_in_handicap("7.5")
    (7.5, 7.5)
    """
    text = text[:LONGEST]
    match = _KOMI_IN_HANDICAP.search(text) or _KOMI_ALONE.match(text)
    return parse_komi(text) if match else None
