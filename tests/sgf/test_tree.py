"""Whole trees: variations, set-ups, comments, and what else a record has, in and out again."""

from pathlib import Path

import pytest

from gocnn.sgf.parser import BadRecord
from gocnn.sgf.tree import GameTree, Setup, read_info, read_tree
from gocnn.sgf.writer import sgf_tree


def shape(tree: GameTree) -> list[tuple[int, tuple[int, int] | None]]:
    return [(node.parent, node.move) for node in tree.nodes]


BRANCHES = b"""(;GM[1]SZ[9]KM[375]PB[A \\] B]RE[B+R]HA[2]AB[cg][gc]C[start \\\\]
  ;W[ee](;B[cc]C[main];W[gg])(;B[gg]TR[ee][cc]LB[aa:1](;W[cc])(;W[])))"""


def test_variations_comments_and_marks_are_read() -> None:
    tree = read_tree(BRANCHES)
    assert (tree.size, tree.komi, tree.handicap) == (9, 7.5, 2)
    assert tree.info == {"PB": "A ] B", "RE": "B+R"}
    assert shape(tree) == [
        (-1, None), (0, (-1, 40)), (1, (1, 20)), (2, (-1, 60)), (1, (1, 60)), (4, (-1, 20)),
        (4, (-1, 81)),
    ]  # fmt: skip
    assert tree.nodes[0].setup == Setup(black=(56, 24), to_move=-1)
    assert [node.comment for node in tree.nodes[:3]] == ["start \\", "", "main"]
    assert tree.nodes[4].properties == {"TR": ["ee", "cc"], "LB": ["aa:1"]}


def test_what_was_written_is_read_again() -> None:
    tree = read_tree(BRANCHES)
    tree.nodes[2].comment = "]\\[ 中 (;B[aa])"
    again = read_tree(sgf_tree(tree).encode())
    assert again == tree


def test_a_root_with_a_move_and_a_node_with_two_become_several() -> None:
    tree = read_tree(b"(;SZ[9]B[aa]C[x];W[bb]B[cc];AB[dd]W[ee])")
    assert shape(tree) == [
        (-1, None), (0, (1, 0)), (1, (-1, 10)), (2, (1, 20)), (3, None), (4, (-1, 40)),
    ]  # fmt: skip
    assert tree.nodes[1].comment == "x"
    assert tree.nodes[4].setup == Setup(black=(30,))


def test_an_illegal_move_is_left_out_with_what_follows() -> None:
    tree = read_tree(b"(;SZ[9];B[aa](;W[aa];B[bb](;W[cc])(;W[dd]))(;W[zz])(;W[bb];B[cc]))")
    assert shape(tree) == [(-1, None), (0, (1, 0)), (1, (-1, 10)), (2, (1, 20))]
    assert tree.left_out == 5
    assert tree.objection == "white may not play A9: the point is taken"


def test_set_ups_in_mid_game() -> None:
    tree = read_tree(b"(;SZ[9];B[aa];AE[aa]AW[bb][dd:ee]PL[W];W[aa])")
    assert tree.nodes[2].setup == Setup(white=(10, 30, 31, 39, 40), empty=(0,), to_move=-1)
    assert tree.nodes[3].move == (-1, 0)


def test_a_handicap_that_is_only_told() -> None:
    tree = read_tree(b"(;SZ[19]HA[2];W[dd])")
    assert tree.nodes[0].setup == Setup(black=(288, 72), to_move=-1)
    assert read_tree(b"(;SZ[19]HA[2];B[dd])").nodes[0].setup is None
    assert read_tree(b"(;SZ[19]HA[3];W[dd])").nodes[0].setup is None


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "shift_jis", "euc_kr", "big5"])
def test_names_in_other_encodings(encoding: str) -> None:
    name = {"shift_jis": "囲碁表", "euc_kr": "바둑이", "big5": "許功蓋"}.get(encoding, "围棋手")
    record = f"(;CA[{encoding}]SZ[9]PB[{name}];B[aa]C[{name}])".encode(encoding)
    tree = read_tree(record)
    assert tree.info["PB"] == name and tree.nodes[1].comment == name
    assert read_info(record) == {"PB": name}


@pytest.mark.parametrize(
    "record",
    [b"", b"x", b"(;SZ[9]", b"(;GM[2])", b"(;SZ[99])", b"(;SZ[" + b"9" * 10_000 + b"])",
     b"(;SZ[9];B[aa", b"(" * 100_000, b"(;SZ[9]" + b";" * 30_000 + b")", b"(;SZ[2]AB[aa:bb])"],
)  # fmt: skip
def test_broken_trees_are_refused(record: bytes) -> None:
    with pytest.raises(BadRecord):
        read_tree(record)
    read_info(record)


def test_deep_and_wide_trees_are_read_and_written() -> None:
    passes = b";B[]" * 5000
    deep = read_tree(b"(;SZ[9]" + b"(;B[]" * 3000 + b")" * 3000 + b")")
    wide = read_tree(b"(;SZ[9]" + b"(;B[aa])" * 3000 + b")")
    long = read_tree(b"(;SZ[9]" + passes + b")")
    for tree, nodes in ((deep, 3001), (wide, 3001), (long, 5001)):
        assert len(tree.nodes) == nodes
        assert read_tree(sgf_tree(tree).encode()) == tree


def test_real_records_survive(root: Path) -> None:
    from gocnn.sgf.splitter import split_trees

    with (root / "data/gnugo-9x9.sgf").open("rb") as file:
        trees = list(split_trees(file))[:5]
    for data in trees:
        tree = read_tree(data)
        assert len(tree.nodes) > 20 and not tree.left_out
        assert read_tree(sgf_tree(tree).encode()) == tree
