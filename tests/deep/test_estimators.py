"""CNNFeatures and CNNClassifier as scikit-learn estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from mebench.deep import CNNClassifier, CNNFeatures, running
from mebench.errors import BadInput
from mebench.evaluation import evaluate_unit_features

from .conftest import needs_keras


@pytest.fixture(autouse=True)
def nothing_kept():
    with running(keep=False):
        yield


def test_clone_and_parameters():
    net = CNNFeatures("attention", "apex", options={"head": "arcface"}, epochs=3)
    assert clone(net).get_params() == net.get_params()
    assert CNNClassifier().get_params() == CNNFeatures().get_params()


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"network": "resnet"}, "network must be one of.*ststnet"),
        ({"input": "video"}, "input must be one of.*apex-flow"),
        ({"targets": "all"}, "targets"),
        ({"epochs": 0}, "epochs"),
        ({"validation": 1.0}, "validation"),
    ],
)
def test_wrong_settings_are_told(toy, settings, match):
    X, y, people = toy
    with pytest.raises(BadInput, match=match):
        CNNFeatures(**settings).fit(X, y, groups=people)


def test_wrong_data_is_told(toy):
    X, y, people = toy
    with pytest.raises(BadInput, match="FlowInput"):
        CNNFeatures().fit(X.reshape(24, -1), y, groups=people)
    with pytest.raises(BadInput, match="432"):
        CNNFeatures(shape=(12, 12, 3)).fit(X[:, :2].reshape(24, -1), y, groups=people)
    with pytest.raises(BadInput, match="one class"):
        CNNFeatures().fit(X, np.zeros(24, int), groups=people)
    with pytest.raises(BadInput, match="groups"):
        CNNFeatures().fit(X, y, groups=people[:3])


@needs_keras
def test_pickles_are_as_good(toy):
    X, y, people = toy
    net = CNNClassifier(epochs=1).fit(X, y, groups=people)
    state = pickle.dumps(net)
    assert b"keras" not in state
    assert np.array_equal(pickle.loads(state).predict_proba(X), net.predict_proba(X))


@needs_keras
def test_rows_with_more_behind_the_input(toy):
    X, y, people = toy
    behind = np.arange(48.0).reshape(24, 2)
    rows = np.concatenate([X.reshape(24, -1), behind], axis=1)
    plain = CNNFeatures(epochs=1).fit(X, y, groups=people)
    mixed = CNNFeatures(epochs=1, shape=(12, 12, 3)).fit(rows, y, groups=people)
    out = mixed.transform(rows)
    assert np.array_equal(out[:, -2:], behind)
    assert np.array_equal(out[:, :-2], plain.transform(X).astype(float))
    names = mixed.get_feature_names_out([*map(str, range(432)), "u", "v"])
    assert len(names) == out.shape[1] and names[-1] == "v" and names[0] == "cnn0"


@needs_keras
def test_persons_unknown_is_a_warning(toy):
    X, y, _ = toy
    with pytest.warns(UserWarning, match="persons"):
        CNNFeatures(epochs=1).fit(X, y)


@needs_keras
def test_units_only_ignores_the_classes(toy):
    X, y, people = toy
    units = np.stack([y == "a", y != "c"], 1).astype(int)
    one = CNNFeatures(epochs=1, targets="units").fit(X, y, groups=people, units=units)
    two = CNNFeatures(epochs=1, targets="units").fit(X, y[::-1], groups=people, units=units)
    assert one.key_ == two.key_
    both = CNNFeatures(epochs=1, targets="both").fit(X, y, groups=people, units=units)
    assert both.key_ != one.key_ and set(both._model().output) >= {"emotion", "units"}
    assert "emotion" not in one._model().output
    assert one.explain(X[:2]).shape[0] == 2


@needs_keras
def test_probabilities_are_softmax_and_scores_follow_the_classes(toy):
    X, y, people = toy
    for options, network, given in (({}, "ststnet", "apex-flow"),
                                    ({"head": "arcface"}, "attention", "stack")):  # fmt: skip
        net = CNNClassifier(network, given, options=options, epochs=1).fit(X, y, groups=people)
        odds = net.predict_proba(X)
        assert odds.shape == (24, 3) and np.allclose(odds.sum(1), 1)
        assert (net.classes_[odds.argmax(1)] == net.predict(X)).all()


@needs_keras
def test_units_are_learned_together_and_judged_as_ever(toy):
    X, y, people = toy
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(24)], "dataset": "toy",
                          "subject": people, "au": np.where(y == "a", "4", "12")})  # fmt: skip
    table.loc[0, "au"] = "4+9"  # unit 9 is shown by one person: never in his own training fold
    net = CNNClassifier(epochs=20, patience=20, learning_rate=0.01, augmentations={})
    found = evaluate_unit_features(make_pipeline(net), X, table, protocol="kfold:2")
    assert found.units == [4, 9, 12] and len(found.table) == 72
    assert found.table["clip_id"].tolist() == table["clip_id"].tolist() * 3
    f1 = found.per_unit()["f1"]
    assert f1[4] > 0.5 and f1[12] > 0.5 and f1[9] == 0
    assert found.header["n_folds"] == 2 and found.header["tuning"] == "fixed"


def test_a_unit_that_all_or_none_show_needs_no_network(toy):
    X, _, people = toy
    Y = np.tile([1, 0], (24, 1))
    net = CNNClassifier().fit(X, Y, groups=people)
    assert (net.predict(X[:3]) == [[1, 0]] * 3).all()
