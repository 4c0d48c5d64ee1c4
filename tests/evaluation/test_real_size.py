"""What a protocol is worth on tables of real size; benchmarks/protocols.py has more of it."""

import numpy as np
import pytest
from planted import DATABASES, copies, real_table, weak
from sklearn.neighbors import KNeighborsClassifier

from mebench.evaluation import evaluate_features
from mebench.svm import PolySVC

SIZES = {"smic-hs": (164, 16), "casme": (189, 18), "casme2": (255, 26), "samm": (159, 29)}


@pytest.mark.parametrize(
    ("database", "share"), [*((name, 0.3) for name in DATABASES), ("samm", 0.0)]
)
def test_a_planted_leak_of_persons_is_worth_what_was_planted(database, share):
    table = real_table(database, 1)
    assert (len(table), table["subject"].nunique()) == SIZES[database]
    X, copied = copies(table, share, 1)
    assert copied.mean() == pytest.approx(share, abs=0.01)

    def right(protocol):
        found = evaluate_features(
            KNeighborsClassifier(1), X, table, protocol=protocol, tuning="fixed"
        )
        return found.table["y_true"].to_numpy() == found.table["y_pred"].to_numpy()

    # Leaving a clip out, its copy stays; leaving its person out, nothing of it does.
    assert right("lovo").mean() == pytest.approx(copied.mean(), abs=1e-12)
    assert not right("loso").any() and not right("group-kfold:5").any()
    # Of five folds that share persons a copy is in another one four times in five, about.
    assert right("kfold:5").mean() == pytest.approx(0.8 * copied.mean(), abs=0.06)


def test_the_choice_on_the_test_folds_is_worth_something_on_average():
    """Oracle less nested on draws of noise with a weak trace of the class, as many as in SMIC."""
    grid = {"degree": [2, 3], "gamma": [0.01, 0.1, 0.3], "coef0": [0, 1], "C": [0.1, 1, 10]}
    gaps = []
    for draw in range(2):
        table = real_table("smic-hs", draw)
        X = weak(table, draw)
        oracle, nested = (
            evaluate_features(PolySVC(), X, table, tuning=tuning, grid=grid).scores()["uf1"]
            for tuning in ("oracle", "nested")
        )
        gaps.append(oracle - nested)
    assert np.mean(gaps) > 0 and min(gaps) >= -0.02
