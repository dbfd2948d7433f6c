"""Ranks, as players and servers write them."""

import pytest

from gocnn.errors import GocnnError
from gocnn.go.coords import point_of_vertex
from gocnn.go.ranks import PRO, RANKS, UNKNOWN, Rank, is_amateur, parse_rank, rank_name, read_rank
from gocnn.prediction import Conditions

RANKS_AS_WRITTEN = [
    ("6d", "6d"),
    ("6 dan", "6d"),
    ("6. Dan", "6d"),
    ("5D*", "5d"),
    ("7d+?", "7d"),
    ("12d", "9d"),
    ("9段", "9d"),
    ("九段", "9d"),
    ("初段", "1d"),
    ("9단", "9d"),
    ("9단단", "9d"),
    ("초단", "1d"),
    ("아마7단", "7d"),
    ("7d ama", "7d"),
    ("7d ama, 5p", "7d"),
    ("5k", "5k"),
    ("[4k*]", "4k"),
    ("3 kyu", "3k"),
    ("18级", "18k"),
    ("2級", "2k"),
    ("1급", "1k"),
    ("25k", "20k"),
    ("30k", "20k"),
    ("9p", "pro"),
    ("9P", "pro"),
    ("1 pro", "pro"),
    ("9p, meijin", "pro"),
    ("P9段", "pro"),
    ("P2段", "pro"),
    ("P9", "pro"),
    ("p1 (KBA)", "pro"),
    ("P10", "unknown"),
    ("职业三段", "pro"),
    ("25th Honinbo", "pro"),
    ("Women's Kisei", "pro"),
    ("6p & 9p", "pro"),
    ("프로", "pro"),
    ("amaHoninbo", "unknown"),
    ("Student Oza", "unknown"),
    ("insei", "unknown"),
    ("NR", "unknown"),
    ("guest", "unknown"),
    ("2100", "unknown"),
    ("0d", "unknown"),
    ("201단", "unknown"),
    ("단", "unknown"),
    ("?", "unknown"),
    ("", "unknown"),
    (None, "unknown"),
]


@pytest.mark.parametrize(("text", "name"), RANKS_AS_WRITTEN)
def test_reads_what_servers_write(text: str | None, name: str) -> None:
    assert rank_name(parse_rank(text)) == name


def test_every_code_has_a_name_that_reads_back() -> None:
    names = [rank_name(Rank(code)) for code in range(RANKS)]
    assert [parse_rank(name) for name in names] == list(range(RANKS))
    assert names[1] == "20k" and names[20] == "1k" and names[21] == "1d" and names[29] == "9d"
    assert (names[UNKNOWN], names[PRO]) == ("unknown", "pro")


def test_a_stronger_player_has_a_larger_code() -> None:
    ladder = ["20k", "10k", "1k", "1d", "5d", "9d", "9p"]
    codes = [parse_rank(text) for text in ladder]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("code", [-1, RANKS, 99])
def test_no_other_code_has_a_name(code: int) -> None:
    with pytest.raises(GocnnError, match=str(code)):
        rank_name(Rank(code))


def test_amateurs_say_so() -> None:
    assert [is_amateur(t) for t in ("7d ama", "아마5단", "业余6段", "9p", None)] == [
        True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"), [("20k", 1), ("20 kyu", 1), ("1k", 20), ("9d", 29), ("pro", PRO), ("9p", PRO)]
)
def test_a_rank_that_is_asked_for(text: str, code: int) -> None:
    assert read_rank(text) == code


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("30k", "'30k' is not told apart from 20k: .*give 20k"),
        ("10d", "'10d' is not told apart from 9d: .*give 9d"),
        ("strong", "'strong' is not a rank: give 20k to 1k, 1d to 9d, or pro"),
    ],
)
def test_a_rank_that_there_is_not_is_refused(text: str, told: str) -> None:
    with pytest.raises(GocnnError, match=told):
        read_rank(text)


def test_type_checkers_refuse_a_point_as_a_rank() -> None:
    """mypy, which warns of an ignored error that is none, is what tests this."""
    tengen = point_of_vertex("E5", 9)
    assert rank_name(tengen) if tengen < PRO else True  # type: ignore[arg-type]
    assert Conditions(rank=tengen).rank == tengen  # type: ignore[arg-type]
