"""Shares of a decision value against paths followed in many small steps."""

import naive_explain
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mebench.errors import BadInput
from mebench.explanation.margin import explain_margin, margin_parts
from mebench.svm import PolySVC


def decision(coef, degree, gamma, coef0, support):
    return lambda x: float(coef @ (gamma * (support @ x) + coef0) ** degree)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_parts_are_exact(seed, degree):
    """They sum to the difference exactly, whatever the degree, and follow the path."""
    rng = np.random.default_rng(seed)
    support, coef = rng.normal(size=(7, 5)), rng.normal(size=7)
    x, baseline = rng.normal(size=(2, 5))
    gamma, coef0 = rng.uniform(0.1, 1), rng.uniform(0, 2)
    groups = ["a", "b", "a", "c", "b"]
    blocks = np.stack([
        support[:, [g == name for g in groups]] @ (x - baseline)[[g == name for g in groups]]
        for name in "abc"
    ])  # fmt: skip
    found = margin_parts(coef, degree, gamma, coef0, support @ baseline, blocks)
    value = decision(coef, degree, gamma, coef0, support)
    size = np.abs(coef) @ (gamma * np.abs(support @ x) + coef0 + 1) ** degree
    assert abs(found.sum() - (value(x) - value(baseline))) < 1e-10 * max(size, 1)
    by_hand = naive_explain.path_parts(value, x, baseline, groups, steps=200)
    np.testing.assert_allclose(found, list(by_hand.values()), rtol=1e-2, atol=1e-3 * max(size, 1))


def test_linear_parts_are_weights_times_differences():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.integers(0, 2, 30)
    svc = PolySVC(kernel="linear", C=1).fit(X, y)
    found = explain_margin(svc, X[3], X.mean(axis=0), list("abcd"))
    w = svc._machine.coef[0] @ svc.support_vectors_ * svc._machine.kernel[1]
    sign = 1 if svc.classes_[0] == found.predicted else -1
    np.testing.assert_allclose(list(found.parts.values()), sign * w * (X[3] - X.mean(axis=0)))


@pytest.mark.parametrize("shape", ["ovr", "ovo"])
@pytest.mark.parametrize("classes", [2, 4])
def test_margins_of_predicted_classes(classes, shape):
    rng = np.random.default_rng(1)
    y = rng.integers(0, classes, 60)
    X = rng.normal(size=(60, 3)) + 1.5 * y[:, None]
    svc = PolySVC(degree=3, gamma=0.1, coef0=1, C=1, decision_function_shape=shape)
    svc.fit(X, np.array(list("dcba"))[y])
    pairwise = PolySVC(**{**svc.get_params(), "decision_function_shape": "ovo"}).fit(
        X, np.array(list("dcba"))[y]
    )
    pairs = [(a, b) for i, a in enumerate(svc.classes_) for b in svc.classes_[i + 1 :]]
    sides = pairwise.decision_function(X[:10]).reshape(10, -1)
    for x, predicted, values in zip(X[:10], svc.predict(X[:10]), sides, strict=True):
        found = explain_margin(svc, x, X.mean(axis=0), ["a", "b", "a"])
        assert found.predicted == predicted != found.runner_up
        values = -values if classes == 2 else values  # of two classes, positive is the second
        signed = {**dict(zip(pairs, values, strict=True)),
                  **{(b, a): -v for (a, b), v in zip(pairs, values, strict=True)}}  # fmt: skip
        assert found.value == pytest.approx(signed[found.predicted, found.runner_up])
        assert sum(found.parts.values()) == pytest.approx(found.value - found.baseline)


def test_what_cannot_be_explained():
    X = np.eye(3)
    svc = PolySVC(kernel="linear").fit(X, list("aab"))
    with pytest.raises(BadInput, match="knows 3 features; found a sample of 2"):
        explain_margin(svc, X[0, :2], X[0], list("xyz"))
    with pytest.raises(BadInput, match="one class only, 'a'"):
        explain_margin(PolySVC(kernel="linear").fit(X, list("aaa")), X[0], X[1], list("xyz"))
