"""Files, folders and archives as a stream of records, and collections cut into trees."""

import bz2
import errno
import gzip
import io
import lzma
import os
import re
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gocnn.errors import GocnnError
from gocnn.sgf import unpack
from gocnn.sgf.archives import RecordFiles, SgfChunk, Unreadable
from gocnn.sgf.reader import Reject, read_games
from gocnn.sgf.splitter import CHUNK, split_trees
from tests.support.records import record

GAMES = {f"b/{n}.sgf": record(n) for n in range(3)}


def tar(files: dict[str, bytes], mode: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "x.tar": lambda files: tar(files, "w"),
    "x.tar.gz": lambda files: tar(files, "w:gz"),
    "x.tgz": lambda files: tar(files, "w:gz"),
    "x.tar.bz2": lambda files: tar(files, "w:bz2"),
    "x.tar.xz": lambda files: tar(files, "w:xz"),
    "X.ZIP": zipped,
}
SINGLES: dict[str, Callable[[bytes], bytes]] = {
    "x.sgf": bytes,
    "x.SGF": bytes,
    "x.sgf.gz": gzip.compress,
    "x.sgf.bz2": bz2.compress,
    "x.sgf.xz": lzma.compress,
}


def pieces(path: Path) -> list[SgfChunk]:
    found = list(RecordFiles([path]))
    assert all(isinstance(piece, SgfChunk) for piece in found), found
    return [piece for piece in found if isinstance(piece, SgfChunk)]


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives(tmp_path: Path, name: str) -> None:
    others = {"README": b"no game", "a/cover.png": b"\x89PNG"}
    path = tmp_path / name
    path.write_bytes(ARCHIVES[name]({**others, **GAMES}))
    walk = RecordFiles([path])
    assert list(walk) == [SgfChunk(f"{name}:{member}", 0, GAMES[member]) for member in GAMES]
    assert walk.skipped == 2
    assert walk.done == walk.total == path.stat().st_size


@pytest.mark.parametrize("name", SINGLES)
def test_single_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SINGLES[name](GAMES["b/0.sgf"]))
    assert pieces(path) == [SgfChunk(name, 0, GAMES["b/0.sgf"])]


