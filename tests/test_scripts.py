"""The scripts: engines as processes, matches, games made, figures, and setting up."""

import json
import random
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import match
import pytest
from engines import Engine, Record, other
from make_games import opening

from gocnn.coords import point_of_vertex
from gocnn.errors import GocnnError
from gocnn.game import Game
from gocnn.position import Position
from gocnn.records import parse_game

# An engine that plays given moves, one game after another, and refuses some of the opponent's.
PUPPET = """
import sys
name, moves, refused = sys.argv[1], iter(sys.argv[2].split()), sys.argv[3].split()
answers = {"name": name, "version": "1", "final_score": "W+3.5", "showboard": "\\n A B\\n1 . ."}
for line in sys.stdin:
    command, *words = line.split()
    if command == "die":
        sys.exit()
    if command == "play" and words[1] in refused:
        print("? illegal move\\n", flush=True)
    else:
        answer = next(moves) if command == "genmove" else answers.get(command, "")
        print(f"= {answer}".rstrip() + "\\n", flush=True)
"""
Puppets = Callable[..., str]


@pytest.fixture
def puppet(tmp_path: Path) -> Puppets:
    """Makes the command line of a puppet."""
    path = tmp_path / "puppet.py"
    path.write_text(PUPPET, encoding="utf-8")

    def command(moves: str = "", refused: str = "", name: str = "Puppet") -> str:
        return shlex.join([sys.executable, str(path), name, moves, refused])

    return command


def test_an_engine_answers(puppet: Puppets) -> None:
    with Engine(shlex.split(puppet("D4 pass"))) as engine:
        assert engine.ask("name") == "Puppet"
        assert engine.ask("boardsize 9") == ""
        assert [engine.ask("genmove b"), engine.ask("genmove b")] == ["D4", "pass"]
        assert engine.ask("showboard") == "\n A B\n1 . ."


def test_engines_that_refuse_or_go(puppet: Puppets) -> None:
    with Engine(shlex.split(puppet(refused="D4"))) as engine:
        with pytest.raises(GocnnError, match=r"answers '\? illegal move' to 'play b D4'"):
            engine.ask("play b D4")
        for _ in range(2):
            with pytest.raises(GocnnError, match="is gone, without an answer to 'die'"):
                engine.ask("die")
    with Engine(["cat"]) as engine, pytest.raises(GocnnError, match="answers 'name' to 'name'"):
        engine.ask("name")
    with pytest.raises(GocnnError, match="no-such-engine: No such file"):
        Engine(["no-such-engine"])


@pytest.mark.parametrize(
    ("black", "white", "refused", "result", "moves"),
    [
        ("D4 pass", "Q16 pass", "", "W+3.5", 4),  # the judge is white
        ("D4 resign", "Q16", "", "W+R", 2),
        ("D4", "resign", "", "B+R", 1),
        ("D4 Q16", "Q4", "Q16", "W+F", 2),  # black plays what white holds to be illegal
    ],
)
def test_how_games_of_a_match_end(
    puppet: Puppets, black: str, white: str, refused: str, result: str, moves: int
) -> None:
    first, second = match.Player(puppet(black)), match.Player(puppet(white, refused))
    with first.engine, second.engine:
        game = match.play_game(first, second, second, 19, 7.5)
    assert (game.result, len(game.moves)) == (result, moves)


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_a_match_from_the_shell(puppet: Puppets, root: Path, tmp_path: Path) -> None:
    """The engines change colours, so the first one loses as black and as white."""
    first, second = puppet("D4 resign Q4 resign", name="A"), puppet("Q16 C3 R4", name="B")
    out = tmp_path / "games.sgf"
    command = [sys.executable, "scripts/match.py", first, second, "--json", "--sgf", str(out)]
    done = run(*command, cwd=root)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["games"], found["wins"], found["rate"]) == (2, 0, 0)
    assert (found["first"], found["moves_a_game"]) == ("A 1", 2.5)
    text = out.read_text(encoding="utf-8")
    assert text.count("(;") == 2
    assert "PB[A 1]PW[B 1]" in text
    assert "PB[B 1]PW[A 1]" in text
    done = run(sys.executable, "scripts/match.py", "no-such-engine", second, cwd=root)
    assert (done.returncode, done.stderr) == (
        1,
        "match: no-such-engine: No such file or directory\n",
    )


def test_wilson() -> None:
    """81 of 263 gives 25.5 to 36.6 percent (Newcombe 1998, table I, method 3)."""
    low, high = match.wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_a_record_reads_back() -> None:
    moves = [("white", "Q16"), ("black", "D4"), ("white", "pass"), ("black", "T19")]
    record = Record(19, 0.5, "A", "B", "g", "Japanese", ["D16", "Q4"], moves, "B+12.5")
    game = parse_game(record.sgf().encode())
    assert isinstance(game, Game)
    assert (game.handicap, game.komi, game.winner, game.margin) == (2, 0.5, 1, 12.5)
    position = Position(19)
    position.setup([point_of_vertex(stone, 19) for stone in record.handicap])
    for colour, vertex in moves:
        position.play(point_of_vertex(vertex, 19), 1 if colour == "black" else -1)
    assert (game.stones() == position.stones).all()
    assert len(game) == 4


@pytest.mark.parametrize("size", [9, 13, 19])
def test_openings_are_legal_and_differ(size: int) -> None:
    seen = set()
    for seed in range(50):
        moves = opening(size, random.Random(seed))
        position = Position(size)
        for vertex in moves:
            position.play(point_of_vertex(vertex, size))
        seen.add(tuple(moves))
    assert len(seen) > 15


def test_other() -> None:
    assert (other("black"), other("white")) == ("white", "black")


def test_bench_measures(root: Path) -> None:
    command = [sys.executable, "scripts/bench.py", "--sections", "replay,parse", "--json"]
    done = run(*command, "--seconds", "0", "--most", "2", cwd=root)
    assert done.returncode == 0, done.stderr
    figures = {(f["section"], f["what"]): f for f in json.loads(done.stdout)}
    assert figures["replay", "one core"]["value"] > figures["replay", "one core"]["sgfmill"] > 0
    assert figures["parse", "one core"]["unit"] == "games/s"


@pytest.mark.parametrize("name", ["setup", "test", "demo"])
def test_shell_scripts_parse(name: str, root: Path) -> None:
    assert run("bash", "-n", f"scripts/{name}", cwd=root).returncode == 0
    assert name == "setup" or (root / "scripts" / name).stat().st_mode & stat.S_IXUSR


def test_setup_tells_of_an_old_python(root: Path, tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "pyproject.toml").touch()
    script = (
        f"PATH={shlex.quote(str(tmp_path))}:$PATH; source {shlex.quote(str(root))}/scripts/setup"
    )
    done = run("bash", "-c", script, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "setup: no Python 3.11 or newer here; install one, or name it: PYTHON=/path/to/python3"
    )
    assert not (tmp_path / ".venv").exists()
