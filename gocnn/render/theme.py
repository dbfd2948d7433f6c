"""How pictures look: colours of boards, stones and marks, by the name of a theme."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gocnn.errors import GocnnError


@dataclass(frozen=True, kw_only=True)
class Theme:
    """The colours of a picture, as #rrggbb."""

    name: str
    page: str  # behind the caption
    ink: str  # the caption
    board: str
    grain: str | None  # of the wood; None is a plain board
    line: str
    coordinate: str
    black: tuple[str, str]  # a stone's lit side, and its far side
    white: tuple[str, str]
    black_rim: str
    white_rim: str
    shadow: float  # opacity of the stones' shadows
    accent: str  # the last move, the best candidate, arrows
    disc: str  # behind the other candidates
    label: str  # letters on such discs
    heat: Sequence[str]  # from the least likely point to the likeliest


_LIGHT = Theme(
    name="light", page="#ffffff", ink="#222222", board="#e2b765", grain="#8d5c1c",
    line="#543a14", coordinate="#5b4017", black=("#6a6a6a", "#101010"),
    white=("#ffffff", "#d4d2cc"), black_rim="#0a0a0a", white_rim="#9d978a", shadow=0.42,
    accent="#c4162a", disc="#d3e6fa", label="#12283f",
    heat=("#1f6fe0", "#6a4fd0", "#b8359c", "#d8284e", "#e01818"),
)  # fmt: skip
_DARK = replace(
    _LIGHT, name="dark", page="#17191d", ink="#dddddd", board="#8c6a3c", grain="#3c2408",
    line="#2a1b08", coordinate="#f0dfbd", black=("#5c5c5c", "#060606"),
    white=("#f2f2f0", "#bdbbb4"), white_rim="#6f6a60", shadow=0.55, accent="#ff5a4a",
    disc="#b4cfe8", label="#12283f",
    heat=("#3f96ff", "#8a74f0", "#d257c4", "#f04c74", "#ff3b30"),
)  # fmt: skip
_PRINT = replace(
    _LIGHT, name="print", page="#ffffff", ink="#000000", board="#ffffff", grain=None,
    line="#000000", coordinate="#000000", black=("#000000", "#000000"),
    white=("#ffffff", "#ffffff"), black_rim="#000000", white_rim="#000000", shadow=0,
    accent="#000000", disc="#ffffff", label="#000000",
    heat=("#d8d8d8", "#bcbcbc", "#9e9e9e", "#808080", "#666666"),
)  # fmt: skip
_PLAIN = replace(
    _LIGHT, name="plain", board="#f3efe6", grain=None, line="#8b857a", coordinate="#6a655c",
    disc="#d3e6fa", shadow=0.22,
)  # fmt: skip
_PLAIN_DARK = replace(
    _DARK, name="plain-dark", board="#2b3038", grain=None, line="#7d8694", coordinate="#aab2bf",
    black_rim="#565d68", disc="#41648c", label="#ffffff", shadow=0.35,
)  # fmt: skip

THEMES = {theme.name: theme for theme in (_LIGHT, _DARK, _PRINT, _PLAIN, _PLAIN_DARK)}


def theme_named(name: str) -> Theme:
    """The theme of a name: light and dark (wooden boards), print, plain and plain-dark.

    Raises:
        GocnnError: when there is no such theme.
    """
    if name not in THEMES:
        raise GocnnError(f"{name!r} is not a theme: choose one of {', '.join(THEMES)}")
    return THEMES[name]


def heat_colour(theme: Theme, relative: float) -> str:
    """The colour of a heat from 0 to 1, as #rrggbb, between the theme's colours.

    >>> heat_colour(theme_named("print"), 0), heat_colour(theme_named("print"), 1)
    ('#d8d8d8', '#666666')
    """
    place = min(max(relative, 0.0), 1.0) * (len(theme.heat) - 1)
    index = min(int(place), len(theme.heat) - 2)
    low, high = (bytes.fromhex(colour[1:]) for colour in theme.heat[index : index + 2])
    mixed = (round(a + (b - a) * (place - index)) for a, b in zip(low, high, strict=True))
    return "#" + bytes(mixed).hex()
