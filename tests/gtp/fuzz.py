"""Throws lines at a GTP engine and counts its answers: ``scripts/fuzz_gtp --lines 100000``.

Good commands, bad arguments, unknown words, random bytes, huge lines, ids, CRLF, comments, lines
cut in two, lines in the middle of an analysis. The engine holds when it answers every command line
exactly once, in order and with its id, ends every answer by one empty line, never says "internal
error", and takes its leave at `quit`. The exit status is 1 when it does not, and the lines that
led there are printed.
"""

import argparse
import contextlib
import os
import random
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from gocnn.errors import GocnnError
from gocnn.progress import bar

PATIENCE = 120  # seconds for an answer
WINDOW = 40  # lines under way at most
KEPT = 30  # lines shown when something breaks

# Arguments that make sense; other commands are asked without any, or with words of the pool.
HINTS = {
    "boardsize": "5 7 9 9 9 13 19",
    "rectangular_boardsize": "9|9 9|13 5|5",
    "komi": "0 0.5 7.5 -3 7.25",
    "play": "b|C3 w|D4 B|E5 W|c4 black|D3 white|pass b|B2 w|E3 b|J1 w|A1 b|pass b|A2 w|B1",
    "fixed_handicap": "2 4 9 10",
    "place_free_handicap": "2 5 12",
    "set_free_handicap": "C3|E5 D4|Q16|K10 C3|C3",
    "gogui-setup": "b|C3|w|D4 w|E5 b|A1|w|A2",
    "gogui-setup_player": "b w",
    "loadsgf": "game.sgf game.sgf|3 broken.sgf empty.sgf missing.sgf folder",
    "printsgf": "written.sgf folder none/x.sgf /dev/full",
    "genmove": "b w",
    "reg_genmove": "b w",
    "gg_genmove": "b w|7",
    "restricted_genmove": "b|C3|D4 w|E5|pass",
    "kgs-genmove_cleanup": "b w",
    "gg-undo": "1 2 0 50",
    "time_settings": "0|1|0 300|30|5 0|10|1 0|0|0",
    "time_left": "b|30|0 w|5.5|3 b|0|0",
    "kgs-time_settings": "none absolute|300 byoyomi|60|10|3 canadian|60|30|5",
    "final_status_list": "alive dead seki black_territory white_territory dame",
    "final_status": "C3 A1 pass",
    "known_command": "play nothing",
    "list_stones": "b w",
    "captures": "b w",
    "all_legal": "b w",
    "is_legal": "b|C3 w|pass",
    "color": "C3 A1",
    "findlib": "C3 A1",
    "countlib": "C3 D4",
    "kata-raw-nn": "0 3 7 all 8",
    "heatmap": "0 all",
    "lz-analyze": "b|1 w|1 1 interval|1 b|interval|1|maxmoves|3 b|avoid|b|C3,D4|5|1",
    "analyze": "b|1 1",
    "kata-analyze": "b|1 w|1|ownership|true b|rootInfo|true|interval|1 1",
    "lz-genmove_analyze": "b|1 w|50",
    "genmove_analyze": "b|1",
    "kata-genmove_analyze": "w|1 b|1|ownership|true",
    "kata-set-rules": "chinese japanese tromp-taylor {} martian",
    "kata-set-rule": "ko|SIMPLE scoring|AREA",
    "kgs-rules": "chinese japanese new_zealand",
    "kgs-chat": "game|me|hello private|me|?",
    "gocnn-param": "rank|5k rank|best temperature|0.5 seed|7 visits|3 visits|1 playouts|20 x|1",
    "set_random_seed": "3",
    "top_moves_black": "|",
}
SLOW = """
    genmove reg_genmove kgs-genmove_cleanup lz-genmove_analyze genmove_analyze kata-genmove_analyze
    kata-analyze kata-raw-nn heatmap final_score final_status final_status_list estimate_score
    place_free_handicap gocnn-candidates gocnn-territory new_score gg_genmove restricted_genmove
"""  # asked less often
ANALYSES = (b"lz-analyze", b"analyze", b"kata-analyze")
POOL = """
    b w black white B3 C4 d5 E5 T19 A25 Z99 pass resign PASS 0 1 -1 2 7 9 19 26 0.5 -0.5 1e9 nan inf
    1_0 0x10 999999999 99999999999 true false ownership interval avoid allow maxmoves rank 5k 9d
    best dead alive chinese {} [] {"ko":"SIMPLE"} game.sgf é 棋 \N{REPLACEMENT CHARACTER} ' " \\ %s
    = ? =1
"""
GAME = "(;GM[1]FF[4]SZ[9]KM[5.5]HA[2]AB[gc][cg]PL[W];W[ee];B[cc];W[gg];B[];W[ce])"


