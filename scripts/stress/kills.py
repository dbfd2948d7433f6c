"""Kills prepare, train and match at random moments, fills disks, and looks at what is left.

    python -m scripts.stress.kills --kills 200 --seed 0

Half of the kills -9 come at any moment, half just after a file has begun to be written. What is
whole at that moment (a corpus, a checkpoint, the games of a match) must be whole afterwards, no
process may be left, and the same command given again must end with the result of a run that nobody
disturbed: the same corpus, the same weights to the bit, the same games. No draft may be left.
The processes are forked from one that has loaded gocnn already, so that kills fall on its work and
not on its imports.

A full disk and a read-only one are tried for every command that writes: one line, exit status 2,
and what was there before as it was. That mounts a tmpfs, for which one must be root.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gocnn.cli.main import main
from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.inference.weights import load_network
from gocnn.training.checkpoint import load_checkpoint

GOCNN = (sys.executable, "-m", "gocnn")
GOOD = "as if nothing had happened"
ENDS = 10.0  # seconds in which the processes that a killed one had started must be gone
HANG = 120.0  # seconds after which a command hangs
GAMES = 4  # of a match
WITH_READERS = 16  # every 16th kill of prepare falls on one that reads in processes of its own

# It plays a few moves, a little slowly, and passes.
_ENGINE = r"""
import sys, time
moves = []
for line in sys.stdin:
    number, command, *words = line.split()
    answer = {"list_commands": "genmove\nplay", "name": "Slow"}.get(command, "")
    if command == "clear_board":
        moves = ["A1", "B2", "C1", "A3", "B4"] if "a" in sys.argv else ["J9", "H8", "G9", "J7"]
    if command == "genmove":
        time.sleep(0.01)
        answer = moves.pop() if moves else "pass"
    print(f"={number} {answer}\n", flush=True)
    if command == "quit":
        break
"""
ENGINES = tuple(shlex.join([sys.executable, "-S", "-c", _ENGINE, side]) for side in "ab")


def write_games(path: Path, count: int, dice: random.Random) -> None:
    """Records of random moves on different points of 9x9 boards, of which few capture."""
    with path.open("w") as file:
        for number in range(count):
            points = dice.sample(range(81), 30)
            moves = "".join(
                f";{'BW'[n % 2]}[{chr(97 + p % 9)}{chr(97 + p // 9)}]" for n, p in enumerate(points)
            )
            file.write(f"(;GM[1]SZ[9]KM[6.5]RE[B+R]PB[{number}]C[{'.' * 1000}]{moves})\n")


def words(*parts: object) -> list[str]:
    """The words of a command line."""
    return list(map(str, parts))


def run(*parts: object) -> subprocess.CompletedProcess[str]:
    """A command of gocnn in a new process, to its end."""
    command = [*GOCNN, *words(*parts)]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)


def start(words: list[str], out: IO[bytes]) -> int:
    """Run the words of a command line in a fork of this process, in a group of its own."""
    process = os.fork()
    if process:
        return process
    status = 70
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number in (1, 2):
            os.dup2(out.fileno(), number)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        main(words, prog_name="gocnn")
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def finish(process: int, seconds: float) -> int | None:
    """The status of a process, or None if it still runs after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            return None
        time.sleep(0.001)


def complete(words: list[str]) -> str:
    """Run a command to its end; what is wrong, or nothing."""
    with tempfile.TemporaryFile() as out:
        process = start(words, out)
        status = finish(process, HANG)
        if status is None:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
        out.seek(0)
        output = out.read().decode("utf-8", "replace")
    if status is None:
        return "it hangs"
    return f"status {status}: {output.strip()[-300:]}" if status else ""


def kill(words: list[str], folder: Path, after: float, while_writing: bool) -> str:
    """Start a command and kill it; what it left running, or nothing.

    Args:
        words: the command line.
        folder: in which it writes.
        after: seconds of life; with `while_writing` counted from the first draft, a thirtieth.
        while_writing: whether to wait for a draft of a file.
    """
    with tempfile.TemporaryFile() as out:
        process = start(words, out)
        status = None
        if while_writing:
            while status is None and not count_drafts(folder):
                status = finish(process, 0)
            after /= 30
        if status is None and finish(process, after) is None:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    end = time.monotonic() + ENDS
    while time.monotonic() < end:
        try:
            os.killpg(process, 0)
        except ProcessLookupError:
            return ""
        time.sleep(0.01)
    os.killpg(process, signal.SIGKILL)
    return "a process was left"


