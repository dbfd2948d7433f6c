"""The log of a run, and what a killed process leaves of it."""

from pathlib import Path

from gocnn.training.curves import read_log
from gocnn.training.log import TrainingLog


def test_half_a_last_line_does_not_break_the_log_of_the_resumed_run(tmp_path: Path) -> None:
    entry = {"steps": 1, "positions": 8, "policy_loss": 5.0}
    log = TrainingLog(tmp_path)
    log.write(entry)
    with log.path.open("a") as file:
        file.write('{"steps": 2, "posi')  # kill -9
    resumed = TrainingLog(tmp_path)
    resumed.write({"resumed": 1})
    resumed.write(entry | {"steps": 2})
    assert [e["steps"] for e in read_log(log.path)[0]] == [1, 2]
    assert len(log.path.read_text().splitlines()) == 3
