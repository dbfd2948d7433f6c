"""What the readers of other formats share: text in any encoding, and a record on its way to SGF.

A reader fills a `Translation` and never checks the game: the SGF that comes out is read by the same
code as every other record, which finds what is illegal and says at which move.
"""

import re
from dataclasses import dataclass, field

from gocnn.go.board import MAX_SIZE, MIN_SIZE
from gocnn.go.coords import sgf_letters
from gocnn.sgf.parser import text_codec
from gocnn.sgf.writer import escaped

_LONGEST = 1 << 10  # characters of a line of a header that are read
_SHOWN = 40  # characters of a line that cannot be read, in a message

_LINE_END = re.compile(r"\r\n?|\n")
_HANGUL = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xac\xb0-\xc8][\xa1-\xfe])*+")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")


def read_lines(data: bytes, declared: str = "") -> list[str]:
    """The lines of a text, in whatever encoding.

    Args:
        data: the text.
        declared: the encoding that the text names; taken where the text fits it.
    """
    return _LINE_END.split(data.decode(text_encoding(data, declared), "replace"))


def text_encoding(data: bytes, declared: str = "") -> str:
    r"""The likeliest encoding of a text from a Go server in Korea, China or Japan.

    Bytes of GB 2312 are mostly bytes of EUC-KR too, and the other way round. Korean texts are told
    by having no letter outside the block of Hangul, which Chinese ones leave at once; Japanese ones
    by kana of two bytes, which begin with bytes that neither of the two has.

    >>> [text_encoding(t.encode(e)) for t, e in (
    ...     ("흑 불계승", "euc_kr"), ("黑中盘胜", "gb2312"), ("黑中盤勝", "big5"),
    ...     ("黒中押し勝ち", "cp932"), ("흑 불계승", "utf-8"))]
    ['cp949', 'gb18030', 'big5', 'cp932', 'utf-8']
    """
    codec = text_codec(declared)
    for name in ("utf-8", "cp932" if codec == "shift_jis" else codec):
        if name and _is_text(data, name):
            return name
    if _HANGUL.fullmatch(data) and _is_text(data, "euc_kr"):
        return "cp949"
    if _is_text(data, "cp932") and _KANA.search(data.decode("cp932")):
        return "cp932"
    if not _is_text(data, "gb2312") and _is_text(data, "big5"):
        return "big5"
    return "gb18030"


def _is_text(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeError:
        return False
    return True


@dataclass
class Translation:
    """A record on its way to SGF.

    Attributes:
        lines: of the board, as the record writes them.
        texts: further properties of the root, as plain text by name; empty ones are left out.
        stones: letters of the points that are set up, by ``AB`` and ``AW``.
        moves: (``B`` or ``W``, letters of the point, empty for a pass) in order.
        cut: the move at which the record was cut off, as far as it is there.
    """

    lines: str = "19"
    texts: dict[str, str] = field(default_factory=dict)
    stones: dict[str, list[str]] = field(default_factory=lambda: {"AB": [], "AW": []})
    moves: list[tuple[str, str]] = field(default_factory=list)
    cut: str | None = None

    @property
    def size(self) -> int:
        """Lines of the board; 0 where it can have none such, as the reader of SGF will say."""
        text = self.lines.strip()
        size = int(text) if re.fullmatch(r"[0-9]{1,2}", text) else 0
        return size if MIN_SIZE <= size <= MAX_SIZE else 0

    def letters(self, column: int, row: int, line: str) -> str:
        """The letters of a point, from the left and from the top, both from 0.

        Beyond the board it is the line of the record, of which the reader of SGF complains.
        """
        if 0 <= column < self.size and 0 <= row < self.size:
            return sgf_letters(row * self.size + column, self.size)
        return unreadable(line)

    def next_colour(self) -> str:
        """Who plays where a record does not say: the other one, and white after a handicap."""
        if self.moves:
            return "W" if self.moves[-1][0] == "B" else "B"
        return "W" if self.stones["AB"] or self.texts.get("HA") else "B"

    def as_sgf(self) -> bytes:
        """The record as one game tree in UTF-8; one that was cut off ends within its last move."""
        root = {"GM": "1", "FF": "4", "CA": "UTF-8", "SZ": self.lines.strip()[:_LONGEST]}
        root |= {name: text.strip()[:_LONGEST] for name, text in self.texts.items()}
        head = "".join(f"{name}[{escaped(text)}]" for name, text in root.items() if text)
        for name, points in self.stones.items():
            head += name + "".join(f"[{escaped(point)}]" for point in points) if points else ""
        moves = "".join(f";{colour}[{escaped(point)}]" for colour, point in self.moves)
        end = ")" if self.cut is None else f";{self.next_colour()}[{escaped(self.cut)}"
        return f"(;{head}{moves}{end}".encode()


def unreadable(line: str) -> str:
    """A line of a record in the place of a point, to be told by the reader of SGF.

    No point is written with so many letters.
    """
    return f"{line.strip()[:_SHOWN]:3}"


_SCORE = re.compile(
    r"\s*(b|w)(?:lack|hite)\s+(?:wins?\s+(?:by\s+)?)?(\d{1,3}(?:\.\d{1,2})?)(?!\d)", re.IGNORECASE
)


def result_text(text: str) -> str:
    """A result in words as `gocnn.sgf.properties.parse_result` reads it.

    >>> result_text("White 19Win  >> White(83):Black(64)"), result_text("흑 1.5집 승")
    ('W+19', '흑 1.5집 승')
    """
    text = text[:_LONGEST].partition(">>")[0]
    score = _SCORE.match(text)
    return f"{score[1].upper()}+{score[2]}" if score else text
