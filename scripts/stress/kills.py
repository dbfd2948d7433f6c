"""Kills prepare, train and match at random moments, fills disks, and looks at what is left.

    python -m scripts.stress.kills GAMES --kills 200 --seed 0

After each kill -9 the same command is given again. It must end well, with the result of a run that
nobody disturbed (prepare: the same corpus; match: the same games; train: all its positions), and
no draft of a killed process may be left. As root, a full disk and a read-only folder are tried as
well: they must cost one line and exit status 2.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from gocnn.corpus.corpus import Corpus
from gocnn.progress import bar
from gocnn.training.checkpoint import load_checkpoint

GOCNN = (sys.executable, "-m", "gocnn")
ENGINE = f"{sys.executable} -m gocnn gtp --weights small"


def run(*words: object, kill_after: float | None = None) -> subprocess.CompletedProcess[str]:
    """A command of gocnn, killed after some seconds if it still runs."""
    command = [*GOCNN, *map(str, words)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, error = process.communicate(timeout=kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        out, error = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, out, error)


class Case:
    """A command that is killed and given again."""

    def __init__(self, name: str, folder: Path, games: Path) -> None:
        self.name, self.folder = name, folder
        corpus, out = folder / "x.gocnn", folder / "run"
        small = ("--network", "1x16", "--validation", "0.1", "--positions", 6400, "--device", "cpu")
        self.words: dict[str, tuple[object, ...]] = {
            "prepare": ("prepare", games, "-o", corpus, "--board-size", "all"),
            "train": ("train", games, "-o", out, "--board-size", 9, *small),
            "match": ("match", ENGINE, ENGINE, "--board-size", 9, "--games", 2, "-o", out),
        }

    def once(self, dice: random.Random, seconds: float) -> str:
        """Kill it once, give it again, and say what is wrong, or nothing."""
        first = run(*self.words[self.name], kill_after=dice.uniform(0, seconds))
        again: tuple[object, ...] = self.words[self.name]
        if self.name == "train" and (self.folder / "run" / "checkpoint.safetensors").exists():
            again = ("train", "--resume", self.folder / "run")
        second = run(*again)
        if second.returncode:
            return f"after {first.returncode}: {second.stderr.strip()[-200:]}"
        if list(self.folder.rglob(".*.part")):
            return "a draft was left"
        return ""

    def result(self) -> object:
        """What must be the same, however often it was killed."""
        if self.name == "prepare":
            return Corpus.open(self.folder / "x.gocnn").checksum
        if self.name == "train":
            return load_checkpoint(self.folder / "run" / "checkpoint.safetensors").steps
        games = (self.folder / "run" / "games.jsonl").read_text().splitlines()
        return sorted(json.loads(line)["number"] for line in games)


def kills(name: str, games: Path, count: int, dice: random.Random) -> Counter[str]:
    """Kill a command many times, each in a folder of its own."""
    outcomes = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        case = Case(name, Path(folder), games)
        started = time.monotonic()
        run(*case.words[name])
        seconds, expected = time.monotonic() - started, case.result()
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            case = Case(name, Path(folder), games)
            wrong = case.once(dice, seconds)
            if not wrong and case.result() != expected:
                wrong = f"{case.result()!r} in place of {expected!r}"
        outcomes[wrong or "as if nothing had happened"] += 1
    return outcomes


def disks(games: Path) -> Counter[str]:
    """A disk of 64 KB that is full, and one that cannot be written."""
    outcomes = Counter[str]()
    for name, options in (("full disk", "size=64k"), ("read-only disk", "size=64k,ro")):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
            try:
                ended = run("prepare", games, "-o", Path(folder, "x.gocnn"), "--board-size", "all")
                left = list(Path(folder).iterdir())
            finally:
                subprocess.run(["umount", folder], check=True)
        good = ended.returncode == 2 and "Traceback" not in ended.stderr and not left
        outcomes[f"{name}: {'one line' if good else ended.stderr[-300:]}"] += 1
    return outcomes


def main() -> int:
    """Run it all; 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("games", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    dice, bad = random.Random(options.seed), 0
    names = ("prepare", "train", "match")
    with bar("commands", len(names), unit="commands") as progress:
        for number, name in enumerate(names):
            count = options.kills // 3 + (number < options.kills % 3)
            outcomes = kills(name, options.games, count, dice)
            bad += count - outcomes["as if nothing had happened"]
            print(f"{name}: {dict(outcomes)}", flush=True)
            progress.update()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print(dict(disks(options.games)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
