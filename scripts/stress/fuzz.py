"""Feeds broken inputs to every reader, and counts what becomes of them.

    python -m scripts.stress.fuzz --inputs 100000 --seed 0

SGF is built and broken by hypothesis; records (SGF, GIB, NGF, UGF), archives, corpora, weights and
checkpoints are broken byte by byte, and, where a checksum would refuse all of that, value by value
with a right checksum. An input must end in games, in counted rejects, or in a `GocnnError` of one
line. Anything else is kept in the folder of --keep, and the exit status is 1. Each kind of input is
read in a process of its own, which reports its own peak of memory; what hypothesis needs to build
its records is counted apart, because it is not ours.
"""

import argparse
import bz2
import faulthandler
import gzip
import hashlib
import io
import json
import lzma
import multiprocessing
import random
import resource
import struct
import sys
import tarfile
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gocnn.corpus.corpus import Corpus
from gocnn.errors import GocnnError
from gocnn.go.game import Game
from gocnn.inference.weights import WeightsInfo, load_network, load_tensors, save_tensors
from gocnn.network.registry import build
from gocnn.progress import bar
from gocnn.sgf.archives import SgfChunk
from gocnn.sgf.reader import Reject, parse_game, read_chunk, read_games
from gocnn.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from gocnn.training.config import Budget, TrainConfig

SLOW = 5.0  # seconds of the processor for one input
A_BUILD = 5000  # records that one process has hypothesis build
HANG = 120  # seconds after which the run ends with the place where it stands
FOREIGN_TOKENS = (
    b"\\GS\n", b"\\[", b"\\]", b"STO 0 9 1 ", b"SKI", b"INI 0 1 9 ", b"PMAB", b"GI", b"[Data]\n",
    b"[Header]\n", b"Size=", b"Hdcp=", b"Lang=utf-16", b",", b"=", b"\r", b"\n", b"\xff\xfe", b"\0",
    b"9" * 400, b" " * 400, b"(;", b"\x81",
)  # fmt: skip
TOKENS = (
    b"(", b")", b";", b"[", b"]", b"\\", b"(;", b"(;GM[1]", b"(;PB[a]PW[b]", b"AB[aa:ss]", b"B[]",
    b"C[", b"SZ[9]", b"SZ[", b"HA[", b"\0", b"\xff\xfe", b"\x81\\", b"9" * 400, b" " * 400,
    b"[" * 99,
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, 10**30, 0.5, -0.0, 1e999, "", "x", "\udcff", [], [1],
    {}, {"a": 1},
)  # fmt: skip


def record(dice: random.Random, lines: int = 9) -> bytes:
    """A record of moves on different points, of which few capture."""
    points = dice.sample(range(lines * lines), 30)
    moves = "".join(
        f";{'BW'[n % 2]}[{chr(97 + p % lines)}{chr(97 + p // lines)}]" for n, p in enumerate(points)
    )
    words = f"BR[{dice.randrange(9) + 1}d]KM[6.5]RE[B+{dice.randrange(50)}.5]DT[2015-02-03]C[a (b)]"
    return f"(;GM[1]FF[4]CA[UTF-8]SZ[{lines}]{words}{moves}(;B[aa])(;W[bb]))\n".encode()