def count_drafts(folder: Path) -> int:
    """How many drafts there are."""
    return sum(name.endswith(".part") for _, _, names in os.walk(folder) for name in names)


class Case:
    """A command that is killed and given again, in a folder of its own."""

    def __init__(self, name: str, folder: Path, games: Path, old: Path, jobs: int = 1) -> None:
        self.name, self.folder, self.old = name, folder, old
        self.corpus, self.out = folder / "x.gocnn", folder / "run"
        small = ("--network", "1x16", "--validation", 0.1, "--positions", 2560, "--device", "cpu")
        self.words = {
            "prepare": words(
                "prepare", games, "-o", self.corpus, "--board-size", 9, "--jobs", jobs
            ),
            "train": words("train", old, "-o", self.out, "--board-size", 9, *small),
            "match": words("match", *ENGINES, "--board-size", 9, "--games", GAMES, "-o", self.out),
        }[name]
        if name == "prepare":  # a corpus is there already, which must not be lost
            self.corpus.write_bytes(old.read_bytes())

    def once(self, dice: random.Random, seconds: float) -> str:
        """Kill it once, give it again, and say what is wrong, or nothing."""
        after, while_writing = dice.uniform(0, seconds), dice.random() < 0.5
        wrong = kill(self.words, self.folder, after, while_writing)
        if wrong:
            return wrong
        try:
            whole = self.whole()
        except (GocnnError, OSError, ValueError) as error:
            return f"not whole after the kill: {error}"
        again = self.words
        if self.name == "train" and (self.out / "checkpoint.safetensors").exists():
            again = words("train", "--resume", "-o", self.out)
        wrong = complete(again)
        if wrong:
            return f"given again: {wrong}"
        if count_drafts(self.folder):
            return "a draft was left"
        after_all = self.whole()
        if self.name == "match" and not whole.items() <= after_all.items():
            return "a finished game was changed or lost"
        return ""

    def whole(self) -> dict[str, str]:
        """What is complete in the folder, by name; raises where a file is not."""
        if self.name == "prepare":
            return {"corpus": Corpus.open(self.corpus).checksum}
        if self.name == "match":
            return self._games()
        for name in ("checkpoint", "cooldown"):
            if (path := self.out / f"{name}.safetensors").exists():
                load_checkpoint(path)
        if (path := self.out / "weights.safetensors").exists():
            load_network(path)
        return {}

    def _games(self) -> dict[str, str]:
        """Each finished game of a match: its line and its record."""
        path = self.out / "games.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        games = {}
        for line in lines:
            if line.endswith("\n"):
                number = json.loads(line)["number"]
                games[number] = line + (self.out / f"game-{number:04}.sgf").read_text()
        return games

    def result(self) -> object:
        """What must be the same, however often it was killed."""
        if self.name == "prepare":
            return self.whole()
        if self.name == "train":
            state = load_network(self.out / "weights.safetensors").module.state_dict()
            digest = hashlib.sha256()
            for name in sorted(state):
                digest.update(state[name].numpy().tobytes())
            return digest.hexdigest()
        result = json.loads((self.out / "result.json").read_text())
        return sorted(self._games()), result["games"], result["wins"]


