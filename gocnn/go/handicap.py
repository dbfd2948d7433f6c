"""Fixed handicap points and star points (GTP 2 specification, section 4.1.1)."""

from gocnn.errors import GocnnError
from gocnn.go.coords import point_at


def _edge(size: int) -> int:
    """Distance of the star points from the edge, 0-based (GTP 2, section 4.1.1)."""
    return 3 if size >= 13 else 2


def handicap_points(size: int, stones: int) -> list[int]:
    """The fixed handicap points (GTP 2, section 4.1.1).

    >>> from gocnn.go.coords import vertex
    >>> [vertex(p, 19) for p in handicap_points(19, 5)]
    ['D4', 'Q16', 'D16', 'Q4', 'K10']

    Raises:
        GocnnError: when the board has no such handicap.
    """
    most = 0 if size < 7 else 4 if size % 2 == 0 or size == 7 else 9
    if not 2 <= stones <= most:
        allowed = f"2 to {most} stones" if most else "no fixed handicap"
        raise GocnnError(f"a {size}x{size} board has {allowed}, not {stones}")
    low, middle, high = _edge(size), size // 2, size - 1 - _edge(size)
    corners = [(high, low), (low, high), (low, low), (high, high)]
    sides = [(middle, low), (middle, high), (high, middle), (low, middle)]
    chosen = corners[: min(stones, 4)]
    if stones >= 6:
        chosen += sides[: (stones - 4) // 2 * 2]
    if stones in (5, 7, 9):
        chosen.append((middle, middle))
    return [point_at(row, column, size) for row, column in chosen]


def star_points(size: int) -> list[int]:
    """The points that a drawing of the board marks, as printed boards do.

    Nine from 13 lines on and five below, only the four corners on boards of an even size and of
    7 lines, none on smaller ones.

    >>> [len(star_points(size)) for size in (19, 13, 9, 8, 7, 5)]
    [9, 9, 5, 4, 4, 0]
    """
    for stones in (9 if size >= 13 else 5, 4):
        try:
            return handicap_points(size, stones)
        except GocnnError:
            continue
    return []
