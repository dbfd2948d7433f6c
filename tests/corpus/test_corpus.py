"""The packed corpus: what goes in comes out, and a file that is not whole is refused."""

import hashlib
import json
import lzma
import os
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gocnn.corpus import container, packing
from gocnn.corpus.container import MAGIC, VERSION, Writer
from gocnn.corpus.corpus import Corpus
from gocnn.corpus.packing import RECORD, Names
from gocnn.errors import GocnnError
from gocnn.go.game import Game, SourceKind
from gocnn.sgf.archives import SgfChunk
from gocnn.sgf.reader import read_chunk
from tests.support.records import record
from tests.support.windows import ON_LINUX, open_files_stay


def game(seed: int, count: int = 30, properties: str = "") -> Game:
    [found] = read_chunk(SgfChunk(f"folder/{seed}.sgf", 0, record(seed, count, 9, properties)))
    assert isinstance(found, Game)
    return found


def same(a: Game, b: Game) -> bool:
    fields = [f for f in Game.__dataclass_fields__ if f != "entries"]
    return np.array_equal(a.entries, b.entries) and all(
        getattr(a, f) == getattr(b, f) for f in fields
    )


GAMES = [
    game(1, 30, "KM[6.5]RE[W+3.5]BR[3d]WR[5k]DT[2015-02-03]PC[KGS]"),
    game(2, 12, "KM[-99.5]RE[0]DT[1999]BR[9p]"),
    game(3, 0, "HA[2]AB[aa][bb]"),
    game(4, 40, "PC[Tygem]RE[B+T]"),
]


def test_what_goes_in_comes_out() -> None:
    corpus = Corpus.from_games(GAMES)
    assert len(corpus) == 4
    assert all(same(a, b) for a, b in zip(corpus, GAMES, strict=True))
    assert corpus.moves.tolist() == [30, 12, 0, 40]
    assert corpus.positions == 82
    assert len(corpus.entries) == 84  # with two set-up stones
    assert corpus.game(2).setup == 2
    assert corpus.game(0).kind == SourceKind.KGS


@ON_LINUX
@pytest.mark.parametrize("name", ["x.gocnn", "x.gocnn.xz"])
def test_it_is_written_where_no_open_file_can_be_moved(tmp_path: Path, name: str) -> None:
    corpus = Corpus.from_games(GAMES)
    with open_files_stay():
        corpus.save(tmp_path / name)
        memory = Corpus.open(tmp_path / name, mapped=False)
        corpus.save(tmp_path / name)  # over one that is held in memory
        mapped = Corpus.open(tmp_path / "x.gocnn") if name == "x.gocnn" else None
        if mapped is not None:
            with pytest.raises(GocnnError, match=r"/x\.gocnn: cannot write \(the file is in use"):
                corpus.save(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert all(same(a, b) for a, b in zip(memory, GAMES, strict=True))


def test_a_move_takes_two_bytes_and_a_game_56() -> None:
    assert RECORD.itemsize == 56
    assert Corpus.from_games(GAMES).entries.itemsize == 2


@pytest.mark.parametrize("name", ["x.gocnn", "x.gocnn.xz"])
def test_a_file_holds_the_same(tmp_path: Path, name: str) -> None:
    corpus = Corpus.from_games(GAMES)
    corpus.save(tmp_path / name, meta={"note": "七段"})
    found = Corpus.open(tmp_path / name)
    assert all(same(a, b) for a, b in zip(found, GAMES, strict=True))
    assert found.checksum == corpus.checksum
    assert found.meta == {"note": "七段"}
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_file_is_mapped_not_loaded(tmp_path: Path) -> None:
    Corpus.from_games(GAMES).save(tmp_path / "x.gocnn")
    base: object = Corpus.open(tmp_path / "x.gocnn").entries
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)