def kills(name: str, games: Path, old: Path, count: int, dice: random.Random) -> Counter[str]:
    """Kill a command many times, each in a folder of its own."""
    outcomes = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        warm = Case(name, Path(folder), games, old)
        with contextlib.redirect_stdout(io.StringIO()):  # loads and compiles
            main(warm.words, prog_name="gocnn", standalone_mode=False)
        expected = warm.result()
    with tempfile.TemporaryDirectory() as folder:
        case = Case(name, Path(folder), games, old)
        started = time.monotonic()
        wrong = complete(case.words)
        if wrong or case.result() != expected:
            raise GocnnError(f"{name} does not run twice alike: {wrong}")
        seconds = time.monotonic() - started
    for number in range(count):
        jobs = 2 if number % WITH_READERS == 0 else 1
        with tempfile.TemporaryDirectory() as folder:
            case = Case(name, Path(folder), games, old, jobs)
            wrong = case.once(dice, seconds)
            if not wrong and case.result() != expected:
                wrong = f"{case.result()!r} in place of {expected!r}"
        outcomes[wrong or GOOD] += 1
        print(f"\r{name}: {number + 1} of {count} kills", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return outcomes


# -- disks ---------------------------------------------------------------------------------


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A disk of 4 MB, in memory."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path) -> None:
    """Fill a disk to the last byte."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def on_disks(games: Path, corpus: Path) -> Iterator[str]:
    """Every command that writes, on a disk that is full and on one that is read-only."""
    small = ("--network", "1x16", "--validation", 0.1, "--device", "cpu")
    game = "(;GM[1]SZ[9];B[ee];W[cc];B[gg];W[cg];B[gc])"
    for state in ("full", "read-only"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            first = {
                "prepare": ("prepare", corpus.with_name("few.sgf"), "-o", folder / "x.gocnn",
                            "--board-size", 9),
                "train": ("train", corpus, "-o", folder / "run", "--positions", 256, *small),
                "match": ("match", *ENGINES, "--board-size", 9, "--games", 1, "-o",
                          folder / "match"),
            }  # fmt: skip
            then = {
                "prepare": ("prepare", games, "-o", folder / "x.gocnn", "--board-size", 9),
                "prepare, a new file": ("prepare", games, "-o", folder / "y.gocnn",
                                        "--board-size", 9),
                "prepare --rejects": ("prepare", games, "-o", corpus.with_name("z.gocnn"),
                                      "--board-size", 9, "--rejects", folder / "rejects"),
                "train, a new run": ("train", corpus, "-o", folder / "new", "--positions", 256,
                                     *small),
                "train --resume": ("train", "--resume", "-o", folder / "run", "--positions", 512),
                "match": ("match", *ENGINES, "--board-size", 9, "--games", 2, "-o",
                          folder / "match"),
                "match, a new one": ("match", *ENGINES, "--board-size", 9, "--games", 1, "-o",
                                     folder / "new-match"),
                "review": ("review", folder / "game.sgf", "-o", folder / "review.html",
                           "--visits", 1, "--weights", "small"),
                "suggest --image": ("suggest", folder / "game.sgf", "--image",
                                    folder / "board.png", "--weights", "small"),
                "export": ("export", "small", "-o", folder / "x.onnx"),
            }  # fmt: skip
            with mounted(folder):
                (folder / "game.sgf").write_text(game)
                (folder / "review.html").write_text("an old review")
                (folder / "board.png").write_text("an old picture")
                for line in first.values():
                    run(*line).check_returncode()
                if state == "full":
                    fill(folder)
                else:
                    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
                for what, line in then.items():
                    before = contents(folder)
                    ended = run(*line)
                    yield f"{state}, {what}: {judged(ended, before, contents(folder))}"


def contents(folder: Path) -> dict[str, bytes]:
    """All files with something in them, by name, but for logs."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.stat().st_size
        if path.name != "log.jsonl"
    }


def judged(
    ended: subprocess.CompletedProcess[str], before: dict[str, bytes], after: dict[str, bytes]
) -> str:
    """Whether a command failed as it should, in words."""
    remarks = [line for line in ended.stderr.splitlines() if line.startswith("gocnn: ")]
    named = len(remarks) > 0 and "/" in remarks[-1]  # the file
    if ended.returncode != 2 or "Traceback" in ended.stderr or not named:
        return f"WRONG, status {ended.returncode}: {ended.stderr[-300:]!r}"
    changed = [name for name in before if after.get(name) != before[name]]
    new = [name for name in after if name not in before]
    if changed:
        return f"WRONG, changed {changed}"
    return f"{remarks[-1]!r}" + (f", WRONG, left {new}" if new else "")


def stress() -> int:
    """Run it all; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["prepare", "train", "match", "disks"])
    options = parser.parse_args()
    dice, bad = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory() as scratch:
        games, few, old = (Path(scratch, name) for name in ("games.sgf", "few.sgf", "old.gocnn"))
        write_games(games, 3500, dice)  # more than one process would read alone
        write_games(few, 40, dice)
        run("prepare", few, "-o", old, "--board-size", 9).check_returncode()
        for number, name in enumerate(("prepare", "train", "match")):
            if options.only not in (None, name):
                continue
            count = options.kills // 3 + (number < options.kills % 3)
            outcomes = kills(name, games, old, count, dice)
            bad += count - outcomes[GOOD]
            print(f"{name}: {dict(outcomes)}", flush=True)
        if options.only not in (None, "disks"):
            return bool(bad)
        if os.geteuid():
            print("disks: left out, because only root can mount them")
        else:
            for outcome in on_disks(games, old):
                bad += "WRONG" in outcome
                print(outcome, flush=True)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(stress())
