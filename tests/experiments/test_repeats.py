"""Several seeds: mean and spread by hand, and nothing hidden."""

import numpy as np
import pandas as pd
import pytest

from mebench.experiments.repeats import repeated
from mebench.scoring import Predictions


def of(seed, complete=True):
    truth = list("xxyy")
    table = pd.DataFrame({"clip_id": list("abcd"), "dataset": "toy", "subject": list("1122"),
                          "fold": list("1122"), "y_true": truth,
                          "y_pred": truth[: 4 - seed] + ["x"] * seed})  # fmt: skip
    return Predictions(table, {"classes": ["x", "y"], "seed": seed, "complete": complete})


def test_mean_and_spread_by_hand():
    found = repeated(of, 0, 3)
    repeats = found.header["repeats"]
    assert [s["accuracy"] for s in repeats["scores"]] == [1.0, 0.75, 0.5]
    assert repeats["mean"]["accuracy"] == 0.75 and repeats["sd"]["accuracy"] == 0.25
    assert found.header["seed"] == 0 and found.scores()["accuracy"] == 1.0
    assert sorted(found.artifacts) == ["predictions-seed1.csv", "predictions-seed2.csv"]
    assert found.artifacts["predictions-seed2.csv"]["y_pred"].tolist() == list("xxxx")


def test_seeds_count_from_the_first():
    assert repeated(of, 1, 2).header["repeats"]["seeds"] == [1, 2]


def test_one_seed_is_as_before():
    assert "repeats" not in repeated(of).header


def test_a_seed_that_lacks_folds_has_no_mean():
    found = repeated(lambda seed: of(seed, complete=seed == 0), 0, 2)
    assert not found.complete and "repeats" not in found.header


def test_units_have_their_own_scores():
    from mebench.scoring import UnitPredictions

    def units(seed):
        table = pd.DataFrame({"clip_id": list("ab"), "dataset": "toy", "subject": list("12"),
                              "fold": list("12"), "unit": 4, "y_true": [1, 0],
                              "y_pred": [1 - seed, 0]})  # fmt: skip
        return UnitPredictions(table, {"units": [4]})

    sd = repeated(units, 0, 2).header["repeats"]["sd"]["f1_unit_mean"]
    assert sd == pytest.approx(np.std([1, 0], ddof=1))
