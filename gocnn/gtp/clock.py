"""The time that is left, and how much of it a move may take."""

from dataclasses import dataclass, field

_MOVES = 9  # points of the board for each move that main time has to last for, at any time
_SHARE = 0.8  # of the time that there is for a move; the rest is for lines that are slow
_LAG, _LEAST = 0.3, 0.05  # seconds


@dataclass
class Clock:
    """Main time and byo-yomi as the controller sets them, and what each player has left.

    Without main time and without stones there is no limit, as GTP 2 says.
    """

    main: float = 0  # seconds
    period: float = 0  # seconds of a byo-yomi period
    stones: int = 0  # moves that a period has to last for
    periods: int = 0  # of Japanese byo-yomi, where each lasts for one move; 0 is Canadian
    left: dict[int, tuple[float, int]] = field(default_factory=dict)  # by colour: seconds, stones

    def tell(self, colour: int, seconds: float, stones: int) -> None:
        """Note what a player has left: main time if there are no stones, else of a period."""
        self.left[colour] = seconds, stones

    def spend(self, colour: int, seconds: float) -> None:
        """Note what a move took, for controllers that do not tell what is left."""
        left, stones = self.left.get(colour, (self.main, 0))
        if not stones:
            self.left[colour] = max(left - seconds, 0), 0

    def budget(self, colour: int, points: int) -> float | None:
        """Seconds that a player's next move may take on a board of so many points.

        Returns:
            None without a limit.
        """
        if not self.main and not (self.period and self.stones):
            return None
        left, stones = self.left.get(colour, (self.main, 0))
        in_period = self.period / self.stones if self.stones else 0.0
        if stones:
            spare = left if self.periods else left / stones
        elif left:
            spare = left / (points / _MOVES) + in_period / 2
        else:
            spare = in_period
        return max(spare * _SHARE - _LAG, _LEAST)
