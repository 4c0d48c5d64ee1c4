"""Claimed scores of known predictions are named for what they are."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from mebench.errors import BadInput
from mebench.scoring import Predictions
from mebench.scoring.claim_readings import readings, recognise


@pytest.fixture
def predictions():
    rng = np.random.default_rng(0)
    n = 164
    truth = np.repeat(["negative", "positive", "surprise"], [70, 51, 43])
    guess = np.where(
        rng.random(n) < 0.5, truth, rng.choice(["negative", "negative", "positive", "surprise"], n)
    )
    subject = rng.integers(0, 16, n).astype(str)
    table = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(n)],
            "dataset": np.where(rng.random(n) < 0.5, "a", "b"),
            "subject": subject,
            "fold": subject,
            "y_true": truth,
            "y_pred": guess,
        }
    )
    return Predictions(table, {"classes": ["negative", "positive", "surprise"]})


def test_macro_precision_under_the_name_of_uar(predictions):
    t = predictions.table
    claimed = f"{precision_score(t['y_true'], t['y_pred'], average='macro'):.4f}"
    (found,) = recognise(predictions, {"uar": claimed})
    assert not found.agrees
    assert "macro-precision (UAR with truth and prediction swapped)" in found.readings
    assert "is not the pooled UAR" in found.sentence() and "macro-precision" in found.sentence()


def test_the_right_scores_are_right(predictions):
    said = {k: f"{v:.4f}" for k, v in predictions.scores().items()}
    assert all(found.agrees for found in recognise(predictions, said))
    percent = {"accuracy": f"{100 * predictions.scores()['accuracy']:.2f}"}
    assert recognise(predictions, percent)[0].agrees


def test_fold_means_and_parts_are_named(predictions):
    t = predictions.table
    means = {"accuracy": [], "f1": [], "recall": []}
    for _, part in t.groupby("fold"):
        means["accuracy"].append(accuracy_score(part["y_true"], part["y_pred"]))
        means["f1"].append(f1_score(part["y_true"], part["y_pred"], average="macro"))
        means["recall"].append(
            recall_score(part["y_true"], part["y_pred"], average="macro", zero_division=0)
        )
    claims = {
        "accuracy": (np.mean(means["accuracy"]), "fold mean of accuracy"),
        "uf1": (np.mean(means["f1"]), "fold mean of UF1"),
        "uar": (
            np.mean(means["recall"]),
            "fold mean of recall over the classes that occur or are predicted",
        ),
    }
    found = recognise(predictions, {k: f"{v:.5f}" for k, (v, _) in claims.items()})
    for one in found:
        assert not one.agrees and claims[one.measure][1] in one.readings
    weighted = f1_score(t["y_true"], t["y_pred"], average="weighted")
    (found,) = recognise(predictions, {"uf1": f"{weighted:.5f}"})
    assert "pooled weighted F1" in found.readings
    own = predictions.restricted("a").scores()["uf1"]
    (found,) = recognise(predictions, {"uf1": f"{own:.5f}"})
    assert "UF1 on a alone" in found.readings


def test_values_are_told_with_the_digits_of_the_claim(predictions):
    """A claim that is off in the sixth digit is not printed beside a value that looks the same."""
    value = predictions.scores()["accuracy"]
    claimed = f"{value + 3e-6:.6f}"
    (found,) = recognise(predictions, {"accuracy": claimed})
    assert not found.agrees and f"{value:.6f}" in found.sentence() != claimed
    assert recognise(predictions, {"accuracy": f"{value:.6f}"})[0].agrees


def test_what_nothing_gives_is_told(predictions):
    (found,) = recognise(predictions, {"uf1": ".9999"})
    assert not found.readings and "nearest" in found.sentence()


def test_readings_equal_scikit_learn(predictions):
    y, guess = predictions.table["y_true"], predictions.table["y_pred"]
    known = readings(predictions)
    precision = precision_score(y, guess, average="macro")
    recall = recall_score(y, guess, average="macro")
    assert known["pooled UAR"] == pytest.approx(recall)
    assert known["weighted precision"] == pytest.approx(
        precision_score(y, guess, average="weighted")
    )
    assert known["F1 of macro-precision and macro-recall"] == pytest.approx(
        2 * precision * recall / (precision + recall)
    )
    assert known["weighted F1 with truth and prediction swapped"] == pytest.approx(
        f1_score(guess, y, average="weighted")
    )


def test_clear_errors(predictions):
    for claims, message in (({}, "No score is claimed"), ({"kappa": ".5"}, "kappa")):
        with pytest.raises(BadInput, match=message):
            recognise(predictions, claims)