def test_the_content_tells_what_a_named_file_is(tmp_path: Path) -> None:
    for name, data in (
        ("games.dat", GAMES["b/0.sgf"]),
        ("games.bin", gzip.compress(GAMES["b/0.sgf"])),
        ("games.old", tar({"1.sgf": GAMES["b/0.sgf"]}, "w")),
        ("games.new", zipped({"1.sgf": GAMES["b/0.sgf"]})),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        assert [piece.data for piece in pieces(path)] == [GAMES["b/0.sgf"]]


def test_folders_are_read_in_order_with_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "kgs"
    for name in ("b/2.sgf", "a.sgf", "b/1.sgf", "b/notes.txt", "c/z.zip"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(
            zipped({"q.sgf": GAMES["b/0.sgf"]}) if name.endswith("zip") else GAMES["b/0.sgf"]
        )
    expected = ["kgs/a.sgf", "kgs/b/1.sgf", "kgs/b/2.sgf", "kgs/c/z.zip:q.sgf"]
    assert [piece.source for piece in pieces(folder)] == expected
    here = Path.cwd()
    try:
        os.chdir(folder)
        assert [piece.source for piece in pieces(Path())] == expected
    finally:
        os.chdir(here)


def test_a_missing_path_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(GocnnError, match=r"none\.sgf: no such file"):
        RecordFiles([tmp_path / "none.sgf"])
    with pytest.raises(GocnnError, match=r"no game records .* or archives"):
        RecordFiles([tmp_path])
    with pytest.raises(GocnnError, match="no games were named"):
        RecordFiles([])


def damaged(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    "name", ["x.tar.gz", "x.tar.xz", "x.tar.bz2", "x.tar", "X.ZIP", "x.sgf.gz", "x.sgf.xz"]
)
def test_a_broken_archive_is_told_and_the_next_file_read(tmp_path: Path, name: str) -> None:
    games = {f"{n}.sgf": record(n, 40) for n in range(30)}
    make = ARCHIVES.get(name) or (lambda files: SINGLES[name](b"".join(files.values())))
    (tmp_path / name).write_bytes(damaged(make(games)))
    (tmp_path / "z.sgf").write_bytes(GAMES["b/0.sgf"])
    found = list(RecordFiles([tmp_path / name, tmp_path / "z.sgf"]))
    assert [(b.source, b.reason) for b in found if isinstance(b, Unreadable)] == [
        (name, "broken archive")
    ]
    assert found[-1] == SgfChunk("z.sgf", 0, GAMES["b/0.sgf"])


@pytest.mark.parametrize("name", ["x.tar.xz", "x.zip", "x.sgf.gz", "x.sgf.bz2"])
def test_rubbish_with_the_name_of_an_archive_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this was an archive once " * 100)
    [found] = list(read_games([tmp_path / name]))
    assert isinstance(found, Reject)
    assert found.reason in ("broken archive", "no game tree")


def test_a_broken_member_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    members = {"1.sgf.gz": damaged(gzip.compress(record(1))), "2.sgf.xz": lzma.compress(record(2))}
    path.write_bytes(tar({**members, "3.zip": b"PK", "4.sgf": record(4)}, "w"))
    found = list(RecordFiles([path]))
    assert [(f.source, f.reason) for f in found if isinstance(f, Unreadable)] == [
        ("x.tar:1.sgf.gz", "unreadable file"),
        ("x.tar:3.zip", "archive inside an archive"),
    ]
    assert [f.data for f in found if isinstance(f, SgfChunk)] == [record(2), record(4)]


def test_bytes_behind_a_gzip_cost_nothing(tmp_path: Path) -> None:
    games = b"".join(record(n, 40) for n in range(400))
    for tail in (b"\0" * 512, b"rubbish", b"\x1f", gzip.compress(record(1))):
        path = tmp_path / "x.sgf.gz"
        path.write_bytes(gzip.compress(games) + tail)
        found = list(RecordFiles([path]))
        more = record(1) if tail.startswith(b"\x1f\x8b") else b""
        assert b"".join(f.data for f in found if isinstance(f, SgfChunk)) == games + more
    damaged_sum = bytearray(gzip.compress(record(1)))
    damaged_sum[-6] ^= 1
    path.write_bytes(damaged_sum)
    [broken] = list(RecordFiles([path]))
    assert isinstance(broken, Unreadable) and broken.reason == "broken archive"


def sparse_tar() -> bytes:
    """A member that has a terabyte of nothing, as GNU tar writes it."""
    member = tarfile.TarInfo("1.sgf")
    member.type, member.size = tarfile.GNUTYPE_SPARSE, 0
    head = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    head[483:495] = b"%011o\0" % (1 << 32)
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + 8 * 32 + sum(head[156:512]))
    return bytes(head) + bytes(1024)


def long_name_tar(kind: bytes, size: int) -> bytes:
    member = tarfile.TarInfo("././@LongLink")
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT) + b"x" * size + tar({"1.sgf": record(1)}, "w")


def large_member_tar() -> bytes:
    member = tarfile.TarInfo("1.sgf")
    member.size = 1 << 62
    return member.tobuf(tarfile.GNU_FORMAT) + record(1)


