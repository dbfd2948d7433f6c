"""What a record says in words: players, event, result, comments.

Invariants:

- Texts are decoded and their escapes undone. They are data of strangers: whoever shows them escapes
  them for the place where they are shown.
- Nothing here fails: bytes that no encoding fits become replacement characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gocnn.sgf.parser import ENCODINGS, MainLine, text_codec, text_value

# The properties of a root that describe a game (FF[4], "Game info" and "Go").
TEXTS = (
    "GN", "EV", "RO", "PC", "DT", "PB", "BR", "BT", "PW", "WR", "WT", "RE", "RU", "TM", "OT",
    "ON", "GC", "AN", "US", "SO", "CP",
)  # fmt: skip
_OF_SEVERAL_LINES = ("GC",)


@dataclass(frozen=True)
class Details:
    """The words of a record."""

    properties: Mapping[str, str] = field(default_factory=dict)  # of `TEXTS`, none of them empty
    comments: Mapping[int, str] = field(default_factory=dict)  # by moves played before

    @property
    def black(self) -> str:
        """The name of black; empty where the record has none."""
        return self.properties.get("PB", "")

    @property
    def white(self) -> str:
        """The name of white; empty where the record has none."""
        return self.properties.get("PW", "")


def read_details(line: MainLine) -> Details:
    """The words of a main line."""
    declared = line.text("CA").strip().decode("ascii", "replace")
    properties = {}
    for name in TEXTS:
        one_line = name not in _OF_SEVERAL_LINES
        text = _decode(text_value(line.text(name), one_line=one_line), declared).strip()
        if text:
            properties[name] = text
    comments = {
        ply: _decode(text_value(raw, one_line=False), declared).strip()
        for ply, raw in line.comments.items()
    }
    return Details(properties, {ply: text for ply, text in comments.items() if text})


def simple_text(raw: bytes, charset: bytes) -> str:
    """A raw value of one line as text (FF[4], SimpleText).

    Args:
        raw: as `MainLine` has it.
        charset: what the record declares, the raw value of CA.
    """
    if raw.isascii() and b"\\" not in raw:  # most names: five times as fast
        return " ".join(raw.decode().split())
    declared = charset.strip().decode("ascii", "replace")
    return _decode(text_value(raw, one_line=True), declared).strip()


def _decode(raw: bytes, declared: str) -> str:
    """Bytes as text: UTF-8 wherever it fits, else what is declared, else the likeliest."""
    named = [text_codec(declared)]  # what is declared need not be an encoding
    for encoding in (ENCODINGS[0], *filter(None, named), *ENCODINGS[1:]):
        try:
            return raw.decode(encoding)
        except ValueError:
            continue
    return raw.decode("utf-8", "replace")
