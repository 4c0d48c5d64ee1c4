"""scikit-learn's own answers, to hold the engine against."""

from types import SimpleNamespace

import numpy as np
from sklearn.svm import SVC

from mebench.svm import points, search_grid


def svc(point, **more):
    return SVC(kernel="poly", **point._asdict(), decision_function_shape="ovo", **more)


def expected(data, folds, point, weight=None, class_weight=None):
    out = np.full(len(data.y), -1)
    for train, test in folds:
        if len(np.unique(data.y[train])) == 1:
            out[test] = data.y[train][0]
            continue
        machine = svc(point, class_weight=class_weight)
        machine.fit(data.X[train], data.y[train], None if weight is None else weight[train])
        out[test] = machine.predict(data.X[test])
    return out


def assert_same(data, folds, found, **options):
    """Every prediction is SVC's, and both sides of one next to a tie are not needed."""
    codes = np.searchsorted(np.unique(data.y), data.y)
    assert (codes == data.y).all()
    predictions = search_grid(data.gram, data.y, folds, found, **options)
    for point, row in zip(points(found), predictions, strict=True):
        weight = options.get("sample_weight")
        theirs = expected(data, folds, point, weight, options.get("class_weight"))
        np.testing.assert_array_equal(row, theirs, err_msg=str(point))


def outlying(data, rows, columns):
    X = data.X.copy()
    X[np.ix_(rows, columns)] *= 1e4
    return SimpleNamespace(X=X, y=data.y, gram=X @ X.T)