def bzip2_zip(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("1.sgf", data)
    return out.getvalue()


ZEROS = bytes(1 << 24)
HOSTILE: dict[str, Callable[[], bytes]] = {
    "zeros.sgf.gz": lambda: gzip.compress(ZEROS),
    "zeros.sgf.bz2": lambda: bz2.compress(ZEROS),
    "zeros.sgf.xz": lambda: lzma.compress(ZEROS, preset=0),
    "zeros.zip": lambda: zipped({"1.sgf": ZEROS}),
    "bzip2.zip": lambda: bzip2_zip(ZEROS),
    "inner.zip": lambda: zipped({"1.sgf.gz": gzip.compress(ZEROS)}),
    "zeros.tar.xz": lambda: tar({"1.sgf": ZEROS}, "w:xz"),
    "names.tar.gz": lambda: gzip.compress(long_name_tar(tarfile.GNUTYPE_LONGNAME, 1 << 21)),
    "pax.tar": lambda: long_name_tar(tarfile.XHDTYPE, 1 << 21),
    "member.tar": large_member_tar,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_grows_without_end_is_refused_by_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpack, "FREE", 1 << 22)
    path = tmp_path / name
    path.write_bytes(HOSTILE[name]())
    last = list(RecordFiles([path]))[-1]
    assert isinstance(last, Unreadable)
    assert last.reason == "too large"
    assert re.search(r"over [14] MB", last.detail), last.detail


def test_a_sparse_member_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(sparse_tar())
    [found] = list(RecordFiles([path]))
    assert isinstance(found, Unreadable)
    assert (found.reason, "sparse" in found.detail) == ("broken archive", True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.sgf")
    with pytest.raises(GocnnError, match="a pipe or a device"):
        RecordFiles([tmp_path / "x.sgf"])
    (tmp_path / "y.sgf").write_bytes(record(1))
    assert [piece.source for piece in pieces(tmp_path)] == [f"{tmp_path.name}/y.sgf"]


def test_what_is_not_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "games"
    for name in ("a.sgf", "b.ugz", "c.UGZ", "d.rar", "e.7z", "notes.txt", "shut/f.sgf"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(record(1))
    (folder / "z.zip").write_bytes(zipped({"1.sgf": record(2), "2.zst": b"", "3.txt": b""}))
    (folder / "linked").symlink_to(folder, target_is_directory=True)
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("shut"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    walk = RecordFiles([folder])
    for _ in range(2):  # each time anew
        shut, game, member = list(walk)
        assert shut == Unreadable(str(folder / "shut"), "unreadable folder", "Permission denied")
        assert [p.source for p in (game, member)] == ["games/a.sgf", "games/z.zip:1.sgf"]
        assert dict(walk.unread) == {
            "linked folder": 1, ".ugz file": 2, ".rar file": 1, ".7z file": 1, ".zst file": 1,
        }  # fmt: skip
        assert walk.skipped == 1
    with pytest.raises(GocnnError, match=r"no game records .*1 .ugz file not read\)"):
        (tmp_path / "others").mkdir()
        (tmp_path / "others" / "x.ugz").write_bytes(b"")
        RecordFiles([tmp_path / "others"])


def test_a_zip_with_a_password_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped({"1.sgf": record(1)}))
    data[6] |= 1  # the bit that says "encrypted", in both headers
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    [found] = list(RecordFiles([path]))
    assert isinstance(found, Unreadable) and "password" in found.detail


def test_the_signature_follows_the_games(tmp_path: Path) -> None:
    one, two = tmp_path / "1.sgf", tmp_path / "2.sgf"
    one.write_bytes(record(1))
    two.write_bytes(record(2))
    both = RecordFiles([tmp_path]).signature()
    assert RecordFiles([tmp_path]).signature() == both
    assert RecordFiles([one]).signature() != both
    os.utime(two, ns=(1, 1))
    touched = RecordFiles([tmp_path]).signature()
    two.write_bytes(record(3, 10))
    assert len({both, touched, RecordFiles([tmp_path]).signature()}) == 3


def test_a_long_collection_comes_tree_by_tree(tmp_path: Path) -> None:
    games = [record(n, 60) for n in range(1200)]
    path = tmp_path / "x.sgf.xz"
    path.write_bytes(lzma.compress(b"\n".join(games), preset=0))
    assert [(p.number, p.data) for p in pieces(path)] == list(enumerate(games, 1))


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        path = tmp_path / f"{count}.tar.gz"
        data = record(1, 60)
        path.write_bytes(tar({f"{n}.sgf": data for n in range(count)}, "w:gz"))
        tracemalloc.start()
        for _ in RecordFiles([path]):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(2500) < peak(250) + 50_000


def test_trees_across_the_edges_of_chunks() -> None:
    tree = b"(;GM[1]C[" + b"x" * 1000 + b"];B[aa](;W[bb])(;W[cc]))\n"
    count = 2 * CHUNK // len(tree) + 2
    found = list(split_trees(io.BytesIO(tree * count)))
    assert len(found) == count
    assert set(found) == {tree.strip()}


def test_a_tree_longer_than_a_chunk() -> None:
    tree = b"(;GM[1]" + b";B[aa]C[" + b"x" * (2 * CHUNK + 17) + b"])"
    assert list(split_trees(io.BytesIO(tree + b"(;B[bb])"))) == [tree, b"(;B[bb])"]


def test_a_collection_cut_anywhere_gives_what_was_whole() -> None:
    games = [record(n, 8) for n in range(3)]
    data = b"\n".join(games)
    for end in range(len(data)):
        whole = [game for game in games if data.find(game) + len(game) <= end]
        assert list(split_trees(io.BytesIO(data[:end])))[: len(whole)] == whole
