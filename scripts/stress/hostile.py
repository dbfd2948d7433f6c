"""Reads files that are made to cost time and memory, and says what each costs.

    python -m scripts.stress.hostile --mb 64

Each file is read in a process of its own, as `gocnn prepare` reads it, and must end in games or in
counted rejects: within `SLOW` seconds of the processor for 64 MB, and under a gigabyte of memory.
"""

import argparse
import bz2
import gzip
import io
import lzma
import multiprocessing
import resource
import sys
import tarfile
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from gocnn.go.game import Game
from gocnn.sgf.reader import read_games

SLOW = 40.0  # seconds of the processor for 64 MB
_MOST = 1 << 30  # bytes of memory


class Cost(NamedTuple):
    """What became of a file, and what it took."""

    outcome: str
    seconds: float  # of the processor
    memory: int  # bytes, the peak of the process


def _repeated(part: bytes, size: int, begin: bytes = b"", end: bytes = b"") -> bytes:
    return begin + part * (size // len(part)) + end


def _long_name_tar(size: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x" * size + ".sgf"))
    return out.getvalue()


def _sparse_tar(size: int) -> bytes:
    member = tarfile.TarInfo("x.sgf")
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                          "GNU.sparse.realsize": str(size * 1000)}  # fmt: skip
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member)
    return out.getvalue()


def _zip(size: int, method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive, archive.open("x.sgf", "w") as member:
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return out.getvalue()


def _many_members(size: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(size >> 10):
            archive.addfile(tarfile.TarInfo(f"{number}.sgf"))
    return out.getvalue()


FILES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "comments that never close": ("x.sgf", lambda n: _repeated(b"(;C[", n)),
    "opening brackets": ("x.sgf", lambda n: _repeated(b"[", n, b"(;")),
    "semicolons": ("x.sgf", lambda n: _repeated(b";", n, b"(", b")")),
    "parentheses": ("x.sgf", lambda n: _repeated(b"(;", n)),
    "backslashes": ("x.sgf", lambda n: _repeated(b"\\", n, b"(;C[")),
    "one comment": ("x.sgf", lambda n: _repeated(b"a", n, b"(;GM[1]C[", b"];B[aa])")),
    "moves of one game": ("x.sgf", lambda n: _repeated(b";B[aa]", n, b"(;GM[1]", b")")),
    "spaces": ("x.sgf", lambda n: _repeated(b" ", n, b"(;GM[1]HA[", b"];B[aa])")),
    "roots": ("x.sgf", lambda n: _repeated(b"(;GM[1]", n // 64)),
    "empty games": ("x.sgf", lambda n: _repeated(b"(;GM[1]SZ[2])", n // 64)),
    "zeros": ("x.sgf", lambda n: bytes(n)),
    "zeros by gzip": ("x.sgf.gz", lambda n: gzip.compress(bytes(8 * n), 1)),
    "zeros by bzip2": ("x.sgf.bz2", lambda n: bz2.compress(bytes(4 * n), 1)),
    "zeros by xz": ("x.sgf.xz", lambda n: lzma.compress(bytes(8 * n), preset=0)),
    "zeros by deflate in a zip": ("x.zip", lambda n: _zip(8 * n, zipfile.ZIP_DEFLATED)),
    "zeros by xz in a zip": ("x.zip", lambda n: _zip(8 * n, zipfile.ZIP_LZMA)),
    "a tar with a long name": ("x.tar", _long_name_tar),
    "a sparse tar": ("x.tar", _sparse_tar),
    "a tar of empty members": ("x.tar", _many_members),
    "moves of a GIB": ("x.gib", lambda n: _repeated(b"STO 0 2 1 3 3\n", n, b"\\HS\n\\GS\n")),
    "lines of an NGF": ("x.ngf", lambda n: _repeated(b"PM\n", n, b"\n19\n\n\n\n0\n0\n")),
    "sections of a UGF": ("x.ugf", lambda n: _repeated(b"[Data]\nA,\n", n, b"[Header]\n")),
}


def read(path: Path) -> Cost:
    """Read all records of a file."""
    started = time.process_time()
    outcomes = Counter(
        "game" if isinstance(found, Game) else found.reason for found in read_games([path])
    )
    words = ", ".join(f"{what} {count:,}" for what, count in outcomes.most_common(3))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return Cost(words, time.process_time() - started, peak)


def main() -> int:
    """Read each file; 1 where one costs too much."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mb", type=int, default=64)
    options = parser.parse_args()
    bad = 0
    print(f"| {options.mb} MB of | outcome | processor | peak |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for what, (name, make) in FILES.items():
            path = Path(folder, name)
            path.write_bytes(make(options.mb << 20))
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                cost = pool.submit(read, path).result()
            path.unlink()
            bad += cost.seconds > SLOW * max(1.0, options.mb / 64) or cost.memory > _MOST
            row = f"| {what} | {cost.outcome} | {cost.seconds:.1f} s | {cost.memory >> 20:,} MB |"
            print(row, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
