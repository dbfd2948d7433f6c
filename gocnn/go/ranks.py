"""Ranks as small numbers, from the many ways in which game records write them.

==========  ==========================================
code        rank
==========  ==========================================
0           unknown
1 to 20     20 kyu (and weaker) to 1 kyu
21 to 29    1 dan to 9 dan (and stronger amateurs)
30          professional, whatever the dan
==========  ==========================================

A larger code is a stronger player, but for 0.
"""

import re
from typing import NewType

from gocnn.errors import GocnnError

Rank = NewType("Rank", int)
"""A code of the table above: an int to numpy, another type than a point to type checkers."""

UNKNOWN, PRO, RANKS = Rank(0), Rank(30), 31
STRONGEST_AMATEUR = Rank(PRO - 1)  # 9 dan
_FIRST_DAN, _MOST_DANS = 21, 9
_LONGEST = 256  # characters of a text that are read: some have digits or spaces without end

# Titles and teams that only professionals hold; "amaHoninbo" and "Student Oza" are caught before.
_TITLES = re.compile(
    r"honinbo|meijin|kisei|judan|tengen|\boza\b|gosei|ryusei|kakusei|saikyo|okan|guksu|myeongin"
    r"|\bpro(fessional)?\b|名人|棋聖|本因坊|十段|天元|王座|碁聖|프로"
)
_AMATEUR = re.compile(r"\bama|amateur|アマ|业余|業餘|아마|student|insei")
_PROFESSIONAL = re.compile(r"\d\s*p(?![a-z])|\d\s*pro\b|\bp\s*\d+\s*[段단]|\bp[1-9]\b|职业|職業")
_DAN = re.compile(r"(\d+)\s*(?:\.\s*)?(?:dan|d(?![a-z])|段|단)")
_KYU = re.compile(r"(\d+)\s*(?:\.\s*)?(?:kyu|gup|k(?![a-z])|級|级|급)")
_FIRST = re.compile(r"初段|초단")
_KANJI = str.maketrans("一二三四五六七八九", "123456789")


def parse_rank(text: str | None) -> Rank:
    """The code of a rank as players and servers write it.

    >>> [parse_rank(t) for t in ("6d", "9p, meijin", "5k", "9段", "P9", "18级", "30k", "guest")]
    [26, 30, 16, 29, 30, 3, 1, 0]

    Args:
        text: any text, or None; question marks, signs and remarks around the rank are ignored,
            and so is what follows the first 256 characters.

    Returns:
        0 to 30; rubbish is unknown (0), never an error.
    """
    if not text:
        return UNKNOWN
    plain = text[:_LONGEST].lower().replace("十段", "judan").translate(_KANJI)
    amateur = _AMATEUR.search(plain)
    if not amateur and (_PROFESSIONAL.search(plain) or _TITLES.search(plain)):
        return PRO
    if match := _DAN.search(plain):
        dans = int(match[1])
        return Rank(_FIRST_DAN - 1 + min(dans, _MOST_DANS)) if 1 <= dans < 100 else UNKNOWN
    if _FIRST.search(plain):
        return Rank(_FIRST_DAN)
    if match := _KYU.search(plain):
        kyus = int(match[1])
        return Rank(max(1, _FIRST_DAN - kyus)) if 1 <= kyus < 100 else UNKNOWN
    return UNKNOWN


def read_rank(text: str, others: str = "or pro") -> Rank:
    """The code of a rank that somebody asks for; unlike a record, a question must be clear.

    >>> read_rank("5k"), read_rank("9p")
    (16, 30)

    Args:
        text: what is asked for.
        others: the ranks without a number that a message offers.

    Raises:
        GocnnError: when the text is not a rank, or one beyond the weakest and the strongest code.
    """
    code = parse_rank(text)
    if code == UNKNOWN:
        raise GocnnError(f"{text!r} is not a rank: give 20k to 1k, 1d to 9d, {others}")
    number = re.search(r"\d+", text)
    end = {1: _FIRST_DAN - 1, _FIRST_DAN - 1 + _MOST_DANS: _MOST_DANS}.get(code)
    if number and end is not None and int(number[0]) != end:
        raise GocnnError(
            f"{text!r} is not told apart from {rank_name(code)}: ranks are 20k, which stands for "
            f"all weaker ones, to 9d, and pro; give {rank_name(code)}"
        )
    return code


def is_amateur(text: str | None) -> bool:
    """Whether a rank says that its holder is not a professional ("7d ama", "아마7단", "insei").

    >>> is_amateur("7d ama"), is_amateur("7d")
    (True, False)
    """
    return bool(text) and _AMATEUR.search(str(text).lower()) is not None


def rank_name(code: Rank) -> str:
    """What a code means, as `parse_rank` reads it back.

    >>> rank_name(26), rank_name(16), rank_name(PRO), rank_name(UNKNOWN)
    ('6d', '5k', 'pro', 'unknown')

    Raises:
        GocnnError: when no rank has this code.
    """
    if code == UNKNOWN:
        return "unknown"
    if code == PRO:
        return "pro"
    if not 0 < code < PRO:
        raise GocnnError(f"no rank has the code {code}: ranks are 0 to {PRO}")
    return f"{code - _FIRST_DAN + 1}d" if code >= _FIRST_DAN else f"{_FIRST_DAN - code}k"