def foreign_record(dice: random.Random) -> bytes:
    """A GIB, NGF or UGF record of moves on different points, of which few capture."""
    points = [divmod(point, 19) for point in dice.sample(range(361), 30)]
    kind = dice.randrange(3)
    if kind == 0:
        head = (
            "\\HS\n\\[GIBOKIND=Korea\\]\n\\[GAMEBLACKNAME=흑 (3단)\\]\n\\[GAMEDATE=2015- 2- 3\\]\n"
        )
        head += "\\[GAMEINFOMAIN=GRLT:1,ZIPSU:115,DUM:0,GONGJE:65,TCNT:30\\]\n\\HE\n\\GS\n2 1 0\n"
        moves = [f"STO 0 {n + 2} {n % 2 + 1} {x} {y} " for n, (x, y) in enumerate(points)]
        text = f"{head}INI 0 1 0 &4\n" + "\n".join(moves) + "\nSKI 0 32\n\\GE\n"
    elif kind == 1:
        head = "Rated game\n19\n白 3D*\n黑 9DP\nwww.cyberoro.com\n0\n0\n6\n20150203 [09:37]\n5\n"
        moves = [
            f"PM{chr(65 + n // 26)}{chr(65 + n % 26)}{'WB'[n % 2]}" + "".join(
                chr(66 + value) for value in (x, y, y, x)
            )
            for n, (x, y) in enumerate(points, 1)
        ]  # fmt: skip
        text = head + "黑中盘胜\n30\n" + "\n".join(moves) + "\nPMBFBAAAA\n"
    else:
        head = "[Header]\nLang=SJIS\nSize=19\nHdcp=0,6.50\nWinner=B,C\nDate=2015/02/03,\n"
        head += "PlayerB=アギ,9-dan,,\nCoordinateType=IGS\n[Data]\n"
        moves = [f"{chr(65 + x)}{chr(65 + y)},{'WB'[n % 2]}1,{n},0"
                 for n, (x, y) in enumerate(points, 1)]  # fmt: skip
        text = head + "\n".join(moves) + "\nYA,B1,31,0\n[Figure]\n.Text,1\n"
    return text.encode(dice.choice((("cp949", "gb18030", "cp932")[kind], "utf-8", "utf-16")))


DAMAGES = ("a bit flipped", "cut out", "doubled", "a token put in", "numbers", "cut off")


def broken(
    data: bytes, dice: random.Random, tokens: tuple[bytes, ...] = TOKENS
) -> tuple[str, bytes]:
    """Some bytes flipped, cut out, doubled, or replaced by what means something; and which."""
    changed = bytearray(data)
    times = dice.choice((1, 1, 1, 2, 4, 16))
    for _ in range(times):
        place = dice.randrange(len(changed) + 1)
        length = dice.choice((1, 2, 8, 64, 512))
        what = dice.randrange(6)
        if what == 0 and place < len(changed):
            changed[place] ^= 1 << dice.randrange(8)
        elif what == 1:
            del changed[place : place + length]
        elif what == 2:
            changed[place:place] = changed[place : place + length] * dice.choice((1, 1, 50))
        elif what == 3:
            changed[place:place] = dice.choice(tokens)
        elif what == 4:
            changed[place : place + 4] = dice.choice(
                (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff")
            )
        else:
            del changed[place:]
    return DAMAGES[what] if times == 1 else "several of these", bytes(changed)


def changed(plain: Any, dice: random.Random) -> Any:
    """JSON with one value, at any depth, replaced or left out."""
    copy = json.loads(json.dumps(plain))
    here = copy
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return copy
        key = dice.choice(keys)
        if isinstance(here[key], dict | list) and here[key] and dice.random() < 0.7:
            here = here[key]
        elif dice.random() < 0.15:
            del here[key]
            return copy
        else:
            here[key] = dice.choice(VALUES)
            return copy


# -- readers: each takes bytes, and says in a word what became of them -----------------------------


def read_sgf(data: bytes, _folder: Path) -> Iterator[str]:
    """Records."""
    for outcome in read_chunk(SgfChunk("x.sgf", 0, data)):
        yield _outcome(outcome)


def read_foreign(data: bytes, _folder: Path) -> Iterator[str]:
    """Records of other formats, by their names."""
    name = ("x.gib", "x.ngf", "x.ugf")[len(data) % 3]
    for outcome in read_chunk(SgfChunk(name, 0, data)):
        yield _outcome(outcome)


def read_archive(data: bytes, folder: Path) -> Iterator[str]:
    """Archives, by their names: a byte tells which one."""
    path = folder / ("x.tar", "x.tar.gz", "x.zip", "x.sgf.xz", "x.dat")[len(data) % 5]
    path.write_bytes(data)
    for outcome in read_games([path]):
        yield _outcome(outcome)


def read_corpus(data: bytes, folder: Path) -> Iterator[str]:
    """Corpora, compressed or not."""
    path = folder / ("x.gocnn.xz" if data.startswith(b"\xfd7zXZ") else "x.gocnn")
    path.write_bytes(data)
    corpus = Corpus.open(path)
    corpus.split()
    for game in corpus:
        game.stones(len(game))
    yield "opened"


def read_weights(data: bytes, folder: Path) -> Iterator[str]:
    """Weights."""
    path = folder / "x.safetensors"
    path.write_bytes(data)
    load_network(path)
    yield "opened"


def read_checkpoint(data: bytes, folder: Path) -> Iterator[str]:
    """Checkpoints."""
    path = folder / "x.safetensors"
    path.write_bytes(data)
    load_checkpoint(path)
    yield "opened"


def _outcome(outcome: Game | Reject) -> str:
    return "game" if isinstance(outcome, Game) else outcome.reason


# -- inputs --------------------------------------------------------------------------------

_TEXTS = st.binary(max_size=12) | st.sampled_from(TOKENS) | st.sampled_from((b"6.5", b"W+R", b"9p"))
_NAMES = st.sampled_from(b"B W AB AW AE SZ HA KM RE C PL GM BR DT CA PB PW Black x".split())
_POINTS = st.binary(min_size=0, max_size=2) | st.sampled_from(
    (b"aa", b"ee", b"tt", b"aa:cc", b"ii")
)
_PROPERTIES = st.builds(
    lambda name, values: name + b"".join(b"[" + v.replace(b"]", b"\\]") + b"]" for v in values),
    _NAMES,
    st.lists(_POINTS | _TEXTS, min_size=1, max_size=3),
)
_SEQUENCES = st.builds(
    lambda nodes: b"".join(b";" + b"".join(node) for node in nodes),
    st.lists(st.lists(_PROPERTIES, max_size=4), min_size=1, max_size=6),
)
_TREES = st.recursive(
    _SEQUENCES,
    lambda inner: st.builds(
        lambda head, parts: head + b"".join(b"(" + part + b")" for part in parts),
        _SEQUENCES,
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)
BUILT = st.builds(
    lambda tree, cuts: _with_cuts(b"(" + tree + b")(;GM[1]SZ[9];B[ee])", cuts),
    _TREES,
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from((*TOKENS, b""))), max_size=3),
)


