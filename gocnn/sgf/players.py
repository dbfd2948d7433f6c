"""Players by name: one person's spellings, also those that a wrong encoding damaged."""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.go.game import Game
from gocnn.stats import count_text

# How names come to be damaged: written in the second encoding, read in the first.
_DAMAGES = [
    (read_as, written_in)
    for read_as in ("latin-1", "cp1252", "gb18030", "cp949", "shift_jis", "euc_jp", "big5")
    for written_in in ("utf-8", "gb18030", "cp949", "shift_jis", "euc_jp")
    if read_as != written_in
]
_SUGGESTED = 3


def name_keys(name: str) -> frozenset[str]:
    """What a name is compared by; two spellings of one name share a key.

    Case, accents, spaces, hyphens, apostrophes and a rank in brackets do not count, nor does the
    order of the words. Text that was read in a wrong encoding is read anew where that is possible.

    >>> name_keys("Lee Chang-ho (9p)") & name_keys("Chang Ho LEE") != frozenset()
    True
    >>> name_keys("古力") & name_keys("古力".encode().decode("latin-1")) != frozenset()
    True
    >>> name_keys("Cho U") & name_keys("Cho Hunhyun")
    frozenset()
    """
    return frozenset(key for text in (name, *_repaired(name)) for key in _keys(text))


def _repaired(name: str) -> Iterable[str]:
    """The texts that a damaged name may have been."""
    if name.isascii():
        return
    for read_as, written_in in _DAMAGES:
        try:
            yield name.encode(read_as).decode(written_in)
        except UnicodeError:
            continue


def _keys(text: str) -> Iterable[str]:
    text = text.split("[")[0].split("(")[0] or text
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " if c.isspace() else "" for c in plain).split()
    if words:
        yield "".join(words)
        if len(words) > 1:
            # Letters in order of the alphabet: "Lee Chang-ho" and "Chang Ho LEE" are alike.
            yield " " + "".join(sorted("".join(words)))


def name_matcher(*names: str) -> Callable[[str], bool]:
    """Whether a name is a spelling of one of these names; each text is looked at once.

    Raises:
        GocnnError: when one of them is not a name.
    """
    wanted: set[str] = set()
    for name in names:
        keys = name_keys(name)
        if not keys:
            raise GocnnError(f"{name!r} is not a name of a player")
        wanted |= keys
    cache: dict[str, bool] = {}

    def matches(name: str) -> bool:
        if name not in cache:
            cache[name] = bool(name_keys(name) & wanted)
        return cache[name]

    return matches


def games_of_player(games: Iterable[Game], player: str) -> tuple[list[Game], NDArray[np.int8]]:
    """The games of one player.

    Args:
        games: as `gocnn.sgf.reader.read_games` reads them.
        player: a name, in any spelling that `name_keys` knows.

    Returns:
        The games, and int8[N], the colour that the player had in each. Games in which both
        players have that name are left out.

    Raises:
        GocnnError: when the player has no game; the nearest names are given.
    """
    matches = name_matcher(player)
    kept, colours = [], []
    names: Counter[str] = Counter()
    for game in games:
        names.update(name for name in (game.black_name, game.white_name) if name)
        black, white = matches(game.black_name), matches(game.white_name)
        if black != white:
            kept.append(game)
            colours.append(BLACK if black else WHITE)
    if not kept:
        raise GocnnError(_unknown(player, names))
    return kept, np.array(colours, np.int8)


def _unknown(player: str, names: Counter[str]) -> str:
    if not names:
        return f"no game of {player}: the records name no players (PB and PW)"
    near = difflib.get_close_matches(player, names, n=_SUGGESTED, cutoff=0.5)
    near = near or [name for name, _ in names.most_common(_SUGGESTED)]
    text = ", ".join(f"{name} ({count_text(names[name], 'game')})" for name in near)
    players = count_text(len(names), "player")
    return f"no game of {player} among the games of {players}; there are {text}"
