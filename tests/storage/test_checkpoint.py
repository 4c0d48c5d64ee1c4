import numpy as np

from mebench.storage.checkpoint import fingerprint
from mebench.svm.grids import Point


def test_grids_are_told_apart_point_by_point():
    points = [Point(2, 1.0, 0.5, 0.0), Point(3, 1.0, 0.5, 0.0)]
    names = {
        fingerprint(grid=points),
        fingerprint(grid=points[:1]),
        fingerprint(grid=points[::-1]),
        fingerprint(grid=[points[0], points[1]._replace(C=2.0)]),
        fingerprint(grid=[points[0], points[1]._replace(gamma=np.float64(0.25))]),
        fingerprint(other=points),
    }
    assert len(names) == 6
    assert fingerprint(grid=list(points)) in names