def _with_cuts(data: bytes, cuts: list[tuple[int, bytes]]) -> bytes:
    for place, token in cuts:
        data = data[:place] + token + data[place + (0 if token else 7) :]
    return data


def archives(dice: random.Random) -> list[bytes]:
    """One of each kind, sound."""
    members = {f"{n}.sgf": record(dice) for n in range(4)} | {
        "5.sgf.gz": gzip.compress(record(dice))
    }
    tar, packed = io.BytesIO(), io.BytesIO()
    with tarfile.open(
        fileobj=tar, mode="w", format=dice.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    ) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name * dice.choice((1, 40)))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with zipfile.ZipFile(packed, "w", dice.choice((0, 8, 12, 14))) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    plain = b"".join(members.values())
    return [tar.getvalue(), packed.getvalue(), gzip.compress(tar.getvalue()), bz2.compress(plain),
            lzma.compress(plain, preset=0), gzip.compress(plain)]  # fmt: skip


def forged_corpus(sound: bytes, dice: random.Random) -> bytes:
    """A corpus with a changed header or changed records, and all digests right."""
    data = bytearray(sound)
    place, length = struct.unpack_from("<QQ", data, 16)
    header = json.loads(data[place : place + length])
    if dice.random() < 0.5:
        header = changed(header, dice)
    else:
        for _ in range(dice.choice((1, 4))):
            data[dice.randrange(64, place)] ^= 1 << dice.randrange(8)
    digest = hashlib.blake2b(digest_size=16)
    try:
        for start, size in header["sections"].values():
            digest.update(data[start : start + size])
        header["checksum"] = digest.hexdigest()
    except (KeyError, TypeError, ValueError, AttributeError, MemoryError):
        pass
    text = json.dumps(header).encode()
    ends = hashlib.blake2b(text, digest_size=16).digest()
    struct.pack_into("<QQ16s", data, 16, place, len(text), ends)
    return bytes(data[:place] + text)


