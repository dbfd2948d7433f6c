"""Every command, each in a process of its own, in a folder that has nothing of the clone.

`python -m scripts.versions --slow --tests tests/test_commands.py` runs it with an installed wheel.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gocnn.cli.main import main
from tests.support.commands import GTP, TALKERS, every_command, visit_board, write_games
from tests.support.puppets import puppet

CALL = [sys.executable, "-m", "gocnn"]


@pytest.mark.slow
def test_every_command_does_its_work(tmp_path: Path, root: Path) -> None:
    write_games(tmp_path)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MPLBACKEND")}
    exports = importlib.util.find_spec("onnx") is not None
    lines = every_command(tmp_path, puppet("D4 E5 pass"), exports=exports)
    assert {words[0] for words in lines} | TALKERS | {"export"} == set(main.commands)
    # A game that ships with the clone, and the network that ships with the package.
    lines.append(("suggest", str(root / "data/gnugo-19x19-test.sgf"), "--move", "21"))
    for words in lines:
        done = subprocess.run(
            [*CALL, *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (words, done.stderr)
    assert json.loads((tmp_path / "match" / "result.json").read_text())["games"] == 2

    weights = str(tmp_path / "run" / "weights.safetensors")
    talk = [*CALL, "gtp", "--weights", weights]
    spoken = subprocess.run(talk, cwd=tmp_path, env=environment, input=GTP, capture_output=True)
    assert spoken.returncode == 0 and b"=2 " in spoken.stdout, spoken.stderr

    board = [*CALL, "board", "--no-browser", "--weights", weights, str(tmp_path / "c.ugf")]
    with subprocess.Popen(
        board, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            visit_board(*process.stdout.readline().strip().split("#token="))
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