class Broken(GocnnError):
    """What the engine did wrong."""


class Lines:
    """Random lines, the same ones for the same seed.

    Args:
        seed: where the randomness starts.
        commands: the names that the engine lists.
    """

    def __init__(self, seed: int, commands: list[str]) -> None:
        self.chance = random.Random(seed)
        self._quick = sorted({*commands} - {*SLOW.split(), "quit"})
        self._slow = sorted({*commands} & {*SLOW.split()})
        self._pool = POOL.split()
        self._kinds = {
            self._sensible: 50,
            self._careless: 20,
            self._unknown: 8,
            self._bytes: 10,
            self._nothing: 8,
            self._huge: 1,
        }

    def draw(self) -> bytes:
        """One line, with the line feed that ends it."""
        kinds, weights = list(self._kinds), list(self._kinds.values())
        text = self.chance.choices(kinds, weights)[0]()
        if self.chance.random() < 0.4:
            text = (
                str(self.chance.randrange(10 ** self.chance.randint(1, 12))).encode() + b" " + text
            )
        if self.chance.random() < 0.1:
            text += b" # " + self._noise(10)
        return text + self.chance.choice((b"\n", b"\n", b"\n", b"\r\n", b" \n", b"\t\r\n"))

    def _name(self) -> str:
        slow = self._slow and self.chance.random() < 0.06
        return self.chance.choice(self._slow if slow else self._quick)

    def _sensible(self) -> bytes:
        name = "play" if self.chance.random() < 0.2 else self._name()
        arguments = self.chance.choice(HINTS.get(name, "|").split(" ")).replace("|", " ")
        return f"{name} {arguments}".encode()

    def _careless(self) -> bytes:
        words = self.chance.choices(self._pool, k=self.chance.randrange(6))
        return b"\t".join(word.encode() for word in [self._name(), *words])

    def _unknown(self) -> bytes:
        name = self._name()
        cut = self.chance.randrange(len(name))
        return self.chance.choice((name[:cut], name[cut:] + "x", name.upper(), "-1", "")).encode()

    def _bytes(self) -> bytes:
        return self._noise(self.chance.randint(1, 60))

    def _nothing(self) -> bytes:
        return self.chance.choice((b"", b" ", b"\t", b"# quiet", b"\x07\x00", b"\xc2\xa0", b"#"))

    def _huge(self) -> bytes:
        words = self.chance.choice((b"play b ", b"echo ", b"x", b"\xff\x00 ", b"loadsgf "))
        times = self.chance.choice((1000, 10_000, 100_000))
        return self._name().encode() + b" " + words * (times // len(words))

    def _noise(self, length: int) -> bytes:
        return self.chance.randbytes(length).replace(b"\n", b"\\")


def expected_id(line: bytes) -> bytes | None:
    """The id that the answer to a line has to carry; None where no answer is due.

    Written after GTP 2, section 2.5 and 3.1, apart from the engine.

    >>> expected_id(b"12 name\\r\\n"), expected_id(b"name"), expected_id(b" # 5")
    (b'12', b'', None)
    """
    kept = bytes(byte for byte in line if byte == 9 or (byte >= 32 and byte != 127))
    words = kept.replace(b"\t", b" ").split(b"#")[0].split(b" ")
    first = next(filter(None, words), None)
    if first is None:
        return None
    return first if first.isdigit() else b""


class Judge:
    """Watches what an engine says and holds it against what it was sent."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: deque[bytes] = deque()
        self._open = False  # inside an answer
        self._rest = b""
        self._recent: deque[bytes] = deque(maxlen=KEPT)
        self.sent = self.answers = self.failures = self.analysed = 0
        self.fault = ""

    def expect(self, line: bytes) -> None:
        """Note a line before it is sent."""
        with self._changed:
            self.sent += 1
            self._recent.append(line[:200])
            number = expected_id(line)
            if number is not None:
                self._due.append(number)

    def hear(self, data: bytes) -> None:
        """Take a piece of the engine's output."""
        with self._changed:
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                if not self.fault:
                    self.fault = self._fault(line)
            self._changed.notify_all()

    def _fault(self, line: bytes) -> str:
        if self._open:
            self.analysed += line.startswith(b"info ")
            self._open = line != b""
            return ""
        if not self._due:
            return f"it said {line[:200]!r} unasked"
        number = self._due.popleft()
        head = line.split(b" ")[0]
        if head not in (b"=" + number, b"?" + number):
            return f"it answered {line[:200]!r}, where the id {number!r} was due"
        if b"internal error" in line:
            return f"it answered {line[:200]!r}"
        self._open = True
        self.answers += 1
        self.failures += head.startswith(b"?")
        return ""

    def end(self) -> None:
        """Note that the engine says no more."""
        with self._changed:
            if self._due or self._open or self._rest:
                self.fault = self.fault or "it went away"
            self._changed.notify_all()

    def settle(self, patience: float = PATIENCE, most: int = 0) -> None:
        """Wait until no more than so many answers are due.

        Raises:
            Broken: when one is missing or wrong, with the lines sent last.
        """
        with self._changed:
            fine = self._changed.wait_for(lambda: self.fault or self._settled(most), patience)
            if not fine:
                self.fault = f"no answer for {patience:g} s"
            if self.fault:
                lines = "\n".join(f"  {line!r}" for line in self._recent)
                raise Broken(f"line {self.sent}: {self.fault}; the lines before:\n{lines}")

    def _settled(self, most: int) -> bool:
        return len(self._due) <= most and (most > 0 or not self._open)


def prepare(folder: Path) -> None:
    """Put files there that `loadsgf` and `printsgf` are asked for."""
    (folder / "game.sgf").write_text(GAME, encoding="utf-8")
    (folder / "broken.sgf").write_bytes(GAME.encode()[:40] + bytes(range(256)))
    (folder / "empty.sgf").touch()
    (folder / "folder").mkdir(exist_ok=True)


@contextlib.contextmanager
def started(
    command: list[str], folder: Path, judge: Judge
) -> Iterator[tuple[subprocess.Popen[bytes], threading.Thread]]:
    """An engine as a process of its own, in a folder, and the thread that tells the judge.

    What the engine says on standard error is kept.
    """
    with (
        (folder / "stderr").open("wb") as errors,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=folder
        ) as process,
    ):
        listener = threading.Thread(target=listen, args=(process, judge), daemon=True)
        listener.start()
        try:
            yield process, listener
        finally:
            process.kill()
            listener.join()  # before what it reads is closed


