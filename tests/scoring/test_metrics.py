import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, precision_recall_fscore_support, recall_score

from mebench.errors import BadInput
from mebench.scoring import (
    Predictions,
    accuracy,
    bootstrap_intervals,
    confusion_matrix,
    fold_means,
    macro_precision,
    per_class,
    uar,
    uf1,
    weighted_f1,
)
from mebench.scoring.metrics import scores

# Clips per class, and accuracy and macro-F1 of always naming the largest class, as printed.
THESIS = [
    ([70, 51, 43], 0.4268, 0.1994),
    ([69, 45, 39, 20, 7, 6, 2, 1], 0.3651, 0.0669),
    ([99, 64, 32, 27, 25], 0.4008, 0.1145),
    ([57, 26, 26, 15, 12, 9, 8, 6], 0.3585, 0.0660),
]


def majority(counts):
    confusion = np.zeros((len(counts), len(counts)), int)
    confusion[:, int(np.argmax(counts))] = counts
    return confusion


@pytest.mark.parametrize(("counts", "acc", "f1"), THESIS)
def test_published_majority_rows(counts, acc, f1):
    assert round(accuracy(majority(counts)), 4) == acc
    assert round(uf1(majority(counts)), 4) == f1


def test_all_negative_on_megc2019():
    found = majority([250, 109, 83])
    assert round(accuracy(found), 4) == 0.5656
    assert round(uf1(found), 4) == 0.2408
    assert round(uar(found), 4) == 0.3333
    for counts, value in (([70, 51, 43], 0.1994), ([88, 32, 25], 0.2518), ([92, 26, 15], 0.2726)):
        assert round(uf1(majority(counts)), 4) == value


def test_equal_scikit_learn():
    rng = np.random.default_rng(0)
    classes = list("abcd")
    truth, guess = rng.choice(classes, 90), rng.choice(classes, 90)
    confusion = confusion_matrix(truth, guess, classes)
    assert uf1(confusion) == pytest.approx(f1_score(truth, guess, average="macro"))
    assert uar(confusion) == pytest.approx(recall_score(truth, guess, average="macro"))
    assert accuracy(confusion) == pytest.approx(np.mean(truth == guess))
    p, r, f, n = precision_recall_fscore_support(truth, guess, labels=classes)
    np.testing.assert_allclose(per_class(confusion, classes).to_numpy(), np.stack([p, r, f, n], 1))


def test_absent_classes():
    confusion = confusion_matrix(list("aab"), list("abb"), list("abc"))
    assert uf1(confusion) == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert uar(confusion) == pytest.approx((0.5 + 1) / 2)


def test_labels_must_fit():
    with pytest.raises(BadInput, match="'z' is not one"):
        confusion_matrix(["a"], ["z"], ["a"])
    with pytest.raises(BadInput, match="2 true labels but 1"):
        confusion_matrix(["a", "a"], ["a"], ["a"])


def test_intervals_resample_subjects_not_clips():
    # Ten subjects, each all right or all wrong: clips are no independent evidence.
    groups = np.repeat(np.arange(10), 30)
    truth = np.tile(["a", "b"], 150)
    right = np.repeat(np.arange(10) < 6, 30)
    guess = np.where(right, truth, np.where(truth == "a", "b", "a"))
    low, high = bootstrap_intervals(truth, guess, groups, "ab")["accuracy"]
    # Binomial over 10 subjects has a standard deviation of .155; over 300 clips it were .028.
    # (An interval over clips would be about .54 to .66.)
    assert 0.15 < low < 0.35 and 0.85 < high < 0.95


def test_intervals_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(1)
    truth, guess, groups = (
        rng.choice(list("ab"), 60),
        rng.choice(list("ab"), 60),
        rng.integers(0, 7, 60),
    )
    order = rng.permutation(60)
    assert bootstrap_intervals(truth, guess, groups, "ab") == bootstrap_intervals(
        truth[order], guess[order], groups[order], "ab"
    )


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        skill = rng.beta(6, 4, 30)  # 30 subjects of differing skill, mean .6
        groups = np.repeat(np.arange(30), 8)
        truth = np.tile(["a", "b"], 120)
        right = rng.random(240) < skill[groups]
        guess = np.where(right, truth, np.where(truth == "a", "b", "a"))
        low, high = bootstrap_intervals(truth, guess, groups, "ab", n_resamples=400)["accuracy"]
        inside += low <= 0.6 <= high
    assert 0.89 <= inside / 200 <= 0.99


def test_weighted_f1_war_and_macro_precision_equal_scikit_learn():
    rng = np.random.default_rng(3)
    truth, guess = rng.choice(list("abc"), 90, p=[0.6, 0.3, 0.1]), rng.choice(list("abc"), 90)
    confusion = confusion_matrix(truth, guess, "abc")
    assert weighted_f1(confusion) == pytest.approx(f1_score(truth, guess, average="weighted"))
    assert macro_precision(confusion) == pytest.approx(uar(confusion.T))
    found = scores(confusion)
    assert (
        found["war"]
        == found["accuracy"]
        == pytest.approx(recall_score(truth, guess, average="weighted"))
    )


def test_fold_means_leave_out_classes_that_a_fold_lacks():
    truth, guess = np.array(list("aabbcc")), np.array(list("abbbca"))
    folds = np.array([1, 1, 2, 2, 3, 3])
    found = fold_means(truth, guess, folds, "abcd")
    by_fold = [f1_score(truth[folds == f], guess[folds == f], average="macro") for f in (1, 2, 3)]
    assert found["fold_mean_uf1"] == pytest.approx(np.mean(by_fold))
    assert found["fold_mean_uar"] == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert found["fold_mean_accuracy"] == pytest.approx(found["fold_mean_war"])


def test_composite_databases_from_the_pooled_predictions():
    """Everything called negative on the composite of 2019, in all and on each database."""
    parts = {"smic": [70, 51, 43], "casme2": [88, 32, 25], "samm": [92, 26, 15]}
    rows = [
        (name, label)
        for name, counts in parts.items()
        for label, n in zip(("negative", "positive", "surprise"), counts, strict=True)
        for _ in range(n)
    ]
    table = pd.DataFrame(rows, columns=["dataset", "y_true"])
    table["clip_id"] = [f"c{i}" for i in range(442)]
    table = table.assign(subject="1", fold="1", y_pred="negative")
    found = Predictions(table, {"classes": ["negative", "positive", "surprise"]})
    assert {k: round(found.scores()[k], 4) for k in ("accuracy", "uf1", "uar")} == {
        "accuracy": 0.5656, "uf1": 0.2408, "uar": 0.3333,
    }  # fmt: skip
    own = {name: round(found.restricted(name).scores()["uf1"], 4) for name in found.datasets}
    assert own == {"smic": 0.1994, "casme2": 0.2518, "samm": 0.2726}
    with pytest.raises(BadInput, match="No clip is of 'mmew'"):
        found.restricted("mmew")
