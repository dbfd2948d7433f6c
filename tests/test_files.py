"""Files are written whole or not at all, under names that nobody can guess."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gocnn import files
from gocnn.errors import GocnnError
from gocnn.files import (
    draft_path,
    remove_abandoned,
    require_regular,
    write_atomically,
    written_atomically,
)


def test_a_draft_has_another_name_each_time_and_none_is_left(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    drafts = {draft_path(path).name for _ in range(20)}
    assert len(drafts) == 20
    write_atomically(path, b"data")
    assert path.read_bytes() == b"data"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_in_the_place_of_a_draft_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    path = tmp_path / "x.bin"
    monkeypatch.setattr("gocnn.files.secrets.token_hex", lambda count: "0" * 2 * count)
    draft_path(path).symlink_to(victim)
    with pytest.raises(GocnnError, match="cannot write"):
        write_atomically(path, b"data")
    assert victim.read_bytes() == b"precious"


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a day decides")
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom gocnn.files import draft_path\n"
        "draft_path(Path(sys.argv[1])).write_bytes(b'half')\nos.kill(os.getpid(), 9)"
    )
    path = tmp_path / "x.bin"
    subprocess.run([sys.executable, "-c", code, path], check=False)
    alive, other = draft_path(path), draft_path(tmp_path / "y.bin")
    assert len(list(tmp_path.iterdir())) == 0  # asking for a draft has removed it
    subprocess.run([sys.executable, "-c", code, path], check=False)
    for file in (alive, other, tmp_path / ".x.bin.part", tmp_path / ".x.bin.1.part"):
        file.write_bytes(b"of others")
    remove_abandoned(path)
    assert sorted(f.read_bytes() for f in tmp_path.iterdir()) == 4 * [b"of others"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_pipes_and_folders_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(GocnnError, match="a pipe or a device"):
        require_regular(tmp_path / "pipe")
    with pytest.raises(GocnnError, match="a folder"):
        require_regular(tmp_path)


def test_on_windows_a_file_that_a_scanner_has_open_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, asked = tmp_path / "x.bin", []
    replace = Path.replace

    def refuse(draft: Path, target: Path) -> Path:
        asked.append(draft)
        if len(asked) % 3:
            raise PermissionError(13, "in use")
        return replace(draft, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(GocnnError, match="cannot write"):
        write_atomically(path, b"data")
    asked.clear()
    monkeypatch.setattr(files, "_WINDOWS", True)
    write_atomically(path, b"data")
    assert path.read_bytes() == b"data" and len(asked) == 3
    monkeypatch.setattr(files, "_IN_USE", 0.0)
    with pytest.raises(GocnnError, match="cannot write"):
        write_atomically(path, b"other")
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == b"data"


def test_a_file_that_is_not_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    for error in (KeyboardInterrupt, GocnnError):
        with pytest.raises(error), written_atomically(path) as file:
            file.write(b"half")
            raise error
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"old")]
    with written_atomically(path) as file:
        file.write(b"new")
        file.write(b"er")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("x", b"newer")]


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(GocnnError, match="File name too long"):
        write_atomically(tmp_path / ("x" * 300), b"data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="this system has no devices in folders")
def test_a_device_is_written_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    write_atomically(tmp_path / "null", b"nothing")
    assert Path("/dev/null").is_char_device() and (tmp_path / "null").is_symlink()
    with pytest.raises(GocnnError, match="Is a directory"):
        write_atomically(tmp_path, b"x")
