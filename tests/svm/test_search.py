import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneGroupOut,
    PredefinedSplit,
    cross_val_predict,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mebench.errors import BadInput
from mebench.svm import PolySVC, PolySVCSearch

GRID = {"degree": [2, 3], "coef0": [0, 1], "C": [1, 100], "gamma": [0.05, 0.5]}


def test_scores_are_those_of_pooled_svc_predictions(data):
    search = PolySVCSearch(GRID).fit(data.X, data.y, groups=data.groups)
    for row in search.cv_results_.itertuples():
        svc = SVC(kernel="poly", degree=row.degree, C=row.C, gamma=row.gamma, coef0=row.coef0)
        pooled = cross_val_predict(svc, data.X, data.y, groups=data.groups, cv=LeaveOneGroupOut())
        assert row.score == pytest.approx(f1_score(data.y, pooled, average="macro"))


def test_same_result_as_grid_search_over_one_split(data):
    # With one split, pooling and averaging are the same, so all of GridSearchCV's answer is.
    split = PredefinedSplit(np.where(data.groups < 4, 0, -1))
    scorer = make_scorer(f1_score, average="macro", labels=None)
    theirs = GridSearchCV(SVC(kernel="poly"), GRID, cv=split, scoring=scorer).fit(data.X, data.y)
    ours = PolySVCSearch(GRID, cv=split).fit(data.X, data.y)
    table = pd.DataFrame(theirs.cv_results_["params"]).assign(
        score=theirs.cv_results_["mean_test_score"]
    )
    both = ours.cv_results_.merge(table, on=["degree", "C", "gamma", "coef0"])
    assert len(both) == 16
    np.testing.assert_allclose(both["score_x"], both["score_y"])
    assert ours.best_score_ == pytest.approx(theirs.best_score_)
    again = SVC(kernel="poly", **ours.best_params_).fit(data.X, data.y)
    np.testing.assert_array_equal(ours.predict(data.X), again.predict(data.X))
    np.testing.assert_allclose(
        ours.decision_function(data.X), again.decision_function(data.X), atol=1e-6
    )


def test_what_it_keeps(data):
    search = PolySVCSearch(GRID, scoring="uar", class_weight="balanced", n_jobs=2)
    search.fit(data.X, data.y, groups=data.groups)
    results = search.cv_results_
    assert list(results.columns) == ["degree", "C", "gamma", "coef0", "score", "rank"]
    assert search.best_score_ == results["score"].max()
    assert search.best_index_ == results["score"].idxmax()  # the first of equals
    assert results["rank"][search.best_index_] == 1
    best = results.loc[search.best_index_, ["degree", "C", "gamma", "coef0"]]
    assert dict(best) == search.best_params_
    assert isinstance(search.best_estimator_, PolySVC)
    assert search.best_estimator_.class_weight == "balanced"


def test_ends_a_pipeline(data):
    pipe = make_pipeline(StandardScaler(), PolySVCSearch(GRID))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipe.fit(data.X, data.y, polysvcsearch__groups=data.groups)
    assert pipe.score(data.X, data.y) > 0.5


def test_without_groups_it_warns(data):
    with pytest.warns(UserWarning, match="without groups"):
        PolySVCSearch(GRID).fit(data.X, data.y)


@pytest.mark.parametrize(
    ("params", "groups"),
    [({"scoring": "f1"}, True), ({"grid": "none"}, True), ({}, "one"), ({}, "short")],
    ids=str,
)
def test_refuses(data, params, groups):
    groups = {"one": np.zeros(72), "short": np.zeros(3)}.get(groups, data.groups)
    with pytest.raises(BadInput):
        PolySVCSearch(**{"grid": GRID, **params}).fit(data.X, data.y, groups=groups)


def test_one_class_is_nothing_to_search(data):
    with pytest.raises(BadInput, match="one class only"):
        PolySVCSearch(GRID).fit(data.X, np.zeros(72), groups=data.groups)
