"""What can go wrong in words for the user: one line that names the file, the place and the mend."""


class GocnnError(Exception):
    """Bad input, explained in one line; the command line prints it and exits with status 2."""


class IllegalMove(GocnnError):
    """A move, or a set-up, that the rules forbid; the message says which and why."""
