"""`gocnn match`: games saved one by one, going on after an interruption, and the result told."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gocnn.cli.main import main
from gocnn.errors import GocnnError
from gocnn.go.game import Game
from gocnn.match.folder import Folder, MatchSettings
from gocnn.match.results import GameResult
from gocnn.sgf.reader import load_game
from tests.support.puppets import puppet

# Whoever is A walls off the left half of 5x5 and a little more.
A, B = puppet("C3 C2 C1 C4 C5", name="Left"), puppet("D3 D2 D1 D4 D5", name="Right")
SMALL = ["--board-size", "5", "--komi", "3.5", "--openings", "none"]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["match", *(str(argument) for argument in arguments)])


def played(*arguments: object) -> dict[str, Any]:
    result = call(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def lines(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "games.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def game(folder: Path, number: int) -> Game:
    return load_game(folder / f"game-{number:04}.sgf")


def test_a_match(tmp_path: Path) -> None:
    out = tmp_path / "match"
    found = played(A, B, *SMALL, "--games", 4, "-o", out)
    assert (found["games"], found["wins"], found["rate"], found["elo"]) == (4, 4, 1.0, None)
    assert (found["as_black"], found["as_white"]) == ([2, 2], [2, 2])
    assert found["endings"] == {"A by score": 4}
    assert found["a"]["slowest"] >= found["a"]["mean"] > 0
    assert (found["moves_a_game"], found["counted"], found["same_winner"]) == (12, 4, None)
    assert [line["black"] for line in lines(out)] == ["A", "B", "A", "B"]
    assert [line["result"] for line in lines(out)] == ["B+1.5", "W+8.5", "B+1.5", "W+8.5"]
    assert {path.name for path in out.iterdir() if path.name != ".lock"} == {
        "match.json",
        "games.jsonl",
        "result.json",
        *(f"game-{number:04}.sgf" for number in range(1, 5)),
    }
    text = (out / "game-0002.sgf").read_text(encoding="utf-8")
    for piece in ("PB[Right 1]PW[Left 1]RE[W+8.5]RU[Chinese]DT[20", "Black: ", "W+8.5 by score"):
        assert piece in text
    assert (game(out, 2).komi, game(out, 2).margin, len(game(out, 2))) == (3.5, 8.5, 12)
    table = call(A, B, *SMALL, "--games", 4, "-o", out)  # nothing is left to play
    assert table.exit_code == 0
    assert "A won    4 of 4 games: 100.0%, at 95% 51.0% to 100.0%" in table.stdout
    assert table.stderr == ""


def test_a_finished_folder_writes_its_result_anew(tmp_path: Path) -> None:
    out = tmp_path / "match"
    first = played(A, B, *SMALL, "--games", 2, "-o", out)
    before = (out / "result.json").read_text()
    (out / "result.json").write_text("half of a re")
    assert played(A, B, *SMALL, "--games", 2, "-o", out) == first
    assert (out / "result.json").read_text() == before


def test_openings_are_played_twice_and_more_games_can_follow(tmp_path: Path) -> None:
    """Also two at a time: the same games, whoever plays them."""
    drawn = [puppet(), puppet(), "--board-size", "9"]
    played(*drawn, "--games", 4, "-o", tmp_path / "one")
    assert played(*drawn, "--games", 6, "-o", tmp_path / "one")["games"] == 6
    played(*drawn, "--games", 6, "--jobs", 3, "-o", tmp_path / "three")
    moves = []
    for number in range(1, 7):
        first, second = game(tmp_path / "one", number), game(tmp_path / "three", number)
        assert (first.entries == second.entries).all()
        moves.append(tuple(first.entries.tolist()))
    assert moves[::2] == moves[1::2]
    assert len(set(moves)) == 3
    assert sorted(line["number"] for line in lines(tmp_path / "three")) == [1, 2, 3, 4, 5, 6]
    assert played(*drawn, "--games", 2, "-o", tmp_path / "one")["games"] == 2


def test_a_handicap_makes_b_black(tmp_path: Path) -> None:
    out = tmp_path / "match"
    command = [puppet(), puppet(), "--board-size", "9", "--handicap", 3, "--games", 2, "-o", out]
    found = played(*command)
    assert (found["komi"], found["as_white"][1], found["as_black"][1]) == (0.5, 2, 0)
    assert {line["black"] for line in lines(out)} == {"B"}
    assert (game(out, 1).handicap, game(out, 1).setup, game(out, 1).first) == (3, 3, -1)
    assert (game(out, 1).entries[:4] != game(out, 2).entries[:4]).any()  # each its own opening


def test_faults_are_told(tmp_path: Path) -> None:
    out = tmp_path / "match"
    found = played(A, puppet("D3 die"), *SMALL, "--games", 2, "-o", out)
    assert found["endings"] == {"A by crash": 2}
    assert "out of luck" in lines(out)[0]["told"]
    text = (out / "game-0001.sgf").read_text(encoding="utf-8")
    assert "RE[B+F]" in text
    assert "B+F by crash" in text
    found = played(
        A, puppet("D3 hang"), *SMALL, "--games", 1, "--move-timeout", 0.5, "-o", tmp_path / "slow"
    )
    assert found["endings"] == {"A by too slow": 1}


def test_a_referee_decides(tmp_path: Path) -> None:
    """It sees white ahead in every game; our own count knows better."""
    match = [A, B, *SMALL, "--games", 2]
    found = played(*match, "--referee", puppet(score="W+8.5"), "-o", tmp_path / "1")
    assert (found["wins"], found["losses"]) == (1, 1)
    assert (found["counted"], found["same_winner"], found["same_score"]) == (2, 1, 1)
    assert [line["own"] for line in lines(tmp_path / "1")] == ["B+1.5", "W+8.5"]
    assert [line["result"] for line in lines(tmp_path / "1")] == ["W+8.5", "W+8.5"]
    text = (tmp_path / "1" / "game-0001.sgf").read_text(encoding="utf-8")
    assert "own count B+1.5, referee W+8.5" in text
    found = played(*match, "--referee", puppet(score="who knows"), "-o", tmp_path / "2")
    assert (found["wins"], found["same_winner"]) == (2, 0)
    assert {line["referee"] for line in lines(tmp_path / "2")} == {"?"}


def test_rules_count(tmp_path: Path) -> None:
    """By area black has 15 of 25 points; by territory 10 against 5."""
    played(A, B, *SMALL, "--games", 1, "--rules", "japanese", "-o", tmp_path)
    assert lines(tmp_path)[0]["result"] == "B+1.5"
    assert "RU[Japanese]" in (tmp_path / "game-0001.sgf").read_text(encoding="utf-8")


def engines_of(mark: str) -> list[str]:
    """The processes whose command line holds a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:  # it has ended
            continue
    return found


