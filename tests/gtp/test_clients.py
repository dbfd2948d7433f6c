"""Real clients against the engine, where they are installed: Sabaki's own libraries."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# The engine as a process, with a network that costs nothing.
ENGINE = """
import sys
from gocnn.gtp.input import read_lines
from gocnn.gtp.protocol import answers_only
from gocnn.gtp.server import serve_session
sys.path.insert(0, ".")
from tests.support.gtp_talk import new_session

with answers_only() as write:
    serve_session(new_session(), read_lines(0), write)
"""


def sabaki(root: Path, *engine: str) -> subprocess.CompletedProcess[str]:
    """Run tests/gtp/clients/sabaki.mjs on an engine, or skip."""
    clients = root / "tests" / "gtp" / "clients"
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    if not (clients / "node_modules").is_dir():
        pytest.skip("Sabaki's libraries are not installed: scripts/sabaki installs them")
    command = ["node", str(clients / "sabaki.mjs"), *engine]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=root, timeout=600
    )


def test_sabaki_plays_analyses_and_interrupts(root: Path) -> None:
    done = sabaki(root, sys.executable, "-c", ENGINE)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "all is well"
    assert len(lines) == 13
    assert all(line.startswith("ok ") for line in lines[:-1])


def test_sabaki_fails_where_the_engine_does(root: Path) -> None:
    done = sabaki(root, sys.executable, "-c", "input(); print('= mute\\n'); input()")
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  starts, asked four things at once: ")