def listen(process: subprocess.Popen[bytes], judge: Judge) -> None:
    """Hand all that an engine says to the judge."""
    assert process.stdout
    while data := os.read(process.stdout.fileno(), 1 << 16):
        judge.hear(data)
    judge.end()


def commands_of(command: list[str], folder: Path) -> list[str]:
    """The commands that an engine lists."""
    asked = b"list_commands\nquit\n"
    done = subprocess.run(command, input=asked, capture_output=True, cwd=folder, check=True)
    return done.stdout.decode().split("\n\n")[0].removeprefix("= ").split("\n")


def send(process: subprocess.Popen[bytes], line: bytes, chance: random.Random) -> None:
    """Send a line, now and then in two pieces; stay a while where it asks for an analysis."""
    assert process.stdin
    cut = chance.randrange(len(line)) if chance.random() < 0.05 else 0
    for piece in filter(None, (line[:cut], line[cut:])):
        process.stdin.write(piece)
        process.stdin.flush()
        time.sleep(0.002 if cut else 0)
    if any(name in line for name in ANALYSES) and chance.random() < 0.3:
        time.sleep(0.05)


def fuzz(command: list[str], count: int, seed: int, folder: Path) -> str:
    """Send so many lines.

    Returns:
        What came of it, in a line.

    Raises:
        Broken: when the engine does something wrong.
    """
    prepare(folder)
    lines, judge, began = Lines(seed, commands_of(command, folder)), Judge(), time.monotonic()
    engine, progress = started(command, folder, judge), bar("lines", count, unit="lines")
    with engine as (process, listener), progress:
        try:
            for _ in range(count):
                line = lines.draw()
                judge.expect(line)
                send(process, line, lines.chance)
                judge.settle(most=WINDOW)
                progress.update(1)
            judge.expect(b"quit\n")
            send(process, b"quit\n", lines.chance)
        except BrokenPipeError:
            listener.join()
        judge.settle()
        status = process.wait(PATIENCE)
        if status:
            raise Broken(f"it ended with status {status}")
    errors = (folder / "stderr").read_text(encoding="utf-8", errors="replace")
    if "Traceback" in errors:
        raise Broken(f"it wrote on standard error:\n{errors[-2000:]}")
    seconds = time.monotonic() - began
    return (
        f"{count} lines, {judge.answers} answers ({judge.failures} of them errors), "
        f"{judge.analysed} lines of analysis, seed {seed}, {seconds:.0f} s: all as it should be"
    )


def main() -> None:
    """Read options and fuzz."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--command", default=shlex.join([sys.executable, "-m", "gocnn", "gtp"]), help="the engine"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            print(fuzz(shlex.split(options.command), options.lines, options.seed, Path(folder)))
        except (Broken, OSError, subprocess.SubprocessError) as error:
            sys.exit(f"fuzz_gtp: seed {options.seed}, {error}")


if __name__ == "__main__":
    main()
