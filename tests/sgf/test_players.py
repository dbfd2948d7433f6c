"""Players found by name, in many spellings and damaged encodings."""

import dataclasses

import pytest

from gocnn.errors import GocnnError
from gocnn.go.board import BLACK, WHITE
from gocnn.sgf.players import games_of_player, name_keys
from tests.support.playing import random_game


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lee Changho", "lee chang-ho"),
        ("Lee Changho", "Changho Lee"),
        ("Cho Hun'hyeon", "Cho Hunhyeon 9p".removesuffix(" 9p")),
        ("roln111", "roln111[7d]"),
        ("Gu Li", "GU LI (9p)"),
        ("Müller", "muller"),
        ("古力", "古力".encode().decode("latin-1")),
        ("古力", "古力".encode("gb18030").decode("latin-1")),
        ("이세돌", "이세돌".encode("cp949").decode("latin-1")),
        ("张栩", "张栩".encode().decode("gb18030", "ignore")),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert name_keys(one) & name_keys(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Cho U", "Cho Hunhyun"), ("", "x"), ("古力", "孔杰"), ("Ke Jie", "Ke Ji")]
)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not name_keys(one) & name_keys(other)


def test_the_colour_of_the_player_is_told() -> None:
    games = [
        dataclasses.replace(random_game(9, 8, seed), black_name=black, white_name=white)
        for seed, (black, white) in enumerate(
            [("Ann", "Bob"), ("Bob", "ann"), ("Bob", "Cy"), ("Ann", "ANN")]
        )
    ]
    mine, colours = games_of_player(games, "Ann")
    assert mine == games[:2]
    assert colours.tolist() == [BLACK, WHITE]


def test_an_unknown_player_gets_the_nearest_names() -> None:
    games = [dataclasses.replace(random_game(9, 8, 1), black_name="Anna", white_name="Bob")]
    with pytest.raises(GocnnError, match=r"no game of Ann among .* Anna \(1 games?\)"):
        games_of_player(games, "Ann")
    with pytest.raises(GocnnError, match="name no players"):
        games_of_player([random_game(9, 8, 1)], "Ann")
    with pytest.raises(GocnnError, match="not a name"):
        games_of_player(games, "?")
