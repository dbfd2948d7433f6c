"""The scripts: games made, figures, and setting up."""

import json
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gocnn.match.controller import find_gnugo
from gocnn.sgf.reader import load_game


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


@pytest.mark.skipif(find_gnugo() is None, reason="GNU Go is not here")
def test_games_are_made_again_as_they_were_made(root: Path, tmp_path: Path) -> None:
    """Game number i is the same whenever it is made; a collection goes on where it was."""
    old, out = root / "data" / "gnugo-9x9.sgf", tmp_path / "games.sgf"
    first, _, _ = old.read_text(encoding="utf-8").partition(")\n")
    out.write_text(f"{first})\n", encoding="utf-8")
    done = run(sys.executable, "scripts/make_games.py", "9", "2", str(out), cwd=root)
    assert done.returncode == 0, done.stderr
    assert out.read_text(encoding="utf-8").count("(;") == 2
    for number in (1, 2):
        assert (load_game(out, number).entries == load_game(old, number).entries).all()


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
