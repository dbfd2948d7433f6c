import numpy as np
import pytest

from gocnn.go.symmetry import VIEWS, point_maps, source_maps


@pytest.mark.parametrize("size", [2, 5, 19])
def test_views_are_a_group_of_eight(size: int) -> None:
    maps = point_maps(size)
    views = {tuple(view) for view in maps.tolist()}
    assert len(views) == VIEWS
    assert tuple(range(size * size + 1)) == tuple(maps[0])
    for first in maps:
        for second in maps:
            assert tuple(second[first]) in views


def test_pass_stays() -> None:
    assert (point_maps(19)[:, -1] == 361).all()


def test_source_maps_lead_back() -> None:
    everything = np.arange(82)
    for there, back in zip(point_maps(9), source_maps(9), strict=True):
        assert (back[there] == everything).all()
        assert (there[back] == everything).all()


def test_views_keep_neighbours_and_turn_as_numpy_does() -> None:
    board = np.arange(25).reshape(5, 5)
    for view in range(VIEWS):
        shown = board.ravel()[source_maps(5)[view, :-1]].reshape(5, 5)
        expected = np.rot90(board.T if view >= 4 else board, view % 4)
        assert (shown == expected).all()
