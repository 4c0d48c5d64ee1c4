import json
import sys

import pytest

from mebench.errors import BadInput, DataNotFound
from mebench.svm import GRIDS, Point, load_grid, points


def test_named_grids():
    thesis, coarse = points("thesis"), points("coarse")
    assert len(thesis) == 4 * 4 * 4 * 100 and len(coarse) == 640
    assert sorted({p.gamma for p in coarse}) == [
        0.01,
        0.11,
        0.21,
        0.31,
        0.41,
        0.51,
        0.61,
        0.71,
        0.81,
        0.91,
    ]
    assert set(coarse) < set(thesis)
    assert thesis[0] == Point(2, 0.1, 0.01, 0) and thesis[-1] == Point(5, 100, 1.0, 3)
    assert set(GRIDS) == {"thesis", "coarse", "linear"}


def test_points_are_sorted_and_unique():
    grid = points(
        [{"degree": 3, "gamma": [1, 0.5]}, {"gamma": 0.5, "degree": 3}, Point(2, 9, 1, 0)]
    )
    assert grid == [Point(2, 9, 1, 0), Point(3, 1, 0.5, 0), Point(3, 1, 1, 0)]
    assert points(Point(2, 1, 1, 0)) == [Point(2, 1, 1, 0)]


def test_linear_is_degree_one():
    assert points({"kernel": "linear", "C": [1, 2]}) == [Point(1, 1, 1, 0), Point(1, 2, 1, 0)]


@pytest.mark.parametrize(
    "grid",
    [
        "none",
        {},
        [],
        {"gamma": []},
        {"gamma": "a"},
        {"gamma": 1, "C": 0},
        {"gamma": -1},
        3,
        {"gamma": 1, "degree": 1.5},
        {"gamma": 1, "gama": 2},
        {"gamma": 1, "kernel": "rbf"},
        {"gamma": float("nan")},
        {"gamma": None},
    ],
    ids=str,
)
def test_refuses(grid):
    with pytest.raises(BadInput):
        points(grid)


def test_json_file(tmp_path):
    path = tmp_path / "grid.json"
    path.write_text(json.dumps([{"degree": [2, 3], "gamma": 0.1}, {"kernel": "linear"}]))
    assert load_grid(path) == [Point(1, 1, 1, 0), Point(2, 1, 0.1, 0), Point(3, 1, 0.1, 0)]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib is of Python 3.11")
def test_toml_file(tmp_path):
    path = tmp_path / "grid.toml"
    path.write_text("degree = [2, 3]\ngamma = 0.1\n")
    assert load_grid(path) == [Point(2, 1, 0.1, 0), Point(3, 1, 0.1, 0)]
    path.write_text("[[grid]]\ndegree = 2\ngamma = 0.1\n[[grid]]\nkernel = 'linear'\n")
    assert load_grid(path) == [Point(1, 1, 1, 0), Point(2, 1, 0.1, 0)]


@pytest.mark.parametrize(
    ("name", "text"),
    [("g.json", "{"), ("g.toml", "a ="), ("g.txt", "{}"), ("g.json", '{"gamma": -1}')],
)
def test_file_refused_by_name(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BadInput, match=name):
        load_grid(path)


def test_missing_file(tmp_path):
    with pytest.raises(DataNotFound):
        load_grid(tmp_path / "none.json")
