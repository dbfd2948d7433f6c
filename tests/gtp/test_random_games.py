"""Random whole games through the engine, every move and undo checked by sgfmill's board.

The engine chooses by a policy drawn at random, and the opponent plays anything, legal or not.
Some games have a handicap, superko, or one colour moving twice.
"""

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from sgfmill.boards import Board
from sgfmill.common import format_vertex, move_from_vertex

import gocnn.gtp.server  # noqa: F401 - it registers all commands
from gocnn.go.position import Position
from gocnn.gtp.protocol import CommandError
from gocnn.gtp.registry import find_command
from gocnn.gtp.session import Session
from gocnn.play.search import Search
from gocnn.play.style import Style
from gocnn.prediction import Conditions, Prediction

Point = tuple[int, int]  # (row from the bottom, column), as sgfmill counts
_SIGNS = {"b": 1, "w": -1}


class Rules:
    """What sgfmill's board says is legal, with the whole history."""

    forgotten = ""  # a rule

    def __init__(self, size: int, superko: bool) -> None:
        self.size, self.superko = size, superko
        self.history = [Board(size)]
        self.kos: list[tuple[Point, str] | None] = [None]

    @property
    def board(self) -> Board:
        return self.history[-1]

    def after(self, colour: str, point: Point | None) -> tuple[Board, Point | None] | None:
        """The board after a move, and the ko it leaves; None if the move is illegal."""
        board = self.board.copy()
        if point is None:
            return board, None
        if board.get(*point) is not None:
            return None
        if self.forgotten != "ko" and self.kos[-1] == (point, colour):
            return None
        ko = board.play(*point, colour)
        if self.forgotten != "suicide" and board.get(*point) is None:
            return None
        if (
            self.forgotten != "superko"
            and self.superko
            and any(board.board == earlier.board for earlier in self.history)
        ):
            return None
        return board, ko

    def play(self, colour: str, point: Point | None) -> bool:
        """Play a move if it is legal; whether it is."""
        found = self.after(colour, point)
        if found is None:
            return False
        board, ko = found
        self.history.append(board)
        self.kos.append((ko, _other(colour)) if ko else None)
        return True

    def undo(self) -> None:
        self.history.pop()
        self.kos.pop()

    def stones(self) -> list[list[int]]:
        """Rows from the top, as `Position.stones` has them."""
        rows = [[_SIGNS.get(stone, 0) for stone in row] for row in self.board.board]
        return rows[::-1]


def ask(session: Session, line: str) -> str:
    """The answer to a command line, without the threads of a session."""
    name, *arguments = line.split()
    handler = find_command(session, name)
    assert handler
    try:
        answer = handler(arguments)
        while not isinstance(answer, str):
            next(answer)
    except CommandError as error:
        return f"? {error}"
    except StopIteration as end:
        answer = end.value
    return f"= {answer}".rstrip()


def _other(colour: str) -> str:
    return "w" if colour == "b" else "b"


def noise(seed: int) -> Callable[[Sequence[Position], Sequence[Conditions]], list[Prediction]]:
    """A network that knows nothing, and never says the same twice."""
    rng = np.random.default_rng(seed)

    def predict(positions: Sequence[Position], _: Sequence[Conditions]) -> list[Prediction]:
        weights = rng.random((len(positions), positions[0].size ** 2 + 1), np.float32)
        weights[:, -1] *= rng.random() < 0.1  # seldom thinks of a pass
        return [Prediction(row / row.sum(), float(rng.random())) for row in weights]

    return predict


def random_game(seed: int) -> int:
    """Play game number `seed` to its end and take it all back; the number of commands."""
    chance = random.Random(seed)
    size = chance.choice([5, 6, 7, chance.randint(8, 19)])  # small boards have more ko
    superko = chance.random() < 0.5
    style = Style(
        seed=seed,
        playouts=10,
        resign=seed % 3 == 0,  # a player of random moves soon has to
        resign_after=3,
        temperature=chance.choice([0.0, 1.0]),
        visits=4 if size < 10 and chance.random() < 0.2 else 1,
    )
    session = Session(Search(noise(seed)), style, superko=superko)
    rules = Rules(size, superko)
    assert ask(session, f"boardsize {size}") == "="
    colour = "b"
    if size >= 7 and chance.random() < 0.2:
        stones = ask(session, "fixed_handicap 2")
        points = [move_from_vertex(vertex, size) for vertex in stones.split()[1:]]
        rules.board.apply_setup(points, [], [])
        colour = "w"
    passes = commands = 0
    planned: list[Point | None] = []  # the last comes first
    while passes < 2 and commands < 4 * size * size:
        commands += 1
        what = chance.random()
        ko = rules.kos[-1]
        if ko and not planned and chance.random() < 0.2:
            planned = [ko[0], None, None, ko[0]]  # at once: ko; after two passes: superko
        if what < 0.05 and len(rules.history) > 1:
            assert ask(session, "undo") == "="
            rules.undo()
            passes = 0
            colour = "b" if session.position.to_move == 1 else "w"
        elif what < 0.3 or planned:
            point = planned.pop() if planned else _any_point(rules, chance)
            legal = rules.play(colour, point)
            answer = ask(session, f"play {colour} {format_vertex(point)}")
            assert answer == ("=" if legal else "? illegal move"), (seed, commands)
            if legal:
                passes = 0
                colour = _other(colour) if chance.random() < 0.95 else colour
        else:
            answer = ask(session, f"genmove {colour}")
            if answer == "= resign":
                break
            point = move_from_vertex(answer.removeprefix("= "), size)
            assert rules.play(colour, point), (seed, commands, answer)
            passes = passes + 1 if point is None else 0
            colour = _other(colour)
        assert session.position.stones.tolist() == rules.stones(), (seed, commands)
    assert ask(session, "final_score")[:3] in ("= B", "= W")
    for _ in range(len(rules.history) - 1):
        assert ask(session, "undo") == "="
        rules.undo()
        assert session.position.stones.tolist() == rules.stones(), seed
    assert ask(session, "undo") == "? cannot undo"
    return commands


def _any_point(rules: Rules, chance: random.Random) -> Point:
    """Any point, most often an empty one."""
    for _ in range(chance.choice([1, 10])):
        point = chance.randrange(rules.size), chance.randrange(rules.size)
        if rules.board.get(*point) is None:
            break
    return point


def test_random_games_have_no_illegal_move_and_every_undo_is_right() -> None:
    commands = [random_game(seed) for seed in range(12)]
    assert sum(commands) > 1000


@pytest.mark.slow
def test_500_random_games_have_no_illegal_move_and_every_undo_is_right() -> None:
    commands = [random_game(seed) for seed in range(500)]
    assert sum(commands) > 50_000


@pytest.mark.parametrize(("forgotten", "seed"), [("ko", 26), ("suicide", 3), ("superko", 0)])
def test_a_wrong_rule_would_be_found(
    forgotten: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The games meet every rule: were one forgotten, they would fail, this one or a later one."""
    monkeypatch.setattr(Rules, "forgotten", forgotten)
    with pytest.raises(AssertionError):
        for later in range(100):
            random_game(seed + later)
