"""Lines that no controller would send; `scripts/fuzz_gtp` sends the real program more."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gocnn.gtp.protocol import serve
from gocnn.gtp.registry import COMMANDS, find_command
from tests.gtp.fuzz import Broken, Judge, Lines, expected_id, prepare
from tests.support.gtp_talk import new_session


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_line_gets_its_answer(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the engine in this process, with a network that costs nothing."""
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path)
    lines, judge = Lines(seed, list(COMMANDS)), Judge()

    def sent() -> Iterator[bytes]:
        for _ in range(1000):
            line = lines.draw()
            judge.expect(line)
            yield line.removesuffix(b"\n")

    serve(partial(find_command, new_session()), sent(), lambda text: judge.hear(text.encode()))
    judge.settle(0)
    assert judge.answers > 700
    assert judge.answers / 2 > judge.failures > 100


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"=1 a\n\n=2\n\n=3\n\n", "it said b'=3' unasked"),
        (b"=2 a\n\n", "where the id b'1' was due"),
        (b"=12 a\n\n", "where the id b'1' was due"),
        (b"a\n\n", "where the id b'1' was due"),
        (b"\n", "where the id b'1' was due"),
        (b"=1 a\n\n?2 internal error: ZeroDivisionError\n\n", "internal error"),
        (b"=1 a\n\n=2\n", "no answer for 0 s"),
        (b"=1 a\n\n", "no answer for 0 s"),
    ],
)
def test_the_judge_sees_what_is_wrong(said: bytes, told: str) -> None:
    judge = Judge()
    for line in (b"1 name\n", b"# quiet\n", b"2 name\n"):
        judge.expect(line)
    judge.hear(said)
    with pytest.raises(Broken) as broken:
        judge.settle(0)
    assert told in str(broken.value)
    assert "b'# quiet" in str(broken.value)


def test_the_judge_is_content_with_pieces() -> None:
    judge = Judge()
    for line in (b"1 name\n", b"lz-analyze\n", b"x\n"):
        judge.expect(line)
    for piece in (b"=1 a", b"\n\n=", b"\ninfo move\ninfo", b" move\n\n? unknown", b" command\n\n"):
        judge.hear(piece)
    judge.end()
    judge.settle(0)
    assert (judge.answers, judge.failures, judge.analysed) == (3, 1, 2)


def test_the_same_seed_draws_the_same_lines() -> None:
    first, second, other = (Lines(seed, list(COMMANDS)) for seed in (7, 7, 8))
    drawn = [first.draw() for _ in range(200)]
    assert drawn == [second.draw() for _ in range(200)]
    assert drawn != [other.draw() for _ in range(200)]
    assert all(line.count(b"\n") == 1 and line.endswith(b"\n") for line in drawn)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (b"name\n", b""),
        (b"5\tname\n", b"5"),
        (b"\x01007 name\r\n", b"007"),
        (b"5name", b""),
        (b"12\n", b"12"),
        (b"\xc2\xa0\n", b""),
        (b" \t\x00\r\n", None),
        (b"#5 name\n", None),
        (b"\n", None),
    ],
)
def test_which_answer_is_due(line: bytes, number: bytes | None) -> None:
    assert expected_id(line) == number


CARELESS = """
import sys
for number, line in enumerate(sys.stdin):
    print("= name\\nplay\\n" if line.startswith("list_commands") else "= what?\\n", flush=True)
    if line.startswith("quit"):
        break
"""


def test_the_script_fails_where_the_engine_does(root: Path, tmp_path: Path) -> None:
    """An engine that answers comments, too, and knows no ids."""
    (tmp_path / "careless.py").write_text(CARELESS, encoding="utf-8")
    command = f"{sys.executable} {tmp_path / 'careless.py'}"
    script = [sys.executable, "-m", "tests.gtp.fuzz", "--lines", "50", "--seed", "3"]
    done = subprocess.run(
        [*script, "--command", command], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("fuzz_gtp: seed 3, line ")
    assert "the lines before:\n" in done.stderr
    script[4] = "0"
    done = subprocess.run(
        [*script, "--command", command], capture_output=True, text=True, cwd=root, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("0 lines, 1 answers (0 of them errors)")