def test_nothing_in_a_corpus_can_be_changed(tmp_path: Path) -> None:
    memory = Corpus.from_games(GAMES)
    memory.save(tmp_path / "x.gocnn")
    for corpus in (memory, Corpus.open(tmp_path / "x.gocnn")):
        with pytest.raises(ValueError, match="read-only"):
            corpus.entries[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            corpus.games["komi"][0] = 0


def test_an_empty_corpus(tmp_path: Path) -> None:
    Corpus.from_games([]).save(tmp_path / "x.gocnn")
    corpus = Corpus.open(tmp_path / "x.gocnn")
    assert (len(corpus), corpus.positions) == (0, 0)
    assert [len(side) for side in corpus.split(0.5)] == [0, 0]


def test_the_layout_is_the_one_in_the_documentation(tmp_path: Path) -> None:
    """Read the file without any code of the package's own."""
    corpus = Corpus.from_games(GAMES)
    corpus.save(tmp_path / "x.gocnn")
    data = (tmp_path / "x.gocnn").read_bytes()
    assert data[:8] == b"GOCNN\r\n\x1a"
    assert np.frombuffer(data, "<u4", 2, 8).tolist() == [1, 0]
    place, length = np.frombuffer(data, "<u8", 2, 16).tolist()
    assert place + length == len(data)
    header = json.loads(data[place:])
    start, size = header["sections"]["entries"]
    assert start == 64
    entries = np.frombuffer(data, "<u2", size // 2, start)
    assert np.array_equal(entries, corpus.entries)
    start, size = header["sections"]["games"]
    assert start % 64 == 0 and size == 4 * 56
    dtype = [(f[0], f[1], tuple(f[2])) if len(f) > 2 else tuple(f) for f in header["record"]]
    records = np.frombuffer(data, np.dtype(dtype), 4, start)
    assert records["komi"][:2].tolist() == [6.5, -99.5]
    assert records["date"].tolist() == [20150203, 19990000, 0, 0]


def damage(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x55
    path.write_bytes(data)


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.gocnn"
    Corpus.from_games(GAMES[:2]).save(path)
    whole = path.read_bytes()
    sections = json.loads(whole[int(np.frombuffer(whole, "<u8", 1, 16)[0]) :])["sections"]
    covered = np.zeros(len(whole), bool)
    covered[:48] = covered[int(np.frombuffer(whole, "<u8", 1, 16)[0]) :] = True
    for start, length in sections.values():
        covered[start : start + length] = True
    covered[12:16] = False  # reserved
    for place in np.flatnonzero(covered)[::7].tolist():
        damage(path, place)
        with pytest.raises(GocnnError, match=r"x\.gocnn: "):
            Corpus.open(path)
        damage(path, place)
    assert Corpus.open(path).positions == 42


@pytest.mark.parametrize("name", ["x.gocnn", "x.gocnn.xz"])
def test_a_truncated_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    Corpus.from_games(GAMES).save(path)
    whole = path.read_bytes()
    for length in (*range(0, len(whole) - 1, 37), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(GocnnError, match=name.replace(".", r"\.")):
            Corpus.open(path, verify=False)


FOREIGN = [b"", b"(;GM[1];B[aa])", b"GOCNN\n", b"PK\x03\x04" + bytes(100), bytes(200)]


@pytest.mark.parametrize("data", FOREIGN)
def test_a_foreign_file_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "games.gocnn"
    path.write_bytes(data)
    with pytest.raises(GocnnError, match=r"games\.gocnn: .*not a gocnn corpus; gocnn prepare"):
        Corpus.open(path)
    packed = tmp_path / "games.gocnn.xz"
    packed.write_bytes(lzma.compress(data))
    with pytest.raises(GocnnError, match=r"games\.gocnn\.xz: .*not a gocnn corpus"):
        Corpus.open(packed)
    packed.write_bytes(data or b"?")
    with pytest.raises(GocnnError, match=r"games\.gocnn\.xz: truncated or damaged"):
        Corpus.open(packed)


def test_a_missing_file_and_another_version_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(GocnnError, match="no such file"):
        Corpus.open(tmp_path / "none.gocnn")
    monkeypatch.setattr(container, "VERSION", 7)
    Corpus.from_games(GAMES).save(tmp_path / "x.gocnn")
    monkeypatch.undo()
    with pytest.raises(GocnnError, match="corpus version 7, this gocnn reads 1"):
        Corpus.open(tmp_path / "x.gocnn")


def test_an_interrupted_writer_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "x.gocnn"
    Corpus.from_games(GAMES[:1]).save(path)
    with pytest.raises(KeyboardInterrupt), Writer(path) as writer:
        writer.add(*packing.pack_games(GAMES))
        raise KeyboardInterrupt
    assert len(Corpus.open(path)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x.gocnn"]


@pytest.mark.parametrize("name", ["x.gocnn", "x.gocnn.xz"])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    Corpus.from_games(GAMES[:1]).save(path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GocnnError, match=rf"{name}: cannot write \(No space left"):
        Corpus.from_games(GAMES).save(path)
    monkeypatch.undo()
    assert len(Corpus.open(path)) == 1
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_disk_that_is_full_to_the_end_is_named(tmp_path: Path) -> None:
    """Closing the file fails once more, because what is left of it cannot be written either."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "x.gocnn"
    Corpus.from_games(GAMES[:1]).save(path)
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, most))
    try:
        with pytest.raises(GocnnError, match=r"x\.gocnn: cannot write \(File too large\)"):
            MANY.save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    assert len(Corpus.open(path)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x.gocnn"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(GocnnError, match=r"none/x\.gocnn: cannot be written"):
        Corpus.from_games(GAMES).save(tmp_path / "none" / "x.gocnn")


MANY = Corpus.from_games(game(seed, 10) for seed in range(400))


def test_a_split_parts_all_games_and_keeps_its_share() -> None:
    training, validation = MANY.split(0.25)
    assert sorted([*training, *validation]) == list(range(400))
    assert 70 <= len(validation) <= 130
    assert [len(side) for side in MANY.split(0.0)] == [400, 0]
    assert [len(side) for side in MANY.split(1.0)] == [0, 400]


def test_no_other_game_moves_a_game_between_the_sides() -> None:
    _, validation = MANY.split(0.25)
    held_out = set(MANY.games["hash"][validation].tolist())
    order = np.random.default_rng(1).permutation(400)[:150]
    part = MANY.select(order)
    _, again = part.split(0.25)
    expected = held_out & set(part.games["hash"].tolist())
    assert set(part.games["hash"][again].tolist()) == expected


def test_a_larger_validation_only_adds_games() -> None:
    small, large = (set(MANY.split(share)[1].tolist()) for share in (0.1, 0.3))
    assert small < large


def test_a_corpus_remembers_its_share_of_validation(tmp_path: Path) -> None:
    MANY.save(tmp_path / "x.gocnn", meta={"validation": 0.5})
    corpus = Corpus.open(tmp_path / "x.gocnn")
    assert np.array_equal(corpus.split()[1], MANY.split(0.5)[1])
    assert np.array_equal(MANY.split()[1], MANY.split(0.01)[1])
    with pytest.raises(GocnnError, match="0 to 1, not 2"):
        corpus.split(2.0)


def test_select_by_mask_and_by_index() -> None:
    corpus = Corpus.from_games(GAMES)
    mask = corpus.moves > 15
    for chosen in (mask, np.array([0, 3]), [0, 3]):
        part = corpus.select(chosen)
        assert [same(a, b) for a, b in zip(part, [GAMES[0], GAMES[3]], strict=True)] == [True] * 2
        assert len(part.entries) == 70
        assert list(part.sources) == ["folder/1.sgf", "folder/4.sgf"]
    assert same(corpus.select([3, 0]).game(0), GAMES[3])
    assert len(corpus.select(mask & False)) == 0


def test_names() -> None:
    names = Names.from_strings(["a", "", "名人", "b\udcff.sgf"])
    assert len(names) == 4
    assert (names[0], names[1], names[2], names[-2]) == ("a", "", "名人", "名人")
    assert names[1:3] == ["", "名人"]
    assert names[3] == "b\udcff.sgf"
    with pytest.raises(IndexError):
        names[4]


def forged(path: Path, change: Callable[[dict[str, Any], bytearray], None]) -> None:
    """Write a corpus whose header, or records, are changed, and all digests with them."""
    Corpus.from_games([game(1), game(2)]).save(path)
    data = bytearray(path.read_bytes())
    place, length = struct.unpack_from("<QQ", data, 16)
    header = json.loads(data[place : place + length])
    change(header, data)
    digest = hashlib.blake2b(digest_size=16)
    with suppress(Exception):
        for start, size in header["sections"].values():
            digest.update(data[start : start + size])
        header["checksum"] = digest.hexdigest()
    text = json.dumps(header).encode()
    struct.pack_into(
        "<QQ16s", data, 16, place, len(text), hashlib.blake2b(text, digest_size=16).digest()
    )
    path.write_bytes(data[:place] + text)


def _section(name: str, value: Any) -> Callable[[dict[str, Any], bytearray], None]:
    def change(header: dict[str, Any], _: bytearray) -> None:
        header["sections"][name] = value

    return change


def _record(name: str, value: int) -> Callable[[dict[str, Any], bytearray], None]:
    def change(header: dict[str, Any], data: bytearray) -> None:
        start, size = header["sections"]["games"]
        games = np.frombuffer(data, RECORD, size // RECORD.itemsize, start)
        games[name][1] = value

    return change


def _point(header: dict[str, Any], data: bytearray) -> None:
    struct.pack_into("<H", data, header["sections"]["entries"][0], 900)


FORGERIES: dict[str, Callable[[dict[str, Any], bytearray], None]] = {
    "no sections": lambda header, _: header.pop("sections"),
    "sections are a list": lambda header, _: header.update(sections=[1]),
    "no meta": lambda header, _: header.pop("meta"),
    "meta is a number": lambda header, _: header.update(meta=3),
    "negative offset": _section("entries", [-64, 64]),
    "huge length": _section("entries", [64, 10**30]),
    "odd length": _section("entries", [64, 3]),
    "a text for an offset": _section("games", ["a", "b"]),
    "not two numbers": _section("games", [1]),
    "a fraction": _section("games", [1.5, 2]),
    "a game out of the entries": _record("offset", 2**63),
    "a long game": _record("count", 2**32 - 1),
    "more stones than entries": _record("setup", 65535),
    "a huge board": _record("size", 255),
    "no board": _record("size", 0),
    "a rank that is none": _record("black_rank", 99),
    "a kind that is none": _record("kind", 9),
    "a source that is none": _record("source", 77),
    "a colour that is none": _record("first", 0),
    "a point out of the board": _point,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_corpus_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.gocnn"
    forged(path, FORGERIES[name])
    with pytest.raises(GocnnError, match=r"x\.gocnn: the corpus is damaged \(") as caught:
        Corpus.open(path)
    assert "\n" not in str(caught.value)


def test_a_corpus_of_zeros_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.gocnn.xz"
    path.write_bytes(lzma.compress(bytes(1 << 26), preset=0))
    tracemalloc.start()
    with pytest.raises(GocnnError, match="not a gocnn corpus"):
        Corpus.open(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 22
    tracemalloc.stop()
    head = struct.pack("<8sIIQQ16s16x", MAGIC, VERSION, 0, 1 << 40, 99, b"")
    path.write_bytes(lzma.compress(head + bytes(1 << 20), preset=0))
    with pytest.raises(GocnnError, match="unpacks to over 64 MB"):
        Corpus.open(path)
