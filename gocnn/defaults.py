"""Defaults that the library and the command line share, each of them told once.

The command line shows them in its help, so this module imports nothing.
"""

BOARD_SIZE = 19  # lines
KOMI = 7.5  # points that white gets where nothing says otherwise (Chinese rules, CGOS)
HANDICAP_KOMI = 0.5  # likewise, in a match with a handicap

VALIDATION = 0.01  # share of the games held out of the training
BATCH = 128  # positions of an update, over all processes
RATE = 4e-3  # the learning rate before the cooldown
COOLDOWN = 0.2  # share of the budget at its end in which the learning rate falls to zero
TEACHER_SHARE = 0.5  # share of the loss that a teacher sets

RESIGN_BELOW = 0.04  # a win rate under this is hopeless
MOST_VISITS = 1_000_000  # positions that a search evaluates for a move
MOVE_TIMEOUT = 120.0  # seconds for an engine's answer; a first start may compile
OPENING_MOVES = 8  # moves of an opening

# Seconds for which the main thread waits at a time. On Windows, Ctrl-C is heeded only between two
# waits: Python's locks cannot be interrupted there (documentation of `threading.Lock.acquire`).
PATIENCE = 1.0