def forged_tensors(sound: Path, draft: Path, dice: random.Random) -> bytes:
    """Weights or a checkpoint with changed metadata and a right checksum."""
    tensors, about = load_tensors(sound)
    save_tensors(draft, tensors, changed(about, dice))
    return draft.read_bytes()


@dataclass
class Outcomes:
    """What became of the inputs of one kind, read in one process."""

    kind: str
    counts: dict[str, Counter[str]] = field(default_factory=dict)  # by damage
    slowest: float = 0.0  # seconds of the processor
    memory: int = 0  # bytes, the process's peak; before the first input: `idle`
    idle: int = 0
    bad: int = 0

    def table(self) -> str:
        """The counts, and the most time and memory."""
        lines = []
        for damage, counts in sorted(self.counts.items()):
            kinds = ", ".join(
                f"{what} {n:,}" for what, n in counts.most_common() if what != "inputs"
            )
            lines.append(f"  {damage}: {counts['inputs']:,} inputs: {kinds}")
        total = sum(counts["inputs"] for counts in self.counts.values())
        head = (
            f"{self.kind}: {total:,} inputs; slowest {self.slowest:.2f} s, peak "
            f"{self.memory >> 20:,} MB ({self.idle >> 20:,} MB before the first), "
            f"{self.bad} to look at"
        )
        return "\n".join([head, *lines])


class Fuzzer:
    """Reads inputs of one kind and keeps the counts."""

    def __init__(self, kind: str, keep: Path) -> None:
        self.keep, self.read = keep, READERS[kind]
        self.outcomes = Outcomes(kind, idle=_peak())

    def run(self, damage: str, data: bytes, folder: Path) -> None:
        """Read one input."""
        faulthandler.dump_traceback_later(HANG, exit=True)
        started = time.process_time()
        try:
            outcomes = list(self.read(data, folder)) or ["nothing"]
        except GocnnError as error:
            outcomes = ["refused in a line"] if "\n" not in str(error) else ["REFUSED IN LINES"]
        except Exception as error:
            outcomes = [f"TRACEBACK {type(error).__name__}"]
            self._keep(data, traceback.format_exc())
        took = time.process_time() - started
        faulthandler.cancel_dump_traceback_later()
        if took > SLOW:
            outcomes.append("SLOW")
            self._keep(data, f"{took:.1f} s\n")
        self.outcomes.counts.setdefault(damage, Counter()).update(["inputs", *outcomes])
        self.outcomes.slowest = max(self.outcomes.slowest, took)
        self.outcomes.memory = _peak()

    def _keep(self, data: bytes, why: str) -> None:
        self.outcomes.bad += 1
        self.keep.mkdir(parents=True, exist_ok=True)
        name = f"{self.outcomes.kind.replace(', ', '-').replace(' ', '-')}-{self.outcomes.bad}"
        (self.keep / name).write_bytes(data)
        (self.keep / f"{name}.txt").write_text(why)


