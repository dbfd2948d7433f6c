"""The script that tries old and new versions: what it finds, holds and reports."""

import sys
from pathlib import Path

import pytest

from scripts import versions


def test_the_lowest_versions_are_those_of_the_project() -> None:
    wanted = ["numpy>=2.0", "safetensors>=0.4.5"]
    assert versions.lowest(wanted) == ["numpy==2.0.*", "safetensors==0.4.5.*"]


def test_a_python_is_found_or_told_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "versions" / "9.9.1" / "bin"
    home.mkdir(parents=True)
    (home / "python").write_text("#!/bin/sh\necho 9.9\n[ $1 != -m ]\n")
    (home / "python").chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert versions.find_python("9.9") == str(home / "python")
    assert versions.find_python("9.8") is None
    monkeypatch.setattr(versions, "PYTHONS", ("9.8", "9.9"))
    monkeypatch.setattr(versions, "build", lambda folder: folder / "gocnn-0-py3-none-any.whl")
    monkeypatch.setattr(sys, "argv", ["versions", "9.8-newest", "9.9-oldest"])
    assert versions.main() == 1
    out = capsys.readouterr().out
    assert "| 9.8-newest | - | - | - | - | - | - | no such Python here |" in out
    assert "| 9.9-oldest | - | - | - | - | - | - | not installed: 9.9 |" in out
    assert "Pythons that are not here: 9.8\n" in out


@pytest.mark.parametrize(
    ("said", "well"),
    [("3 passed in 1.20s", True), ("1 failed, 3 passed in 1.20s", False), ("no tests ran", False),
     ("2 errors in 0.10s", False), ("2 passed, 1 skipped, 4 deselected in 3s", True)],
)  # fmt: skip
def test_what_counts_as_well(said: str, well: bool) -> None:
    assert versions.Outcome("3.11-newest", said=said).well is well
