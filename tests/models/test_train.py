"""Training chooses as nested tuning does, and its card tells what was done."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from mebench import LBPTOP, evaluate
from mebench.errors import BadInput, FaceNotFound
from mebench.methods import Method
from mebench.models import card_markdown, train
from mebench.models.card import LIMITS
from mebench.preprocessing import TIM, AlignFace, FindLandmarks
from mebench.svm import PolySVC, PolySVCSearch

from .conftest import GRID, pipeline


def naive_choice(samples, grid):
    """Leave each person out under every setting, with scikit-learn's own machine."""
    steps = pipeline().steps[:-1]
    X = samples.clips
    for _, step in steps:
        X = step.transform(X)
    best = None
    for C in grid["C"]:
        for gamma in grid["gamma"]:
            said = np.empty(len(X), object)
            for person in set(samples.groups):
                out = samples.groups == person
                svc = SVC(kernel="poly", degree=2, C=C, gamma=gamma, coef0=1)
                said[out] = svc.fit(X[~out], samples.y[~out]).predict(X[out])
            score = f1_score(samples.y, said.astype(str), average="macro")
            if best is None or score > best[0] + 1e-12:
                best = score, C, gamma
    return best, X


def test_the_choice_is_of_left_out_people_and_the_fit_of_all(model, samples):
    (score, C, gamma), X = naive_choice(samples, GRID)
    tuning = model.card["tuning"]
    assert (tuning["params"]["C"], tuning["params"]["gamma"]) == (C, gamma)
    assert tuning["inner_score"] == pytest.approx(score, abs=1e-4)
    svc = SVC(kernel="poly", degree=2, C=C, gamma=gamma, coef0=1).fit(X, samples.y)
    values = model.pipeline.decision_function(samples.clips)
    assert values == pytest.approx(svc.decision_function(X), abs=1e-3)
    assert [name for name, _ in model.pipeline.steps] == [name for name, _ in pipeline().steps]


def test_the_card_shows_the_nested_scores(model, samples):
    nested = evaluate(pipeline(), samples, grid=GRID, cache=False)
    found = model.card["evaluation"]
    assert found["tuning"] == "nested" and found["protocol"] == "loso"
    assert found["scores"] == {k: round(v, 4) for k, v in nested.scores().items()}
    low, high = nested.intervals()["uf1"]
    assert found["intervals"]["uf1"] == [round(low, 4), round(high, 4)]
    data = model.card["data"]
    assert data["classes"]["x"] == {"clips": 4, "subjects": 4}
    assert (data["n_clips"], data["n_subjects"], data["fps"]) == (12, 4, [200.0])
    assert data["fingerprint"] == samples.fingerprint()


def test_the_card_can_be_read_and_printed(model):
    text = card_markdown(json.loads(json.dumps(model.card)), "abc123")
    for part in ("| x | 4 | 4 |", "abc123", "iBUG 300-W", LIMITS[0], "Evaluated together"):
        assert part in text
    evil = {**model.card, "trained": "\x1b[2Jnow"}
    assert "\x1b" not in card_markdown(evil)


def test_a_stored_run_is_taken_if_it_is_of_the_same(samples, model):
    nested = evaluate(pipeline(), samples, grid=GRID, cache=False)
    taken = train(pipeline(), samples, grid=GRID, predictions=nested, run="r1", cache=False)
    assert "stored run r1" in taken.card["evaluation"]["source"]
    assert taken.card["evaluation"]["scores"] == model.card["evaluation"]["scores"]
    for wrong, message in (
        ({"fingerprint": "other"}, "other clips"),
        ({"tuning": "oracle"}, "seen the test folds"),
        ({"method": "mdmo"}, "'mdmo'"),
        ({"complete": False}, "lacks folds"),
    ):
        other = replace(nested, header={**nested.header, **wrong})
        with pytest.raises(BadInput, match=message):
            train(pipeline(), samples, grid=GRID, predictions=other, cache=False)


def test_a_method_without_a_grid_is_fitted_as_it_is(samples):
    plain = make_pipeline(LBPTOP(regions=(1, 1)), LogisticRegression(max_iter=500))
    found = train(plain, samples, cache=False)
    assert found.card["tuning"]["params"] == {}
    assert set(found.pipeline.predict(samples.clips)) <= {"x", "y", "z"}


def test_other_parameters_of_a_method_are_tuned(samples):
    method = Method("own", lambda: make_pipeline(LBPTOP(regions=(1, 1)), PolySVC(kernel="linear")),
                    grid="linear", tune={"lbptop__radii": [(1, 1, 1), (2, 2, 2)]})  # fmt: skip
    found = train(method, samples, cache=False)
    assert found.card["tuning"]["n_candidates"] == 8
    assert found.pipeline[0].radii == found.card["tuning"]["params"]["lbptop__radii"]


@pytest.mark.parametrize("own", [False, True])
def test_the_choice_may_be_of_several_people_left_out_at_a_time(samples, own):
    """As nested tuning makes it on the same inner folds, here of everybody."""
    machine = PolySVCSearch(GRID) if own else PolySVC()
    method = Method("own", lambda: make_pipeline(LBPTOP(regions=(1, 1)), clone(machine)),
                    grid=None if own else GRID)  # fmt: skip
    found = train(method, samples, inner="group-kfold:2", cache=False)
    assert found.card["evaluation"]["tuning"] == ("fixed" if own else "nested")
    assert "2 sets of persons in turn" in found.card["tuning"]["how"]
    part = {s: i % 2 for i, s in enumerate(sorted(set(samples.groups)))}  # equally many clips each
    X = found.pipeline[:-1].transform(samples.clips)
    cv = PredefinedSplit([part[s] for s in samples.groups])
    told = PolySVCSearch(GRID, cv=cv).fit(X, samples.y)
    params = found.card["tuning"]["params"]
    assert {k: params[k] for k in told.best_params_} == told.best_params_
    if own:
        assert found.pipeline[-1].cv is None, "the model need not know them"


def test_clips_without_a_face_are_left_out_and_counted(samples):
    bare = [c if i else c.replace(landmarks=None) for i, c in enumerate(samples.clips)]
    some = replace(samples, clips=bare)
    steps = (FindLandmarks(), AlignFace(size=(48, 40)), TIM(7), LBPTOP(regions=(1, 1)))
    method = make_pipeline(*steps, PolySVC(kernel="linear"))
    with pytest.raises(FaceNotFound):
        train(method, some, cache=False)
    found = train(method, some, cache=False, on_error="skip")
    assert list(found.card["data"]["left_out"]) == ["clip0"]
    assert found.card["data"]["n_clips"] == 11