READERS: dict[str, Callable[[bytes, Path], Iterator[str]]] = {
    "built SGF": read_sgf,
    "SGF bytes": read_sgf,
    "GIB, NGF, UGF": read_foreign,
    "archives": read_archive,
    "corpora": read_corpus,
    "weights": read_weights,
    "checkpoints": read_checkpoint,
}
SHARES = {  # of 100
    "SGF bytes": 40, "GIB, NGF, UGF": 20, "archives": 20, "corpora": 10, "weights": 5,
    "checkpoints": 5,
}  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def main() -> int:
    """Run it all; 1 where something is to look at."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(SHARES), help="all inputs of this kind")
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"))
    options = parser.parse_args()
    if options.only:
        outcomes = _apart(fuzz, options.only, options.inputs, options.seed, Path(), options.keep)
        print(outcomes.table(), flush=True)
        return 1 if outcomes.bad else 0
    built, others = options.inputs * 3 // 10, options.inputs * 7 // 10
    bad = 0
    with (
        tempfile.TemporaryDirectory() as scratch,
        bar("kinds", len(READERS), unit="kinds") as progress,
    ):
        path = Path(scratch, "built")
        starts = range(0, built, A_BUILD)  # hypothesis keeps what it has drawn, 40 KB a record
        peak = max(
            _apart(build_records, path, min(A_BUILD, built - n), options.seed + n) for n in starts
        )
        print(f"hypothesis, building alone: peak {peak >> 20:,} MB", flush=True)
        for kind in READERS:
            count = others * SHARES[kind] // 100 if kind in SHARES else built
            outcomes = _apart(fuzz, kind, count, options.seed, path, options.keep)
            print(outcomes.table(), flush=True)
            bad += outcomes.bad
            progress.update()
    return 1 if bad else 0


def _apart(function: Callable[..., Any], *arguments: object) -> Any:
    """The result of a function in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def build_records(path: Path, count: int, start: int) -> int:
    """Append hypothesis's records to a file; the peak of the memory for it in bytes."""
    with path.open("ab") as file:

        @seed(start)
        @settings(max_examples=count, deadline=None, database=None,
                  phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(BUILT)
        def built(data: bytes) -> None:
            file.write(struct.pack("<I", len(data)) + data)

        built()
    return _peak()


def fuzz(kind: str, count: int, start: int, built: Path, keep: Path) -> Outcomes:
    """Read `count` broken inputs of a kind."""
    warnings.simplefilter("ignore")
    dice = random.Random(f"{start} {kind}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sound = _sound(folder, dice)
        fuzzer = Fuzzer(kind, keep)
        if kind == "built SGF":
            for data in _built(built):
                fuzzer.run("built", data, folder)
        else:
            for _ in range(count):
                damage, data = _damaged(kind, sound, folder, dice)
                fuzzer.run(damage, data, folder)
    return fuzzer.outcomes


def _built(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while length := file.read(4):
            yield file.read(struct.unpack("<I", length)[0])


def _damaged(
    kind: str, sound: dict[str, Any], folder: Path, dice: random.Random
) -> tuple[str, bytes]:
    """The next input of a kind, and what was done to it."""
    if kind == "SGF bytes":
        data = b"".join(record(dice) for _ in range(dice.choice((1, 1, 3))))
        return broken(data, dice)
    if kind == "GIB, NGF, UGF":
        return broken(foreign_record(dice), dice, FOREIGN_TOKENS)
    if kind == "archives":
        return broken(dice.choice(archives(dice)), dice)
    forged = dice.random() < 0.5
    if kind == "corpora":
        if forged:
            return "a value changed, checksums right", forged_corpus(sound["corpus"], dice)
        return broken(sound["corpus.xz"] if dice.random() < 0.5 else sound["corpus"], dice)
    path: Path = sound[kind]
    if forged:
        changed = forged_tensors(path, folder / "draft.safetensors", dice)
        return "a value changed, checksums right", changed
    return broken(path.read_bytes(), dice)


def _sound(folder: Path, dice: random.Random) -> dict[str, Any]:
    """What is broken: a corpus, weights and a checkpoint."""
    games = [parse_game(b"(;SZ[9];B[ee];W[cc])", "a.sgf")]
    Corpus.from_games(games * 3).save(folder / "sound.gocnn")
    Corpus.from_games(games * 3).save(folder / "sound.gocnn.xz")
    shape = {"planes": 34, "globals": 77, "blocks": 1, "channels": 16}
    state = build("resnet", shape).state_dict()
    info = WeightsInfo(architecture="resnet", settings=shape, encoding="full-1")
    save_tensors(folder / "weights", state, vars(info))
    config = TrainConfig(settings={"blocks": 1, "channels": 16}, budget=Budget(positions=100))
    save_checkpoint(
        folder / "checkpoint",
        Checkpoint(config=config, corpus="x", steps=1, seconds=1.0, validations=[{"steps": 1}],
                   tensors={"a": torch.zeros(4)}),
    )  # fmt: skip
    return {
        "corpus": (folder / "sound.gocnn").read_bytes(),
        "corpus.xz": (folder / "sound.gocnn.xz").read_bytes(),
        "weights": folder / "weights",
        "checkpoints": folder / "checkpoint",
    }


if __name__ == "__main__":
    sys.exit(main())
