"""The same seed on the same machine gives the same result, in whatever process."""

import json
import os
import subprocess
import sys
from pathlib import Path

# Prepares, trains, suggests, and draws openings, and prints what came out.
_ALL = """
import hashlib, json, sys
from pathlib import Path
from click.testing import CliRunner
from gocnn.cli.main import main
from gocnn.inference.weights import load_tensors
from gocnn.match.openings import openings

folder = Path(sys.argv[1])

def call(*words):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout

call("prepare", folder / "games.sgf", "-o", folder / "x.gocnn", "--board-size", 9,
     "--sample", 0.9, "--rejects", folder / "rejects")
call("train", folder / "x.gocnn", "-o", folder / "run", "--network", "1x8", "--positions", 192,
     "--batch", 32, "--seed", sys.argv[2], "--device", "cpu", "--board-size", 9,
     "--validation", 0.2)
weights = hashlib.sha256()
for name in ("weights", "checkpoint", "cooldown"):
    tensors, _ = load_tensors(folder / "run" / f"{name}.safetensors")
    for key in sorted(tensors):
        weights.update(key.encode() + tensors[key].numpy().tobytes())
print(json.dumps({
    "corpus": hashlib.sha256((folder / "x.gocnn").read_bytes()).hexdigest(),
    "rejects": (folder / "rejects").read_text(),
    "weights": weights.hexdigest(),
    "suggest": call("suggest", "--moves", "D4 Q16 R4", "--weights", "small", "--json",
                    "--device", "cpu", "--symmetries", 8),
    "drawn": openings("drawn", 19, 20, seed=int(sys.argv[2])),
    "taken": openings(str(folder / "x.gocnn"), 9, 10, seed=int(sys.argv[2]), moves=6),
}))
"""


def _everything(folder: Path, *, seed: int, hashes: int) -> dict[str, str]:
    """What a process makes whose sets and dictionaries of strings are in an order of their own."""
    environment = os.environ | {"PYTHONHASHSEED": str(hashes), "OMP_NUM_THREADS": "1"}
    for left in folder.glob("run/*"):
        left.unlink()
    words = [sys.executable, "-c", _ALL, str(folder), str(seed)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_the_same_seed_gives_the_same_result(root: Path, tmp_path: Path) -> None:
    source = root / "data" / "gnugo-9x9.sgf"
    records = source.read_text().split("\n(;")[:40]
    (tmp_path / "games.sgf").write_text("\n(;".join(records) + "\n(;SZ[9];B[aa];W[aa])\n")
    first = _everything(tmp_path, seed=3, hashes=1)
    assert "illegal move" in first["rejects"]
    assert _everything(tmp_path, seed=3, hashes=2) == first
    other = _everything(tmp_path, seed=4, hashes=2)
    changed = {name for name in first if first[name] != other[name]}
    assert changed == {"weights", "drawn", "taken"}
