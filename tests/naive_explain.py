"""Slow twins of mebench.explanation.explain*: exchanges clip by clip, paths in many small steps."""

import numpy as np


def path_parts(value, x, baseline, groups, steps=400):
    """Aumann–Shapley values by midpoint sums of numeric slopes, one feature after the other."""
    parts = dict.fromkeys(groups, 0.0)
    for t in (np.arange(steps) + 0.5) / steps:
        at = baseline + t * (x - baseline)
        for j, group in enumerate(groups):
            h = np.zeros_like(x)
            h[j] = 1e-5
            slope = (value(at + h) - value(at - h)) / 2e-5
            parts[group] += slope * (x[j] - baseline[j]) / steps
    return parts


def exchanged(model, X, clip, donor, columns):
    """The label of one clip that has taken over some columns from another."""
    row = X[clip].copy()
    for j in columns:
        row[j] = X[donor, j]
    return model.predict(row[None])[0]


def expected_confusion(truth, rates, k):
    """Mean confusion matrix over all exchanges."""
    out = np.zeros((k, k))
    for t, rate in zip(truth, rates, strict=True):
        for c in range(k):
            out[t, c] += rate[c]
    return out
