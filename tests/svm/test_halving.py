"""Successive halving on persons."""

from dataclasses import replace

import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.evaluation import evaluate_features
from mebench.evaluation.settings import Tuning
from mebench.results.flags import flags
from mebench.results.tables import markdown
from mebench.svm import PolySVC, grid_points, halving_search, nested_search
from mebench.svm import halving as module

GRID = {"degree": [2, 3], "coef0": 1, "C": [1, 10], "gamma": [0.05, 0.2, 0.5, 1, 2, 3, 5, 8, 9]}


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(3)
    subject = np.repeat([f"p{i}" for i in range(12)], 5)
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, 60)]
    X = rng.normal(size=(60, 5)) + (y[:, None] == np.array(list("abcab"))) * 1.2
    part = np.unique(subject, return_inverse=True)[1] % 3
    folds = [(np.flatnonzero(part != f), np.flatnonzero(part == f)) for f in range(3)]
    return X, y, subject, folds


def test_without_a_cut_it_is_the_exhaustive_search(people):
    X, y, subject, folds = people
    few = grid_points({**GRID, "gamma": [0.2, 1]})
    one = halving_search(X @ X.T, y, folds, subject, few, n_classes=4)
    other = nested_search(X @ X.T, y, folds, subject, few, n_classes=4)
    assert one.chosen.tolist() == other.chosen.tolist()
    np.testing.assert_array_equal(one.inner_scores, other.inner_scores)
    np.testing.assert_array_equal(one.predictions, other.predictions)
    np.testing.assert_array_equal(one.scores, other.scores)


def test_what_is_left_on_all_persons_is_scored_as_exhaustively(people, monkeypatch):
    X, y, subject, folds = people
    monkeypatch.setattr(module, "_LEAST_PERSONS", 3)
    found = halving_search(X @ X.T, y, folds, subject, GRID)
    whole = nested_search(X @ X.T, y, folds, subject, GRID)
    left = np.isfinite(found.inner_scores)
    assert left.sum(0).tolist() == [24] * 3 and len(found.points) == 36
    np.testing.assert_allclose(found.inner_scores[left], whole.inner_scores[left], atol=1e-12)
    assert left[found.chosen, range(3)].all()


def test_no_rung_tests_whom_it_trains_on_or_looks_at_the_tested(people, monkeypatch):
    X, y, subject, folds = people
    monkeypatch.setattr(module, "_LEAST_PERSONS", 3)
    seen = []
    real = module.search_grid

    def watched(gram, labels, pairs, *rest, **more):
        seen.append((np.asarray(gram).shape[0], [(len(a), len(b)) for a, b in pairs]))
        return real(gram, labels, pairs, *rest, **more)

    pairs_of = module._pairs

    def checked(train, rank, divisions, some):
        pairs = pairs_of(train, rank, divisions, some)
        for kept, tested in pairs:
            assert not set(subject[kept]) & set(subject[tested])
            whole = next(f for f in folds if set(train) <= set(f[0]))
            assert set(kept) | set(tested) <= set(whole[0])
        return pairs

    monkeypatch.setattr(module, "search_grid", watched)
    monkeypatch.setattr(module, "_pairs", checked)
    before = halving_search(X @ X.T, y, folds, subject, GRID)
    assert len(seen) == 6 and {n for n, _ in seen} == {15, 40}
    # Labels of the tested persons of a fold change nothing of its choice.
    other = y.copy()
    other[folds[0][1]] = "a"
    again = halving_search(X @ X.T, other, folds, subject, GRID, n_classes=3)
    assert again.chosen[0] == before.chosen[0]


def test_kept_parts_are_not_done_again(people, monkeypatch):
    X, y, subject, folds = people
    kept = {}
    one = halving_search(X @ X.T, y, folds, subject, GRID, kept=kept)
    monkeypatch.setattr(module, "search_grid", None)
    other = halving_search(X @ X.T, y, folds, subject, GRID, kept=kept)
    np.testing.assert_array_equal(one.inner_scores, other.inner_scores)


def test_weights_by_label_and_a_given_division(people):
    X, y, subject, folds = people
    inner = [[(train[:25], train[25:])] for train, _ in folds]
    how = {"class_weight": {"a": 3.0, "c": 0.5}, "inner": inner}
    few = grid_points({**GRID, "gamma": [0.2, 1]})
    one = halving_search(X @ X.T, y, folds, subject, few, **how)
    other = nested_search(X @ X.T, y, folds, subject, few, **how)
    assert one.chosen.tolist() == other.chosen.tolist()


def test_the_header_names_it_and_it_is_flagged(people):
    import pandas as pd

    X, y, subject, _ = people
    table = pd.DataFrame(
        {"clip_id": [f"c{i}" for i in range(60)], "dataset": "toy", "subject": subject, "label": y}
    )
    settings = {"grid": grid_points({**GRID, "gamma": [0.2, 1]})}
    found = evaluate_features(PolySVC(), X, table, search="halving", **settings)
    search = found.header["search"]
    assert search["how"] == "halving" and search["rungs"][-1]["persons"] == 11
    assert "halving search" in [flag.short for flag in flags(found)]
    assert "all 8 points were tried on all 11" in markdown(found)
    rungs = [{"persons": 9, "points": 640}, {"persons": 25, "points": 320}]
    many = dict(found.header, search={**search, "rungs": rungs})
    told = "not searched exhaustively but by halving (640 on 9 persons → 320 on 25 persons)"
    assert told in markdown(replace(found, header=many))
    whole = evaluate_features(PolySVC(), X, table, **settings)
    assert "search" not in whole.header and "halving" not in markdown(whole)


def test_only_where_a_fold_chooses_by_itself(people):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with pytest.raises(BadInput, match="goes with tuning 'nested', found 'oracle'"):
        Tuning("oracle", search="halving")
    with pytest.raises(BadInput, match="search must be one of exhaustive, halving"):
        Tuning(search="halfing")
    import pandas as pd

    X, y, subject, _ = people
    table = pd.DataFrame(
        {"clip_id": [f"c{i}" for i in range(60)], "dataset": "toy", "subject": subject, "label": y}
    )
    with pytest.raises(BadInput, match="no learning step before the SVM"):
        evaluate_features(make_pipeline(StandardScaler(), PolySVC()), X, table, search="halving")
