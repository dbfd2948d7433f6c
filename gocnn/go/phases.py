"""Opening, middle game and endgame, by the number of moves played.

Where one ends and the next begins is a convention; it only has to be the same wherever moves of one
phase are compared.
"""

OPENING, MIDDLE, ENDGAME = range(3)
PHASES = ("opening", "middle game", "endgame")
_ENDS = (60 / 361, 160 / 361)  # in moves for each point of the board


def phase_ends(size: int) -> tuple[int, int]:
    """How many moves are played when the opening and when the middle game end.

    >>> phase_ends(19), phase_ends(9)
    ((60, 160), (13, 36))
    """
    opening, middle = (round(share * size * size) for share in _ENDS)
    return opening, middle


def phase(ply: int, size: int) -> int:
    """The phase of the move that is played after `ply` others.

    >>> PHASES[phase(59, 19)], PHASES[phase(60, 19)], PHASES[phase(160, 19)]
    ('opening', 'middle game', 'endgame')
    """
    return sum(ply >= end for end in phase_ends(size))