def test_an_interrupted_match_goes_on(tmp_path: Path) -> None:
    """Ctrl-C in the second game keeps the first one; a line torn by a power cut is cut off."""
    out, mark = tmp_path / "match", f"mark-{tmp_path.name}"
    command = [puppet("C3"), puppet("D3 2:hang", name=mark), *SMALL, "--games", "2"]
    command += ["-o", str(out), "--referee", puppet(name=mark)]
    process = subprocess.Popen(
        [sys.executable, "-m", "gocnn", "match", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        for _ in range(1200):
            if (out / "games.jsonl").exists() and lines(out):
                break
            time.sleep(0.05)
        assert len(engines_of(mark)) >= 2
        with pytest.raises(GocnnError, match="another gocnn match is at work there"):
            Folder(out, MatchSettings(a="x", b="y"))
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    assert stderr.splitlines() == [
        f"the games that ended are in {out}; the same command goes on",
        "gocnn: interrupted",
    ]
    assert engines_of(mark) == []
    assert [line["number"] for line in lines(out)] == [1]
    assert not (out / "game-0002.sgf").exists()
    with (out / "games.jsonl").open("a", encoding="utf-8") as torn:
        torn.write('{"number": 2, "bla')
    before = (out / "game-0001.sgf").stat().st_mtime_ns
    assert played(*command)["games"] == 2
    assert [line["number"] for line in lines(out)] == [1, 2]
    assert (out / "game-0001.sgf").stat().st_mtime_ns == before


def test_another_match_in_the_folder_is_refused(tmp_path: Path) -> None:
    played(A, B, *SMALL, "--games", 1, "-o", tmp_path)
    result = call(A, B, *SMALL, "--rules", "aga", "-o", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"gocnn: {tmp_path} holds another match: its rules is 'chinese', not 'aga'; "
        "give another folder with -o\n"
    )
    (tmp_path / "games.jsonl").write_text("games\n", encoding="utf-8")
    result = call(A, B, *SMALL, "-o", tmp_path)
    assert result.exit_code == 2
    assert "games.jsonl: no line of a match: 'games" in result.stderr


def test_a_folder_keeps_games_whole(tmp_path: Path) -> None:
    settings = MatchSettings(a="x", b="y")
    one = GameResult(number=1, black="A", winner="", result="0", reason="score", told="ünd\n")
    with Folder(tmp_path, settings) as folder:
        folder.keep(one, "(;GM[1])")
    with Folder(tmp_path, settings) as folder:
        assert folder.games == {1: one}
    assert (tmp_path / "game-0001.sgf").read_text(encoding="utf-8") == "(;GM[1])"
    (tmp_path / "match.json").write_text("{", encoding="utf-8")
    with pytest.raises(GocnnError, match="holds another match"):
        Folder(tmp_path, settings)


def test_a_full_disk_loses_no_game(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    settings = MatchSettings(a="x", b="y")
    one, two = (
        GameResult(number=n, black="A", winner="", result="0", reason="score") for n in (1, 2)
    )
    with Folder(tmp_path, settings) as folder:
        folder.keep(one, "(;GM[1])")
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    full = (tmp_path / "games.jsonl").stat().st_size + 40  # which leaves half a line there
    try:
        with (
            pytest.raises(GocnnError, match=r"games\.jsonl: cannot write"),
            Folder(tmp_path, settings) as folder,
        ):
            resource.setrlimit(resource.RLIMIT_FSIZE, (full, most))
            folder.keep(two, "(;GM[1])")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    with Folder(tmp_path, settings) as folder:
        assert folder.games == {1: one}
        folder.keep(two, "(;GM[1])")
    assert [line["number"] for line in lines(tmp_path)] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such-engine", B], "no-such-engine: No such file or directory"),
        ([A, ""], "an engine needs a command line"),
        ([A, "gnugo 'x"], "No closing quotation"),
        ([A, "gnugo"], "GNU Go speaks GTP only when it is told to; write 'gnugo --mode gtp'"),
        ([A, "cat"], "cat answers '1 name' to 'name', which is not GTP"),
        ([A, "true"], "true is gone, without an answer to 'name'"),
        ([A, B, "--referee", "no-such-engine"], "no-such-engine: No such file or directory"),
        ([A, B, "--handicap", "1"], "a 19x19 board has 2 to 9 stones, not 1"),
        ([A, B, "--openings", "no/such/games"], "no/such/games"),
        ([A, B, "--rules", "ing"], "--rules"),
        ([A, B, "--games", "0"], "--games"),
        ([A, B, "--board-size", "4"], "--board-size"),
        ([A], "Missing argument 'B'"),
        ([puppet(refused="C3"), puppet("C3"), *SMALL, "--openings", "x.gocnn"], "x.gocnn"),
    ],
)
def test_bad_command_lines(arguments: list[str], told: str, tmp_path: Path) -> None:
    result = call(*arguments, "-o", tmp_path / "match")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("gocnn: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr


def test_an_engine_that_cannot_be_made_ready_stops_the_match(tmp_path: Path) -> None:
    """Nobody has lost: the opening is refused."""
    everything = " ".join(f"{column}{row}" for column in "ABCDEFGHJ" for row in range(1, 10))
    result = call(puppet(refused=everything), puppet(), "--board-size", 9, "-o", tmp_path)
    assert result.exit_code == 2
    assert "answers 'cannot do that' to 'play black" in result.stderr
    assert lines(tmp_path) == []


def test_gocnn_itself_plays_a_match(root: Path, tmp_path: Path) -> None:
    """Its engine against a puppet that passes, by a network without weights to load."""
    program = tmp_path / "engine.py"
    program.write_text(ENGINE.format(root=str(root)), encoding="utf-8")
    engine = f"{sys.executable} {program}"
    found = played(engine, puppet(), "--board-size", 7, "--games", 2, "-o", tmp_path / "m")
    assert found["endings"] == {"A by score": 2}
    assert found["a"]["slowest"] > 0


ENGINE = """
import sys
sys.path.insert(0, {root!r})
from tests.support.gtp_talk import new_session
from gocnn.gtp.protocol import answers_only
from gocnn.gtp.server import serve_session

with answers_only() as write:
    serve_session(new_session(), sys.stdin.buffer, write)
"""
